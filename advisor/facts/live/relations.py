"""
Facts of tables and sequences.

Thresholds of autovacuum: "Routine Vacuuming" (routine-vacuuming.html), with the limit that
``autovacuum_vacuum_max_threshold`` sets from 18 on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from advisor.facts.common import computed
from advisor.facts.live.reading import DAY, Facts, Item, Reading, per_day, share
from advisor.parsers._snapshot_relations import Column, Index, Table
from advisor.parsers._snapshot_rows import Publication, Sequence, Unreadable

_LARGEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


class _Told(Struct, frozen=True):
    """
    Which tables the planner has statistics of, as far as the role may see them.
    """

    tables: frozenset[tuple[str, str]]
    all: bool
    """Whether no statistics are hidden from the role."""

    @classmethod
    def of(cls, reading: Reading) -> _Told:
        """
        What a snapshot tells of it.
        """
        columns = reading.rows(Column)
        hidden = any(one.section == "columns" for one in reading.rows(Unreadable))
        return cls(
            frozenset((one.schema, one.table) for one in columns if one.null_frac is not None),
            reading.has(Column) and not hidden,
        )

    def is_analyzed(self, row: Table) -> bool | None:
        """
        Whether a table was analyzed; None where it cannot be told.

        A crash or a failover forgets when that was, and keeps the statistics.
        """
        if row.last_analyze or row.analyzes or (row.schema, row.name) in self.tables:
            return True
        # From 14 on -1 says that neither VACUUM nor ANALYZE ever came.
        return False if row.tuples == -1 or self.all else None


def rows(reading: Reading) -> Iterator[Item]:
    """
    Every table and every sequence.
    """
    unique = {(one.schema, one.table) for one in reading.rows(Index) if one.unique and one.valid}
    sends = any(one.updates or one.deletes for one in reading.rows(Publication))
    told = _Told.of(reading)
    for one in reading.rows(Table):
        facts = _table(reading, one)
        facts["table.analyzed"] = reading.fact(one, told.is_analyzed(one))
        facts["table.unique"] = computed((one.schema, one.name) in unique)
        facts["table.published"] = reading.fact(one, one.published and sends)
        yield "table", f"table {one.qualified}", facts, reading.place(one)
    for sequence in reading.rows(Sequence):
        name = f"sequence {sequence.schema}.{sequence.name}"
        yield "sequence", name, _sequence(reading, sequence), reading.place(sequence)


def _table(reading: Reading, row: Table) -> Facts:
    options = dict(_options(row.options))
    tuples = max(row.tuples or 0, row.live or 0)
    age = reading.counted_here
    scans = row.seq_scan or 0
    values = {
        "name": row.qualified,
        "kind": row.kind,
        "rows": tuples,
        "size": row.size or 0,
        "dead": row.dead,
        "dead_share": share(row.dead, None if row.dead is None else row.dead + (row.live or 0)),
        "dead_limit": _limit(reading, options, "vacuum", tuples),
        "modified": row.modified_since_analyze,
        "analyze_limit": _limit(reading, options, "analyze", tuples),
        "autovacuum": options.get("autovacuum_enabled", "on") in ("on", "true", "yes", "1"),
        "autovacuum_runs": reading.setting("autovacuum"),
        "age": age,
        "primary_key": row.primary_key,
        "identified": row.replica_identity in ("f", "i")
        or (row.replica_identity == "d" and row.primary_key),
        "partition": row.partition,
        "unlogged": row.persistence == "u",
        "sequential_scans": row.seq_scan,
        "rows_per_scan": (row.seq_tup_read or 0) / scans if scans else 0,
        "scans_per_day": per_day(row.seq_scan, age) if age and age > DAY else 0,
        "updates": row.updated,
        "hot_share": share(row.hot_updated, row.updated),
        "inserted_only": bool(row.inserted) and not row.updated and not row.deleted,
    }
    return {f"table.{name}": reading.fact(row, value) for name, value in values.items()}


def _options(options: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for one in options:
        name, _, value = one.partition("=")
        yield name.lower(), value.lower()


def _limit(reading: Reading, options: Mapping[str, str], what: str, tuples: float) -> float | None:
    """
    Rows from which on autovacuum comes: threshold + scale factor × rows.
    """
    threshold = _option(reading, options, f"autovacuum_{what}_threshold")
    factor = _option(reading, options, f"autovacuum_{what}_scale_factor")
    if threshold is None or factor is None:
        return None
    limit = threshold + factor * tuples
    most = _option(reading, options, "autovacuum_vacuum_max_threshold")
    return min(limit, most) if what == "vacuum" and most is not None and most >= 0 else limit


def _option(reading: Reading, options: Mapping[str, str], name: str) -> float | None:
    try:
        return float(options[name]) if name in options else reading.number(name)
    except ValueError:
        return None


def _sequence(reading: Reading, row: Sequence) -> Facts:
    """
    How much is used up of what both the sequence and its column can hold.
    """
    column = _LARGEST.get(row.column_type, row.max)
    limit = min(row.max, column)
    kind = row.column_type if column < row.max else row.type
    last, up = row.last_value, row.increment > 0
    begin = max(row.min, 1) if up else row.max
    used = None
    left = None
    if last is not None:
        end = limit if up else row.min
        used = share(abs(last - begin), abs(end - begin) or 1)
        left = max(abs(end - last) // abs(row.increment or 1), 0)
        if up and last >= limit:
            used, left = 1.0, 0
    feeds = f"{row.schema}.{row.table}.{row.column}" if row.column else f"{row.schema}.{row.name}"
    values = {
        "name": f"{row.schema}.{row.name}",
        "used": used,
        "limit": limit if up else row.min,
        "left": left,
        "feeds": feeds,
        "type": kind,
        "cycles": row.cycle,
    }
    return {f"sequence.{name}": reading.fact(row, value) for name, value in values.items()}
