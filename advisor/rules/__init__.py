"""
Rules as data: schema, expression language, evaluation, examples.
"""
