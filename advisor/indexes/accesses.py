"""
The ways in which an index could serve the scans of a plan: filter them, order them, join them.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from advisor.indexes.conditions import conditions_of, key_of, oriented
from advisor.indexes.model import Access, Condition
from advisor.indexes.orders import LOOKED_UP, is_walked, order_of
from advisor.indexes.workload import Account, Workload
from advisor.plans.arithmetic import NodeTimes
from advisor.plans.conditions import predicates
from advisor.plans.model import PlanNode

MIN_TABLE_ROWS = 1_000
"""A sequential scan of a smaller table is right."""
MIN_EXECUTIONS = 10
"""Runs of an inner scan from which on an index on its join column is worth it."""
MIN_REMOVED = 10.0
"""Rows that an index scan throws away for each it keeps, before another index is looked for."""
UNIQUE_MATCHES = 1.05
"""Rows found for each probe up to which a join column may well be a key, which has its index."""
_BETWEEN = ("Hash", "Sort", "Materialize", "Memoize", "Gather", "Gather Merge")


def accesses(workload: Workload, known: Account) -> Iterator[Access]:
    """
    Every way in which an index could serve a scan of a plan; none for small tables.
    """
    for node in known.scans():
        row = known.times[node.id]
        if row.rows_scanned_total < MIN_TABLE_ROWS * max(row.executions, 1.0):
            continue
        plain = _plain(workload, known, node)
        is_sequential = node.node_type == "Seq Scan"
        removes_much, walked = _removes_much(row), is_walked(known, node)
        if plain.conditions and (is_sequential or removes_much) and not walked:
            yield plain
        if removes_much or not walked:
            yield from _for_order(workload, known, plain)
        if is_sequential:
            yield from _for_joins(workload, known, plain)


def _removes_much(row: NodeTimes) -> bool:
    return row.rows_removed_total >= MIN_REMOVED * max(row.rows_out_total, 1.0)


def _plain(workload: Workload, known: Account, node: PlanNode) -> Access:
    """
    A scan with its conditions. What an index serves today keeps all of the rows that are read.
    """
    row = known.times[node.id]
    table = workload.table(node)
    declared, query = workload.declared(table), known.plan.query
    today = node.index_cond or (node.recheck_cond if node.node_type == "Bitmap Heap Scan" else "")
    served = conditions_of(node, today, query, declared) if today else ()
    own = conditions_of(node, node.filter, query, declared) if node.filter else ()
    is_repeated = row.executions >= MIN_EXECUTIONS
    others = tuple(one if is_repeated or one.kind != "join" else _hidden(one) for one in own)
    return Access(
        query=known.number,
        node=node,
        table=table,
        serves="join" if is_repeated and any(one.kind == "join" for one in own) else "filter",
        conditions=(*(replace(one, weight=0.0) for one in served), *others),
        rows=row.rows_scanned_total,
        kept=row.rows_out_total,
        wanted=row.rows_out_total,
        executions=max(row.executions, 1.0),
        share=row.share,
        saved_share=0.0,
        total_ms=row.self_ms,
        scan_ms=row.self_ms,
        estimated=row.estimated,
        members=workload.members.get(table, ()),
    )


def _hidden(one: Condition) -> Condition:
    """
    A comparison with an outer row that comes too seldom for an index to matter.
    """
    return Condition("other", one.text, weight=one.weight)


def _with(known: Account, plain: Access, saved: tuple[PlanNode, ...], **changes: object) -> Access:
    rows = [known.times[node.id] for node in saved]
    times = [one.self_ms for one in rows]
    total = None
    if plain.scan_ms is not None:
        total = plain.scan_ms + sum(max(time or 0.0, 0.0) for time in times)
    share = sum(one.share for one in rows)
    return replace(plain, saved_share=share, total_ms=total, **changes)


def _for_order(workload: Workload, known: Account, plain: Access) -> Iterator[Access]:
    """
    The order of a LIMIT: only as many rows are read as it wants.
    """
    found = order_of(workload, known, plain.node)
    if found is None:
        return
    changes = {"order": found.keys, "wanted": found.wanted, "lookups": found.lookups}
    yield _with(known, plain, found.above, serves="sort", **changes)


def _for_joins(workload: Workload, known: Account, plain: Access) -> Iterator[Access]:
    """
    The join columns of a table that is read as a whole though little of it is left by the joins
    above it. Inner joins may be made in another order, so those further up count as well.
    """
    below = plain.node
    path: list[PlanNode] = []
    parent = known.parents.get(plain.node.id)
    while parent is not None:
        if parent.join_type:
            yield from _of_join(workload, known, plain, (parent, below), tuple(path))
            is_kept = parent.join_type in ("Semi", "Anti") and below.relationship == "Outer"
            if parent.join_type != "Inner" and not is_kept:
                return
        elif parent.node_type not in _BETWEEN:
            return
        path.append(parent)
        below, parent = parent, known.parents.get(parent.id)


def _of_join(
    workload: Workload,
    known: Account,
    plain: Access,
    ends: tuple[PlanNode, PlanNode],
    path: tuple[PlanNode, ...],
) -> Iterator[Access]:
    """
    One join above a scan: `ends` are the join and its child on the scan's side.
    """
    join, below = ends
    keys = tuple(_join_keys(workload, known, plain.node, join))
    if not keys or not _may_look_up(join, below):
        return
    others = (child for child in join.children if child.relationship in ("Outer", "Inner"))
    other = next((child for child in others if child is not below), None)
    if other is None:
        return
    probes, out = known.times[other.id].rows_out_total, known.times[join.id].rows_out_total
    coming = known.times[below.id].rows_out_total
    if below.node_type in ("Materialize", "Memoize") or known.times[below.id].executions > 1:
        coming = plain.kept
    rows, reads = plain.rows, out * plain.kept / max(coming, 1.0) if path else out
    is_loop = join.node_type == "Nested Loop"
    work = max(rows, known.times[join.id].rows_scanned_total if is_loop else 0.0)
    if _is_key(workload, plain, keys[0].name, (join, probes, reads)):
        return
    yield _with(
        known,
        plain,
        (*path, join),
        serves="join",
        conditions=(*keys, *plain.conditions),
        rows=work,
        kept=plain.kept * work / max(rows, 1.0),
        wanted=reads,
        executions=max(probes, 1.0),
    )


def _join_keys(
    workload: Workload, known: Account, node: PlanNode, join: PlanNode
) -> Iterator[Condition]:
    """
    Columns of a scan that a join compares with columns of another relation.
    """
    declared = workload.declared(workload.table(node))
    texts = (join.hash_cond, join.merge_cond, join.join_filter)
    for predicate in (one for text in texts if text for one in predicates(text)):
        turned = oriented(predicate, node)
        is_ours = turned.left.is_column and turned.left.qualifier == node.alias
        is_join = turned.kind == "eq" and turned.right.qualifier not in ("", node.alias)
        if is_ours and is_join and not turned.left.relabelled:
            key = key_of(turned.left, node, known.plan.query, declared)
            if key is not None:
                yield Condition("join", turned.text, key, weight=0.0, is_literal=False)


def _may_look_up(join: PlanNode, below: PlanNode) -> bool:
    return below.relationship in LOOKED_UP.get(join.join_type, ())


def _is_key(
    workload: Workload, plain: Access, column: str, seen: tuple[PlanNode, float, float]
) -> bool:
    """
    Whether an index on a join column exists already, as far as plan and name tell.

    A schema knows. Without one: joins go to primary keys more often than not, and the planner may
    rightly pass their index by.
    """
    if workload.declared(plain.table) is not None:
        return False
    join, probes, reads = seen
    node = plain.node
    singular = node.relation.removesuffix("s")
    if column in ("id", "pk", "uuid", f"{singular}_id", f"{node.relation}_id"):
        return True
    inner = next((child for child in join.children if child.relationship == "Inner"), None)
    if join.inner_unique and inner is not None and inner.id <= node.id:
        return True
    return join.join_type == "Inner" and reads * plain.rows <= (
        UNIQUE_MATCHES * probes * max(plain.kept, 1.0)
    )
