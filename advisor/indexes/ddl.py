"""
CREATE INDEX and DROP INDEX statements, quoted by hand: generators rewrite what they print.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

from msgspec import Struct

from advisor import regex

_MAX_NAME = 63
"""Bytes of an identifier (NAMEDATALEN - 1)."""
_PLAIN = regex.lazy(r"[a-z_][a-z0-9_$]*")
_KEYWORDS = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit
    boolean both case cast char character check coalesce collate collation column concurrently
    constraint create cross current_catalog current_date current_role current_schema current_time
    current_timestamp current_user dec decimal default deferrable desc distinct do else end except
    exists extract false fetch float for foreign freeze from full grant greatest group grouping
    having ilike in initially inner inout int integer intersect interval into is isnull join json
    json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar
    json_serialize json_table json_value lateral leading least left like limit localtime
    localtimestamp merge_action national natural nchar none normalize not notnull null nullif
    numeric offset on only or order out outer overlaps overlay placing position precision primary
    real references returning right row select session_user setof similar smallint some substring
    symmetric system_user table tablesample then time timestamp to trailing treat trim true union
    unique user using values varchar variadic verbose when where window with xmlattributes
    xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize
    xmltable
    """.split()  # noqa: SIM905 - one word a line would be two pages
)
"""Every word that quote_ident() quotes in some version from 13 to 18."""


def quote(name: str) -> str:
    """
    An identifier as SQL needs it, in double quotes unless it is a plain word.
    """
    if _PLAIN.fullmatch(name) and name not in _KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def quote_qualified(schema: str, name: str) -> str:
    """
    A name with its schema, if there is one.
    """
    return f"{quote(schema)}.{quote(name)}" if schema else quote(name)


def index_name(table: str, columns: Sequence[str]) -> str:
    """
    ``idx_<table>_<columns>`` of plain letters, at most 63 bytes; a long one ends in a checksum.
    """
    parts = (re.sub(r"[^a-z0-9_]+", "_", part.lower()).strip("_") for part in (table, *columns))
    name = "_".join(("idx", *(part for part in parts if part)))
    if len(name) <= _MAX_NAME:
        return name
    checksum = f"{zlib.crc32(name.encode()):08x}"
    return f"{name[: _MAX_NAME - len(checksum) - 1].rstrip('_')}_{checksum}"


class Body(Struct, frozen=True):
    """
    What stands behind the table in CREATE INDEX. Keys and columns are quoted already.
    """

    keys: Sequence[str]
    method: str = "btree"
    include: Sequence[str] = ()
    predicate: Sequence[str] = ()

    def __str__(self) -> str:
        using = f" USING {self.method}" if self.method != "btree" else ""
        include = f" INCLUDE ({', '.join(self.include)})" if self.include else ""
        parts = [f"({part})" for part in self.predicate]
        where = f" WHERE {' AND '.join(parts)}" if parts else ""
        return f"{using} ({', '.join(self.keys)}){include}{where}"


def create_index(name: str, schema: str, table: str, body: Body) -> str:
    """
    The statement that builds an index without blocking writers.
    """
    target = quote_qualified(schema, table)
    return f"CREATE INDEX CONCURRENTLY {quote(name)} ON {target}{body};"


def create_partitioned(
    name: str, parent: tuple[str, str], partitions: Sequence[tuple[str, str]], body: Body
) -> str:
    """
    The same for a partitioned table, on which CONCURRENTLY is not possible: the parent's index is
    declared alone, and becomes valid when the last partition's is attached to it.

    With no partitions known, one statement for all, which blocks writers while it runs.
    """
    target = quote_qualified(*parent)
    if not partitions:
        return f"CREATE INDEX {quote(name)} ON {target}{body};"
    lines = [f"CREATE INDEX {quote(name)} ON ONLY {target}{body};"]
    for schema, table in partitions:
        own = index_name(table, (name.removeprefix("idx_").removeprefix(f"{parent[1]}_"),))
        above = quote_qualified(parent[0], name)
        lines.append(create_index(own, schema, table, body))
        lines.append(attach_index(above, quote_qualified(schema, own)))
    return "\n".join(lines)


def attach_index(above: str, own: str) -> str:
    """
    The statement that makes a partition's index a part of the parent's. Names are quoted already.
    """
    return f"ALTER INDEX {above} ATTACH PARTITION {own};"


def drop_index(name: str, schema: str, *, is_partitioned: bool = False) -> str:
    """
    The statement that takes it away again; an index lives in its table's schema.
    """
    how = "" if is_partitioned else "CONCURRENTLY "
    return f"DROP INDEX {how}IF EXISTS {quote_qualified(schema, name)};"
