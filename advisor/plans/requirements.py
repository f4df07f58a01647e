"""
What each sequential scan would need of an index: columns to compare, and an order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from advisor.plans.conditions import Predicate, predicates
from advisor.plans.model import PlanNode
from advisor.plans.sides import side

SYSTEM_COLUMNS = frozenset({"ctid", "oid", "tableoid", "xmin", "xmax", "cmin", "cmax"})
_ORDER = re.compile(r"(.*?)( DESC)?( NULLS (?:FIRST|LAST))?", re.DOTALL)
_ABOVE_SORT = ("Gather Merge", "Gather", "LockRows", "Result")
_ABOVE_SCAN = ("Gather Merge", "Gather", "Result")
_PLACES: Mapping[str, str] = {
    "eq": "equal",
    "is_null": "equal",
    "in": "listed",
    "range": "ranged",
}
_WEAK = frozenset({"<>", "IS NOT NULL", "IS TRUE", "IS NOT TRUE"})


@dataclass(frozen=True, slots=True)
class SortColumn:
    """
    One column of an order.
    """

    column: str
    descending: bool = False
    nulls_first: bool = False

    def reversed(self) -> SortColumn:
        """
        The same column as a backward scan returns it.
        """
        return SortColumn(self.column, not self.descending, not self.nulls_first)

    @property
    def suffix(self) -> str:
        """
        What stands behind the column in CREATE INDEX; NULLS only where it is not the default.
        """
        direction = " DESC" if self.descending else ""
        if self.nulls_first == self.descending:
            return direction
        return f"{direction} NULLS {'FIRST' if self.nulls_first else 'LAST'}"


@dataclass(frozen=True, slots=True)
class Requirement:
    """
    The conditions of one scan, sorted by what a B-tree can do with them.
    """

    equal: tuple[str, ...]
    """Columns compared with a constant, or IS NULL."""
    listed: tuple[str, ...]
    """Columns compared with a list: ``= ANY``."""
    ranged: tuple[str, ...]
    """Columns of inequalities."""
    joined: tuple[str, ...]
    """Columns compared with a value of an outer row."""
    weak: tuple[Predicate, ...]
    """Conditions that hold for most rows, so that leaving them out matters little."""
    unserved: tuple[Predicate, ...]
    """Conditions a B-tree does not serve; how much they keep is not known."""
    relabelled: tuple[str, ...]
    """Columns that a plan shows as ``(column)::text``."""


def of_scan(node: PlanNode, query: str) -> Requirement:
    """
    What the filter of a scan asks for.
    """
    found: dict[str, list[str]] = {"equal": [], "listed": [], "ranged": [], "joined": []}
    weak, unserved, relabelled = [], [], []
    for predicate in predicates(node.filter) if node.filter else ():
        turned = oriented(predicate, node)
        place = _place(turned, node, query)
        if place in found:
            if turned.left.column not in found[place]:
                found[place].append(turned.left.column)
            relabelled += [turned.left.column] if turned.left.relabelled else []
        elif turned.operator in _WEAK:
            weak.append(turned)
        else:
            unserved.append(turned)
    columns = {name: tuple(values) for name, values in found.items()}
    return Requirement(
        **columns, weak=tuple(weak), unserved=tuple(unserved), relabelled=tuple(relabelled)
    )


def oriented(predicate: Predicate, node: PlanNode) -> Predicate:
    """
    A comparison with the scan's own column on the left, as far as there is one.
    """
    if _owns(node, predicate.left.qualifier) and predicate.left.is_column:
        return predicate
    turned = predicate.turned()
    is_better = turned is not None and turned.is_column and _owns(node, turned.left.qualifier)
    return turned if is_better and turned is not None else predicate


def join_columns(node: PlanNode, *conditions: str) -> Iterator[str]:
    """
    Columns of a scan that join conditions compare with a column of another relation.
    """
    for predicate in (p for text in conditions if text for p in predicates(text)):
        turned = oriented(predicate, node)
        is_ours = turned.left.is_column and turned.left.qualifier == node.alias
        is_join = turned.kind == "eq" and turned.right.qualifier not in ("", node.alias)
        if is_ours and is_join and not turned.left.relabelled:
            yield turned.left.column


def limited_order(
    plan_parents: Mapping[int, PlanNode], node: PlanNode
) -> tuple[tuple[SortColumn, ...], tuple[PlanNode, ...]] | None:
    """
    The order in which a LIMIT above a scan wants its rows, and the nodes from the scan's parent to
    the LIMIT.

    None when there is no LIMIT, something stands between, or the order is not by columns alone.
    """
    path: list[PlanNode] = []
    sort: PlanNode | None = None
    parent = plan_parents.get(node.id)
    while parent is not None and parent.node_type != "Limit":
        if sort is None and parent.node_type == "Sort":
            sort = parent
        elif parent.node_type not in (_ABOVE_SCAN if sort is None else _ABOVE_SORT):
            return None
        path.append(parent)
        parent = plan_parents.get(parent.id)
    if parent is None or sort is None:
        return None
    order = [_sort_column(key, node) for key in sort.sort_key]
    columns = tuple(column for column in order if column is not None)
    return (columns, (*path, parent)) if columns and len(columns) == len(order) else None


def forward(order: tuple[SortColumn, ...]) -> tuple[SortColumn, ...]:
    """
    The order an index should have: plain where a backward scan of it returns what is wanted.
    """
    backward = tuple(column.reversed() for column in order)
    return backward if not any(column.suffix for column in backward) else order


def is_cast(column: str, query: str) -> bool:
    """
    Whether the query itself casts a column, so that ``(column)::text`` is more than a relabel.
    """
    name = rf'"?{re.escape(column)}"?'
    pattern = rf"(?<![\w$]){name}\s*::|\bCAST\s*\(\s*(?:[\w\"]+\.)?{name}\s+AS\b"
    return re.search(pattern, query, re.IGNORECASE) is not None


def _sort_column(key: str, node: PlanNode) -> SortColumn | None:
    match = _ORDER.fullmatch(key)
    if match is None:
        return None
    found = side(match[1])
    if not found.is_column or found.relabelled or not _owns(node, found.qualifier):
        return None
    descending = bool(match[2])
    return SortColumn(
        found.column, descending, "FIRST" in (match[3] or "") if match[3] else descending
    )


def _owns(node: PlanNode, qualifier: str) -> bool:
    return qualifier in ("", node.alias)


def _place(predicate: Predicate, node: PlanNode, query: str) -> str:
    """
    Which list of the requirement a condition belongs to; empty when a B-tree does not serve it.
    """
    left, right = predicate.left, predicate.right
    if not left.is_column or left.column in SYSTEM_COLUMNS or not _owns(node, left.qualifier):
        return ""
    if left.relabelled and is_cast(left.column, query):
        return ""
    if right.is_constant:
        return _PLACES.get(predicate.kind, "")
    is_outer = right.known and right.qualifiers and not right.qualifiers & {"", node.alias}
    return "joined" if predicate.kind == "eq" and is_outer else ""
