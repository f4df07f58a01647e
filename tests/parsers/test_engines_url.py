"""Database URLs as code gives them."""

from __future__ import annotations

import pytest

from advisor.model import Origin, Unknown, Value
from advisor.parsers.engines import find_engines

URLS: dict[str, tuple[object, ...]] = {
    "'postgresql://db/shop'": ("postgresql", None, "db", None, "shop"),
    "'postgresql+psycopg://app:pw@db:5432/shop'": ("postgresql", "psycopg", "db", 5432, "shop"),
    "'postgresql+asyncpg://app@[::1]:6432/shop?x=1'": (
        "postgresql",
        "asyncpg",
        "::1",
        6432,
        "shop",
    ),
    "'postgresql:///shop?host=/run/postgresql'": ("postgresql", None, None, None, "shop"),
    "'postgresql://'": ("postgresql", None, None, None, None),
    "'sqlite://'": ("sqlite", None, None, None, None),
    "'sqlite:///file.db'": ("sqlite", None, None, None, "file.db"),
    "'sqlite+aiosqlite:////data/file.db'": ("sqlite", "aiosqlite", None, None, "/data/file.db"),
    "f'postgresql://{user}:{password}@db:5432/{name}'": ("postgresql", None, "db", 5432, "?"),
    "f'postgresql+asyncpg://{user}:{password}@{host}/shop'": (
        "postgresql",
        "asyncpg",
        "?",
        None,
        "shop",
    ),
    "f'{driver}://db:5432/shop'": ("?", "?", "db", 5432, "shop"),
    "f'postgresql+{driver}://db:{port}/shop'": ("?", "?", "db", "?", "shop"),
    "'postgresql://%s:%s@db/shop' % (user, password)": ("postgresql", None, "db", None, "shop"),
    "'postgresql://' + user + '@db/shop'": ("postgresql", None, "db", None, "shop"),
    "url.replace('postgres:', 'postgresql:')": ("?", "?", "?", "?", "?"),
    "URL.create('postgresql+psycopg', 'app', 'pw', host='db', port=5432, database='shop')": (
        "postgresql",
        "psycopg",
        "db",
        5432,
        "shop",
    ),
    "URL.create(drivername='postgresql', host=settings.host, database='shop')": (
        "postgresql",
        None,
        "?",
        None,
        "shop",
    ),
    "make_url('postgresql://db/shop')": ("postgresql", None, "db", None, "shop"),
    "make_url()": ("?", "?", "?", "?", "?"),
    "settings.URL": ("?", "?", "?", "?", "?"),
    "'no url at all'": ("?", "?", "?", "?", "?"),
    "12": ("?", "?", "?", "?", "?"),
    "'postgresql://db:99999999/shop'": ("postgresql", None, "db", "?", "shop"),
    "'postgresql://a:1,b:2/shop'": ("postgresql", None, "a", "?", "shop"),
    "url=f'mysql://db/{name}'": ("mysql", None, "db", None, "?"),
}
"""Expressions and their dialect, driver, host, port and database; ``?`` stands for unknown."""
START = "from sqlalchemy import create_engine, URL, make_url\n"


@pytest.mark.parametrize("expression", URLS)
def test_parts(expression: str) -> None:
    (engine,) = find_engines("app/db.py", f"{START}e = create_engine({expression})").engines
    url = engine.url
    found = (url.dialect, url.driver, url.host, url.port, url.database)
    plain = tuple(
        part.value if isinstance(part, Value) else "?" if isinstance(part, Unknown) else None
        for part in found
    )
    assert plain == URLS[expression]
    assert "url" not in engine.arguments


def test_a_url_out_of_the_environment() -> None:
    text = f"import os\n{START}e = create_engine(os.environ['DATABASE_URL'])"
    (engine,) = find_engines("app/db.py", text).engines
    assert isinstance(engine.url.host, Unknown)
    assert engine.url.host.reason == "depends on the variable DATABASE_URL"
    env = {"DATABASE_URL": "postgresql://app:hunter2@db:5432/shop"}
    (engine,) = find_engines("app/db.py", text, env=env).engines
    assert isinstance(engine.url.host, Value)
    assert (engine.url.host.value, engine.url.host.origin) == ("db", Origin.EVALUATED)
    assert "hunter2" not in repr(engine)


def test_a_default_is_an_assumption() -> None:
    text = f"import os\n{START}e = create_engine(os.getenv('DB', 'sqlite:///x.db'))"
    (engine,) = find_engines("app/db.py", text).engines
    assert isinstance(engine.url.dialect, Value)
    assert engine.url.dialect.origin is Origin.ASSUMED


def test_an_unset_variable_is_no_host() -> None:
    """Python prints None into the text; nobody connects there."""
    text = f"import os\n{START}e = create_engine(f\"postgresql://{{os.getenv('H')}}:5432/shop\")"
    (engine,) = find_engines("app/db.py", text).engines
    assert isinstance(engine.url.host, Unknown)
    assert isinstance(engine.url.port, Value)


@pytest.mark.parametrize(
    ("url", "memory"),
    [
        ("sqlite://", True),
        ("sqlite:///:memory:", True),
        ("sqlite:///x.db", False),
        ("postgresql://", False),
    ],
)
def test_databases_in_memory(url: str, *, memory: bool) -> None:
    (engine,) = find_engines("app/db.py", f"{START}e = create_engine('{url}')").engines
    assert engine.url.memory is memory
    (engine,) = find_engines("app/db.py", f"{START}e = create_engine(url)").engines
    assert engine.url.memory is False
