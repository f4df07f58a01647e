"""
Reference data of the audited programs, with typed access.
"""
