"""Engines in Python files: where they are made, with which arguments, for what."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model import Origin, Secret, Unknown, Value
from advisor.parsers.engines import (
    Engine,
    Role,
    exclusive,
    find_engines,
    mentions_engine,
    role_of,
)

SA = "from sqlalchemy import create_engine\n"
URL = "'postgresql://db/shop'"


def only(text: str, *, env: dict[str, str] | None = None, path: str = "app/db.py") -> Engine:
    document = find_engines(path, text, env=env)
    assert document.problems == ()
    (engine,) = document.engines
    return engine


def values(engine: Engine, *, cpus: int | None = None) -> dict[str, object]:
    found = {name: argument.value(cpus=cpus) for name, argument in engine.arguments.items()}
    return {
        name: value.value if isinstance(value, Value) else None for name, value in found.items()
    }


IMPORTS = {
    "from sqlalchemy import create_engine\ne = create_engine(U)": False,
    "from sqlalchemy import create_engine as ce\ne = ce(U)": False,
    "import sqlalchemy\ne = sqlalchemy.create_engine(U)": False,
    "import sqlalchemy as sa\ne = sa.create_engine(U)": False,
    "import sqlalchemy as db\ne = db.engine.create_engine(U)": False,
    "from sqlalchemy import engine\ne = engine.create_engine(U)": False,
    "from sqlalchemy.engine import create_engine\ne = create_engine(U)": False,
    "from sqlmodel import create_engine\ne = create_engine(U)": False,
    "import sqlmodel\ne = sqlmodel.create_engine(U)": False,
    "from sqlalchemy.ext.asyncio import create_async_engine\ne = create_async_engine(U)": True,
    "from sqlalchemy.ext import asyncio as sa_async\ne = sa_async.create_async_engine(U)": True,
    "import sqlalchemy.ext.asyncio\ne = sqlalchemy.ext.asyncio.create_async_engine(U)": True,
    "e = create_engine(U)": False,
    "e = create_async_engine(U)": True,
    "from sqlalchemy.orm import sessionmaker\ne = create_engine(U)": False,
    "def f():\n    from sqlalchemy import create_engine\n    e = create_engine(U)": False,
}


@pytest.mark.parametrize("text", IMPORTS)
def test_every_way_to_import_it(text: str) -> None:
    engine = only(text)
    assert engine.is_async is IMPORTS[text]
    assert engine.function == ("create_async_engine" if engine.is_async else "create_engine")
    assert engine.name == "e"


NONE = [
    "import os\ne = create_engine(U)",
    "from app.db import create_engine\ne = create_engine(U)",
    "from sqlalchemy import text\nfrom app.db import create_engine\ne = create_engine(U)",
    "def create_engine(x):\n    return x\ne = create_engine(U)",
    "from .sqlalchemy import create_engine\ne = create_engine(U)",
    "import game\ne = game.create_engine(U)",
    "import sqlalchemy\ne = self.game.create_engine(U)",
    "# create_engine(U)",
    "x = 'create_engine'",
]


@pytest.mark.parametrize("text", NONE)
def test_what_only_looks_like_it(text: str) -> None:
    assert find_engines("app/db.py", text).engines == ()


def test_the_quick_look() -> None:
    assert mentions_engine("create_async_engine(x)")
    assert not mentions_engine("engine = make()")
    assert find_engines("app/db.py", "not python (").problems == ()
    broken = find_engines("app/db.py", "create_engine(")
    assert len(broken.problems) == 1


def test_arguments_and_their_places() -> None:
    text = SA + (
        "SIZE = 5\n"
        "engine = create_engine(\n"
        "    URL,\n"
        "    pool_size=SIZE * 2, pool_pre_ping=True,\n"
        ")\n"
    )
    engine = only(text)
    assert values(engine) == {"pool_size": 10, "pool_pre_ping": True}
    size = engine.arguments["pool_size"]
    assert (size.location.line, size.location.column, size.location.end_column) == (5, 5, 23)
    assert (size.value_location.column, size.value_location.end_column) == (15, 23)
    assert (engine.location.line, engine.location.column, engine.location.end_column) == (3, 10, 24)
    ping = engine.arguments["pool_pre_ping"].value()
    assert isinstance(ping, Value)
    assert ping.origin is Origin.LITERAL
    one_line = only(f"{SA}engine = create_engine({URL})")
    assert one_line.location.end_column == 47


def test_arguments_behind_stars() -> None:
    engine = only(
        f"{SA}kw = {{'pool_size': 4}}\n"
        f"kw['max_overflow'] = 1\n"
        f"e = create_engine({URL}, **kw, echo=True)"
    )
    assert values(engine) == {"pool_size": 4, "max_overflow": 1, "echo": True}
    assert not engine.starred
    assert engine.arguments["pool_size"].location.line == 2
    assert engine.arguments["max_overflow"].location.line == 3


def test_arguments_behind_stars_that_stay_open() -> None:
    engine = only(f"{SA}e = create_engine({URL}, pool_size=3, **options)")
    assert engine.starred
    assert values(engine) == {"pool_size": 3}
    engine = only(f"{SA}e = create_engine(*unknown)")
    assert engine.starred


def test_arguments_added_in_branches() -> None:
    text = (
        f"{SA}kw = {{'pool_size': 4}}\n"
        f"if unknown:\n"
        f"    kw['echo'] = True\n"
        f"e = create_engine({URL}, **kw)"
    )
    engine = only(text)
    assert engine.starred
    assert values(engine) == {"pool_size": 4}
    text = text.replace("unknown", "os.getenv('DEBUG')").replace(SA, f"import os\n{SA}")
    engine = only(text)
    assert not engine.starred
    assert engine.assumed == ("DEBUG",)
    assert values(engine) == {"pool_size": 4}
    engine = only(text, env={"DEBUG": "1"})
    assert engine.assumed == ()
    assert values(engine) == {"pool_size": 4, "echo": True}


def test_variables_and_cpus() -> None:
    text = (
        f"import os\n{SA}P = int(os.getenv('P', '5'))\n"
        f"e = create_engine({URL}, pool_size=P, max_overflow=os.cpu_count())"
    )
    engine = only(text)
    size = engine.arguments["pool_size"].value()
    assert isinstance(size, Value)
    assert (size.value, size.origin, size.note) == (5, Origin.ASSUMED, "if P is not set")
    overflow = engine.arguments["max_overflow"]
    open_overflow = overflow.value()
    assert isinstance(open_overflow, Unknown)
    assert open_overflow.needs == ("host.cpus",)
    assert values(engine, cpus=3) == {"pool_size": 5, "max_overflow": 3}


POOLS = {
    "poolclass=NullPool": "NullPool",
    "poolclass=pool.NullPool": "NullPool",
    "poolclass=sqlalchemy.pool.StaticPool": "StaticPool",
    "poolclass=NullPool if True else StaticPool": "NullPool",
    "poolclass=None": None,
    "": None,
}


@pytest.mark.parametrize("argument", POOLS)
def test_classes_of_pools(argument: str) -> None:
    text = (
        f"import sqlalchemy\n"
        f"from sqlalchemy import pool\n"
        f"from sqlalchemy.pool import NullPool, StaticPool\n"
        f"{SA}"
    )
    assert only(f"{text}e = create_engine({URL}, {argument})").poolclass == POOLS[argument]


def test_classes_of_pools_that_stay_open() -> None:
    settings = f"from app import settings\n{SA}"
    for start, value in (
        (SA, "settings.POOL"),
        (SA, "'NullPool'"),
        (settings, "settings.POOL"),
        (settings, "settings.make_pool"),
    ):
        engine = only(f"{start}e = create_engine({URL}, poolclass={value})")
        assert isinstance(engine.poolclass, Unknown)


def test_names_that_are_imported_are_no_values() -> None:
    engine = only(
        f"from app import settings\nfrom sqlalchemy.pool import NullPool\n{SA}"
        f"e = create_engine({URL}, pool_size=settings.SIZE, poolclass=NullPool)"
    )
    size, pool = (engine.arguments[name].value() for name in ("pool_size", "poolclass"))
    assert isinstance(size, Unknown)
    assert size.reason == "comes from app.settings.SIZE, which is not evaluated"
    assert isinstance(pool, Value)
    assert pool.value == "sqlalchemy.pool.NullPool"


FUNCTIONS = {
    "def get_db():\n    engine = create_engine(U)": (True, False),
    "async def get_db():\n    engine = create_engine(U)": (True, False),
    "get = lambda: create_engine(U)": (True, False),
    "@lru_cache\ndef get_db():\n    return create_engine(U)": (True, True),
    "@functools.lru_cache(maxsize=1)\ndef get_db():\n    return create_engine(U)": (True, True),
    "engine = None\ndef get_db():\n    global engine\n    engine = create_engine(U)": (True, True),
    "def get_db():\n    global other\n    engine = create_engine(U)": (True, False),
    "class Db:\n    def connect(self):\n        self.engine = create_engine(U)": (True, True),
    "engines = {}\ndef get_db(key):\n    engines[key] = create_engine(U)": (True, True),
    "def create_app():\n    engine = create_engine(U)": (True, True),
    "def init_db():\n    engine = create_engine(U)": (True, True),
    "def main():\n    engine = create_engine(U)": (True, True),
    "def make():\n    return create_engine(U)\nengine = make()": (True, True),
    "class Db:\n    engine = create_engine(U)": (False, False),
    "if True:\n    engine = create_engine(U)": (False, False),
    "engine = create_engine(U)": (False, False),
}


@pytest.mark.parametrize("text", FUNCTIONS)
def test_made_once_or_for_every_call(text: str) -> None:
    engine = only(SA + text)
    assert (engine.in_function, engine.cached) == FUNCTIONS[text]


def test_functions_are_read_with_their_parameters_open() -> None:
    text = (
        f"{SA}SIZE = 6\n"
        f"def make(url, echo=False):\n"
        f"    size = SIZE + 1\n"
        f"    return create_engine(url, pool_size=size, echo=echo)"
    )
    engine = only(text)
    assert values(engine) == {"pool_size": 7, "echo": None}
    echo = engine.arguments["echo"].value()
    assert isinstance(echo, Unknown)
    assert echo.reason == "is given by the caller of make()"


def test_functions_that_the_file_calls_are_read_as_called() -> None:
    text = (
        f"{SA}def make(n):\n"
        f"    return create_engine({URL}, pool_size=n)\n"
        f"a = make(1)\n"
        f"b = make(2)\n"
        f"c = make(2)"
    )
    found = find_engines("app/db.py", text).engines
    assert [values(engine)["pool_size"] for engine in found] == [1, 2]


def test_functions_inside_functions() -> None:
    text = (
        f"{SA}def outer(a):\n"
        f"    size = 3\n"
        f"    async def inner(b):\n"
        f"        return create_engine({URL}, pool_size=size, echo=b)"
    )
    assert values(only(text)) == {"pool_size": 3, "echo": None}


def test_calls_behind_an_early_return() -> None:
    """The arguments are read all the same, with the names of the function open."""
    text = (
        f"{SA}N = 4\n"
        f"def f(x):\n"
        f"    y = 2\n"
        f"    return y\n"
        f"    e = create_engine({URL}, pool_size=N, max_overflow=y)"
    )
    assert values(only(text)) == {"pool_size": 4, "max_overflow": None}
    text = f"{SA}def f(x):\n    return 1\n    e = create_engine({URL}, pool_size=1 / 0)"
    assert only(text).starred


def test_functions_too_hard_to_follow() -> None:
    text = (
        f"{SA}def f(items):\n"
        f"    for x in items:\n"
        f"        e = create_engine({URL}, pool_size=2, echo=x)"
    )
    assert values(only(text)) == {"pool_size": 2, "echo": None}
    text = (
        f"{SA}def f(x):\n"
        f"    while x:\n"
        f"        return 1\n"
        f"    raise ValueError\n"
        f"    e = create_engine({URL})"
    )
    assert values(only(text)) == {}


def test_branches_not_taken() -> None:
    text = (
        f"import os\n{SA}URL = os.getenv('DB', 'postgresql://db/shop')\n"
        "if URL.startswith('sqlite'):\n    engine = create_engine(URL)\n"
        "else:\n    engine = create_engine(URL, pool_size=9)\n"
    )
    lite, post = find_engines("app/db.py", text).engines
    assert (lite.active, post.active) == (False, True)
    lite, post = find_engines("app/db.py", text, env={"DB": "sqlite://"}).engines
    assert (lite.active, post.active) == (True, False)
    both = find_engines(
        "app/db.py", text.replace("os.getenv('DB', 'postgresql://db/shop')", "load()")
    )
    assert [engine.active for engine in both.engines] == [True, True]


def test_passwords_are_dropped() -> None:
    text = (
        f"{SA}e = create_engine('postgresql://app:hunter2@db/shop?sslpassword=hunter2&target=x', "
        "connect_args={'password': 'hunter2', 'connect_timeout': 3})"
    )
    engine = only(text)
    assert "hunter2" not in repr(engine)
    assert engine.url.query == {"target": "x"}
    value = engine.arguments["connect_args"].value()
    assert isinstance(value, Value)
    assert value.value == {"password": Secret("hunter2"), "connect_timeout": 3}


ROLES = {
    "app/db.py": Role.APP,
    "src/shop/database.py": Role.APP,
    "alembic/env.py": Role.MIGRATION,
    "app/migrations/env.py": Role.MIGRATION,
    "migrate.py": Role.MIGRATION,
    "tests/test_db.py": Role.TEST,
    "app/conftest.py": Role.TEST,
    "app/test_models.py": Role.TEST,
    "app/models_test.py": Role.TEST,
    "scripts/load.py": Role.SCRIPT,
    "tools/seed.py": Role.SCRIPT,
    "contest/latest.py": Role.APP,
}


@pytest.mark.parametrize("path", ROLES)
def test_roles(path: str) -> None:
    assert role_of(path) is ROLES[path]
    assert only(f"{SA}e = create_engine({URL})", path=path).role is ROLES[path]


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "create_engine(",
                "sa.create_engine(",
                "'postgresql://u:p@h:1/d'",
                "f'{x}://{y}'",
                ")",
                "(",
                ",",
                "**kw",
                "pool_size=",
                "5",
                "kw = {}\n",
                "def f(a):\n    ",
                "return ",
                "\n",
                "import sqlalchemy as sa\n",
                "class A:\n    ",
                "lambda: ",
                "x = ",
                "@cache\n",
                "global x\n",
                "    ",
                "if y:\n    ",
                "else:\n    ",
            ]
        ),
        max_size=25,
    ).map("".join)
)
def test_any_text(text: str) -> None:
    document = find_engines("app/db.py", text + "\ncreate_engine")
    for engine in document.engines:
        values(engine, cpus=2)


HANDLERS = {
    "@app.get('/')\ndef f():\n    e = create_engine(U)": True,
    "@app.route('/')\nasync def f():\n    e = create_engine(U)": True,
    "@shared_task\ndef f():\n    e = create_engine(U)": True,
    "@task\ndef f():\n    e = create_engine(U)": False,
    "@celery.task(bind=True)\ndef f(self):\n    e = create_engine(U)": True,
    "@app.get('/')\ndef f():\n    global e\n    e = create_engine(U)": False,
    "@functools.cache\ndef f():\n    return create_engine(U)": False,
    "def f():\n    return create_engine(U)": False,
    "e = create_engine(U)": False,
}


@pytest.mark.parametrize("text", HANDLERS)
def test_engines_in_functions_that_run_again_and_again(text: str) -> None:
    assert only(f"{SA}{text}\n").handler is HANDLERS[text]


PAIRS = {
    "if x():\n    a = create_engine(U)\nelse:\n    b = create_engine(V)\n": True,
    "if x():\n    a = create_engine(U)\nelif y():\n    b = create_engine(V)\n": True,
    "a = create_engine(U) if x() else create_engine(V)\n": True,
    "if x():\n    if y():\n        a = create_engine(U)\nelse:\n    b = create_engine(V)\n": True,
    "if x():\n    a = create_engine(U)\nif y():\n    b = create_engine(V)\n": False,
    "if x():\n    a = create_engine(U)\n    b = create_engine(V)\n": False,
    "a = create_engine(U)\nb = create_engine(V)\n": False,
}


@pytest.mark.parametrize("text", PAIRS)
def test_engines_of_which_only_one_is_made(text: str) -> None:
    names = "U, V = 'postgresql://a/x', 'postgresql://b/x'\n"
    first, second = find_engines("app/db.py", f"{SA}from z import x, y\n{names}{text}").engines
    assert exclusive(first, second) is PAIRS[text]
    assert exclusive(second, first) is PAIRS[text]
