"""
What a B-tree could do for one sequential scan: filter it, give its order to a LIMIT, or join it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from advisor.plans.arithmetic import NodeTimes, account
from advisor.plans.conditions import predicates
from advisor.plans.model import Plan, PlanNode
from advisor.plans.requirements import (
    Requirement,
    SortColumn,
    forward,
    join_columns,
    limited_order,
)

MIN_TABLE_ROWS = 1_000
"""A sequential scan of a smaller table is right."""
MAX_KEPT_SHARE = 0.2
"""Beyond a fifth of the table, reading all of it in order is faster than through an index."""
MAX_UNSURE_SHARE = 0.05
"""The same where the rows to be read are a guess."""
MAX_JOIN_SHARE = 0.15
"""The same for joins, whose probes jump about more."""
MAX_KEYS = 3
MIN_EXECUTIONS = 10
"""Runs of an inner scan from which on an index on its join column is worth it."""
RANDOM_READ = 4.0
"""What a row read through an index costs in rows read in order (default of random_page_cost)."""
PROBE_ROWS = 10.0
"""What one descent of an index costs in rows read in order."""
_BETWEEN = ("Hash", "Sort", "Materialize", "Gather", "Gather Merge")
_INDEXABLE_SIDES: Mapping[str, tuple[str, ...]] = {
    "Inner": ("Outer", "Inner"),
    "Left": ("Inner",),
    "Semi": ("Inner",),
    "Anti": ("Inner",),
    "Right": ("Outer",),
    "Right Semi": ("Outer",),
    "Right Anti": ("Outer",),
}
"""Sides of a join that may be looked up row by row; the other side must be read as a whole."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """
    One index for one scan.
    """

    keys: tuple[SortColumn, ...]
    serves: str
    """``filter``, ``sort`` or ``join``."""
    wanted: float
    """Rows the plan needed from the scan."""
    cost: float
    """What reading them through the index costs, in rows read in order."""
    saved: tuple[PlanNode, ...] = ()
    """Nodes that are no longer needed, besides the scan."""


@dataclass(frozen=True, slots=True)
class Account:
    """
    A plan with what was computed from it once.
    """

    plan: Plan
    times: Mapping[int, NodeTimes]
    parents: Mapping[int, PlanNode]

    @classmethod
    def of(cls, plan: Plan) -> Account:
        """
        The account of a plan.
        """
        return cls(plan, account(plan), plan.parents())


def proposals(known: Account, node: PlanNode, needs: Requirement) -> Iterator[Proposal]:
    """
    Every index that would make a scan cheaper; none for small tables and unselective conditions.
    """
    row = known.times[node.id]
    if row.rows_scanned_total < MIN_TABLE_ROWS * max(row.executions, 1.0):
        return
    yield from _for_filter(needs, row)
    yield from _for_order(known, node, needs)
    yield from _for_join(known, node, needs)


def _columns(*names: str) -> tuple[SortColumn, ...]:
    return tuple(SortColumn(name) for name in dict.fromkeys(names))[:MAX_KEYS]


def _for_filter(needs: Requirement, row: NodeTimes) -> Iterator[Proposal]:
    """
    Equality first, then one range. All of the filter must be served: the plan tells how much the
    whole filter keeps, not how much a part of it would.
    """
    names = (*needs.joined, *needs.equal, *needs.listed, *needs.ranged)
    if not names or needs.unserved or len(needs.ranged) > 1:
        return
    if row.rows_out_total > MAX_KEPT_SHARE * row.rows_scanned_total:
        return
    if needs.joined and row.executions < MIN_EXECUTIONS:
        return
    cost = RANDOM_READ * row.rows_out_total + PROBE_ROWS * row.executions
    yield Proposal(_columns(*names), "join" if needs.joined else "filter", row.rows_out_total, cost)


def _for_order(known: Account, node: PlanNode, needs: Requirement) -> Iterator[Proposal]:
    """
    Equality first, then the order of a LIMIT: only as many rows are read as it wants.

    Conditions outside of the index make it read on; at worst the rows that meet them are as rare
    among the rest as the plan found them in the table.
    """
    found = limited_order(known.parents, node)
    if found is None:
        return
    order, path = found
    row = known.times[node.id]
    is_repeated = row.executions >= MIN_EXECUTIONS
    fixed = (*needs.joined, *needs.equal) if is_repeated else needs.equal
    keys = tuple(column for column in order if column.column not in fixed)
    wanted = _limit(known, path)
    others = [name for name in needs.ranged if not keys or name != keys[0].column]
    reads, most = wanted, MAX_KEPT_SHARE
    if others or needs.unserved or needs.listed or (needs.joined and not is_repeated):
        reads *= row.rows_scanned_total / max(row.rows_out_total, 1.0)
        most = MAX_UNSURE_SHARE
    cost = RANDOM_READ * reads + PROBE_ROWS * max(row.executions, 1.0)
    columns = (*_columns(*fixed), *forward(keys))
    if len(columns) > MAX_KEYS + 1 or reads > most * row.rows_scanned_total:
        return
    yield Proposal(columns, "sort", wanted, cost, path[:-1])


def _limit(known: Account, path: tuple[PlanNode, ...]) -> float:
    """
    Rows that a LIMIT takes, OFFSET included when the plan was executed.
    """
    limit, below = path[-1], path[-2]
    if known.plan.analyzed:
        return known.times[below.id].rows_out_total
    return limit.plan_rows or 0.0


def _for_join(known: Account, node: PlanNode, needs: Requirement) -> Iterator[Proposal]:
    """
    The join column of a table that a join reads as a whole to keep little of it.
    """
    path = _to_join(known, node)
    if path is None:
        return
    join, side = path[-1], path[-2] if len(path) > 1 else node
    names = list(join_columns(node, join.hash_cond, join.merge_cond, join.join_filter))
    if not names or not _may_look_up(join, side) or _is_key(known, node, names[0], join):
        return
    row, joined = known.times[node.id], known.times[join.id]
    others = (child for child in join.children if child.relationship in ("Outer", "Inner"))
    probes = sum(known.times[child.id].rows_out_total for child in others if child is not side)
    reads = joined.rows_out_total
    if needs.unserved or needs.ranged or needs.listed:
        reads *= row.rows_scanned_total / max(row.rows_out_total, 1.0)
    is_loop = join.node_type == "Nested Loop"
    work = max(row.rows_scanned_total, joined.rows_scanned_total if is_loop else 0.0)
    cost = PROBE_ROWS * probes + RANDOM_READ * reads
    if reads > MAX_JOIN_SHARE * work or cost > MAX_KEPT_SHARE * work:
        return
    saved = path if is_loop else path[:-1]
    yield Proposal(_columns(names[0], *needs.equal), "join", joined.rows_out_total, cost, saved)


def _to_join(known: Account, node: PlanNode) -> tuple[PlanNode, ...] | None:
    """
    The nodes from a scan's parent to the join it feeds, if nothing but plumbing is between.
    """
    path = []
    parent = known.parents.get(node.id)
    while parent is not None:
        path.append(parent)
        if parent.join_type:
            return tuple(path)
        if parent.node_type not in _BETWEEN:
            return None
        parent = known.parents.get(parent.id)
    return None


def _may_look_up(join: PlanNode, side: PlanNode) -> bool:
    if join.node_type == "Nested Loop" and side.relationship != "Inner":
        return False
    return side.relationship in _INDEXABLE_SIDES.get(join.join_type, ())


def _is_key(known: Account, node: PlanNode, column: str, join: PlanNode) -> bool:
    """
    Whether an index on a join column exists already, as far as the plan and the name tell.

    Joins go to primary keys more often than not, and the planner may rightly pass their index by.
    """
    singular = node.relation.removesuffix("s")
    if column in ("id", "pk", "uuid", f"{singular}_id", f"{node.relation}_id"):
        return True
    if join.inner_unique and any(child.relationship == "Inner" for child in join.children):
        inner = next(child for child in join.children if child.relationship == "Inner")
        if inner.id <= node.id:
            return True
    return any(
        column in (predicate.left.column, predicate.right.column)
        for other in known.plan.walk()
        if other.index and other.relation == node.relation and other.index_cond
        for predicate in predicates(other.index_cond)
    )
