"""
Facts of indexes: whether anybody needs them, whether they are valid, and how much of them is air.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from advisor.facts.live.reading import Facts, Item, Reading
from advisor.indexes.ddl import quote_qualified
from advisor.parsers._snapshot_relations import Column, ForeignKey, Index
from advisor.parsers._snapshot_rows import LongSession, Replication, Slot

Widths: TypeAlias = Mapping[tuple[str, str, str], float]
_PAGE_HEADER, _ITEM, _TUPLE_HEADER, _SPECIAL = 24, 4, 8, 16
"""Bytes of a B-tree page and its tuples (``nbtree.h``, ``itup.h``)."""
_PAGES = (1024, 2048, 4096, 8192, 16384, 32768)
"""Sizes of pages that a server can be built with."""
_FILL = 0.9
"""Fillfactor of a B-tree unless its options say otherwise."""


def rows(reading: Reading) -> Iterator[Item]:
    """
    Every index.
    """
    keys = {(one.schema, one.table, frozenset(one.columns)) for one in reading.rows(ForeignKey)}
    widths: Widths = {
        (one.schema, one.table, one.name): one.avg_width * (1 - (one.null_frac or 0))
        for one in reading.rows(Column)
        if one.avg_width is not None
    }
    elsewhere = _used_elsewhere(reading)
    for one in reading.rows(Index):
        facts = _index(reading, one, widths)
        facts["db_index.supports_key"] = reading.fact(one, _supports(one, keys))
        facts["db_index.standby"] = reading.fact(one, elsewhere)
        yield "db_index", f"index {one.qualified}", facts, reading.place(one)


def _used_elsewhere(reading: Reading) -> bool:
    """
    Whether another server may use the same indexes: standbys count scans for themselves.
    """
    physical = any(one.type == "physical" for one in reading.rows(Slot))
    known = reading.has(Replication) and reading.has(Slot)
    streams = any(one.name for one in reading.rows(Replication))
    return not known or physical or streams or reading.document.server.in_recovery


def _supports(row: Index, keys: set[tuple[str, str, frozenset[str]]]) -> bool:
    """
    Whether the columns of a foreign key begin the index.
    """
    names = [name for name in row.columns[: row.keys] if name]
    return any(
        (row.schema, row.table, frozenset(names[:count])) in keys
        for count in range(1, len(names) + 1)
    )


def _index(reading: Reading, row: Index, widths: Widths) -> Facts:
    size = row.size or 0
    ideal = _ideal_size(reading, row, widths)
    air = None if ideal is None else max(size - ideal, 0)
    name = quote_qualified(row.schema, row.name)
    building = any(
        one.state == "active" and one.backend_type == "client backend"
        for one in reading.rows(LongSession)
    )
    values = {
        "name": row.name,
        "table": f"{row.schema}.{row.table}",
        "size": size,
        "scans": row.scans,
        "age": reading.counted_here,
        "droppable": not (
            row.unique
            or row.constraint
            or row.referenced
            or row.replica_identity
            or row.clustered
            or row.parent
            or row.partitioned
        ),
        "valid": row.valid and row.ready,
        "being_built": building,
        "bloat": air,
        "bloat_share": None if air is None or not size else air / size,
        "drop": f"DROP INDEX CONCURRENTLY {name};",
        "definition": f"{row.definition};",
        "reindex": f"REINDEX INDEX CONCURRENTLY {name};",
    }
    return {f"db_index.{key}": reading.fact(row, value) for key, value in values.items()}


def _ideal_size(reading: Reading, row: Index, widths: Widths) -> float | None:
    """
    What a fresh B-tree without deduplication would take at most; None for what cannot be told.

    Deduplication only makes it smaller, so nothing is called bloated that is not.
    """
    if row.method != "btree" or row.partitioned or not row.tuples or row.tuples < 0:
        return None
    width = 0.0
    for column in row.columns:
        own = widths.get((row.schema, row.table, column)) if column else None
        if own is None:
            return None
        width += own + 4  # length words and alignment between columns
    tuple_size = -(-(width + _TUPLE_HEADER) // 8) * 8 + _ITEM
    page = reading.document.server.block_size
    if page not in _PAGES:
        return None
    usable = (page - _PAGE_HEADER - _SPECIAL) * _FILL
    leaves = row.tuples * tuple_size / usable
    return (leaves * 1.02 + 2) * page
