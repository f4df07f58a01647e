"""
The planner's laboratory: an embedded PostgreSQL with a schema and its statistics, but no
data, whose planner answers what indexes would change.
"""
