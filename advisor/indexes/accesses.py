"""
The ways in which an index could serve the scans of a plan: filter them, order them, join them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from msgspec.structs import replace

from advisor.indexes import operators
from advisor.indexes.conditions import column_type, conditions_of, key_of, oriented
from advisor.indexes.model import Access, Condition, Key
from advisor.indexes.orders import LOOKED_UP, is_exhausted, is_walked, key_names, order_of
from advisor.indexes.shapes import FIXED
from advisor.indexes.workload import Account, Workload
from advisor.plans.arithmetic import NodeTimes
from advisor.plans.conditions import predicates
from advisor.plans.model import PlanNode
from advisor.plans.sides import side

MIN_TABLE_ROWS = 1_000
"""A sequential scan of a smaller table is right."""
MIN_EXECUTIONS = 10
"""Runs of an inner scan from which on an index on its join column is worth it."""
MIN_REMOVED = 10.0
"""Rows that an index scan throws away for each it keeps, before another index is looked for."""
UNIQUE_MATCHES = 1.05
"""Rows found for each probe up to which a join column may well be a key, which has its index."""
MEETINGS = 10.0
"""Rows whose bounding boxes meet that of another, as long as nobody knows: neighbours."""
TURNED = {"&&": "&&", "@>": "<@", "<@": "@>"}
_BETWEEN = ("Hash", "Sort", "Materialize", "Memoize", "Gather", "Gather Merge")


def accesses(workload: Workload, known: Account) -> Iterator[Access]:
    """
    Every way in which an index could serve a scan of a plan; none for small tables.
    """
    for node in known.scans():
        row = known.times[node.id]
        runs = max(row.executions, 1.0)
        if (whole := workload.entries(known, node)) >= MIN_TABLE_ROWS:
            yield _plain(workload, known, node, entries=whole * runs)
            continue
        if row.rows_scanned_total < MIN_TABLE_ROWS * runs:
            continue
        plain = _plain(workload, known, node)
        is_sequential = node.node_type == "Seq Scan"
        removes_much, walked = _removes_much(row), is_walked(known, node)
        is_counted = not walked or _is_counted(known, plain)
        if plain.conditions and (is_sequential or removes_much) and is_counted:
            yield plain
        if removes_much or not walked:
            yield from _for_order(workload, known, plain)
        if is_sequential:
            yield from _for_joins(workload, known, plain)


def _removes_much(row: NodeTimes) -> bool:
    return row.rows_removed_total >= MIN_REMOVED * max(row.rows_out_total, 1.0)


def _is_counted(known: Account, plain: Access) -> bool:
    """
    Whether a scan that a LIMIT should have stopped tells all the same how many rows there are: it
    went on to the end. Equality columns are better put in front of the order.
    """
    fixed = any(one.weight and one.kind in FIXED for one in plain.conditions)
    return not fixed and is_exhausted(known, plain.node)


def _plain(workload: Workload, known: Account, node: PlanNode, *, entries: float = 0.0) -> Access:
    """
    A scan with its conditions. What an index serves today keeps all of the rows that are read,
    unless it reads all of its `entries` for them.
    """
    row = known.times[node.id]
    table = workload.table(node)
    declared, query = workload.declared(table), known.plan.query
    today = node.index_cond or (node.recheck_cond if node.node_type == "Bitmap Heap Scan" else "")
    asked = today if entries else node.filter
    served = conditions_of(node, today, query, declared) if today and not entries else ()
    own = conditions_of(node, asked, query, declared) if asked else ()
    rows = entries or row.rows_scanned_total
    is_repeated = row.executions >= MIN_EXECUTIONS
    others = tuple(one if is_repeated or one.kind != "join" else _hidden(one) for one in own)
    return Access(
        query=known.number,
        node=node,
        table=table,
        serves="join" if is_repeated and any(one.kind == "join" for one in own) else "filter",
        conditions=(*(replace(one, weight=0.0) for one in served), *others),
        rows=rows,
        kept=row.rows_out_total,
        wanted=row.rows_out_total,
        executions=max(row.executions, 1.0),
        share=row.share,
        saved_share=0.0,
        total_ms=row.self_ms,
        scan_ms=row.self_ms,
        estimated=row.estimated,
        read=rows,
        scans=max(row.executions, 1.0),
        whole=node.index if entries else "",
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
    walked = is_walked(known, plain.node)
    changes = {"order": found.keys, "wanted": found.wanted, "lookups": found.lookups}
    yield _with(known, plain, found.above, serves="sort", walked=walked, **changes)


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
    is_loop = join.node_type == "Nested Loop"
    others = (child for child in join.children if child.relationship in ("Outer", "Inner"))
    other = next((child for child in others if child is not below), None)
    if other is None or not _may_look_up(join, below):
        return
    keys = tuple(_join_keys(workload, known, plain.node, join))
    if is_loop and not keys and not _is_first_of_itself(plain.node, below, other):
        keys = tuple(_meetings(workload, plain.node, join))
    if not keys:
        return
    probes, out = _once(known, other), known.times[join.id].rows_out_total
    coming = known.times[below.id].rows_out_total
    if below.node_type in ("Materialize", "Memoize") or known.times[below.id].executions > 1:
        coming = plain.kept
    rows, reads = plain.rows, out * plain.kept / max(coming, 1.0) if path else out
    if keys[0].kind == "special":
        reads = max(reads, MEETINGS * probes)
    work = max(rows, known.times[join.id].rows_scanned_total if is_loop else 0.0)
    is_plain = keys[0].kind == "join"
    if is_plain and _is_key(workload, plain, keys[0].name, (join, probes, reads)):
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


def _meetings(workload: Workload, node: PlanNode, join: PlanNode) -> Iterator[Condition]:
    """
    Columns of a scan whose geometries or ranges meet those of another relation, for GiST or GIN.
    """
    declared = workload.declared(workload.table(node))
    for one in predicates(join.join_filter):
        shapes = tuple(side(text) for text in operators.compared_shapes(one.text))
        for own, other in permutations(shapes or (one.left, one.right)):
            is_ours = own.is_column and own.qualifier == node.alias and other.known
            if not is_ours or not other.qualifiers or node.alias in other.qualifiers:
                continue
            operator = one.operator if own is one.left else TURNED.get(one.operator, "")
            kind = column_type(declared, own.column)
            key = Key(own.column)
            found = operators.contained_key(operator, "", key, kind) if kind else None
            found = ("gist", key) if shapes else found
            if found is not None:
                method, key = found
                yield Condition("special", one.text, key, method, weight=0.0, is_literal=False)


def _is_first_of_itself(node: PlanNode, below: PlanNode, other: PlanNode) -> bool:
    """
    Whether a scan is the outer side of a table's join with itself: the inner one is looked up.
    """
    again = any(one.relation == node.relation for one in other.walk())
    return again and below.relationship == "Outer"


def _once(known: Account, side_: PlanNode) -> float:
    """
    Rows of one side of a join, of which a rescan returns the same again.
    """
    row = known.times[side_.id]
    is_again = side_.relationship == "Inner" and side_.node_type in ("Materialize", "Seq Scan")
    return row.rows_out_total / max(row.executions, 1.0) if is_again else row.rows_out_total


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
    if column in key_names(node.relation):
        return True
    inner = next((child for child in join.children if child.relationship == "Inner"), None)
    if join.inner_unique and inner is not None and inner.id <= node.id:
        return True
    # A loop that compares every pair would have used the index if there were one.
    if join.node_type == "Nested Loop" and join.rows_removed_by_join_filter:
        return False
    return join.join_type == "Inner" and reads * plain.rows <= (
        UNIQUE_MATCHES * probes * max(plain.kept, 1.0)
    )
