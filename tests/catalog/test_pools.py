"""Defaults of SQLAlchemy's pools."""

from __future__ import annotations

from advisor.catalog import pools


def test_defaults_have_sources() -> None:
    found = {name: argument.default for name, argument in pools.ARGUMENTS.items()}
    assert (found["pool_size"], found["max_overflow"], found["pool_timeout"]) == (5, 10, 30)
    assert (found["pool_recycle"], found["pool_pre_ping"]) == (-1, False)
    assert all(
        argument.source.startswith("docs.sqlalchemy.org") for argument in pools.ARGUMENTS.values()
    )


def test_limits() -> None:
    assert pools.limits(5, 10) == (5, 15)
    assert pools.limits(0, 10) == (0, None)
    assert pools.limits(5, -1) == (5, None)
    assert pools.limits(5, 0) == (5, 5)


def test_default_classes() -> None:
    assert pools.default_poolclass("postgresql", is_async=False) == "QueuePool"
    assert pools.default_poolclass("postgresql", is_async=True) == "AsyncAdaptedQueuePool"
    assert pools.default_poolclass("sqlite", is_async=False, memory=True) == "SingletonThreadPool"
    assert pools.default_poolclass("sqlite", is_async=True, memory=True) == "StaticPool"
    assert pools.default_poolclass("sqlite", is_async=False) == "QueuePool"
    assert pools.default_poolclass("sqlite", is_async=True) in pools.QUEUED
