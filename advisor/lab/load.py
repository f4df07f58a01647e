"""
Statistics into the lab: of relations, columns, expressions of indexes and CREATE STATISTICS.

pg_dump 18 leaves extended statistics out and no function restores them; their three kinds are
written in the layout of ``statistics/extended_stats_internal.h``. The lists of most common values
hold values in the form of their types, which only the server knows: a table with one row for each
combination is analyzed, and the frequencies are put into what that gives.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from advisor import regex
from advisor.indexes import ddl
from advisor.lab.record import Column, ExtendedStatistics, Record

if TYPE_CHECKING:
    from advisor.lab.server import Connection

_RELATION = (
    "SELECT pg_restore_relation_stats('schemaname', %s::text, 'relname', %s::text,"
    " 'relpages', %s::int, 'reltuples', %s::real, 'relallvisible', %s::int)"
)
_ATTRIBUTE = (
    "SELECT pg_restore_attribute_stats('schemaname', %s::text, 'relname', %s::text,"
    " {which}, 'inherited', %s::bool, 'null_frac', %s::real, 'avg_width', %s::int,"
    " 'n_distinct', %s::real, 'most_common_vals', %s::text, 'most_common_freqs', %s::real[],"
    " 'histogram_bounds', %s::text, 'correlation', %s::real, 'most_common_elems', %s::text,"
    " 'most_common_elem_freqs', %s::real[], 'elem_count_histogram', %s::real[])"
)
_BY_NAME = _ATTRIBUTE.format(which="'attname', %s::text")
_BY_NUMBER = _ATTRIBUTE.format(which="'attnum', %s::int2")
_PAIRS = regex.lazy(r'"([\d, =>-]+)": ([\d.eE+-]+)')
_NDISTINCT, _DEPENDENCIES = 0xA352BFA4, 0xB4549A2C
_KINDS = ("pg_ndistinct", "pg_dependencies", "pg_mcv_list")
_SCRATCH = "advisor_scratch"


def relations(connection: Connection, rows: Iterable[Sequence[Any]]) -> None:
    """
    Schema, name, pages, rows and visible pages of tables and indexes.
    """
    with connection.pipeline(), connection.cursor() as cursor:
        for row in rows:
            cursor.execute(_RELATION, row)


def columns(connection: Connection, record: Record, existing: frozenset[str]) -> None:
    """
    Statistics of every column of a relation that is there.
    """
    with connection.pipeline(), connection.cursor() as cursor:
        for one in record.columns:
            if one.null_frac is not None and one.qualified in existing:
                cursor.execute(_BY_NAME, _values(one, one.schema, one.table, one.name))


def expression(
    connection: Connection, index: tuple[str, str], number: int, statistics: Column
) -> None:
    """
    Statistics of an expression of an index, by schema and name of the index.
    """
    connection.execute(_BY_NUMBER, _values(statistics, *index, number))


def _values(one: Column, schema: str, table: str, which: str | int) -> Sequence[Any]:
    has_values = one.most_common_values is not None
    has_elements = one.most_common_elements is not None
    return (
        schema,
        table,
        which,
        one.inherited,
        one.null_frac,
        one.avg_width,
        one.n_distinct,
        one.most_common_values,
        _reals(one.most_common_frequencies) if has_values else None,
        one.histogram_bounds,
        one.correlation,
        one.most_common_elements,
        _reals(one.most_common_element_frequencies) if has_elements else None,
        _reals(one.element_count_histogram) or None,
    )


def prepare_casts(connection: Connection) -> None:
    """
    Let bytes be taken for the types of extended statistics, which have no input functions.
    """
    for kind in _KINDS:
        connection.execute(f"CREATE CAST (bytea AS {kind}) WITHOUT FUNCTION".encode())


def extended(connection: Connection, one: ExtendedStatistics, record: Record) -> None:
    """
    What ANALYZE found for one CREATE STATISTICS, which is there already.
    """
    row = connection.execute(
        "SELECT e.oid, e.stxrelid::regclass::text, c.relkind = 'p',"
        " (SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(e.stxkeys::int2[])"
        "  WITH ORDINALITY k(num, n) JOIN pg_attribute a ON a.attrelid = e.stxrelid"
        "  AND a.attnum = k.num), e.stxrelid"
        " FROM pg_statistic_ext e JOIN pg_class c ON c.oid = e.stxrelid"
        " WHERE e.stxname = %s AND e.stxnamespace = quote_ident(%s)::regnamespace",
        (one.name, one.schema),
    ).fetchone()
    if row is None:
        return
    oid, table, is_partitioned, names, relation = row
    numbers = _numbers(connection, one, record, relation)
    values = {
        "stxdndistinct": _ndistinct(one.n_distinct, numbers),
        "stxddependencies": _dependencies(one.dependencies, numbers),
        "stxdmcv": _common(connection, one, table, names or ()),
    }
    connection.execute(
        "INSERT INTO pg_statistic_ext_data (stxoid, stxdinherit, stxdndistinct, stxddependencies,"
        " stxdmcv) VALUES (%s, %s, %s::bytea::pg_ndistinct, %s::bytea::pg_dependencies,"
        " %s::bytea::pg_mcv_list)",
        (oid, is_partitioned, *values.values()),
    )
    _expressions(connection, one, oid, table)


def _numbers(
    connection: Connection, one: ExtendedStatistics, record: Record, relation: int
) -> Mapping[int, int]:
    """
    Numbers of columns there → here; they differ where columns were dropped. Expressions have
    negative ones, alike in both.
    """
    here = dict(
        connection.execute(
            "SELECT attname::text, attnum FROM pg_attribute WHERE attrelid = %s AND attnum > 0",
            (relation,),
        ).fetchall()
    )
    table = one.table.rpartition(".")[2]
    there = [c for c in record.columns if c.schema == one.schema and c.table == table]
    return {c.number: here[c.name] for c in there if c.name in here}


def _reals(numbers: Iterable[float]) -> list[float]:
    """
    Numbers of one type, which the driver asks for; JSON has whole ones as well.
    """
    return [float(one) for one in numbers]


def _ndistinct(text: str | None, numbers: Mapping[int, int]) -> bytes | None:
    items = [
        (float(value), [numbers.get(int(n), int(n)) for n in keys.split(",")])
        for keys, value in _PAIRS.findall(text or "")
    ]
    if not items:
        return None
    head = struct.pack("<III", _NDISTINCT, 1, len(items))
    return head + b"".join(
        struct.pack(f"<di{len(found)}h", value, len(found), *found) for value, found in items
    )


def _dependencies(text: str | None, numbers: Mapping[int, int]) -> bytes | None:
    items = [
        (float(value), [numbers.get(int(n), int(n)) for n in re.split(r",|=>", keys)])
        for keys, value in _PAIRS.findall(text or "")
    ]
    if not items:
        return None
    head = struct.pack("<III", _DEPENDENCIES, 1, len(items))
    return head + b"".join(
        struct.pack(f"<dh{len(found)}h", value, len(found), *found) for value, found in items
    )


def _common(
    connection: Connection, one: ExtendedStatistics, table: str, names: Sequence[str]
) -> bytes | None:
    """
    The list of most common combinations; None for expressions, whose values no column can hold.
    """
    rows = one.most_common_values
    if not rows or len(rows[0]) != len(names):
        return None
    listed = ", ".join(ddl.quote(name) for name in names)
    places = ", ".join(["%s"] * len(names))
    target = min(max(len(rows), 100), 10_000)
    for statement in (
        f"CREATE TABLE {_SCRATCH} AS SELECT {listed} FROM ONLY {table} WHERE false",
        f"CREATE STATISTICS {_SCRATCH}_s (mcv) ON {listed} FROM {_SCRATCH}",
        f"ALTER STATISTICS {_SCRATCH}_s SET STATISTICS {target}",
    ):
        connection.execute(statement.encode())
    try:
        with connection.cursor() as cursor:
            insert = f"INSERT INTO {_SCRATCH} VALUES ({places})"
            cursor.executemany(insert.encode(), rows)
        connection.execute(f"ANALYZE {_SCRATCH}".encode())
        return _with_frequencies(connection, one, len(names))
    finally:
        connection.execute(f"DROP TABLE {_SCRATCH}".encode())


def _with_frequencies(connection: Connection, one: ExtendedStatistics, width: int) -> bytes | None:
    """
    The server's bytes with the true frequencies. An item is: frequency, base frequency, which value
    and whether it is null, for each column.
    """
    found = connection.execute(
        "SELECT d.stxdmcv::bytea, (SELECT json_agg(m.values ORDER BY m.index)"
        " FROM pg_mcv_list_items(d.stxdmcv) m) FROM pg_statistic_ext_data d"
        f" JOIN pg_statistic_ext e ON e.oid = d.stxoid WHERE e.stxname = '{_SCRATCH}_s'".encode()
    ).fetchone()
    if found is None or found[0] is None:
        return None
    data, order = bytearray(found[0]), found[1]
    bases = one.most_common_base_frequencies or _independent(one, width)
    known = {
        tuple(values): pair
        for values, *pair in zip(
            one.most_common_values, one.most_common_frequencies, bases, strict=False
        )
    }
    size = width * 3 + 16
    start = len(data) - size * len(order)
    for at, values in enumerate(order):
        frequency, base = known.get(tuple(values), (0.0, 0.0))
        struct.pack_into("<dd", data, start + at * size + width, frequency, base)
    return bytes(data)


def _independent(one: ExtendedStatistics, width: int) -> Sequence[float]:
    """
    How common each combination would be if columns did not depend on each other, as the list shows.
    """
    parts: list[dict[str | None, float]] = [{} for _ in range(width)]
    for values, frequency in zip(one.most_common_values, one.most_common_frequencies, strict=False):
        for part, value in zip(parts, values, strict=True):
            part[value] = part.get(value, 0.0) + frequency
    bases = []
    for values in one.most_common_values:
        base = 1.0
        for part, value in zip(parts, values, strict=True):
            base *= part[value]
        bases.append(base)
    return bases


def _expressions(connection: Connection, one: ExtendedStatistics, oid: int, table: str) -> None:
    """
    Statistics of expressions take the way through an index over the same expressions.
    """
    if not one.expressions:
        return
    listed = connection.execute(
        "SELECT array_agg(e) FROM unnest(pg_get_statisticsobjdef_expressions(%s)) e", (oid,)
    ).fetchone()
    if not listed or not listed[0] or len(listed[0]) != len(one.expressions):
        return
    keys = ", ".join(f"({text})" for text in listed[0])
    connection.execute(f"CREATE INDEX {_SCRATCH}_i ON {table} ({keys})".encode())
    (place,) = connection.execute(
        "SELECT relnamespace::regnamespace::text FROM pg_class"
        f" WHERE relname = '{_SCRATCH}_i'".encode()
    ).fetchall()
    for number, statistics in enumerate(one.expressions, 1):
        expression(connection, (place[0], f"{_SCRATCH}_i"), number, statistics)
    connection.execute(
        "UPDATE pg_statistic_ext_data SET stxdexpr = (SELECT array_agg(s ORDER BY s.staattnum)"
        " FROM pg_statistic s JOIN pg_class c ON c.oid = s.starelid"
        f" WHERE c.relname = '{_SCRATCH}_i') WHERE stxoid = %s".encode(),
        (oid,),
    )
    connection.execute(f"DROP INDEX {ddl.quote(place[0])}.{_SCRATCH}_i".encode())
