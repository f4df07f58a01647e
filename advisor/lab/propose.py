"""
What to ask the planner about: the indexes that scans suggest, also with the columns that let them
answer without the table.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import TypeAlias

from msgspec.structs import replace

from advisor.indexes import Definition, Query, candidates
from advisor.indexes.accesses import MIN_TABLE_ROWS, accesses
from advisor.indexes.columns import Columns
from advisor.indexes.model import Key
from advisor.indexes.schema import Schema
from advisor.indexes.shapes import MAX_KEYS, shapes
from advisor.indexes.workload import Account, Workload
from advisor.lab.planner import Answer
from advisor.lab.record import Record
from advisor.plans.conditions import predicates
from advisor.plans.read import read_plans
from advisor.plans.sides import side

Widths: TypeAlias = Mapping[tuple[str, str], int]
"""Bytes of a column, by the bare name of its table."""

MOST_INCLUDED = 6
"""Columns that an index may carry; the search weighs their size, so more are tried than the plans
alone would justify."""
MAX_WIDTH = 96
"""Bytes of them."""
_IN_BETWEEN = ("Gather", "Gather Merge", "Sort", "Incremental Sort")
"""Nodes between a scan and the aggregate that groups its rows."""


def propose(answers: Mapping[str, Answer], record: Record, schema: Schema) -> list[Definition]:
    """
    Candidates for statements, by their plans, without those that exist.
    """
    workload = Workload.of(queries_of(answers), schema)
    found = dict.fromkeys(candidates(workload.queries, schema))
    widths, columns = _widths(record), Columns.of(workload.accounts, schema)
    for known in workload.accounts:
        for one in (
            *_covering(workload, known, columns, widths),
            *_instead(workload, known, columns, widths),
            *_grouped(workload, known, columns, widths),
        ):
            found[one] = None
    there = {_bare(index.definition) for table in schema.tables.values() for index in table.indexes}
    qualified = (_qualified(one, schema) for one in found)
    wanted = (one for one in qualified if one is not None and _bare(one) not in there)
    return [one for one in wanted if not any(_begins(_bare(one), other) for other in there)]


def queries_of(answers: Mapping[str, Answer]) -> list[Query]:
    """
    The plans of statements, as advice takes them.
    """
    found = (_query(sql, answer) for sql, answer in answers.items())
    return [one for one in found if one is not None]


def _query(sql: str, answer: Answer) -> Query | None:
    text = f"EXPLAIN (FORMAT JSON)\n{sql};\n{json.dumps([{'Plan': answer.plan}], indent=1)}"
    plans = read_plans("lab", text).plans
    return Query("lab", replace(plans[0], query=sql)) if plans else None


def _covering(
    workload: Workload, known: Account, columns: Columns, widths: Widths
) -> Iterator[Definition]:
    """
    What scans suggest, with all that they need of their tables.
    """
    for access in accesses(workload, known):
        needed = columns.needed(access.query, access.node) or ()
        for shape in shapes(access):
            yield from _with(shape, needed, widths)


def _instead(
    workload: Workload, known: Account, columns: Columns, widths: Widths
) -> Iterator[Definition]:
    """
    What an index scan would read if it had not to go to the table for its rows.
    """
    for node in known.scans():
        if node.node_type != "Index Scan" or not node.index_cond:
            continue
        needed = columns.needed(known.number, node) or ()
        sides = (side for one in predicates(node.index_cond) for side in (one.left, one.right))
        own = (one for one in sides if one.is_column and one.qualifier == node.alias)
        keys = tuple(Key(name) for name in dict.fromkeys(one.column for one in own))
        reads = known.times[node.id].rows_scanned_total
        if keys and reads >= MIN_TABLE_ROWS:
            yield from _with(Definition(workload.table(node), keys), needed, widths)


def _grouped(
    workload: Workload, known: Account, columns: Columns, widths: Widths
) -> Iterator[Definition]:
    """
    The rows of a table in the order of its groups, which then need neither a sort nor a hash table.
    """
    for node in known.scans():
        above = known.parents.get(node.id)
        while above is not None and above.node_type in _IN_BETWEEN:
            above = known.parents.get(above.id)
        sides = [side(text) for text in above.group_key] if above is not None else []
        is_own = all(one.is_column and one.qualifier in ("", node.alias) for one in sides)
        reads = known.times[node.id].rows_scanned_total
        if 0 < len(sides) <= MAX_KEYS and is_own and reads >= MIN_TABLE_ROWS:
            keys = tuple(Key(one.column) for one in sides)
            needed = columns.needed(known.number, node) or ()
            yield from _with(Definition(workload.table(node), keys), needed, widths)


def joined(one: Definition, other: Definition, record: Record) -> Definition | None:
    """
    One index that does the work of two, when the keys of the first begin those of the second.
    """
    alike = one.table == other.table and one.predicate == other.predicate
    if not alike or other.keys[: len(one.keys)] != one.keys or one.method != other.method:
        return None
    carried = {*one.include, *other.include}
    wider = next(_with(other, carried, _widths(record)), None)
    return wider if wider not in (one, other) else None


def _widths(record: Record) -> Widths:
    return {(one.table, one.name): one.avg_width or 8 for one in record.columns}


def _with(shape: Definition, needed: Collection[str], widths: Widths) -> Iterator[Definition]:
    """
    The index that carries all columns that are needed, unless these are too many or too wide.
    """
    more = tuple(sorted({*needed} - {*shape.names}))
    table = shape.table.rpartition(".")[2]
    width = sum(widths.get((table, name), MAX_WIDTH) for name in more)
    plain = shape.method == "btree" and not any(key.opclass for key in shape.keys)
    if plain and 0 < len(more) <= MOST_INCLUDED and width <= MAX_WIDTH:
        yield replace(shape, include=more)


def _qualified(one: Definition, schema: Schema) -> Definition | None:
    """
    With the name that the table has in the lab; None for tables that are not there.
    """
    table = schema.find(one.table)
    return replace(one, table=schema.root(table).name) if table is not None else None


def _begins(one: Definition, other: Definition) -> bool:
    """
    Whether an index that exists begins with the same keys: a shorter one would only be smaller.
    """
    alike = one.table == other.table and one.method == other.method == "btree"
    begins = other.keys[: len(one.keys)] == one.keys
    return alike and begins and not one.include and one.predicate == other.predicate


def _bare(one: Definition) -> Definition:
    return replace(one, table=one.table.rpartition(".")[2])
