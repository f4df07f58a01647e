"""
Index advice on one plan.
"""

from __future__ import annotations

from advisor.indexes import IndexCandidate, Query, advise
from advisor.indexes.schema import Schema
from advisor.plans.model import Plan


def index_candidates(plan: Plan, schema: Schema | None = None) -> tuple[IndexCandidate, ...]:
    """
    What is advised for one plan alone.
    """
    return advise([Query("plan.txt", plan)], schema).candidates
