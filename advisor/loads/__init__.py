"""
Results of load tests: one reader per tool, one model for all, and the comparison of two runs.
"""
