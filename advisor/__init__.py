"""
Audit the configuration of a Python web stack and say what to change, most important first.
"""

__version__ = "0.1.0"
