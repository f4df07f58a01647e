"""Pools of psycopg, asyncpg and psycopg2 in Python files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model import Secret, Unknown, Value
from advisor.parsers.driver_pools import find_pools, mentions_pool
from advisor.parsers.engines import Engine, PoolLibrary, Role


def only(text: str, *, env: dict[str, str] | None = None, path: str = "app/db.py") -> Engine:
    document = find_pools(path, text, env=env)
    assert document.problems == ()
    (pool,) = document.engines
    return pool


def settings(pool: Engine) -> dict[str, object]:
    found = {name: one.value() for name, one in pool.arguments.items()}
    return {name: one.value if isinstance(one, Value) else None for name, one in found.items()}


def where(pool: Engine) -> tuple[object, ...]:
    parts = (pool.url.host, pool.url.port, pool.url.database)
    return tuple(one.value if isinstance(one, Value) else one for one in parts)


IMPORTS = {
    "from psycopg_pool import ConnectionPool\np = ConnectionPool(U)": PoolLibrary.PSYCOPG_POOL,
    "from psycopg_pool import AsyncConnectionPool as P\np = P(U)": PoolLibrary.PSYCOPG_POOL,
    "import psycopg_pool\np = psycopg_pool.NullConnectionPool(U)": PoolLibrary.PSYCOPG_POOL,
    "import asyncpg\nasync def f():\n    p = await asyncpg.create_pool(U)": PoolLibrary.ASYNCPG,
    "from asyncpg import create_pool\nasync def f():\n p = await create_pool(U)": (
        PoolLibrary.ASYNCPG
    ),
    "from psycopg2 import pool\np = pool.SimpleConnectionPool(1, 2, U)": PoolLibrary.PSYCOPG2,
    "from psycopg2.pool import ThreadedConnectionPool\np = ThreadedConnectionPool(1, 2)": (
        PoolLibrary.PSYCOPG2
    ),
    "import psycopg2.pool\np = psycopg2.pool.ThreadedConnectionPool(1, 2)": PoolLibrary.PSYCOPG2,
}
NONE = [
    "from redis import ConnectionPool\np = ConnectionPool()  # psycopg_pool",
    "import aiomysql\np = aiomysql.create_pool()  # asyncpg",
    "p = ConnectionPool(U)  # psycopg_pool",
    "import asyncpg\np = asyncpg.connect(U)  # create_pool",
]


@pytest.mark.parametrize("text", IMPORTS)
def test_every_way_to_import_it(text: str) -> None:
    pool = only(text)
    assert pool.library is IMPORTS[text]
    assert pool.name == "p"
    assert pool.role is Role.APP


@pytest.mark.parametrize("text", NONE)
def test_what_only_looks_like_it(text: str) -> None:
    assert find_pools("app/db.py", text).engines == ()


def test_the_quick_look() -> None:
    assert mentions_pool("from psycopg_pool import ConnectionPool")
    assert not mentions_pool("import asyncpg")
    assert find_pools("a.py", "not python (").problems == ()
    broken = find_pools("a.py", "import asyncpg\nasyncpg.create_pool(")
    assert len(broken.problems) == 1


PSYCOPG = "from psycopg_pool import ConnectionPool\n"
ASYNCPG = "import asyncpg\nasync def start(app):\n    app.pool = await asyncpg.create_pool(%s)\n"
PSYCOPG2 = "from psycopg2.pool import ThreadedConnectionPool\np = ThreadedConnectionPool(%s)\n"


def test_sizes_of_psycopg() -> None:
    text = f"{PSYCOPG}p = ConnectionPool(U, min_size=2, max_size=4 * 2, timeout=5, name='x')"
    assert settings(only(text)) == {"min_size": 2, "max_size": 8, "timeout": 5}


def test_sizes_of_asyncpg() -> None:
    pool = only(ASYNCPG % "dsn=U, max_size=30, password='secret', statement_cache_size=0")
    assert settings(pool) == {"max_size": 30, "statement_cache_size": 0}
    assert pool.is_async
    assert pool.cached
    assert "secret" not in repr(pool)


@pytest.mark.parametrize("given_", ["1, 20", "1, maxconn=20", "minconn=1, maxconn=20"])
def test_sizes_of_psycopg2_by_position_or_name(given_: str) -> None:
    pool = only(PSYCOPG2 % f"{given_}, host='db'")
    assert settings(pool) == {"minconn": 1, "maxconn": 20}
    assert {one.value_location.line for one in pool.arguments.values()} == {2}


def test_arguments_of_the_driver_keep_their_password() -> None:
    kwargs = "kwargs={'password': 'hunter2', 'autocommit': True}"
    pool = only(f"{PSYCOPG}p = ConnectionPool(U, {kwargs})")
    assert settings(pool)["kwargs"] == {"password": Secret("hunter2"), "autocommit": True}
    assert "hunter2" not in repr(pool)


PLACES = {
    f"{PSYCOPG}p = ConnectionPool('postgresql://u:pw@db:6432/shop')": ("db", 6432, "shop"),
    f"{PSYCOPG}p = ConnectionPool('host=db port=5433 dbname=shop password=pw')": (
        "db",
        5433,
        "shop",
    ),
    f"{PSYCOPG}p = ConnectionPool(conninfo=\"host='db' dbname=shop\")": ("db", None, "shop"),
    f"{PSYCOPG}p = ConnectionPool(kwargs={{'host': 'db', 'port': 1, 'dbname': 's'}})": (
        "db",
        1,
        "s",
    ),
    ASYNCPG % "host='db', port=5432, database='shop', password='pw'": ("db", 5432, "shop"),
    ASYNCPG % "'postgres://u:pw@db/shop'": ("db", None, "shop"),
    PSYCOPG2 % "1, 2, 'host=db port=x'": ("db", None, None),
    PSYCOPG2 % "1, 2, host='db', port='5432', database='shop'": ("db", 5432, "shop"),
    PSYCOPG2 % "1, 2": (None, None, None),
}


@pytest.mark.parametrize("text", PLACES)
def test_where_it_connects_to(text: str) -> None:
    pool = only(text)
    assert where(pool) == PLACES[text]
    assert isinstance(pool.url.dialect, Value)
    assert pool.url.dialect.value == "postgresql"
    assert "pw" not in repr(pool)


def test_a_place_that_the_environment_tells() -> None:
    text = ASYNCPG.replace("import", "import os,", 1) % "os.environ['DATABASE_URL']"
    assert where(only(text, env={"DATABASE_URL": "postgres://u:p@pg/x"})) == ("pg", None, "x")
    assert isinstance(only(text).url.host, Unknown)


def test_arguments_from_elsewhere_leave_it_open() -> None:
    pool = only(PSYCOPG2 % "1, 2, **options")
    assert pool.starred
    assert isinstance(pool.url.host, Unknown)


def test_a_pool_for_every_value_of_a_loop() -> None:
    text = f"{PSYCOPG}for n in (1, 2, 2):\n    p = ConnectionPool(U, max_size=n)\n"
    found = find_pools("app/db.py", text).engines
    assert [settings(one) for one in found] == [{"max_size": 1}, {"max_size": 2}]


PIECES = ("ConnectionPool(", "asyncpg.create_pool(", "*a", "**b", "dsn=", "'host=", ")", ",", "1")


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12))
def test_no_text_makes_it_fail(pieces: list[str]) -> None:
    find_pools("a.py", f"import asyncpg\n{PSYCOPG}p = {''.join(pieces)}")
