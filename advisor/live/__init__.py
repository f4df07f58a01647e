"""
A read-only look at a running PostgreSQL server, kept as a file that the audit reads like any other.
"""
