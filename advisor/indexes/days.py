"""
Conditions that cut a timestamp to its day or month, so that no index on the column serves them.

An index on the expression is no way out in general: what day it is depends on the time zone, so the
cast of a timestamp with time zone is not immutable. The same rows lie between two timestamps.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from advisor import regex
from advisor.indexes import ddl
from advisor.indexes.conditions import column_type, oriented, owns
from advisor.indexes.schema import Table
from advisor.plans import scan
from advisor.plans.conditions import Predicate, predicates
from advisor.plans.model import PlanNode
from advisor.plans.sides import Side, side

_DAY = regex.lazy(r"\((?P<column>[^()']+)\)::date|(?P<bare>[\w.\"]+)::date")
_PART = regex.lazy(
    r"date_trunc\('(?P<part>hour|day|week|month|quarter|year)'::text, (?P<column>[^()']+)\)"
)
_STEPS = {"week": "7 days", "quarter": "3 months"}


class Cut(Struct, frozen=True):
    """
    One such condition, and what should stand in its place.
    """

    column: str
    condition: str
    """Verbatim."""
    instead: str
    """The half-open range with the same rows."""
    statement: str
    """The index that serves it; empty when the schema has one."""


def cut_of(node: PlanNode, table: Table | None) -> Cut | None:
    """
    The first condition of a filter that cuts a column which is, or may be, a timestamp.
    """
    for one in predicates(node.filter) if node.filter else ():
        turned = one if one.right.is_constant else oriented(one, node)
        found = _cut(turned, node)
        if found is None or not turned.right.is_constant:
            continue
        column, instead = found
        kind = column_type(table, column)
        if not kind or kind.startswith("timestamp"):
            has_index = table is not None and any(
                index.definition.keys[0].column == column and not index.definition.predicate
                for index in table.indexes
                if index.definition.method == "btree"
            )
            statement = "" if has_index else _index_on(node, column)
            return Cut(column, one.text, instead, statement)
    return None


def _cut(one: Predicate, node: PlanNode) -> tuple[str, str] | None:
    """
    The column and the range, for a comparison of ``(at)::date`` or ``date_trunc('day', at)``.
    """
    value = one.right.text
    if match := _DAY.fullmatch(one.left.text):
        column = _own(match["column"] or match["bare"], node)
        parts = _range(one.operator, value, f"{value} + 1")
    elif match := _PART.fullmatch(one.left.text):
        column, part = _own(match["column"], node), match["part"]
        step = _STEPS.get(part, f"1 {part}")
        parts = _range(one.operator, value, f"{value} + interval '{step}'")
        parts = parts if one.operator == "=" else []
    else:
        return None
    if column is None or not parts:
        return None
    name = scan.strip_parentheses(column.text)
    return column.column, " AND ".join(f"{name} {part}" for part in parts)


def _own(text: str, node: PlanNode) -> Side | None:
    found = side(text)
    return found if found.is_column and owns(node, found.qualifier) else None


def _range(operator: str, first: str, behind: str) -> list[str]:
    return {
        "=": [f">= {first}", f"< {behind}"],
        ">=": [f">= {first}"],
        ">": [f">= {behind}"],
        "<": [f"< {first}"],
        "<=": [f"< {behind}"],
    }.get(operator, [])


def _index_on(node: PlanNode, column: str) -> str:
    name = ddl.index_name(node.relation, [column])
    return ddl.create_index(name, node.schema, node.relation, ddl.Body([ddl.quote(column)]))


def lines_of(cut: Cut) -> Iterator[str]:
    """
    What to change, as lines of SQL.
    """
    yield f"-- instead of {cut.condition}:"
    yield f"-- {cut.instead}"
    if cut.statement:
        yield cut.statement
