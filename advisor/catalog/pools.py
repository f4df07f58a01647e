"""
Defaults of SQLAlchemy's engines and pools.

Sources: signatures of `sqlalchemy.pool.QueuePool` and `sqlalchemy.pool.Pool` (SQLAlchemy 2.1, the
same since 1.3), "Engine Configuration" and "Connection Pooling" in its documentation.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class PoolArgument(Struct, frozen=True):
    """
    One argument of `create_engine` that shapes the pool.
    """

    name: str
    default: int | float | bool | str | None
    """Seconds for durations; None when nothing is set."""
    source: str
    """Where the figure is documented."""


_ENGINES = "docs.sqlalchemy.org: Engine Configuration, create_engine"
_POOLING = "docs.sqlalchemy.org: Connection Pooling, QueuePool"

ARGUMENTS: Mapping[str, PoolArgument] = {
    argument.name: argument
    for argument in (
        PoolArgument("pool_size", 5, _POOLING),
        PoolArgument("max_overflow", 10, _POOLING),
        PoolArgument("pool_timeout", 30, _POOLING),
        PoolArgument("pool_recycle", -1, _ENGINES),
        PoolArgument("pool_pre_ping", False, _ENGINES),
        PoolArgument("pool_use_lifo", False, _ENGINES),
        PoolArgument("pool_reset_on_return", "rollback", _ENGINES),
        PoolArgument("poolclass", None, _ENGINES),
        PoolArgument("pool", None, _ENGINES),
        PoolArgument("echo", False, _ENGINES),
        PoolArgument("echo_pool", False, _ENGINES),
        PoolArgument("isolation_level", None, _ENGINES),
    )
}
"""Arguments by name, with the value that holds when nobody passes them."""

QUEUED = frozenset({"QueuePool", "AsyncAdaptedQueuePool", "FallbackAsyncAdaptedQueuePool"})
"""Classes that keep `pool_size` connections and open up to `max_overflow` more."""
ACCEPTS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        QUEUED, frozenset({"pool_size", "max_overflow", "pool_timeout", "pool_use_lifo"})
    ),
    "SingletonThreadPool": frozenset({"pool_size"}),
    "NullPool": frozenset(),
    "StaticPool": frozenset(),
    "AssertionPool": frozenset(),
}
"""Sizing arguments a class takes; any other of them is a `TypeError` when the engine is made."""


def default_poolclass(dialect: str, *, is_async: bool, memory: bool = False) -> str:
    """
    The class used when no `poolclass` is passed, as of SQLAlchemy 2.0.

    `memory` says that an SQLite database lives in memory.
    """
    if dialect == "sqlite" and memory:
        return "StaticPool" if is_async else "SingletonThreadPool"
    return "AsyncAdaptedQueuePool" if is_async else "QueuePool"


def limits(pool_size: int, max_overflow: int) -> tuple[int, int | None]:
    """
    Connections a queue pool keeps, and how many it opens at most; None when there is no limit.

    `pool_size=0` and `max_overflow=-1` both mean: no limit (documentation of `QueuePool`).
    """
    if pool_size == 0 or max_overflow < 0:
        return pool_size, None
    return pool_size, pool_size + max_overflow
