"""
Wrong row estimates that did harm, each blamed on the deepest node that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from advisor.plans.arithmetic import NodeTimes
from advisor.plans.conditions import Predicate, predicates
from advisor.plans.costs import SUBPLANS
from advisor.plans.model import Plan, PlanNode

FACTOR = 10.0
"""An estimate that is off by less is as good as estimates get."""
FEWEST_ROWS = 100.0
"""Where both figures are smaller, nothing depends on them."""
_NO_ESTIMATE = ("Bitmap Index Scan", "BitmapAnd", "BitmapOr")
"""Their actual rows are index entries, or always 0 (EXPLAIN's documentation)."""
_BLOCKING = ("Sort", "Hash", "Aggregate", "Materialize", "SetOp", "WindowAgg")
"""Nodes that read their input to the end, whoever stops reading from them."""
_EARLY_JOINS = ("Semi", "Anti", "Right Semi", "Right Anti")
_DEFAULTS = (0.005, 1 / 3)
"""Selectivity of an equality and of an inequality about which nothing is known (selfuncs.h)."""
_NEAR = 0.2


class Misestimate(Struct, frozen=True):
    """
    One wrong estimate and the worst that came of it.
    """

    node: PlanNode
    planned: float
    """Rows of one execution."""
    actual: float
    kind: str
    """
    ``columns`` when several conditions of one table are taken for independent, ``expression`` when
    there are no statistics about what is compared, ``join``, or ``table`` for all else.
    """
    columns: tuple[str, ...]
    """Those of kind ``columns``."""
    harmed: PlanNode
    """The node that was chosen or sized wrongly because of it."""
    harm: str
    """``loop`` for a nested loop, ``disk`` for a sort or hash that was planned in memory."""
    share: float
    """Of the plan: the inner side of the loop, or what went to disk."""


def misestimates(plan: Plan, times: Mapping[int, NodeTimes]) -> tuple[Misestimate, ...]:
    """
    The wrong estimates of an executed plan that changed a decision, worst first; one per decision.
    """
    parents = plan.parents()
    wrong = {n.id for n in plan.walk() if _is_off(n) and not _stops_early(n, parents)}
    holders = {above.id for i in wrong for above in _ancestors(i, parents)}
    worst: dict[int, Misestimate] = {}
    for node in plan.walk():
        if node.id in wrong and node.id not in holders:
            for found in _harms(node, parents, times):
                worst.setdefault(found.harmed.id, found)
    return tuple(sorted(worst.values(), key=lambda one: (-one.share, one.node.id)))


def factor(node: PlanNode) -> float:
    """
    Actual rows over planned ones; 1 where the plan does not say.
    """
    if node.plan_rows is None or node.actual_rows is None or not node.loops:
        return 1.0
    return max(node.actual_rows, 1.0) / max(node.plan_rows, 1.0)


def _is_off(node: PlanNode) -> bool:
    if node.node_type in _NO_ESTIMATE or not node.loops:
        return False
    off = factor(node)
    rows = max((node.actual_rows or 0.0) * node.loops, node.plan_rows or 0.0)
    return rows >= FEWEST_ROWS and max(off, 1 / off) >= FACTOR


def _ancestors(node_id: int, parents: Mapping[int, PlanNode]) -> Iterator[PlanNode]:
    above = parents.get(node_id)
    while above is not None:
        yield above
        above = parents.get(above.id)


def _stops_early(node: PlanNode, parents: Mapping[int, PlanNode]) -> bool:
    """
    Whether something above may have stopped reading: then the actual rows are not all there are.
    """
    below = node
    for above in _ancestors(node.id, parents):
        if below.relationship in SUBPLANS or above.node_type in ("Limit", "Merge Join"):
            return True
        is_inner = below.relationship == "Inner" and above.node_type == "Nested Loop"
        if is_inner and (above.inner_unique or above.join_type in _EARLY_JOINS):
            return True
        if above.node_type in _BLOCKING:
            return False
        below = above
    return False


def _harms(
    node: PlanNode, parents: Mapping[int, PlanNode], times: Mapping[int, NodeTimes]
) -> Iterator[Misestimate]:
    """
    Decisions above a node for which its rows were far too few.
    """
    if factor(node) < FACTOR:
        return
    kind, columns = _kind(node, times[node.id])
    below = node
    for one in (node, *_ancestors(node.id, parents)):
        found = _of_loop(one, below, times) if one is not node else None
        found = found or _of_disk(one, below, times)
        if found:
            harm, share = found
            planned, actual = node.plan_rows or 0.0, node.actual_rows or 0.0
            yield Misestimate(node, planned, actual, kind, columns, one, harm, share)
        if one.relationship in SUBPLANS or (factor(one) < FACTOR and one.node_type != "Hash"):
            return
        below = one


def _of_loop(
    node: PlanNode, below: PlanNode, times: Mapping[int, NodeTimes]
) -> tuple[str, float] | None:
    if node.node_type != "Nested Loop" or below.relationship != "Outer" or factor(below) < FACTOR:
        return None
    inner = next((child for child in node.children if child.relationship == "Inner"), None)
    return None if inner is None else ("loop", share_below(inner, times))


def _of_disk(
    node: PlanNode, below: PlanNode, times: Mapping[int, NodeTimes]
) -> tuple[str, float] | None:
    grew = (node.batches or 0) > (node.original_batches or node.batches or 0)
    spilled = node.sort_space_type == "Disk" or node.disk_usage_kb > 0 or grew
    if not spilled or factor(below) < FACTOR:
        return None
    return "disk", times[node.id].share


def share_below(node: PlanNode, times: Mapping[int, NodeTimes]) -> float:
    """
    The part of the plan that a node and all below it take.
    """
    waiting, share = [node], 0.0
    while waiting:
        one = waiting.pop()
        share += times[one.id].share
        waiting.extend(one.children)
    return min(share, 1.0)


def _kind(node: PlanNode, row: NodeTimes) -> tuple[str, tuple[str, ...]]:
    if not node.relation:
        return ("join" if node.join_type else "table"), ()
    found = [one for text in (node.filter, node.index_cond) if text for one in predicates(text)]
    equal = [one.expression for one in found if one.kind == "eq" and one.is_column]
    if len(set(equal)) > 1:
        return "columns", tuple(dict.fromkeys(equal))
    if _is_guess(node, row, found):
        return "expression", ()
    return "table", ()


def _is_guess(node: PlanNode, row: NodeTimes, found: list[Predicate]) -> bool:
    """
    Whether an expression is compared, and the estimate is what is assumed without statistics.
    """
    read = row.rows_scanned_total / max(row.executions, 1.0)
    guess = (node.plan_rows or 0.0) * row.processes / read if read else 0.0
    is_default = any(abs(guess / usual - 1) <= _NEAR for usual in _DEFAULTS)
    return is_default and len(found) == 1 and not found[0].is_column
