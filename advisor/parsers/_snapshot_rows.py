"""
The rows of a snapshot, as `advisor collect` writes them. What could not be read is None.

Points in time are ISO 8601 in UTC, sizes bytes, ages seconds unless they count transactions.
"""

from __future__ import annotations

from msgspec import Struct

Number = int | float


class Row(Struct, frozen=True, kw_only=True):
    """
    One line of a snapshot.
    """

    at_line: int = 0
    """Line of the file that it begins in, which is no part of the format."""


class Server(Row, frozen=True, kw_only=True):
    """
    Who was asked, when, and by whom.
    """

    version: str
    version_num: int
    major: int
    collected_at: str
    started_at: str | None = None
    loaded_at: str | None = None
    database: str = ""
    role: str = ""
    superuser: bool = False
    reads_settings: bool = True
    reads_statistics: bool = True
    in_recovery: bool = False
    block_size: int = 8192
    samples: bool = False
    advisor: str = ""


class Unreadable(Row, frozen=True, kw_only=True):
    """
    What could not be read, and why.
    """

    section: str
    what: str
    reason: str
    hint: str = ""


class Setting(Row, frozen=True, kw_only=True):
    """
    A row of pg_settings.
    """

    name: str
    setting: str = ""
    """In `unit`, as the server keeps it."""
    unit: str = ""
    source: str = "default"
    context: str = ""
    file: str = ""
    line: int = 0
    pending_restart: bool = False
    boot: str | None = None


class RoleSetting(Row, frozen=True, kw_only=True):
    """
    ALTER ROLE or ALTER DATABASE … SET.
    """

    database: str = ""
    role: str = ""
    name: str
    setting: str = ""


class DatabaseRow(Row, frozen=True, kw_only=True):
    """
    A row of pg_stat_database.
    """

    name: str
    connection_limit: int | None = None
    size: Number | None = None
    xid_age: int | None = None
    mxid_age: int | None = None
    backends: int | None = None
    commits: Number | None = None
    rollbacks: Number | None = None
    blks_read: Number | None = None
    blks_hit: Number | None = None
    temp_files: Number | None = None
    temp_bytes: Number | None = None
    deadlocks: Number | None = None
    conflicts: Number | None = None
    checksum_failures: Number | None = None
    checksum_last_failure: str | None = None
    read_time: Number | None = None
    write_time: Number | None = None
    sessions: Number | None = None
    sessions_abandoned: Number | None = None
    sessions_fatal: Number | None = None
    sessions_killed: Number | None = None
    collation_version: str | None = None
    actual_collation_version: str | None = None
    stats_reset: str | None = None


class Checkpoints(Row, frozen=True, kw_only=True):
    """
    Of pg_stat_checkpointer, or of pg_stat_bgwriter before 17.
    """

    timed: Number
    requested: Number
    write_time: Number | None = None
    sync_time: Number | None = None
    buffers_written: Number | None = None
    stats_reset: str | None = None


class Bgwriter(Row, frozen=True, kw_only=True):
    """
    The row of pg_stat_bgwriter.
    """

    buffers_clean: Number | None = None
    maxwritten_clean: Number | None = None
    buffers_backend: Number | None = None
    buffers_backend_fsync: Number | None = None
    buffers_alloc: Number | None = None
    stats_reset: str | None = None


class Wal(Row, frozen=True, kw_only=True):
    """
    The row of pg_stat_wal.
    """

    records: Number | None = None
    full_page_images: Number | None = None
    bytes: Number | None = None
    buffers_full: Number | None = None
    stats_reset: str | None = None


class WalFiles(Row, frozen=True, kw_only=True):
    """
    What pg_wal holds.
    """

    files: int
    size: Number = 0


class Archiver(Row, frozen=True, kw_only=True):
    """
    The row of pg_stat_archiver.
    """

    archived: Number = 0
    last_archived: str | None = None
    failed: Number = 0
    last_failed: str | None = None
    stats_reset: str | None = None


class Extension(Row, frozen=True, kw_only=True):
    """
    An extension of this database.
    """

    name: str
    version: str = ""
    schema: str = ""
    default_version: str | None = None


class Hba(Row, frozen=True, kw_only=True):
    """
    A row of pg_hba_file_rules.
    """

    file: str = ""
    line: int = 0
    type: str = ""
    databases: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    address: str = ""
    netmask: str = ""
    method: str = ""
    options: tuple[str, ...] = ()
    error: str = ""


class FileError(Row, frozen=True, kw_only=True):
    """
    A line of a configuration file that the server refuses.
    """

    file: str = ""
    line: int = 0
    name: str = ""
    error: str = ""


class Sessions(Row, frozen=True, kw_only=True):
    """
    Clients with one database, role and state.
    """

    database: str = ""
    role: str = ""
    superuser: bool = False
    state: str = ""
    sessions: int = 0
    unencrypted: int = 0
    remote: int = 0
    longest_in_state: Number | None = None


class LongSession(Row, frozen=True, kw_only=True):
    """
    A session with an old transaction.
    """

    pid: int = 0
    database: str = ""
    role: str = ""
    application: str = ""
    state: str = ""
    backend_type: str = ""
    transaction_age: Number = 0
    state_age: Number | None = None
    waits_for: str = ""
    xmin_age: int | None = None


class Prepared(Row, frozen=True, kw_only=True):
    """
    A prepared transaction.
    """

    database: str = ""
    role: str = ""
    age: Number = 0
    xid_age: int | None = None


class Replication(Row, frozen=True, kw_only=True):
    """
    A standby, or another receiver of the WAL.
    """

    name: str = ""
    role: str = ""
    state: str = ""
    sync_state: str = ""
    lag_bytes: Number | None = None
    replay_lag: Number | None = None
    xmin_age: int | None = None


class Slot(Row, frozen=True, kw_only=True):
    """
    A replication slot.
    """

    name: str
    type: str = ""
    database: str = ""
    active: bool = False
    temporary: bool = False
    xmin_age: int | None = None
    catalog_xmin_age: int | None = None
    retained: Number | None = None
    wal_status: str = ""
    safe_wal_size: Number | None = None
    inactive_since: str | None = None
    invalidation_reason: str = ""


class Publication(Row, frozen=True, kw_only=True):
    """
    A publication of this database.
    """

    name: str
    all_tables: bool = False
    updates: bool = True
    deletes: bool = True


class Subscription(Row, frozen=True, kw_only=True):
    """
    A subscription of this database.
    """

    name: str
    enabled: bool = True
    running: bool = True
    apply_errors: Number | None = None
    sync_errors: Number | None = None


class Sequence(Row, frozen=True, kw_only=True):
    """
    A sequence, and the column that it feeds.
    """

    schema: str = "public"
    name: str
    type: str = "bigint"
    min: int = 1
    max: int
    increment: int = 1
    cycle: bool = False
    table: str = ""
    column: str = ""
    column_type: str = ""
    last_value: int | None = None


class Statement(Row, frozen=True, kw_only=True):
    """
    A row of pg_stat_statements; times are milliseconds, as there.
    """

    id: str = ""
    role: str = ""
    query: str
    calls: Number = 0
    rows: Number = 0
    total_exec_time: Number = 0
    mean_exec_time: Number = 0
    total_plan_time: Number = 0
    shared_blks_hit: Number = 0
    shared_blks_read: Number = 0
    temp_blks_read: Number = 0
    temp_blks_written: Number = 0
    wal_bytes: Number | None = None
