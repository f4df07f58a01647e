"""Sizes read from source against what Django, psycopg, asyncpg and Flask-SQLAlchemy make of it."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from advisor.catalog import pools_drivers
from advisor.facts.bounds import bounds_of
from advisor.model import Value
from advisor.parsers.django import find_databases
from advisor.parsers.driver_pools import find_pools
from advisor.parsers.engines import Engine
from advisor.parsers.flask_sqlalchemy import find_flask
from tests.support.loops import finished

pytestmark = pytest.mark.oracle


def sizes(engine: Engine) -> tuple[object, object] | None:
    """What the advisor takes a pool to keep and to open at most."""
    bounds = bounds_of(engine)
    if bounds is None:
        return None
    found = (bounds.kept, bounds.most)
    first, second = (one.value if isinstance(one, Value) else one for one in found)
    return first, second


OPTIONS = [
    "{}",
    "{'pool': True}",
    "{'pool': False}",
    "{'pool': {}}",
    "{'pool': {'max_size': 8}}",
    "{'pool': {'min_size': 2}}",
    "{'pool': {'min_size': 2, 'max_size': 8}}",
]


@pytest.mark.parametrize("options", OPTIONS)
def test_pools_of_django(options: str) -> None:
    """The pool that Django would use, or none."""
    handler = pytest.importorskip("django.db.utils", reason="Django is not installed")
    pytest.importorskip("psycopg_pool", reason="psycopg_pool is not installed")
    _configure()
    entry = f"{{'ENGINE': 'django.db.backends.postgresql', 'NAME': 'x', 'OPTIONS': {options}}}"
    text = f"DATABASES = {{'default': {entry}}}\n"
    names: dict[str, Any] = {}
    exec(compile(text, "snippet", "exec"), names)  # noqa: S102 - our own snippet
    connection = handler.ConnectionHandler(names["DATABASES"])["default"]
    pool = connection.pool
    try:
        made = (pool.min_size, pool.max_size) if pool else None
    finally:
        connection.close_pool()

    (engine,) = find_databases("settings.py", text).engines
    assert sizes(engine) == made


@pytest.mark.parametrize("age", [0, 60, None])
def test_a_pool_and_persistent_connections(age: int | None) -> None:
    """Django refuses a pool unless CONN_MAX_AGE is 0, and so says the rule SQLA026."""
    handler = pytest.importorskip("django.db.utils", reason="Django is not installed")
    pytest.importorskip("psycopg_pool", reason="psycopg_pool is not installed")
    exceptions = pytest.importorskip("django.core.exceptions", reason="Django is not installed")
    _configure()
    entry = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "x",
        "CONN_MAX_AGE": age,
        "OPTIONS": {"pool": True},
    }
    connection = handler.ConnectionHandler({"default": entry})["default"]
    if age == 0:
        assert connection.pool is not None
        connection.close_pool()
    else:
        with pytest.raises(exceptions.ImproperlyConfigured, match="persistent connections"):
            _ = connection.pool


def _configure() -> None:
    django = pytest.importorskip("django", reason="Django is not installed")
    conf = pytest.importorskip("django.conf", reason="Django is not installed")
    if not conf.settings.configured:
        conf.settings.configure()
        django.setup()


PSYCOPG = ["", "min_size=1", "max_size=9", "min_size=2, max_size=9", "max_size=None"]


@pytest.mark.parametrize("kind", ["ConnectionPool", "NullConnectionPool"])
@pytest.mark.parametrize("arguments", PSYCOPG)
def test_pools_of_psycopg(kind: str, arguments: str) -> None:
    """A NullConnectionPool keeps nothing; what it refuses is not asked."""
    library = pytest.importorskip("psycopg_pool", reason="psycopg_pool is not installed")
    if kind == "NullConnectionPool" and "min_size" in arguments:
        arguments = arguments.replace("min_size=1", "").replace("min_size=2, ", "")
    text = f"from psycopg_pool import {kind}\npool = {kind}('host=db', open=False, {arguments})\n"
    names: dict[str, Any] = {}
    exec(compile(text, "snippet", "exec"), names)  # noqa: S102 - our own snippet
    made = names["pool"]
    assert isinstance(made, getattr(library, kind))

    (engine,) = find_pools("db.py", text).engines
    most = None if kind == "NullConnectionPool" and not made.max_size else made.max_size
    assert sizes(engine) == (made.min_size, most)


def test_defaults_of_psycopg() -> None:
    library = pytest.importorskip("psycopg_pool", reason="psycopg_pool is not installed")
    signature = inspect.signature(library.ConnectionPool.__init__)
    found = {name: signature.parameters[name].default for name in pools_drivers.PSYCOPG}
    assert found == pools_drivers.PSYCOPG


def test_defaults_of_asyncpg() -> None:
    library = pytest.importorskip("asyncpg", reason="asyncpg is not installed")
    pool, connect = inspect.signature(library.create_pool), inspect.signature(library.connect)
    known = {**connect.parameters, **pool.parameters}
    assert {name: known[name].default for name in pools_drivers.ASYNCPG} == pools_drivers.ASYNCPG


def test_asyncpg_takes_no_more_at_least_than_at_most() -> None:
    library = pytest.importorskip("asyncpg", reason="asyncpg is not installed")

    async def make() -> None:
        with pytest.raises(ValueError, match="min_size"):
            library.create_pool(host="db", max_size=3)

    finished(make())


FLASK = """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
app = Flask("x")
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///a.db"
app.config["SQLALCHEMY_POOL_SIZE"] = 20
app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 9}
BIND = {"url": "sqlite:///c.db", "pool_size": 2}
app.config["SQLALCHEMY_BINDS"] = {"b": "sqlite:///b.db", "c": BIND}
db = SQLAlchemy(app, engine_options={"pool_size": 3, "max_overflow": 1})
"""


def test_engines_of_flask_sqlalchemy() -> None:
    """The main engine and two binds, with the sizes that version 3 gives them."""
    pytest.importorskip("flask_sqlalchemy", reason="Flask-SQLAlchemy is not installed")
    names: dict[str, Any] = {}
    exec(compile(FLASK, "snippet", "exec"), names)  # noqa: S102 - our own snippet
    with names["app"].app_context():
        made = {
            name or "": (one.pool.size(), one.pool._max_overflow)
            for name, one in names["db"].engines.items()
        }

    (document,) = find_flask({"app.py": FLASK})
    found = {one.name: _two(one, "pool_size", "max_overflow") for one in document.engines}
    assert found == made


def _two(engine: Engine, *names: str) -> tuple[object, ...]:
    values = (engine.arguments[name].value() for name in names)
    return tuple(one.value for one in values if isinstance(one, Value))
