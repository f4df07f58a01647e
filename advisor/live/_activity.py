"""
Questions about who is connected, and about replication. Texts of statements are never read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.live._sql import moment, seconds, since

if TYPE_CHECKING:
    from advisor.live.sections import Scope

LONG = 60
"""Seconds that make a transaction worth a row of its own."""
MOST_LONG = 100
_NOW = "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END"


def sessions(scope: Scope) -> str:
    """
    Clients by database, role and state.
    """
    del scope
    return f"""
    SELECT a.datname AS database, a.usename AS role, nullif(r.rolsuper, false) AS superuser,
           a.state, count(*) AS sessions,
           count(*) FILTER (WHERE a.client_addr IS NOT NULL AND NOT s.ssl) AS unencrypted,
           count(*) FILTER (WHERE a.client_addr IS NOT NULL) AS remote,
           max({seconds("a.state_change")}) AS longest_in_state
    FROM pg_stat_activity a
    LEFT JOIN pg_stat_ssl s ON s.pid = a.pid
    LEFT JOIN pg_roles r ON r.oid = a.usesysid
    WHERE a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 4
    """


def long_sessions(scope: Scope) -> str:
    """
    Sessions whose transaction has been open for long, oldest first.
    """
    del scope
    return f"""
    SELECT pid, datname AS database, usename AS role, left(application_name, 64) AS application,
           state, backend_type, {seconds("xact_start")} AS transaction_age,
           {seconds("state_change")} AS state_age, nullif(wait_event_type, 'Client') AS waits_for,
           age(backend_xmin) AS xmin_age
    FROM pg_stat_activity
    WHERE xact_start < clock_timestamp() - interval '{LONG} seconds' AND pid <> pg_backend_pid()
    ORDER BY xact_start, pid LIMIT {MOST_LONG}
    """


def prepared(scope: Scope) -> str:
    """
    Two-phase transactions that wait for their end. Their names are chosen by applications.
    """
    del scope
    return f"""
    SELECT database, owner AS role, {seconds("prepared")} AS age, age(transaction) AS xid_age
    FROM pg_prepared_xacts ORDER BY prepared, 1, 2
    """


def replication(scope: Scope) -> str:
    """
    Standbys and other receivers of the WAL.
    """
    del scope
    return f"""
    SELECT application_name AS name, usename AS role, state, sync_state,
           pg_wal_lsn_diff({_NOW}, replay_lsn) AS lag_bytes,
           extract(epoch FROM replay_lag) AS replay_lag, age(backend_xmin) AS xmin_age
    FROM pg_stat_replication ORDER BY 1, 2, pid
    """


def slots(scope: Scope) -> str:
    """
    Replication slots, and the WAL and rows that they keep.
    """
    major = scope.major
    return f"""
    SELECT slot_name AS name, slot_type AS type, database, active,
           nullif(temporary, false) AS temporary,
           age(xmin) AS xmin_age, age(catalog_xmin) AS catalog_xmin_age,
           pg_wal_lsn_diff({_NOW}, restart_lsn) AS retained,
           {since(major, 13, "wal_status")} AS wal_status,
           {since(major, 13, "safe_wal_size")} AS safe_wal_size,
           {since(major, 17, moment("inactive_since"))} AS inactive_since,
           {since(major, 17, "invalidation_reason")} AS invalidation_reason
    FROM pg_replication_slots ORDER BY slot_name COLLATE "C"
    """


def publications(scope: Scope) -> str:
    """
    Publications of this database.
    """
    del scope
    return """
    SELECT pubname AS name, puballtables AS all_tables, pubupdate AS updates, pubdelete AS deletes
    FROM pg_publication ORDER BY pubname COLLATE "C"
    """


def subscriptions(scope: Scope) -> str:
    """
    Subscriptions of this database. Where they connect to is a secret and not read.
    """
    failures = "LEFT JOIN pg_stat_subscription_stats f ON f.subid = s.oid"
    return f"""
    SELECT s.subname AS name, s.subenabled AS enabled,
           {since(scope.major, 15, "f.apply_error_count")} AS apply_errors,
           {since(scope.major, 15, "f.sync_error_count")} AS sync_errors,
           EXISTS (SELECT FROM pg_stat_subscription w WHERE w.subid = s.oid AND w.pid IS NOT NULL)
               AS running
    FROM pg_subscription s {since(scope.major, 15, failures, older="")}
    WHERE s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    ORDER BY s.subname COLLATE "C"
    """
