"""
What the user decided about findings: which rules count, what is accepted, what is known already.
"""
