"""
Questions about the server as a whole and its databases.

Views: "The Cumulative Statistics System" (monitoring-stats.html) and "System Views" (views.html) of
PostgreSQL 12 to 18.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.live._sql import moment, since

if TYPE_CHECKING:
    from advisor.live.sections import Scope

IDENTITY = f"""
SELECT current_setting('server_version') AS version,
       current_setting('server_version_num')::int AS version_num,
       current_database() AS database, current_user AS role,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
       pg_has_role(current_user, 'pg_read_all_settings', 'USAGE') AS reads_settings,
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS reads_statistics,
       pg_is_in_recovery() AS in_recovery,
       {moment("clock_timestamp()")} AS collected_at,
       {moment("pg_postmaster_start_time()")} AS started_at,
       {moment("pg_conf_load_time()")} AS loaded_at,
       current_setting('block_size')::int AS block_size
"""


def settings(scope: Scope) -> str:
    """
    Every setting; asked before the session sets any of its own.
    """
    del scope
    return """
    SELECT name, setting, unit, source, context, sourcefile AS file, sourceline AS line,
           nullif(pending_restart, false) AS pending_restart,
           CASE WHEN boot_val IS DISTINCT FROM setting THEN boot_val END AS boot
    FROM pg_settings ORDER BY name COLLATE "C"
    """


def role_settings(scope: Scope) -> str:
    """
    ALTER ROLE and ALTER DATABASE … SET.
    """
    del scope
    return """
    SELECT d.datname AS database, r.rolname AS role, split_part(one, '=', 1) AS name,
           substr(one, strpos(one, '=') + 1) AS setting
    FROM pg_db_role_setting s
    CROSS JOIN unnest(s.setconfig) one
    LEFT JOIN pg_database d ON d.oid = s.setdatabase
    LEFT JOIN pg_roles r ON r.oid = s.setrole
    ORDER BY 1 NULLS FIRST, 2 NULLS FIRST, 3
    """


def databases(scope: Scope) -> str:
    """
    One row for each database that allows connections.
    """
    return f"""
    SELECT d.datname AS name, nullif(d.datconnlimit, -1) AS connection_limit,
           CASE WHEN has_database_privilege(d.oid, 'CONNECT')
                  OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
                THEN pg_database_size(d.oid) END AS size,
           age(d.datfrozenxid) AS xid_age, mxid_age(d.datminmxid) AS mxid_age,
           s.numbackends AS backends, s.xact_commit AS commits, s.xact_rollback AS rollbacks,
           s.blks_read, s.blks_hit, s.temp_files, s.temp_bytes, s.deadlocks, s.conflicts,
           s.checksum_failures, {moment("s.checksum_last_failure")} AS checksum_last_failure,
           s.blk_read_time AS read_time, s.blk_write_time AS write_time,
           {since(scope.major, 14, "s.sessions")} AS sessions,
           {since(scope.major, 14, "s.sessions_abandoned")} AS sessions_abandoned,
           {since(scope.major, 14, "s.sessions_fatal")} AS sessions_fatal,
           {since(scope.major, 14, "s.sessions_killed")} AS sessions_killed,
           {since(scope.major, 15, "d.datcollversion")} AS collation_version,
           {since(scope.major, 15, "pg_database_collation_actual_version(d.oid)")}
               AS actual_collation_version,
           {moment("s.stats_reset")} AS stats_reset
    FROM pg_database d LEFT JOIN pg_stat_database s ON s.datid = d.oid
    WHERE d.datallowconn ORDER BY d.datname COLLATE "C"
    """


def checkpoints(scope: Scope) -> str:
    """
    One row, from the view that the version keeps it in.
    """
    if scope.major >= 17:
        return f"""
        SELECT num_timed AS timed, num_requested AS requested, write_time, sync_time,
               buffers_written, {moment("stats_reset")} AS stats_reset FROM pg_stat_checkpointer
        """
    return f"""
    SELECT checkpoints_timed AS timed, checkpoints_req AS requested,
           checkpoint_write_time AS write_time, checkpoint_sync_time AS sync_time,
           buffers_checkpoint AS buffers_written, {moment("stats_reset")} AS stats_reset
    FROM pg_stat_bgwriter
    """


def bgwriter(scope: Scope) -> str:
    """
    One row.
    """
    backend = "buffers_backend, buffers_backend_fsync," if scope.major < 17 else ""
    return f"""
    SELECT buffers_clean, maxwritten_clean, {backend} buffers_alloc,
           {moment("stats_reset")} AS stats_reset
    FROM pg_stat_bgwriter
    """


def wal(scope: Scope) -> str:
    """
    One row.
    """
    del scope
    return f"""
    SELECT wal_records AS records, wal_fpi AS full_page_images, wal_bytes AS bytes,
           wal_buffers_full AS buffers_full, {moment("stats_reset")} AS stats_reset
    FROM pg_stat_wal
    """


def wal_files(scope: Scope) -> str:
    """
    What pg_wal holds.
    """
    del scope
    return "SELECT count(*) AS files, sum(size) AS size FROM pg_ls_waldir()"


def io(scope: Scope) -> str:
    """
    One row for each kind of backend, object and context that did anything.
    """
    read = "read_bytes" if scope.major >= 18 else "reads * op_bytes"
    written = "write_bytes" if scope.major >= 18 else "writes * op_bytes"
    return f"""
    SELECT backend_type, object, context, reads, {read} AS read_bytes, read_time,
           writes, {written} AS write_bytes, write_time, extends, hits, evictions, reuses, fsyncs
    FROM pg_stat_io
    WHERE coalesce(reads, 0) + coalesce(writes, 0) + coalesce(extends, 0) + coalesce(hits, 0) > 0
    ORDER BY 1, 2, 3
    """


def archiver(scope: Scope) -> str:
    """
    One row.
    """
    del scope
    return f"""
    SELECT archived_count AS archived, {moment("last_archived_time")} AS last_archived,
           failed_count AS failed, {moment("last_failed_time")} AS last_failed,
           {moment("stats_reset")} AS stats_reset
    FROM pg_stat_archiver
    """


def extensions(scope: Scope) -> str:
    """
    Those that are installed in this database.
    """
    del scope
    return """
    SELECT e.extname AS name, e.extversion AS version, n.nspname AS schema,
           a.default_version
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    LEFT JOIN pg_available_extensions a ON a.name = e.extname
    ORDER BY e.extname COLLATE "C"
    """


def hba(scope: Scope) -> str:
    """
    What the server makes of pg_hba.conf as it is now.
    """
    file = since(scope.major, 16, "file_name")
    return f"""
    SELECT {file} AS file, line_number AS line, type, database AS databases,
           user_name AS roles, address, netmask, auth_method AS method, options, error
    FROM pg_hba_file_rules ORDER BY 1 NULLS FIRST, 2
    """


def file_errors(scope: Scope) -> str:
    """
    Lines of configuration files that the server refuses. Their values are not read.
    """
    del scope
    return """
    SELECT sourcefile AS file, sourceline AS line, name, error
    FROM pg_file_settings WHERE error IS NOT NULL ORDER BY 1, 2
    """
