"""
What the real programs say to edited files: each reads a copy, on which it can have no effect.
"""
