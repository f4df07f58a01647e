"""
Defaults of the pools of PostgreSQL's drivers, and of Django's connections.

Sources: psycopg "psycopg_pool -- Connection pool implementations" (3.2 and newer); asyncpg "API
Reference", create_pool; psycopg2 "psycopg2.pool"; Django "Settings", DATABASES.
"""

from __future__ import annotations

from collections.abc import Mapping

PSYCOPG: Mapping[str, int | float | None] = {
    "min_size": 4,
    "max_size": None,
    "timeout": 30,
    "max_waiting": 0,
    "max_lifetime": 3600,
    "max_idle": 600,
}
"""A max_size of None is min_size; a max_waiting of 0 is no limit. Seconds for durations."""
ASYNCPG: Mapping[str, int | float | None] = {
    "min_size": 10,
    "max_size": 10,
    "max_inactive_connection_lifetime": 300,
    "max_queries": 50_000,
    "statement_cache_size": 100,
}
DJANGO: Mapping[str, int | bool] = {
    "CONN_MAX_AGE": 0,
    "CONN_HEALTH_CHECKS": False,
    "DISABLE_SERVER_SIDE_CURSORS": False,
}
DJANGO_POOL_SINCE = (5, 1)
"""The option ``pool`` is new in Django 5.1."""
DJANGO_HEALTH_CHECKS_SINCE = (4, 1)
