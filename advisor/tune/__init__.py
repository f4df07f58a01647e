"""
The joint solver: from machines and a load to one consistent set of values for every layer.
"""
