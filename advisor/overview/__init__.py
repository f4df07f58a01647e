"""
The deployment at a glance: its stack, its edges with numbers, its budgets, waits and facts.
"""

from advisor.overview.budgets import budgets
from advisor.overview.diagram import diagram
from advisor.overview.rows import fact_rows, is_essential
from advisor.overview.stack import stack_line
from advisor.overview.timeouts import timeouts

__all__ = ["budgets", "diagram", "fact_rows", "is_essential", "stack_line", "timeouts"]
