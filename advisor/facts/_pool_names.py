"""
Names, types and meanings of the facts of Django's databases and of the drivers' own pools.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.facts.schema import BOOL, DURATION, NUMBER, STRING, VERSION, Type

_Rows = Mapping[str, tuple[Type, str]]
_SHARED: _Rows = {
    "role": (STRING, "app, migration, test or script"),
    "dialect": (STRING, "postgresql, sqlite, mysql …"),
    "host": (STRING, "host of the server, empty for a unix socket"),
    "local": (BOOL, "whether the database is reached over loopback or a unix socket"),
    "through_pooler": (BOOL, "whether it leads to a pooler such as PgBouncer"),
    "resolved": (BOOL, "whether every key or argument was understood"),
    "version": (VERSION, "version of the library"),
}
DJANGO: _Rows = {
    "name": (STRING, "its key in DATABASES, and the file"),
    "alias": (STRING, "its key in DATABASES"),
    "conn_max_age": (DURATION, "CONN_MAX_AGE, -1 for None: connections are never closed"),
    "persistent": (BOOL, "whether connections outlive a request: CONN_MAX_AGE is not 0"),
    "health_checks": (BOOL, "CONN_HEALTH_CHECKS"),
    "pool": (BOOL, "whether OPTIONS asks for a pool"),
    "pool_sized": (BOOL, "whether the pool is given a size"),
    "pool_size": (NUMBER, "connections of the pool at most"),
    "cursors_off": (BOOL, "DISABLE_SERVER_SIDE_CURSORS"),
    "connect_timeout_set": (BOOL, "whether OPTIONS has a connect_timeout"),
    **_SHARED,
}
POOL: _Rows = {
    "library": (STRING, "psycopg_pool, asyncpg or psycopg2"),
    "function": (STRING, "class or function that makes the pool"),
    "min_size": (NUMBER, "connections that are opened at once and kept"),
    "max_size": (NUMBER, "connections at most"),
    "timeout": (DURATION, "psycopg_pool: wait for a free connection"),
    "max_waiting": (NUMBER, "psycopg_pool: requests that may wait, 0 for any number"),
    **_SHARED,
}
LINK: _Rows = {
    "idle_limit": (DURATION, "after which the other side closes idle connections, 0 for never"),
    "idle_closer": (STRING, "which setting closes them"),
    "statement_timeout": (DURATION, "statement_timeout of the server behind it, 0 for none"),
}
TWIN: _Rows = {
    "place": (STRING, "an earlier pool of the same process for the same database, empty for none"),
    "capacity": (NUMBER, "connections of that pool at most"),
}
