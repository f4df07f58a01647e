"""Pool arguments read from source against the pools that SQLAlchemy makes of the same source."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from advisor.catalog import pools
from advisor.model import Value
from advisor.parsers.engines import Engine, find_engines

pytestmark = pytest.mark.oracle
sqlalchemy = pytest.importorskip("sqlalchemy", reason="SQLAlchemy is not installed")

ATTRIBUTES: dict[str, Callable[[Any], object]] = {
    "pool_size": lambda pool: pool.size(),
    "max_overflow": lambda pool: pool._max_overflow,
    "pool_timeout": lambda pool: pool._timeout,
    "pool_recycle": lambda pool: pool._recycle,
    "pool_pre_ping": lambda pool: pool._pre_ping,
    "pool_use_lifo": lambda pool: pool._pool.use_lifo,
}
"""Where a queue pool keeps what it was given."""
START = """
import os
from multiprocessing import cpu_count
import sqlalchemy as sa
from sqlalchemy import create_engine, pool
from sqlalchemy.pool import QueuePool, NullPool, StaticPool
class Stub:
    paramstyle = "pyformat"
    __version__ = "2.9.9"
    Error = Exception
    def __getattr__(self, name): return lambda *a, **k: None
STUB = Stub()
"""
URL = "'postgresql+pg8000://app:secret@db:5432/shop', module=STUB"
QUEUED = [
    f"engine = create_engine({URL})",
    f"engine = create_engine({URL}, pool_size=20, max_overflow=10)",
    f"engine = sa.create_engine({URL}, pool_size=5 * 2, pool_timeout=7.5)",
    f"engine = create_engine({URL}, pool_recycle=60 * 30, pool_pre_ping=True)",
    f"engine = create_engine({URL}, pool_size=int(os.getenv('POOL', '7')), pool_use_lifo=True)",
    f"engine = create_engine({URL}, pool_size=cpu_count() * 2, max_overflow=cpu_count())",
    f"SIZE = 3\nengine = create_engine({URL}, pool_size=SIZE, max_overflow=SIZE + 1)",
    f"kw = {{'pool_size': 4, 'max_overflow': 0}}\nengine = create_engine({URL}, **kw)",
    f"kw = dict(pool_size=4)\nkw['pool_recycle'] = 300\nengine = create_engine({URL}, **kw)",
    f"kw = {{'pool_size': 4}}\nkw.update(pool_timeout=9)\nengine = create_engine({URL}, **kw)",
    f"kw = {{'pool_size': 4}}\nkw |= {{'pool_size': 6}}\nengine = create_engine({URL}, **kw)",
    (
        f"kw = {{}}\n"
        f"if not os.getenv('NO'):\n"
        f"    kw['pool_size'] = 8\n"
        f"engine = create_engine({URL}, **kw)"
    ),
    f"engine = create_engine({URL}, **{{'pool_size': 2, **{{'max_overflow': 1}}}})",
    (
        f"def make(n, *, ping=False):\n"
        f"    return create_engine({URL}, pool_size=n, pool_pre_ping=ping)\n"
        "engine = make(9, ping=True)"
    ),
    f"class S:\n    size = 11\ns = S()\nengine = create_engine({URL}, pool_size=s.size)",
    f"engine = create_engine({URL}, poolclass=QueuePool, pool_size=13)",
    f"engine = create_engine({URL}, pool_size=0)",
    f"engine = create_engine({URL}, max_overflow=-1)",
    "engine = create_engine('sqlite:///file.db', pool_size=6)",
    f"for n in (1, 2, 3):\n    engine = create_engine({URL}, pool_size=n)",
    (
        f"try:\n    n = int(os.environ['POOL'])\nexcept KeyError:\n    n = 12\n"
        f"engine = create_engine({URL}, pool_size=n)"
    ),
    f"engine = create_engine({URL}, pool_size=(os.getenv('POOL') and 1) or 14)",
]
ASYNC = {"AsyncAdaptedQueuePool", "FallbackAsyncAdaptedQueuePool"}
OTHER = [
    f"engine = create_engine({URL}, poolclass=NullPool)",
    f"engine = create_engine({URL}, poolclass=pool.StaticPool)",
    f"engine = create_engine({URL}, poolclass=sa.pool.QueuePool)",
    f"engine = sa.create_engine({URL}, poolclass=sa.AssertionPool if 1 > 2 else NullPool)",
    f"kind = StaticPool\nengine = create_engine({URL}, poolclass=kind)",
]


def run(text: str) -> Any:  # noqa: ANN401 - an engine of SQLAlchemy
    """The engine of a snippet that this file wrote."""
    names: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(START + text, "snippet", "exec"), names)  # noqa: S102 - our own snippet
    return names["engine"]


def read(text: str) -> Engine:
    """The engine that is left at the end of a snippet."""
    document = find_engines("app/db.py", START + text)
    assert document.problems == ()
    return document.engines[-1]


@pytest.mark.parametrize("text", QUEUED)
def test_queue_pools(text: str) -> None:
    """What is read, or the default of the catalogue, is what the pool holds."""
    made, found = run(text).pool, read(text)
    assert not found.starred
    for name, attribute in ATTRIBUTES.items():
        argument = found.arguments.get(name)
        value: Any = pools.ARGUMENTS[name].default
        if argument is not None:
            settled = argument.value(cpus=os.cpu_count())
            assert isinstance(settled, Value), name
            value = settled.value
        if name == "max_overflow" and found.arguments.get("pool_size") is not None:
            size = found.arguments["pool_size"].value(cpus=os.cpu_count())
            # QueuePool itself turns a size of 0 into: no limit.
            value = -1 if isinstance(size, Value) and size.value == 0 else value
        assert attribute(made) == value, name


@pytest.mark.parametrize("text", OTHER)
def test_classes_of_pools(text: str) -> None:
    made, found = run(text).pool, read(text)
    assert found.poolclass == type(made).__name__


@pytest.mark.parametrize("text", [*QUEUED, *OTHER])
def test_urls(text: str) -> None:
    url, found = run(text).url, read(text).url
    assert isinstance(found.dialect, Value)
    assert found.dialect.value == url.get_backend_name()
    for ours, theirs in ((found.host, url.host), (found.port, url.port)):
        assert (ours.value if isinstance(ours, Value) else ours) == theirs
    assert isinstance(found.database, Value)
    assert found.database.value == url.database
    assert "secret" not in repr(read(text))


def test_default_classes() -> None:
    made = {
        "sqlite://": ("sqlite", True),
        "sqlite:///file.db": ("sqlite", False),
    }
    for url, (dialect, memory) in made.items():
        kind = type(sqlalchemy.create_engine(url).pool).__name__
        assert pools.default_poolclass(dialect, is_async=False, memory=memory) == kind
    kind = type(run(QUEUED[0]).pool).__name__
    assert pools.default_poolclass("postgresql", is_async=False) == kind


@pytest.mark.parametrize("name", sorted(set(pools.ACCEPTS) - ASYNC))
def test_which_classes_take_which_arguments(name: str) -> None:
    """`create_engine` raises TypeError over an argument that the class does not take."""
    kind = getattr(sqlalchemy.pool, name)
    for argument in ("pool_size", "max_overflow", "pool_timeout", "pool_use_lifo"):
        taken = argument in pools.ACCEPTS[name]
        text = f"engine = create_engine({URL}, poolclass=kind, {argument}=1)"
        names: dict[str, Any] = {"kind": kind}
        code = compile(START + text, "snippet", "exec")
        if taken:
            exec(code, names)  # noqa: S102 - our own snippet
        else:
            with pytest.raises(TypeError):
                exec(code, names)  # noqa: S102 - our own snippet
