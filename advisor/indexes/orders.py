"""
The order in which a LIMIT above a scan wants its rows, so that an index may deliver just these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import permutations

from msgspec import Struct
from msgspec.structs import replace

from advisor import regex
from advisor.indexes.conditions import SYSTEM_COLUMNS, key_of, owns
from advisor.indexes.model import Key
from advisor.indexes.workload import Account, Workload, used
from advisor.plans.conditions import predicates
from advisor.plans.model import PlanNode
from advisor.plans.sides import side

MIN_JOINED = 0.5
"""
Part of the rows that a join must leave, so that reading them in order meets the LIMIT soon even
when those that it leaves come last.
"""
LOOKED_UP = {
    "Inner": ("Outer", "Inner"),
    "Left": ("Inner",),
    "Semi": ("Inner",),
    "Anti": ("Inner",),
    "Right": ("Outer",),
    "Right Semi": ("Outer",),
    "Right Anti": ("Outer",),
}
"""Sides of a join that may be looked up row by row; the other side must be read as a whole."""
_ABOVE_SORT = ("Gather Merge", "Gather", "LockRows", "Result")
_ABOVE_SCAN = ("Gather Merge", "Gather", "Result", "Hash")
_IN_ORDER = ("Gather Merge", "LockRows", "Result", "Subquery Scan")
_COSTLY = 0.1
"""Part of the plan that repeated scans of a table take, each of them, when an index is sure to be
advised."""
_OFTEN = 10
_AROUND = ("Hash", "Memoize", "Materialize")
_INDEX_SCANS = ("Index Scan", "Index Only Scan")
_KEY = regex.lazy(r"(.*?)( DESC)?( NULLS (?:FIRST|LAST))?", re.DOTALL)
_ORDER_BY = regex.lazy(r"\bORDER\s+BY\b", re.IGNORECASE)
_MAX_LENGTH = 20_000
"""Characters of a statement that is still taken apart."""


class Order(Struct, frozen=True):
    """
    What a LIMIT wants of a scan.
    """

    keys: tuple[Key, ...]
    above: tuple[PlanNode, ...]
    """Nodes that have less to do, or nothing, when the scan delivers its rows in this order."""
    wanted: float
    """Rows of the scan, in all executions: more than the LIMIT gets where joins drop some."""
    lookups: float = 0.0
    """For these rows, in all other tables."""


def is_walked(known: Account, node: PlanNode) -> bool:
    """
    Whether a scan follows an index for its order, and a LIMIT stops it: how many rows its
    conditions leave is not known then.
    """
    return _stopping(known, node) is not None


def is_exhausted(known: Account, node: PlanNode) -> bool:
    """
    Whether such a scan came to the end of its index before the LIMIT was met. A LIMIT plans for no
    more rows than it wants.
    """
    limit = _stopping(known, node)
    if limit is None or limit.actual_rows is None or not known.plan.analyzed:
        return False
    return limit.actual_rows < (limit.plan_rows or 0.0)


def _stopping(known: Account, node: PlanNode) -> PlanNode | None:
    """
    The LIMIT that stops a scan which follows an index for its order.
    """
    if node.node_type not in _INDEX_SCANS:
        return None
    if known.plan.query and not _ORDER_BY.search(known.plan.query):
        return None
    below, parent = node, known.parents.get(node.id)
    while parent is not None and parent.node_type != "Limit":
        is_loop = parent.node_type == "Nested Loop" and below.relationship == "Outer"
        if not is_loop and parent.node_type not in _IN_ORDER:
            return None
        below, parent = parent, known.parents.get(parent.id)
    return parent


def order_of(workload: Workload, known: Account, node: PlanNode) -> Order | None:
    """
    The order that a LIMIT wants, through joins that leave most rows.

    None when there is no LIMIT, something else stands between, or a key is not the scan's own.
    """
    above: list[PlanNode] = []
    sort: PlanNode | None = None
    top: PlanNode | None = None
    each, below, parent = 1.0, node, known.parents.get(node.id)
    while parent is not None and parent.node_type != "Limit":
        if sort is not None and _passes_on(parent, below):
            top = top or below
            below, parent = parent, known.parents.get(parent.id)
            continue
        if sort is None and parent.join_type:
            other = _looked_up(workload, known, parent, below)
            coming = max(known.times[below.id].rows_out_total, 1.0)
            left = known.times[parent.id].rows_out_total / coming
            if other is None or left < MIN_JOINED:
                return None
            each /= min(left, 1.0)
            above += other.walk()
        elif sort is None and parent.node_type == "Sort":
            sort = parent
        elif parent.node_type not in (_ABOVE_SCAN if sort is None else _ABOVE_SORT):
            return None
        above.append(parent)
        below, parent = parent, known.parents.get(parent.id)
    if parent is None or (sort is None and not is_walked(known, node)):
        return None
    keys = _sorted(sort, workload, known, node) if sort else _walked(workload, known, node)
    top = top or below
    got = known.times[top.id].rows_out_total if known.plan.analyzed else parent.plan_rows or 0.0
    joins = sum(bool(one.join_type) for one in above)
    return Order(keys, tuple(above), got * each, got * each * joins) if keys else None


def _passes_on(parent: PlanNode, below: PlanNode) -> bool:
    """
    Whether a join above a sort takes its rows one by one, in their order, until the LIMIT is met.
    """
    return parent.node_type == "Nested Loop" and below.relationship == "Outer"


def _looked_up(
    workload: Workload, known: Account, join: PlanNode, below: PlanNode
) -> PlanNode | None:
    """
    The other side of a join, when it can be looked up row by row; None when that is not sure.
    """
    is_loop = join.node_type == "Nested Loop"
    sides = ("Inner",) if is_loop else LOOKED_UP.get(join.join_type, ())
    children = (one for one in join.children if one.relationship in ("Outer", "Inner"))
    other = next((one for one in children if one is not below), None)
    if other is None or other.relationship not in sides:
        return None
    scan = other
    while scan.node_type in _AROUND and scan.children:
        scan = scan.children[0]
    is_indexed = (
        (join.inner_unique and other.relationship == "Inner")
        or (is_loop and bool(scan.index_cond))
        or _has_index(workload, known, (join, below), scan)
    )
    return other if scan.relation and is_indexed else None


def _has_index(
    workload: Workload, known: Account, ends: tuple[PlanNode, PlanNode], scan: PlanNode
) -> bool:
    """
    Whether there is, or is going to be, an index that begins with a column by which a table is
    joined: by the schema, else as far as the plan proves it.
    """
    join, _ = ends
    columns = {
        own.column
        for text in (join.hash_cond, join.merge_cond)
        for one in (predicates(text) if text else ())
        for own in (one.left, one.right)
        if one.kind == "eq" and own.is_column and own.qualifier == scan.alias
    }
    declared = workload.declared(workload.table(scan))
    if declared is not None:
        first = {
            one.definition.keys[0].column
            for one in declared.indexes
            if one.definition.method == "btree" and not one.definition.predicate
        }
    else:
        first = set(_proven(known, ends, scan, columns))
    return bool(columns & first) or bool(columns & set(_missed(known, scan)))


def _proven(
    known: Account, ends: tuple[PlanNode, PlanNode], scan: PlanNode, columns: set[str]
) -> Iterator[str]:
    """
    First columns of indexes that a plan proves: it uses one elsewhere, a merge join reads one in
    its order, or no row finds two partners by a column that is called like a key.
    """
    join, below = ends
    for one in known.plan.walk():
        if one.index and one.index_cond and one.relation == scan.relation:
            yield from (key.column for key in used("", one).keys[:1])
    is_ordered = scan.node_type in _INDEX_SCANS and not scan.index_cond
    if is_ordered and join.merge_cond and len(columns) == 1:
        yield from columns
    made, coming = (known.times[one.id].rows_out_total for one in (join, below))
    if known.plan.analyzed and 0 < made <= coming:
        yield from columns & {*key_names(scan.relation)}


def _missed(known: Account, scan: PlanNode) -> Iterator[str]:
    """
    Columns by which a plan looks rows of a table up again and again without an index, at a high
    price, so that it is advised.
    """
    for one in known.plan.walk():
        row = known.times[one.id]
        is_costly = row.share >= _COSTLY and row.executions >= _OFTEN
        if one.node_type == "Seq Scan" and one.relation == scan.relation and is_costly:
            yield from _compared_with_others(one)


def _compared_with_others(node: PlanNode) -> Iterator[str]:
    """
    Columns that a filter compares for equality with those of another relation.
    """
    for one in predicates(node.filter) if node.filter else ():
        for own, other in permutations((one.left, one.right)):
            is_own = own.is_column and owns(node, own.qualifier)
            is_outer = bool(other.qualifiers) and not other.qualifiers & {"", node.alias}
            if one.kind == "eq" and is_own and is_outer:
                yield own.column


def key_names(relation: str) -> tuple[str, ...]:
    """
    What the primary key of a table is usually called.
    """
    return ("id", "pk", "uuid", f"{relation.removesuffix('s')}_id", f"{relation}_id")


def _sorted(sort: PlanNode, workload: Workload, known: Account, node: PlanNode) -> tuple[Key, ...]:
    keys = [_sort_key(text, node, workload, known.plan.query) for text in sort.sort_key]
    return tuple(key for key in keys if key is not None) if None not in keys else ()


def _sort_key(text: str, node: PlanNode, workload: Workload, query: str) -> Key | None:
    match = _KEY.fullmatch(text)
    if match is None or " COLLATE " in text or " USING " in text:
        return None
    found = side(match[1])
    if found.is_column and (found.relabelled or not owns(node, found.qualifier)):
        return None
    key = key_of(found, node, query, workload.declared(workload.table(node)))
    if key is None:
        return None
    descending = bool(match[2])
    first = "FIRST" in match[3] if match[3] else descending
    return replace(key, descending=descending, nulls_first=first)


def _walked(workload: Workload, known: Account, node: PlanNode) -> tuple[Key, ...]:
    """
    The order of an index that is followed: that of the statement, else that of the index in the
    schema, which may go on behind what the statement asks for.
    """
    aliases = {one.alias for one in known.plan.walk() if one.alias}
    stated = tuple(_stated(known.plan.query)) if len(aliases) == 1 else ()
    if stated:
        return stated
    declared = workload.declared(workload.table(node))
    named = (one for one in (declared.indexes if declared else ()) if one.name == node.index)
    keys = next((one.definition.keys for one in named), ())
    fixed = {
        one.left.column
        for one in (predicates(node.index_cond) if node.index_cond else ())
        if one.kind == "eq"
    }
    rest = tuple(key for key in keys if key.column not in fixed)
    return tuple(key.reversed() for key in rest) if node.scan_direction == "Backward" else rest


def _stated(query: str) -> Iterator[Key]:
    """
    ORDER BY of a statement of one table; nothing unless all of it are columns.
    """
    from sqlglot import exp, parse_one  # noqa: PLC0415 - start-up cost
    from sqlglot.errors import SqlglotError  # noqa: PLC0415 - start-up cost

    if not query or len(query) > _MAX_LENGTH:
        return
    try:
        tree = parse_one(query, read="postgres")
    except (SqlglotError, RecursionError):
        return
    order = tree.args.get("order") if isinstance(tree, exp.Select) else None
    found = order.expressions if order is not None else []
    named = {one.alias for one in tree.expressions if isinstance(one, exp.Alias)}
    if any(not isinstance(one.this, exp.Column) or one.this.name in named for one in found):
        return
    for one in found:
        if one.this.name in SYSTEM_COLUMNS:
            return
        yield Key(one.this.name, bool(one.args.get("desc")), bool(one.args.get("nulls_first")))
