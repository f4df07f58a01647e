"""
The deployment at a glance: its stack, its edges with numbers, its budgets, waits and facts.
"""

from advisor.overview.budgets import budgets
from advisor.overview.diagram import diagram
from advisor.overview.plans import plan_trees
from advisor.overview.rows import fact_rows
from advisor.overview.stack import stack_line
from advisor.overview.timeouts import timeouts

__all__ = [
    "budgets",
    "diagram",
    "fact_rows",
    "plan_trees",
    "stack_line",
    "timeouts",
]
