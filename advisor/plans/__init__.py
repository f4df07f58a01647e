"""
Everything about one EXPLAIN plan: readers, model, arithmetic, conditions, index candidates.
"""
