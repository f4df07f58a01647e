"""
What the operator of CloudNativePG sets where nobody says anything, and what it keeps for itself.

Sources: CloudNativePG, "PostgreSQL Configuration" (global default parameters, fixed parameters,
managed extensions) and "Connection Pooling"; its files pkg/postgres/configuration.go and
pkg/management/pgbouncer/config/config.go.
"""

from __future__ import annotations

from collections.abc import Mapping

PLATFORM = "cloudnativepg"
POSTGRESQL: Mapping[str, str] = {
    # Global defaults, which the parameters of a cluster override.
    "archive_timeout": "5min",
    "dynamic_shared_memory_type": "posix",
    "full_page_writes": "on",
    "log_destination": "csvlog",
    "log_directory": "/controller/log",
    "log_filename": "postgres",
    "log_rotation_age": "0",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "off",
    "logging_collector": "on",
    "max_parallel_workers": "32",
    "max_replication_slots": "32",
    "max_worker_processes": "32",
    "shared_memory_type": "mmap",
    "ssl_max_protocol_version": "TLSv1.3",
    "ssl_min_protocol_version": "TLSv1.3",
    "wal_keep_segments": "32",
    "wal_keep_size": "512MB",
    "wal_level": "logical",
    "wal_log_hints": "on",
    "wal_receiver_timeout": "5s",
    "wal_sender_timeout": "5s",
    # Fixed.
    "archive_mode": "on",
    "hot_standby": "on",
    "listen_addresses": "*",
    "port": "5432",
    "restart_after_crash": "off",
    "ssl": "on",
    "ssl_ca_file": "/controller/certificates/client-ca.crt",
    "ssl_cert_file": "/controller/certificates/server.crt",
    "ssl_key_file": "/controller/certificates/server.key",
    "unix_socket_directories": "/controller/run",
}
"""Settings of the server; one that a version does not have is left out there."""
MANAGED_LIBRARIES = ("auto_explain", "pg_failover_slots", "pg_stat_statements", "pgaudit")
"""Preloaded by the operator as soon as a parameter starts with the name and a dot."""
PGBOUNCER: Mapping[str, str] = {
    "pool_mode": "session",
    "auth_type": "hba",
    "auth_user": "cnpg_pooler_pgbouncer",
    "client_tls_sslmode": "prefer",
    "ignore_startup_parameters": "extra_float_digits,options",
    "log_stats": "0",
    "server_tls_sslmode": "verify-ca",
}
"""Settings of a pooler that its parameters override."""
PGBOUNCER_FIXED: Mapping[str, str] = {"listen_addr": "*", "listen_port": "5432"}
"""Settings of a pooler that they do not."""
APPENDED = "ignore_startup_parameters"
"""What the parameters say of it comes behind the operator's own value."""
