"""Engines that `engine_from_config` makes of dicts and ini files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model import Location, Unknown, Value
from advisor.parsers.engine_config import Line, find_configured, ini_lines, mentions_config
from advisor.parsers.engines import Engine, Role

HEAD = "from sqlalchemy import engine_from_config\n"
INI = """\
[app:main]
use = egg:shop
sqlalchemy.url = postgresql+psycopg://u:hunter2@db:5432/shop
sqlalchemy.pool_size = 20
sqlalchemy.pool_pre_ping = false
sqlalchemy.echo: yes
sqlalchemy.pool_timeout = %(wait)s
other.pool_size = 3

[alembic]
sqlalchemy.pool_size = 1
"""


def only(text: str, *, ini: tuple[Line, ...] = (), path: str = "shop/db.py", **env: str) -> Engine:
    document = find_configured(path, HEAD + text, env=env, ini=ini)
    assert document.problems == ()
    (engine,) = document.engines
    return engine


def values(engine: Engine) -> dict[str, object]:
    found = {name: one.value() for name, one in engine.arguments.items()}
    return {name: one.value if isinstance(one, Value) else None for name, one in found.items()}


def host(engine: Engine) -> object:
    return engine.url.host.value if isinstance(engine.url.host, Value) else engine.url.host


def test_lines_of_an_ini_file() -> None:
    lines = ini_lines("production.ini", INI)
    assert [(one.key, one.location.line) for one in lines][:4] == [
        ("use", 2),
        ("sqlalchemy.url", 3),
        ("sqlalchemy.pool_size", 4),
        ("sqlalchemy.pool_pre_ping", 5),
    ]
    assert lines[2].text == "20"
    assert lines[2].location == Location("production.ini", 4, 24, 4, 26)
    assert lines[-1].key == "other.pool_size"


def test_what_a_function_is_given_comes_from_the_file() -> None:
    text = "def main(global_config, **settings):\n    e = engine_from_config(settings)\n"
    engine = only(text, ini=ini_lines("production.ini", INI))
    assert values(engine) == {
        "pool_size": 20,
        "pool_pre_ping": "false",
        "echo": True,
        "pool_timeout": None,
    }
    assert (host(engine), engine.starred, engine.name) == ("db", False, "e")
    assert engine.arguments["pool_size"].location.path == "production.ini"
    assert "hunter2" not in repr(engine)


def test_another_prefix() -> None:
    text = "def main(settings):\n    engine_from_config(settings, prefix='other.')\n"
    assert values(only(text, ini=ini_lines("production.ini", INI))) == {"pool_size": 3}


def test_a_dict_of_texts() -> None:
    text = (
        "import os\n"
        "settings = {\n"
        "    'sqlalchemy.url': 'postgresql://db/shop',\n"
        "    'sqlalchemy.pool_size': os.environ.get('POOL', '5'),\n"
        "    'sqlalchemy.max_overflow': 2,\n"
        "    'sqlalchemy.pool_recycle': 'often',\n"
        "    'debug': True,\n"
        "}\n"
        "e = engine_from_config(settings, pool_timeout=3)\n"
    )
    engine = only(text, POOL="7")
    assert values(engine) == {
        "pool_size": 7,
        "max_overflow": 2,
        "pool_recycle": None,
        "pool_timeout": 3,
    }
    assert values(only(text))["pool_size"] == 5
    assert host(engine) == "db"


def test_a_configuration_from_nowhere() -> None:
    engine = only("def main(settings):\n    engine_from_config(settings)\n")
    assert engine.starred
    assert isinstance(engine.url.dialect, Unknown)


def test_migrations_have_a_file_of_their_own() -> None:
    text = (
        "from sqlalchemy import pool\n"
        "e = engine_from_config(section(), prefix='sqlalchemy.', poolclass=pool.NullPool)\n"
    )
    engine = only(text, ini=ini_lines("production.ini", INI), path="migrations/env.py")
    assert (engine.role, engine.poolclass, values(engine)) == (
        Role.MIGRATION,
        "NullPool",
        {"poolclass": "sqlalchemy.pool.NullPool"},
    )


def test_the_asynchronous_one() -> None:
    text = (
        "from sqlalchemy.ext.asyncio import async_engine_from_config\n"
        "e = async_engine_from_config({'sqlalchemy.url': 'postgresql+asyncpg://db/x'})\n"
    )
    engine = only(text)
    assert (engine.is_async, engine.function) == (True, "async_engine_from_config")


def test_the_quick_look() -> None:
    assert mentions_config(HEAD)
    assert not mentions_config("create_engine(U)")
    assert find_configured("a.py", "not python (").engines == ()
    assert len(find_configured("a.py", "engine_from_config(").problems) == 1


TEXTS = {
    "pool_size": ("20", 20),
    "max_overflow": ("-1", -1),
    "pool_recycle": ("300", 300),
    "echo": ("false", False),
    "echo_pool": ("ON", True),
    "pool_pre_ping": ("false", "false"),
    "pool_use_lifo": ("no", "no"),
}


@pytest.mark.oracle
@pytest.mark.parametrize("name", TEXTS)
def test_what_sqlalchemy_makes_of_a_text(name: str) -> None:
    """The same as the program's own table of conversions."""
    sqlalchemy = pytest.importorskip("sqlalchemy", reason="SQLAlchemy is not installed")
    written, expected = TEXTS[name]
    convert = sqlalchemy.engine.default.DefaultDialect.engine_config_types.get(name)
    made = convert(written) if convert else written
    text = f"e = engine_from_config({{'sqlalchemy.{name}': '{written}'}})\n"
    assert values(only(text))[name] == expected == made


@given(st.text(max_size=60), st.text(max_size=200))
def test_no_text_makes_it_fail(call: str, ini: str) -> None:
    find_configured("a.py", f"{HEAD}engine_from_config({call})", ini=ini_lines("a.ini", ini))
