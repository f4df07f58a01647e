"""
Facts of the databases of a running server, and of the statements that take its time.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.facts.live.reading import Facts, Item, Reading, per_day, share
from advisor.model import Origin, Value
from advisor.model.subject import Fact
from advisor.parsers._snapshot_relations import Table
from advisor.parsers._snapshot_rows import DatabaseRow, Row, Statement
from advisor.units import SIZE_UNITS

_BLOCK = 8 * SIZE_UNITS["kB"]
_SHOWN = 80
"""Characters of a statement in a sentence."""


def rows(reading: Reading) -> Iterator[Item]:
    """
    Every database, and every statement.
    """
    for one in reading.rows(DatabaseRow):
        yield "db", f"database {one.name}", _database(reading, one), reading.place(one)
    found = reading.rows(Statement)
    total = sum(one.total_exec_time for one in found)
    for statement in found:
        facts = _statement(reading, statement, total)
        yield "statement", _short(statement.query), facts, reading.place(statement)


def _database(reading: Reading, row: DatabaseRow) -> Facts:
    age = reading.counted(row.stats_reset)
    seen = None if row.blks_hit is None or row.blks_read is None else row.blks_hit + row.blks_read
    ended = None if row.commits is None else row.commits + (row.rollbacks or 0)
    lost = (
        None if row.sessions is None else (row.sessions_abandoned or 0) + (row.sessions_fatal or 0)
    )
    values = {
        "name": row.name,
        "xid_age": row.xid_age,
        "mxid_age": row.mxid_age,
        "freeze_max_age": reading.number("autovacuum_freeze_max_age"),
        "multixact_freeze_max_age": reading.number("autovacuum_multixact_freeze_max_age"),
        "oldest_table": _oldest(reading, row),
        "age": age,
        "hit_share": share(row.blks_hit, seen),
        "read": None if row.blks_read is None else row.blks_read * _BLOCK,
        "size": row.size,
        "temp_per_day": per_day(row.temp_bytes, age),
        "temp_files": row.temp_files,
        "deadlocks_per_day": per_day(row.deadlocks, age),
        "deadlocks": row.deadlocks,
        "transactions": ended,
        "rollback_share": share(row.rollbacks, ended),
        "sessions": row.sessions,
        "abandoned_share": share(lost, row.sessions),
        "actual_collation_version": row.actual_collation_version or "",
        "collation_version": row.collation_version or "",
        "backends": row.backends,
    }
    facts = {f"db.{name}": reading.fact(row, value) for name, value in values.items()}
    facts["db.checksum_failures"] = _or_absent(reading, row, row.checksum_failures)
    facts["db.connection_limit"] = _or_absent(reading, row, row.connection_limit)
    return facts


def _or_absent(reading: Reading, row: Row, value: float | None) -> Fact:
    """
    What the server leaves out where it does not apply.
    """
    if value is None:
        return Value(None, Origin.DEFAULT, note="the server has none")
    return reading.fact(row, value)


def _oldest(reading: Reading, row: DatabaseRow) -> str:
    if row is not reading.current:
        return ""
    tables = [one for one in reading.rows(Table) if one.xid_age is not None]
    oldest = max(
        tables, key=lambda one: max(one.xid_age or 0, one.toast_xid_age or 0), default=None
    )
    return oldest.qualified if oldest else ""


def _statement(reading: Reading, row: Statement, total: float) -> Facts:
    blocks = row.temp_blks_written / row.calls if row.calls else 0
    return {
        "statement.query": reading.fact(row, _short(row.query)),
        "statement.share": reading.fact(row, share(row.total_exec_time, total)),
        "statement.calls": reading.fact(row, row.calls),
        "statement.mean": reading.fact(row, row.mean_exec_time / 1000),
        "statement.temp": reading.fact(row, blocks * _BLOCK),
        "statement.age": reading.fact(row, reading.since(reading.document.server.started_at)),
    }


def _short(query: str) -> str:
    text = " ".join(query.split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
