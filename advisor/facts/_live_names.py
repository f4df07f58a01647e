"""
Names, types and meanings of the facts about running servers, from their snapshots.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.facts.schema import BOOL, DURATION, NUMBER, SHARE, SIZE, STRING, Type, list_of

Rows = Mapping[str, tuple[Type, str]]

LIVE: Rows = {
    "major": (NUMBER, "major version that runs"),
    "declared_major": (
        NUMBER,
        "major version that the deployment states; absent where it does not",
    ),
    "database": (STRING, "database that was looked into"),
    "in_recovery": (BOOL, "whether it is a standby"),
    "stats_age": (DURATION, "how long statistics have been counted, at least"),
    "pending": (list_of(STRING), "settings that wait for a restart"),
    "auto_settings": (list_of(STRING), "settings that only postgresql.auto.conf holds"),
    "has_files": (BOOL, "whether the deployment holds a postgresql.conf of this server"),
    "refused_lines": (list_of(STRING), "lines of configuration files that it refuses"),
    "refused_rules": (list_of(STRING), "lines of pg_hba.conf that it refuses"),
    "switched_roles": (list_of(STRING), "roles and databases with a switch of the planner off"),
    "superusers": (list_of(STRING), "superusers that are connected over a network"),
    "unencrypted": (NUMBER, "sessions over a network without TLS"),
    "remote": (NUMBER, "sessions over a network"),
    "ssl": (BOOL, "whether the server offers TLS"),
    "connections": (NUMBER, "connections that are open"),
    "usable": (NUMBER, "connections that it serves: max_connections less the reserved ones"),
    "idle_transactions": (NUMBER, "sessions idle in a transaction for five minutes or more"),
    "oldest_idle": (DURATION, "how long the oldest of them has been idle"),
    "lock_waiters": (NUMBER, "transactions of a minute or more that wait for a lock"),
    "checkpoints": (NUMBER, "checkpoints since the statistics were reset"),
    "requested_share": (SHARE, "share of checkpoints that came before their time"),
    "checkpoint_interval": (DURATION, "time between two checkpoints on average"),
    "checkpoints_age": (DURATION, "how long checkpoints have been counted, at least"),
    "clean_halts_per_day": (NUMBER, "times a day that the background writer stopped at its limit"),
    "backend_fsyncs": (NUMBER, "files that clients had to sync themselves; absent from 17 on"),
    "wal_waits_per_day": (NUMBER, "times a day that WAL was written because its buffers were full"),
    "wal_buffers": (SIZE, "its WAL buffers"),
    "archive_failed": (BOOL, "whether the last try to archive failed"),
    "archive_failures": (NUMBER, "failed tries to archive"),
    "synchronous_missing": (BOOL, "whether commits wait for a standby and none is synchronous"),
    "statements_preloaded": (BOOL, "whether pg_stat_statements is preloaded"),
    "statements_installed": (BOOL, "whether this database has the extension"),
    "checksums": (BOOL, "whether pages have checksums"),
    "old_extensions": (list_of(STRING), "extensions with a newer version on the server"),
    "unvalidated": (list_of(STRING), "foreign keys that were not validated"),
}
DB: Rows = {
    "name": (STRING, "database"),
    "xid_age": (NUMBER, "transactions since its oldest unfrozen one"),
    "mxid_age": (NUMBER, "multixacts since its oldest one"),
    "freeze_max_age": (NUMBER, "autovacuum_freeze_max_age"),
    "multixact_freeze_max_age": (NUMBER, "autovacuum_multixact_freeze_max_age"),
    "oldest_table": (STRING, "table that holds it back; empty for other databases"),
    "age": (DURATION, "how long its statistics have been counted, at least"),
    "hit_share": (SHARE, "share of pages found in shared_buffers"),
    "read": (SIZE, "what was read from the operating system"),
    "size": (SIZE, "size on disk"),
    "temp_per_day": (SIZE, "temporary files written a day"),
    "temp_files": (NUMBER, "temporary files written"),
    "deadlocks_per_day": (NUMBER, "deadlocks a day"),
    "deadlocks": (NUMBER, "deadlocks"),
    "transactions": (NUMBER, "transactions that ended"),
    "rollback_share": (SHARE, "share of transactions that were rolled back"),
    "sessions": (NUMBER, "sessions that were opened"),
    "abandoned_share": (SHARE, "share of sessions that clients lost or that failed"),
    "checksum_failures": (NUMBER, "pages with a wrong checksum; absent without checksums"),
    "collation_version": (STRING, "version of the collation it was made with; empty for none"),
    "actual_collation_version": (STRING, "version that the system has now"),
    "connection_limit": (NUMBER, "connections that it allows; absent for no limit"),
    "backends": (NUMBER, "connections to it"),
}
TABLE: Rows = {
    "name": (STRING, "schema and table"),
    "kind": (STRING, "r for a table, p for a partitioned one, m for a materialized view"),
    "rows": (NUMBER, "rows, as estimated"),
    "size": (SIZE, "size with TOAST, without indexes"),
    "dead": (NUMBER, "dead rows"),
    "dead_share": (SHARE, "dead rows as a share of all"),
    "dead_limit": (NUMBER, "dead rows from which on autovacuum comes"),
    "modified": (NUMBER, "rows changed since the last ANALYZE"),
    "analyze_limit": (NUMBER, "changed rows from which on autovacuum analyzes"),
    "analyzed": (BOOL, "whether the planner has statistics of it"),
    "autovacuum": (BOOL, "whether autovacuum may come: not switched off for it"),
    "autovacuum_runs": (BOOL, "whether autovacuum runs on the server at all"),
    "age": (DURATION, "how long its statistics have been counted, at least"),
    "primary_key": (BOOL, "whether it has one"),
    "unique": (BOOL, "whether it has a unique index"),
    "published": (BOOL, "whether a publication sends changes of existing rows of it"),
    "identified": (BOOL, "whether its rows can be told apart by subscribers"),
    "partition": (BOOL, "whether it is a partition"),
    "unlogged": (BOOL, "whether it is emptied after a crash"),
    "sequential_scans": (NUMBER, "scans of the whole table"),
    "rows_per_scan": (NUMBER, "rows that each of them read on average"),
    "scans_per_day": (NUMBER, "scans of the whole table a day"),
    "updates": (NUMBER, "rows updated"),
    "hot_share": (SHARE, "share of updates that touched no index"),
    "inserted_only": (BOOL, "whether rows are only added to it"),
}
DB_INDEX: Rows = {
    "name": (STRING, "its name, without the schema"),
    "table": (STRING, "its table"),
    "size": (SIZE, "its size"),
    "scans": (NUMBER, "scans since the statistics were reset"),
    "age": (DURATION, "how long scans have been counted, at least"),
    "droppable": (BOOL, "whether nothing but queries needs it: no key, constraint or identity"),
    "supports_key": (BOOL, "whether deletes in another table look for rows with it"),
    "standby": (BOOL, "whether standbys or subscribers may use it, whose scans are not counted"),
    "valid": (BOOL, "whether queries may use it"),
    "being_built": (BOOL, "whether a session may be building it"),
    "bloat": (SIZE, "estimate of what is free in it beyond what is normal"),
    "bloat_share": (SHARE, "the same as a share of its size"),
    "drop": (STRING, "statement that removes it"),
    "definition": (STRING, "statement that makes it again"),
    "reindex": (STRING, "statement that builds it anew"),
}
SEQUENCE: Rows = {
    "name": (STRING, "schema and sequence"),
    "used": (SHARE, "share of its values that is used up"),
    "limit": (NUMBER, "last value that sequence and column can hold"),
    "left": (NUMBER, "values that are left"),
    "feeds": (STRING, "column that it feeds, or the sequence itself"),
    "type": (STRING, "type that sets the limit"),
    "cycles": (BOOL, "whether it begins again"),
}
SLOT: Rows = {
    "name": (STRING, "name of the slot"),
    "type": (STRING, "physical or logical"),
    "active": (BOOL, "whether somebody reads it"),
    "temporary": (BOOL, "whether it ends with its session"),
    "retained": (SIZE, "WAL that it keeps"),
    "status": (STRING, "reserved, extended, unreserved or lost; empty before 13"),
    "bounded": (BOOL, "whether max_slot_wal_keep_size sets a limit"),
    "held_back": (NUMBER, "age in transactions of the rows that it keeps from vacuum"),
}
STANDBY: Rows = {
    "name": (STRING, "name that it connects with"),
    "state": (STRING, "streaming, catchup, startup, backup"),
    "lag": (SIZE, "WAL that it has still to replay"),
    "delay": (DURATION, "how far it is behind in time; absent when nothing is written"),
}
LONG: Rows = {
    "kind": (STRING, "session, prepared or subscription"),
    "name": (STRING, "database, role and program"),
    "state": (STRING, "state of the session"),
    "age": (DURATION, "how long the transaction has been open"),
    "client": (BOOL, "whether a client opened it: no worker of the server"),
    "holds_back": (BOOL, "whether it keeps rows from vacuum"),
}
SUBSCRIPTION: Rows = {
    "name": (STRING, "name of the subscription"),
    "enabled": (BOOL, "whether it is enabled"),
    "running": (BOOL, "whether a worker runs for it"),
    "errors": (NUMBER, "errors while changes were applied; absent before 15"),
}
DRIFT: Rows = {
    "name": (STRING, "setting"),
    "file_value": (STRING, "value in the files, as people write it"),
    "server_value": (STRING, "value that the server runs with"),
    "written": (STRING, "the line of the files"),
    "server": (STRING, "the row of the snapshot"),
    "source": (STRING, "default, auto, file or command: where the server has it from"),
    "where": (STRING, "file and line on the server, or what else says so"),
    "later": (BOOL, "whether the server read its files later than it was started"),
    "protects": (BOOL, "whether data or access depends on it"),
}
STATEMENT: Rows = {
    "query": (STRING, "the statement, shortened"),
    "share": (SHARE, "its share of the time of all statements that were read"),
    "calls": (NUMBER, "how often it ran"),
    "mean": (DURATION, "mean time of a run"),
    "temp": (SIZE, "temporary files that one run wrote on average"),
    "age": (DURATION, "how long statements have been counted, at least"),
}
TABLES: Mapping[str, Rows] = {
    "live": LIVE,
    "db": DB,
    "table": TABLE,
    "db_index": DB_INDEX,
    "sequence": SEQUENCE,
    "slot": SLOT,
    "standby": STANDBY,
    "transaction": LONG,
    "subscription": SUBSCRIPTION,
    "drift": DRIFT,
    "statement": STATEMENT,
}
TARGETS: Mapping[str, tuple[str, ...]] = {
    "live": ("live",),
    **{f"live.{name}": (name, "live") for name in TABLES if name != "live"},
}
EVENTS = frozenset({"live.drift", "live.slot", "live.standby", "live.transaction"})
"""Targets whose subjects exist only where something is going on."""
