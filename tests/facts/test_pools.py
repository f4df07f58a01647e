"""Facts of Django's databases and of the drivers' pools; what they add to the demand."""

from __future__ import annotations

import pytest

from advisor.model import Value
from tests.support.deployments import UVICORN, facts_of, known, subjects, unknown

PG = {"postgresql.conf": "max_connections = 100\n"}
SYNC = "workers = 3\n"
THREADS = "workers = 3\nthreads = 8\n"


def django(inner: str = "", backend: str = "django.db.backends.postgresql") -> dict[str, str]:
    entry = f"{{'ENGINE': '{backend}', 'HOST': 'db', {inner}}}"
    return {"shop/settings.py": f"DATABASES = {{'default': {entry}}}\n"}


def pool(call: str, module: str) -> dict[str, str]:
    return {"app/db.py": f"import {module}\npool = {module}.{call}\n"}


POOL = "'OPTIONS': {'pool': %s}"
FACTS = {
    "": (0, False, False, False),
    "'CONN_MAX_AGE': 60, 'CONN_HEALTH_CHECKS': True": (60, True, True, False),
    "'CONN_MAX_AGE': None": (-1, True, False, False),
    POOL % "True": (0, False, False, True),
    POOL % "{}": (0, False, False, False),
    POOL % "False": (0, False, False, False),
    POOL % "{'max_size': 3}": (0, False, False, True),
    POOL % "{'max_size': load()}": (0, False, False, True),
}


@pytest.mark.parametrize("inner", FACTS)
def test_connections_of_django(inner: str) -> None:
    facts = facts_of(django(inner), "django")
    names = ("conn_max_age", "persistent", "health_checks", "pool")
    assert tuple(known(facts, f"django.{name}") for name in names) == FACTS[inner]


SIZES = {
    POOL % "True": 4,
    POOL % "{'max_size': 9}": 9,
    POOL % "{'min_size': 2}": 2,
    POOL % "{'min_size': 6, 'max_size': 2}": 6,
}


@pytest.mark.parametrize("inner", SIZES)
def test_the_size_of_django_s_pool(inner: str) -> None:
    assert known(facts_of(django(inner), "django"), "django.pool_size") == SIZES[inner]


def test_a_backend_of_its_own_kind() -> None:
    facts = facts_of(django(backend="dj_db_conn_pool.backends.postgresql"), "django")
    assert "keeps connections in its own way" in unknown(facts, "django.pool").reason


POOLS = {
    ("ConnectionPool('host=db')", "psycopg_pool"): (4, 4, 30, 0),
    ("ConnectionPool('host=db', min_size=1)", "psycopg_pool"): (1, 1, 30, 0),
    ("ConnectionPool('host=db', min_size=1, max_size=5)", "psycopg_pool"): (1, 5, 30, 0),
    ("NullConnectionPool('host=db')", "psycopg_pool"): (0, None, 30, 0),
    ("create_pool(host='db')", "asyncpg"): (10, 10, None, None),
    ("create_pool(host='db', min_size=2, max_size=20)", "asyncpg"): (2, 20, None, None),
    ("pool.ThreadedConnectionPool(1, 6, host='db')", "psycopg2"): (1, 6, None, None),
}


@pytest.mark.parametrize("call", POOLS)
def test_pools_of_drivers(call: tuple[str, str]) -> None:
    facts = facts_of(pool(*call), "pool")
    names = ("min_size", "max_size", "timeout", "max_waiting")
    found = [facts[f"pool.{name}"] for name in names]
    assert tuple(one.value if isinstance(one, Value) else None for one in found) == POOLS[call]


DEMAND = {
    "Django, one thread": (django(), SYNC, (3, 0)),
    "Django, threads": (django(), THREADS, (24, 0)),
    "Django, kept": (django("'CONN_MAX_AGE': 60"), THREADS, (24, 24)),
    "Django, a pool": (django(POOL % "{'min_size': 2, 'max_size': 5}"), THREADS, (15, 6)),
    "Django, a pool for one thread": (django(POOL % "True"), SYNC, (12, 12)),
    "Django, a pool for an event loop": (django(POOL % "True"), UVICORN + SYNC, (12, 12)),
    "psycopg": (pool("ConnectionPool('host=db', max_size=6)", "psycopg_pool"), THREADS, (18, 12)),
    "asyncpg": (pool("create_pool(host='db', max_size=20)", "asyncpg"), UVICORN + SYNC, (60, 30)),
    "psycopg2": (pool("pool.ThreadedConnectionPool(1, 20)", "psycopg2"), THREADS, (24, 3)),
}


@pytest.mark.parametrize("name", DEMAND)
def test_what_a_server_is_asked_for(name: str) -> None:
    """Connections at most and those that are kept, of three workers."""
    files, gunicorn, expected = DEMAND[name]
    facts = facts_of({**PG, **files, "gunicorn.conf.py": gunicorn}, "stack.database")
    assert (known(facts, "connections.peak"), known(facts, "connections.steady")) == expected


@pytest.mark.parametrize(
    ("files", "gunicorn"),
    [
        (django(), UVICORN + SYNC),
        (django(), "workers = 3\nworker_class = 'gevent'\n"),
        (pool("NullConnectionPool('host=db')", "psycopg_pool"), UVICORN + SYNC),
    ],
)
def test_no_bound_is_not_a_number(files: dict[str, str], gunicorn: str) -> None:
    facts = facts_of({**PG, **files, "gunicorn.conf.py": gunicorn}, "stack.database")
    unknown(facts, "connections.peak")


SA = "from sqlalchemy import create_engine\n"
TWO = SA + (
    "import sys\n"
    "a = create_engine('postgresql://db/shop', pool_size=4, max_overflow=0)\n"
    "b = create_engine('postgresql://db/shop', pool_size=2, max_overflow=0)\n"
)
BRANCHES = SA + (
    "from vendor import fast\n"
    "if fast:\n"
    "    a = create_engine('postgresql://db/shop', pool_size=4, max_overflow=0)\n"
    "else:\n"
    "    a = create_engine('postgresql://db/shop', pool_size=6, max_overflow=0)\n"
)


@pytest.mark.parametrize(("text", "each"), [(TWO, 6), (BRANCHES, 6)])
def test_engines_add_up_unless_they_exclude_each_other(text: str, each: int) -> None:
    files = {**PG, "app/db.py": text, "gunicorn.conf.py": UVICORN + SYNC}
    facts = facts_of(files, "stack.database")
    assert known(facts, "connections.formula") == f"3 workers × {each}"


def test_two_databases_of_django_add_up() -> None:
    entry = "{'ENGINE': 'django.db.backends.postgresql', 'HOST': 'db'}"
    files = {"shop/settings.py": f"DATABASES = {{'default': {entry}, 'other': {entry}}}\n"}
    facts = facts_of({**PG, **files, "gunicorn.conf.py": THREADS}, "stack.database")
    assert known(facts, "connections.peak") == 3 * 8 * 2


PHRASES = {
    "Django, threads": ("4 threads each", "4 threads each"),
    "psycopg": ("max_size=4", "max_size=4"),
    "psycopg2": ("maxconn=4", "maxconn=4"),
}


@pytest.mark.parametrize("name", PHRASES)
def test_the_size_to_write_in_the_words_of_the_library(name: str) -> None:
    files, gunicorn, _ = DEMAND[name]
    tight = {"postgresql.conf": "max_connections = 18\n"}
    facts = facts_of({**files, **tight, "gunicorn.conf.py": gunicorn}, "stack.database")
    assert (known(facts, "budget.pool"), known(facts, "budget.kept_pool")) == PHRASES[name]


def test_what_closes_idle_connections() -> None:
    files = {
        **django(),
        "gunicorn.conf.py": SYNC,
        "postgresql.conf": "idle_session_timeout = 5min\n",
    }
    facts = facts_of(files, "stack.django", target={"postgresql": 16})
    assert known(facts, "link.idle_limit") == 300
    assert known(facts, "link.idle_closer") == "idle_session_timeout of PostgreSQL"


def test_a_server_too_old_to_close_anything() -> None:
    files = {**django(), "gunicorn.conf.py": SYNC, **PG}
    assert known(facts_of(files, "stack.django", target={"postgresql": 13}), "link.idle_limit") == 0


def test_a_pooler_closes_idle_clients() -> None:
    files = {
        **django("'PORT': 6432"),
        "gunicorn.conf.py": SYNC,
        "pgbouncer.ini": "[databases]\nshop = host=db\n[pgbouncer]\nclient_idle_timeout = 60\n",
    }
    facts = facts_of(files, "stack.django")
    assert known(facts, "link.idle_limit") == 60
    assert known(facts, "link.idle_closer") == "client_idle_timeout of PgBouncer"


def test_nobody_behind_it() -> None:
    facts = facts_of({**django(), "gunicorn.conf.py": SYNC}, "stack.django")
    unknown(facts, "link.idle_limit")


def test_other_libraries_are_no_engines_of_sqlalchemy() -> None:
    """They stand beside the engines in the workers, with no setting of SQLAlchemy."""
    files = {**django(), "gunicorn.conf.py": THREADS}
    assert subjects(files, "engine") == []
    facts = facts_of(files, "stack.engine")
    assert known(facts, "engine.library") == "django"
    assert known(facts, "engine.per_thread") is True
    assert known(facts, "engine.pool_size") is None
    assert known(facts, "engine.pooled") is False
    assert [one.name for one in subjects(files, "django")] == ["database default"]


TIMEOUTS = {
    "connect_args={'connect_timeout': 5}": (True, False),
    "connect_args={'options': '-c statement_timeout=5s'}": (False, True),
    "pool_pre_ping=True": (False, False),
}


@pytest.mark.parametrize("argument", TIMEOUTS)
def test_timeouts_of_a_connection(argument: str) -> None:
    text = f"{SA}engine = create_engine('postgresql+psycopg://db/shop', {argument})\n"
    facts = facts_of({"app/db.py": text}, "engine")
    names = ("engine.connect_timeout_set", "engine.statement_timeout_set")
    assert tuple(known(facts, name) for name in names) == TIMEOUTS[argument]


def test_asyncpg_gives_up_by_itself() -> None:
    files = {
        **pool("create_pool(host='db', command_timeout=9)", "asyncpg"),
        "gunicorn.conf.py": SYNC,
    }
    facts = facts_of(files, "stack.engine")
    assert known(facts, "engine.connect_timeout_set") is True
    assert known(facts, "engine.statement_timeout_set") is True


ENGINES = {
    "echo=True": ("engine.echo", True),
    "echo=os.environ.get('DEBUG') is None": ("engine.echo", False),
    "isolation_level='AUTOCOMMIT'": ("engine.autocommit", True),
    "isolation_level='SERIALIZABLE'": ("engine.autocommit", False),
    "pool_pre_ping='off'": ("engine.false_text", "pool_pre_ping = off"),
    "pool_pre_ping='yes'": ("engine.false_text", ""),
    "pool_pre_ping='no'": ("engine.pool_pre_ping", True),
    "pool_pre_ping=''": ("engine.pool_pre_ping", False),
}


@pytest.mark.parametrize("argument", ENGINES)
def test_arguments_of_an_engine(argument: str) -> None:
    text = f"import os\n{SA}engine = create_engine('postgresql+psycopg://db/shop', {argument})\n"
    name, value = ENGINES[argument]
    assert known(facts_of({"app/db.py": text}, "engine"), name) == value


def test_an_if_around_it_decides_about_echo() -> None:
    call = "create_engine('postgresql://db/x', echo=True)"
    text = f"from app import debug\n{SA}if debug:\n    e = {call}\n"
    assert known(facts_of({"app/db.py": text}, "engine"), "engine.echo") is False


URLS = {
    "postgresql+psycopg://db/x?pool_size=5&sslmode=require": "pool_size",
    "postgresql+psycopg://db/x?pool_pre_ping=1&max_overflow=2": "max_overflow and pool_pre_ping",
    "postgresql+psycopg://db/x?sslmode=require": "",
}


@pytest.mark.parametrize("url", URLS)
def test_options_of_the_pool_in_a_url(url: str) -> None:
    facts = facts_of({"app/db.py": f"{SA}engine = create_engine('{url}')\n"}, "engine")
    assert known(facts, "engine.misplaced_options") == URLS[url]


DRIVERS = {
    ("2.1.0", "psycopg2-binary==2.9.10"): "psycopg",
    ("2.1.0", "psycopg==3.2.9"): "",
    ("2.1.0", "psycopg2==2.9.10\npsycopg==3.2.9"): "",
    ("2.0.44", "psycopg2==2.9.10"): "",
    ("2.1.0", ""): "",
}


@pytest.mark.parametrize("installed", DRIVERS)
def test_the_default_driver_of_a_new_sqlalchemy(installed: tuple[str, str]) -> None:
    version, driver = installed
    files = {
        "requirements.txt": f"sqlalchemy=={version}\n{driver}\n",
        "gunicorn.conf.py": SYNC,
        "app/db.py": f"{SA}engine = create_engine('postgresql://db/x')\n",
    }
    assert known(facts_of(files, "engine"), "engine.missing_driver") == DRIVERS[installed]


POOLER = "[databases]\nshop = host=db\n[pgbouncer]\npool_mode = transaction\n"
PREPARES = {
    "": (False, True),
    "'DISABLE_SERVER_SIDE_CURSORS': True": (False, False),
    "'OPTIONS': {'prepare_threshold': 5}": (True, True),
}


@pytest.mark.parametrize("inner", PREPARES)
def test_django_behind_a_pooler(inner: str) -> None:
    """It prepares nothing unless it is told to, and uses cursors unless it is told not to."""
    files = {**django(f"'PORT': 6432, {inner}"), "gunicorn.conf.py": SYNC, "pgbouncer.ini": POOLER}
    facts = facts_of(files, "stack.pooled", target={"pgbouncer": "1.24.0"})
    names = ("pooled.prepares", "pooled.cursors")
    assert tuple(known(facts, name) for name in names) == PREPARES[inner]


ASYNC = {"": True, ", statement_cache_size=0": False}


@pytest.mark.parametrize("inner", ASYNC)
def test_asyncpg_behind_a_pooler(inner: str) -> None:
    call = f"create_pool(host='pgbouncer', port=6432{inner})"
    files = {**pool(call, "asyncpg"), "gunicorn.conf.py": SYNC, "pgbouncer.ini": POOLER}
    facts = facts_of(files, "stack.pooled", target={"pgbouncer": "1.22.0"})
    assert known(facts, "pooled.prepares") is ASYNC[inner]


BINARY = {
    ("psycopg2-binary==2.9.10", "postgresql+psycopg2"): True,
    ("psycopg2-binary==2.9.10", "postgresql"): True,
    ("psycopg2-binary==2.9.10\npsycopg==3.2.9", "postgresql"): False,
    ("psycopg2-binary==2.9.10\npsycopg2==2.9.10", "postgresql"): False,
    ("psycopg2-binary==2.9.10", "postgresql+asyncpg"): False,
    ("psycopg2-binary==2.9.10", "sqlite"): False,
    ("psycopg2==2.9.10", "postgresql"): False,
}


@pytest.mark.parametrize("installed", BINARY)
def test_a_driver_with_libraries_of_its_own(installed: tuple[str, str]) -> None:
    files = {
        "requirements.txt": f"sqlalchemy==2.0.44\n{installed[0]}\n",
        "gunicorn.conf.py": SYNC,
        "app/db.py": f"{SA}engine = create_engine('{installed[1]}://db/x')\n",
    }
    fact = facts_of(files, "engine")["engine.binary_driver"]
    assert isinstance(fact, Value)
    assert fact.value is BINARY[installed]
    assert (fact.location is not None) is BINARY[installed]
