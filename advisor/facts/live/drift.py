"""
Facts of settings that the files and the running server disagree about.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.catalog import postgresql as catalog
from advisor.catalog.postgresql import Canonical
from advisor.deployment.snapshots import Drift
from advisor.facts.live.reading import Facts, Item, Reading
from advisor.facts.namespaces import namespace
from advisor.facts.schema import DURATION, SIZE
from advisor.model import Origin, Value
from advisor.model.subject import Scalar
from advisor.units import format_duration, format_size

_PROTECTS = frozenset(
    {
        "fsync",
        "full_page_writes",
        "synchronous_commit",
        "synchronous_standby_names",
        "archive_mode",
        "archive_command",
        "wal_level",
        "ssl",
        "password_encryption",
        "autovacuum",
        "row_security",
        "zero_damaged_pages",
    }
)
_SOURCES = {
    "default": "its default",
    "command line": "its command line",
    "environment variable": "its environment",
}


def rows(reading: Reading) -> Iterator[Item]:
    """
    Every setting that has drifted.
    """
    for one in reading.snapshot.drifts:
        yield "drift", one.name, _facts(reading, one), one.file.location


def _facts(reading: Reading, drift: Drift) -> Facts:
    row, server = drift.row, reading.document.server
    where = f"{row.file}:{row.line}" if row.file else _SOURCES.get(row.source, "somewhere else")
    auto = row.file.endswith("postgresql.auto.conf")
    source = "auto" if auto else {"default": "default", "command line": "command"}.get(row.source)
    values: dict[str, Scalar | None] = {
        "name": drift.name,
        "file_value": _shown(drift.name, drift.file.raw, server.major),
        "server_value": _shown(drift.name, row.setting, server.major),
        "source": source or "file",
        "where": where,
        "later": bool(
            server.loaded_at and server.started_at and server.loaded_at > server.started_at
        ),
        "protects": drift.name in _PROTECTS,
    }
    facts: Facts = {f"drift.{name}": reading.fact(row, value) for name, value in values.items()}
    facts["drift.written"] = Value(drift.file.raw, Origin.LITERAL, drift.file.location)
    facts["drift.server"] = Value(row.setting, Origin.LITERAL, drift.place)
    return facts


def _shown(name: str, raw: str, major: int) -> str:
    """
    A value as people write it: ``64 MB``, ``15 min``, ``on``.
    """
    nearest = min(max(major, catalog.MAJORS[0]), catalog.MAJORS[-1])
    guc = catalog.find(name, nearest)
    found = catalog.canonical(guc, raw, nearest) if guc else None
    if not isinstance(found, Canonical):
        return f"“{raw}”"
    spec, value = namespace("pg").get(name.lower()), found.value
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (int, float)) and spec and value >= 0:
        if spec.type == SIZE:
            return format_size(value)
        if spec.type == DURATION:
            return format_duration(value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value) or "empty"
