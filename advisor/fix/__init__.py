"""
From findings to edited files: spans of text to replace, a unified diff, files written in one go.
"""
