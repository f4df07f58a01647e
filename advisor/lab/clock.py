"""
What is known of a database to tell how long its plans take: tables, indexes, and what the planner
expects of conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
from msgspec import Struct

from advisor.lab import plan_nodes as nodes
from advisor.lab.pages import PAGE
from advisor.lab.plan_nodes import Node
from advisor.lab.record import Record


class Relation(Struct, frozen=True):
    """
    A table of the record.
    """

    rows: float
    pages: float
    visible: float
    """Part of its pages whose rows all can see."""


class Sorted(Struct, frozen=True):
    """
    An index: what it is sorted by, and how large it is.
    """

    keys: Sequence[str] = ()
    """Columns or expressions."""
    order: float = 0.0
    """How much the order of the table's rows is the same: 0 to 1."""
    pages: float = 0.0


class Clock(Struct):
    """
    Estimates efforts of plans of one database.
    """

    tables: Mapping[str, Relation]
    distinct: Mapping[tuple[str, str], float]
    """Different values, by table and column."""
    orders: Mapping[tuple[str, str], float]
    """How much the order of a table's rows is that of a column, by table and column: 0 to 1."""
    types: Mapping[tuple[str, str], str]
    """By table and column."""
    index: Callable[[str], Sorted]
    """What an index is sorted by, by its name."""
    count: Callable[[str], float | None]
    """Rows that the planner expects of a query."""
    known: dict[tuple[str, ...], float | None] = msgspec.field(default_factory=dict)

    def table(self, node: Node) -> Relation:
        """
        The table of a scan.
        """
        return self.tables.get(nodes.qualified(node), Relation(float(node["Plan Rows"]), 1.0, 0.0))


class Indexes(Struct, frozen=True):
    """
    Tells of indexes of a record what a clock wants to know.
    """

    correlations: Mapping[tuple[str, str], float]

    @classmethod
    def of(cls, record: Record) -> Indexes:
        """
        Those of the columns of a record.
        """
        columns = record.columns
        return cls({(one.qualified, one.name): one.correlation or 0.0 for one in columns})

    def one(self, table: str, keys: Sequence[str], size: float) -> Sorted:
        """
        An index of so many bytes.
        """
        order = self.correlations.get((table, keys[0]), 0.0) if keys else 0.0
        return Sorted([one for one in keys if one], order**2, size / PAGE)

    def existing(self, record: Record) -> dict[str, Sorted]:
        """
        Those of a record, by their names.
        """
        return {
            one.name: self.one(
                f"{one.schema}.{one.table}",
                [name or "" for name in one.columns[: one.keys]],
                one.size or (one.pages or 0) * PAGE,
            )
            for one in record.indexes
            if one.columns
        }


def clock_of(
    record: Record,
    index: Callable[[str], Sorted],
    count: Callable[[str], float | None],
) -> Clock:
    """
    A clock for the tables of a record.
    """
    tables, distinct, orders = {}, {}, {}
    types = {(one.qualified, one.name): one.type for one in record.columns}
    for one in record.tables:
        pages, rows = float(one.pages or 0), max(one.tuples or 0.0, 0.0)
        visible = min((one.all_visible_pages or 0) / pages, 1.0) if pages else 0.0
        tables[one.qualified] = Relation(rows, pages, visible)
    for column in record.columns:
        orders[column.qualified, column.name] = (column.correlation or 0.0) ** 2
        if values := column.n_distinct:
            rows = tables[column.qualified].rows if column.qualified in tables else 1.0
            count_of = -values * rows if values < 0 else values
            distinct[column.qualified, column.name] = max(count_of, 1.0)
    return Clock(tables, distinct, orders, types, index, count)
