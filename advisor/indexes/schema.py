"""
Tables, keys and indexes as SQL declares them: a dump of ``pg_dump -s``, or any script.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from advisor.indexes.model import Definition
from advisor.model import Location, Problem


class Column(Struct, frozen=True):
    """
    One column of a table.
    """

    name: str
    type: str
    """In lower case, as written: ``character varying(20)``, ``timestamp with time zone``."""
    default: str = ""
    collation: str = ""


class Index(Struct, frozen=True):
    """
    An index that exists.
    """

    name: str
    """Empty where the server chose it."""
    definition: Definition
    location: Location
    unique: bool = False
    constraint: bool = False
    """Whether it belongs to a primary key, a unique or an exclusion constraint."""
    only: bool = False
    """Declared ``ON ONLY`` a partitioned table: invalid until every partition has its own."""


class ForeignKey(Struct, frozen=True):
    """
    Columns that refer to another table.
    """

    name: str
    table: str
    columns: tuple[str, ...]
    parent: str
    location: Location


class Table(Struct):
    """
    One table while scripts are read; nobody changes it afterwards.
    """

    name: str
    columns: dict[str, Column] = msgspec.field(default_factory=dict)
    indexes: list[Index] = msgspec.field(default_factory=list)
    foreign_keys: list[ForeignKey] = msgspec.field(default_factory=list)
    parent: str = ""
    """The table that it is a partition of."""
    is_partitioned: bool = False

    @property
    def primary_key(self) -> tuple[str, ...]:
        """
        Its columns; empty when there is none.
        """
        keys = (one for one in self.indexes if one.constraint and one.unique)
        return next((one.definition.names for one in keys), ())


class Schema(Struct):
    """
    What scripts declare.
    """

    tables: dict[str, Table] = msgspec.field(default_factory=dict)
    """By qualified name; a table without a schema stands under its bare name."""
    attached: dict[str, str] = msgspec.field(default_factory=dict)
    """Indexes of partitions and the index of the parent that they belong to."""
    clustered: set[str] = msgspec.field(default_factory=set)
    problems: list[Problem] = msgspec.field(default_factory=list)

    def find(self, name: str) -> Table | None:
        """
        The table of a name with or without schema; None when it is not declared or ambiguous.
        """
        if name in self.tables:
            return self.tables[name]
        bare = name.rpartition(".")[2]
        same = [one for key, one in self.tables.items() if key.rpartition(".")[2] == bare]
        has_schema = [one for one in same if "." in one.name and "." in name]
        return same[0] if len(same) == 1 and not has_schema else None

    def root(self, table: Table) -> Table:
        """
        The partitioned table at the top, which the queries name.
        """
        seen = {table.name}
        while table.parent and (above := self.find(table.parent)) and above.name not in seen:
            seen.add(above.name)
            table = above
        return table

    def partitions(self, table: Table) -> list[Table]:
        """
        The partitions of a table, one level down.
        """
        return [one for one in self.tables.values() if one.parent and self._is(one.parent, table)]

    def _is(self, name: str, table: Table) -> bool:
        return self.find(name) is table


def read_schema(scripts: Mapping[str, str]) -> Schema:
    """
    The schema that scripts declare together, by their paths, in this order.

    What is no declaration of a table or an index is passed over; a declaration that cannot be taken
    apart becomes a problem.
    """
    from advisor.indexes.declarations import declare  # noqa: PLC0415 - it imports this module

    schema = Schema()
    for path, text in scripts.items():
        declare(schema, path, text)
    return schema
