"""
Which node touched each block itself: the counts of children and subplans taken out.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.plans.model import Buffers, Plan
from advisor.plans.self_times import Attribution

_KINDS = Buffers.__struct_fields__


def self_buffers(plan: Plan) -> Mapping[int, Buffers]:
    """
    Blocks of every node alone, by id; empty when the plan was made without BUFFERS.

    The counts follow the same rules as times: a CTE's belong to the scans that read it, an
    InitPlan's to the nodes that use its value. They are totals over all loops and workers.
    """
    totals = {node.id: node.buffers for node in plan.walk() if node.buffers is not None}
    if not totals:
        return {}
    attribution = Attribution(plan)
    parts: dict[int, dict[str, int]] = {node.id: {} for node in plan.walk()}
    for kind in _KINDS:
        counts = {i: float(getattr(totals.get(i), kind, 0)) for i in parts}
        if any(counts.values()):
            for i, count in attribution.of_each_alone(counts).items():
                parts[i][kind] = max(0, round(count))
    return {i: Buffers(**counts) for i, counts in parts.items()}
