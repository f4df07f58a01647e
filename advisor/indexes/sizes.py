"""
How large an index becomes.

A B-tree stores each key once with the list of its rows (deduplication, PostgreSQL 13 and later):
6 bytes a row, against 16 and more for a key of its own. Leaf pages are filled to 90 %.
"""

from __future__ import annotations

import re
from math import ceil

from advisor import regex
from advisor.indexes.model import Access, Condition, Definition
from advisor.indexes.schema import Table

PAGE = 8192
_PAGE_HEADER = 24 + 16
_TUPLE_HEADER = 8
_LINE_POINTER = 4
_POINTER = 6
"""One row in a posting list."""
_FILL = 0.9
_RUNS = 300
"""Rows that one posting list holds at most, about: a sixth of a page."""
_DATES = 3_650
"""Ten years of days."""
_TEXT_WIDTH = 16
_WIDTHS = {
    "smallint": 2,
    "integer": 4,
    "int": 4,
    "date": 4,
    "boolean": 1,
    "bigint": 8,
    "uuid": 16,
    "double precision": 8,
    "numeric": 8,
}
_CAST = regex.lazy(r"::\"?([a-z][\w ]*)")
BRIN_RANGE = 128
"""Pages that one entry of a BRIN index describes."""
_ROWS_PER_PAGE = 60


def size(
    definition: Definition, rows: float, accesses: list[Access], table: Table | None
) -> int | None:
    """
    Bytes, or None when nothing tells: GIN and GiST depend on what the column holds.
    """
    if definition.method == "brin":
        return 3 * PAGE + ceil(rows / _ROWS_PER_PAGE / BRIN_RANGE) * 32
    if definition.method != "btree" or rows <= 0:
        return None
    share = _partial_share(definition, accesses)
    width = sum(_width(name, accesses, table) for name in (*definition.names, *definition.include))
    repeated = None if definition.include else _distinct(definition, rows, accesses, table)
    return btree_size(max(rows * share, 1.0), width, repeated)


def btree_size(rows: float, width: float, distinct: float | None) -> int:
    """
    Bytes of a B-tree over keys of a width, with so many different values if that is known.
    """
    entry = _TUPLE_HEADER + 8 * ceil(width / 8) + _LINE_POINTER
    if distinct is not None and distinct < rows / 2:
        lists = max(distinct, rows / _RUNS)
        total = lists * entry + rows * _POINTER
    else:
        total = rows * entry
    leaves = ceil(total / ((PAGE - _PAGE_HEADER) * _FILL))
    return (leaves + ceil(leaves / 200) + 1) * PAGE


def _partial_share(definition: Definition, accesses: list[Access]) -> float:
    if not definition.predicate:
        return 1.0
    alone = [
        one.kept / max(one.rows, 1.0)
        for one in accesses
        if {c.text for c in one.conditions if c.kind != "weak"} == set(definition.predicate)
    ]
    return max(alone, default=1.0)


def _width(name: str, accesses: list[Access], table: Table | None) -> float:
    declared = table.columns.get(name) if table else None
    if declared is not None:
        return _of_type(declared.type)
    texts = (c.text for one in accesses for c in one.conditions if c.name == name)
    casts = [match[1].strip() for text in texts for match in _CAST.finditer(text)]
    return _of_type(casts[-1]) if casts else _WIDTHS["bigint"]


def _of_type(text: str) -> float:
    base = text.partition("(")[0].strip()
    if base.startswith(("timestamp", "time")):
        return 8
    if match := re.fullmatch(r"(?:character|char)\((\d+)\)", text):
        return int(match[1]) + 1
    return _WIDTHS.get(base, _TEXT_WIDTH)


def _distinct(
    definition: Definition, rows: float, accesses: list[Access], table: Table | None
) -> float | None:
    """
    Different values of the keys together; None when one of them is not known.
    """
    product = 1.0
    for name in definition.names:
        found = [
            value
            for one in accesses
            for condition in one.conditions
            if condition.name == name and (value := _of_condition(one, condition)) is not None
        ]
        declared = table.columns.get(name) if table else None
        is_date = declared is not None and declared.type == "date"
        if found:
            product *= max(found)
        elif is_date or any(_is_date(one, name) for one in accesses):
            product *= _DATES
        else:
            return None
    return min(product, rows)


def _of_condition(access: Access, condition: Condition) -> float | None:
    """
    How many values a column has, when one value keeps what the access kept of it.
    """
    if condition.kind == "join":
        each = access.wanted * access.rows / max(access.kept, 1.0) / access.executions
        return access.rows / max(each, 1.0)
    strong = [one for one in access.conditions if one.kind != "weak"]
    if condition.kind in ("eq", "flag") and strong == [condition] and access.kept:
        return access.rows / access.kept
    return None


def _is_date(access: Access, name: str) -> bool:
    return any(one.name == name and "::date" in one.text for one in access.conditions)
