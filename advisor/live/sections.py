"""
The parts of a snapshot, and what each asks the server.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from advisor.live import _activity, _relations, _server

MONITOR = "GRANT pg_monitor TO the role"


class Scope(Struct, frozen=True):
    """
    What decides how a question is put.
    """

    major: int
    samples: bool = False
    """Whether values of table data may be taken: most common values, bounds of histograms."""
    statements: str = ""
    """Schema of the extension pg_stat_statements, empty when it is not there."""


Query: TypeAlias = Callable[[Scope], str]


class Section(Struct, frozen=True):
    """
    One list of the snapshot.
    """

    name: str
    query: Query
    """SELECT for a version; its rows become objects, sorted by the server."""
    what: str
    """What is missing when it cannot be read, as a phrase."""
    since: int = 12
    """First major that has it."""
    grant: str = MONITOR
    """What would make it readable."""
    without_locks: Query | None = None
    """Asked instead when a table is locked by somebody else."""


_SUPERUSER = "read it as a superuser: this view is for superusers only"
SECTIONS: tuple[Section, ...] = (
    Section("role_settings", _server.role_settings, "settings of roles and databases"),
    Section("databases", _server.databases, "statistics of databases"),
    Section("checkpoints", _server.checkpoints, "statistics of checkpoints"),
    Section("bgwriter", _server.bgwriter, "statistics of the background writer"),
    Section("wal", _server.wal, "statistics of the WAL", 14),
    Section("wal_files", _server.wal_files, "size of the WAL on disk"),
    Section("io", _server.io, "statistics of reads and writes", 16),
    Section("archiver", _server.archiver, "state of the archiver"),
    Section("extensions", _server.extensions, "extensions"),
    Section("hba", _server.hba, "rules of pg_hba.conf", grant=_SUPERUSER),
    Section("file_errors", _server.file_errors, "errors in configuration files", grant=_SUPERUSER),
    Section("sessions", _activity.sessions, "sessions by state"),
    Section("long_sessions", _activity.long_sessions, "long transactions"),
    Section("prepared", _activity.prepared, "prepared transactions"),
    Section("replication", _activity.replication, "standbys and their lag"),
    Section("slots", _activity.slots, "replication slots"),
    Section("publications", _activity.publications, "publications"),
    Section("subscriptions", _activity.subscriptions, "subscriptions"),
    Section(
        "tables",
        _relations.tables,
        "tables",
        without_locks=_relations.tables_by_pages,
    ),
    Section(
        "indexes",
        _relations.indexes,
        "indexes",
        without_locks=_relations.indexes_by_pages,
    ),
    Section("foreign_keys", _relations.foreign_keys, "foreign keys"),
    Section("columns", _relations.columns, "statistics of columns"),
    Section("extended_statistics", _relations.extended_statistics, "extended statistics"),
)
"""Asked in this order. Settings come before, sequences, extents and statements after them."""
NAMES: tuple[str, ...] = (
    "settings",
    *(section.name for section in SECTIONS),
    "sequences",
    "extents",
    "statements",
)
"""Every list that a snapshot may hold."""
