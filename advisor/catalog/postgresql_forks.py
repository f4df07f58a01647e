"""
Settings that PostgreSQL does not have and programs made of it do, or versions after the catalogue.

Sources: the references of parameters of Greenplum, EDB Postgres Advanced Server, PolarDB,
YugabyteDB, openGauss, Amazon Aurora and Azure Database for PostgreSQL; "Release 19" of PostgreSQL.
Names with a dot need no entry: every server takes them.
"""

from __future__ import annotations

from collections.abc import Mapping

NEXT = "PostgreSQL 19"
PLATFORMS = ("Aurora", "Amazon RDS", "Azure")
"""Services, which take parameters of their own beside those of PostgreSQL."""
_PREFIXES: Mapping[str, str] = {
    "gp_": "Greenplum",
    "optimizer_": "Greenplum",
    "edb_": "EDB",
    "dbms_": "EDB",
    "polar_": "PolarDB",
    "yb_": "YugabyteDB",
    "ysql_": "YugabyteDB",
    "apg_": "Aurora",
    "aurora_": "Aurora",
    "rds_": "Amazon RDS",
}
_NAMES: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "log_dispatch_stats",
            "max_appendonly_tables",
            "max_resource_portals_per_transaction",
            "max_resource_queues",
            "max_statement_mem",
            "optimizer",
            "resource_scheduler",
            "runaway_detector_activation_percent",
            "statement_mem",
        ),
        "Greenplum",
    ),
    **dict.fromkeys(
        ("db_dialect", "nls_length_semantics", "oracle_home", "timed_statistics", "trace_hints"),
        "EDB",
    ),
    **dict.fromkeys(
        ("cstore_buffers", "enable_thread_pool", "max_process_memory", "thread_pool_attr"),
        "openGauss",
    ),
    "require_secure_transport": "Azure",
    **dict.fromkeys(
        (
            "autovacuum_max_parallel_workers",
            "debug_print_raw_parse",
            "effective_wal_level",
            "enable_eager_aggregate",
            "io_max_workers",
            "io_min_workers",
            "io_worker_idle_timeout",
            "io_worker_launch_interval",
            "log_autoanalyze_min_duration",
            "min_eager_agg_group_size",
        ),
        NEXT,
    ),
}


def fork_of(name: str) -> str:
    """
    The program that has a setting of this name, empty when none is known.
    """
    known = name.lower()
    prefix = next((who for start, who in _PREFIXES.items() if known.startswith(start)), "")
    return _NAMES.get(known, prefix)
