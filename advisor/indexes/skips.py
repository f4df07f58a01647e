"""
Scans that use an index without a condition on its first column, and so read all of its entries.

A plan does not say how many entries were read, but the planner counted them: what an index scan
costs beyond its rows are entries and pages of the index (cost_index and btcostestimate).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from advisor import regex
from advisor.plans.conditions import predicates
from advisor.plans.model import Plan, PlanNode

LEAST_FACTOR = 10.0
"""Entries read for every row, by the planner's own count, from which on the index does not fit."""
_ROW_COST = 0.01
_ENTRY_COST = 0.005
_CONDITION_COST = 0.0025
_PAGE_COST = 4.0
_ENTRIES_PER_PAGE = 366
"""Of 16 bytes and a line pointer, in pages filled to 90 %."""
_SCANS = ("Index Scan", "Index Only Scan")
_READ_AS_A_WHOLE = ("Hash", "Sort", "Aggregate", "Materialize", "Append", "Gather", "Nested Loop")
"""Nodes above that do not stop a scan before its end."""
_PREFIX = regex.lazy(r"(?:idx|ix|index|i|uq|uniq|unique|key)_")


def entries(plan: Plan, parents: Mapping[int, PlanNode], node: PlanNode, first: str) -> float:
    """
    Entries that one execution of a scan reads because nothing bounds them; 0 when that is not sure.

    `first` is the leading column of the index, where a schema says it; else its name must, as the
    server and most frameworks make it: table, columns, suffix.
    """
    columns = tuple(_columns(node))
    if node.node_type not in _SCANS or node.filter or not columns or not node.total_cost:
        return 0.0
    is_behind = first not in columns if first else _is_behind(node, columns)
    if not is_behind or _searches(node) > 1 or not _runs_to_its_end(plan, parents, node):
        return 0.0
    page = float(plan.settings.get("random_page_cost", _PAGE_COST))
    planned = node.plan_rows or 1.0
    fetched = planned
    if node.node_type == "Index Only Scan" and node.heap_fetches is not None:
        actual = (node.actual_rows or 0.0) * (node.loops or 1.0)
        fetched = planned * min(node.heap_fetches / max(actual, 1.0), 1.0)
    left = node.total_cost - planned * _ROW_COST - fetched * page
    each = _ENTRY_COST + len(columns) * _CONDITION_COST + page / _ENTRIES_PER_PAGE
    found = float(f"{max(left / each, 0.0):.1e}")
    return found if found >= LEAST_FACTOR * max(planned, node.actual_rows or 0.0) else 0.0


def _columns(node: PlanNode) -> Iterable[str]:
    """
    Columns of an index condition of nothing but equalities; none for any other.
    """
    found = predicates(node.index_cond) if node.index_cond else ()
    own = [
        next((s.column for s in (one.left, one.right) if _is_own(s.column, s.qualifier, node)), "")
        for one in found
        if one.kind == "eq"
    ]
    return own if len(own) == len(found) and all(own) else ()


def _is_own(column: str, qualifier: str, node: PlanNode) -> bool:
    return bool(column) and qualifier in ("", node.alias)


def _is_behind(node: PlanNode, columns: Iterable[str]) -> bool:
    """
    Whether the name of an index has other columns in front of those of a condition.
    """
    rest = _PREFIX.sub("", node.index, count=1) if _PREFIX.match(node.index) else node.index
    if not rest.startswith(f"{node.relation}_"):
        return False
    rest = rest.removeprefix(node.relation)
    return all(
        re.search(rf"\w_{re.escape(one)}(?:_|$)", rest) and not rest.startswith(f"_{one}")
        for one in columns
    )


def _searches(node: PlanNode) -> float:
    """
    Descents of one execution: from PostgreSQL 18 on a scan may skip from value to value.
    """
    try:
        return float(node.details.get("Index Searches", 0)) / max(node.loops or 1.0, 1.0)
    except ValueError:
        return 0.0


def _runs_to_its_end(plan: Plan, parents: Mapping[int, PlanNode], node: PlanNode) -> bool:
    below, parent = node, parents.get(node.id)
    while parent is not None:
        if below.relationship in ("SubPlan", "InitPlan"):
            texts = "\n".join(parent.conditions())
            return f"hashed {below.subplan_name}" in texts or below.relationship == "InitPlan"
        if parent.node_type in ("Hash", "Sort", "Aggregate"):
            return True
        is_stopped = parent.inner_unique or parent.join_type in ("Semi", "Anti")
        if parent.node_type not in _READ_AS_A_WHOLE or (
            parent.node_type == "Nested Loop" and is_stopped and below.relationship == "Inner"
        ):
            return False
        below, parent = parent, parents.get(parent.id)
    return plan.analyzed
