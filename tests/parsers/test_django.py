"""Databases in settings of Django."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model import Origin, Unknown, Value
from advisor.parsers.django import find_databases, mentions_databases, settings_named
from advisor.parsers.engines import Engine, PoolLibrary, Role
from advisor.parsers.pyeval import Library

ENGINE = "'ENGINE': 'django.db.backends.postgresql'"


def databases(
    files: Mapping[str, str] | str, path: str = "shop/settings.py", **env: str
) -> dict[str, Engine]:
    texts = {path: files} if isinstance(files, str) else files
    document = find_databases(path, texts[path], env=env, library=Library(texts.get))
    assert document.problems == ()
    return {one.name: one for one in document.engines}


def values(engine: Engine) -> dict[str, object]:
    found = {name: one.value() for name, one in engine.arguments.items()}
    return {name: one.value if isinstance(one, Value) else None for name, one in found.items()}


def default(inner: str, before: str = "") -> Engine:
    return databases(f"{before}DATABASES = {{'default': {{{ENGINE}, {inner}}}}}\n")["default"]


def test_what_is_read_of_a_database() -> None:
    text = (
        "DATABASES = {\n"
        "    'default': {\n"
        f"        {ENGINE},\n"
        "        'NAME': 'shop',\n"
        "        'USER': 'shop',\n"
        "        'PASSWORD': 'hunter2',\n"
        "        'HOST': 'db',\n"
        "        'PORT': '5432',\n"
        "        'CONN_MAX_AGE': 10 * 60,\n"
        "        'CONN_HEALTH_CHECKS': True,\n"
        "        'OPTIONS': {'pool': {'min_size': 1, 'max_size': 3}, 'connect_timeout': 5},\n"
        "    },\n"
        "}\n"
    )
    (engine,) = databases(text).values()
    assert (engine.library, engine.function, engine.role) == (
        PoolLibrary.DJANGO,
        "DATABASES",
        Role.APP,
    )
    assert values(engine) == {
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS.pool": {"min_size": 1, "max_size": 3},
        "OPTIONS.connect_timeout": 5,
        "OPTIONS.pool.min_size": 1,
        "OPTIONS.pool.max_size": 3,
    }
    parts = (engine.url.dialect, engine.url.host, engine.url.port, engine.url.database)
    assert [one.value for one in parts if isinstance(one, Value)] == [
        "postgresql",
        "db",
        5432,
        "shop",
    ]
    assert (engine.location.line, engine.location.column) == (2, 16)
    assert engine.arguments["CONN_MAX_AGE"].location.line == 9
    assert "hunter2" not in repr(engine)


def test_settings_that_import_others() -> None:
    files = {
        "shop/settings/base.py": f"DATABASES = {{'default': {{{ENGINE}, 'CONN_MAX_AGE': 5}}}}\n",
        "shop/settings/prod.py": (
            "from .base import *\n"
            "DATABASES['default']['CONN_HEALTH_CHECKS'] = True\n"
            f"DATABASES['replica'] = {{{ENGINE}, 'HOST': 'replica'}}\n"
        ),
        "shop/settings/dev.py": "from .base import *\nDATABASES = {'default': {}}\n",
    }
    found = databases(files, "shop/settings/prod.py")
    assert list(found) == ["default", "replica"]
    assert values(found["default"]) == {"CONN_MAX_AGE": 5, "CONN_HEALTH_CHECKS": True}
    place = found["default"].arguments["CONN_MAX_AGE"].location
    assert place.path == "shop/settings/base.py"
    assert databases(files, "shop/settings/dev.py")["default"].arguments == {}


BACKENDS = {
    "django.db.backends.postgresql": ("postgresql", True),
    "django.contrib.gis.db.backends.postgis": ("postgresql", True),
    "django.db.backends.sqlite3": ("sqlite", True),
    "django.db.backends.mysql": ("mysql", True),
    "django.db.backends.oracle": ("oracle", True),
    "django_prometheus.db.backends.postgresql": ("postgresql", True),
    "dj_db_conn_pool.backends.postgresql": ("postgresql", False),
    "django_db_geventpool.backends.postgresql_psycopg2": ("postgresql", False),
}


@pytest.mark.parametrize("backend", BACKENDS)
def test_backends(backend: str) -> None:
    """Backends of others may keep connections in ways that nobody told."""
    found = databases(f"DATABASES = {{'default': {{'ENGINE': '{backend}'}}}}")["default"]
    assert isinstance(found.url.dialect, Value)
    assert (found.url.dialect.value, found.poolclass is None) == BACKENDS[backend]


def test_variables_and_what_is_assumed_without_them() -> None:
    text = "import os\nDATABASES = {'default': {'CONN_MAX_AGE': int(os.getenv('AGE', '60'))}}\n"
    assumed = databases(text)["default"].arguments["CONN_MAX_AGE"].value()
    stated = databases(text, AGE="0")["default"].arguments["CONN_MAX_AGE"].value()
    assert isinstance(assumed, Value)
    assert isinstance(stated, Value)
    assert (assumed.value, assumed.origin) == (60, Origin.ASSUMED)
    assert (stated.value, stated.origin) == (0, Origin.EVALUATED)


def test_a_port_that_is_none() -> None:
    assert default("'PORT': ''").url.port is None
    assert isinstance(default("'PORT': 'http'").url.port, Unknown)


def test_what_is_not_known_stays_open() -> None:
    lost = databases("DATABASES = load()\n")["default"]
    assert lost.starred
    assert isinstance(lost.url.dialect, Unknown)
    part = databases("DATABASES = {'default': load()}\n")["default"]
    assert part.starred
    assert databases("DATABASE = {}\n") == {}


URLS = "import dj_database_url, environ, os\nenv = environ.Env(DEBUG=(bool, False))\n"


def url(expression: str, **env: str) -> Engine:
    return databases(f"{URLS}DATABASES = {{'default': {expression}}}\n", **env)["default"]


def test_a_url_of_dj_database_url() -> None:
    text = "dj_database_url.config(default='postgres://u:hunter2@db:5433/shop', conn_max_age=600)"
    engine = url(text)
    assert values(engine) == {
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": False,
        "DISABLE_SERVER_SIDE_CURSORS": False,
    }
    assert isinstance(engine.url.host, Value)
    assert (engine.url.host.value, engine.url.host.origin) == ("db", Origin.ASSUMED)
    assert "hunter2" not in repr(engine)


def test_a_url_that_a_variable_holds() -> None:
    text = "dj_database_url.config(env='DB', conn_max_age=None, conn_health_checks=True)"
    engine = url(text, DB="postgresql://u:p@pg/shop?pool=true&connect_timeout=5")
    assert values(engine) == {
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": False,
        "OPTIONS.pool": True,
        "OPTIONS.connect_timeout": 5,
    }
    assert isinstance(engine.url.host, Value)
    assert engine.url.host.value == "pg"


def test_without_the_url_the_rest_is_known() -> None:
    engine = url("dj_database_url.parse(os.environ['DB'], conn_max_age=60)")
    assert values(engine)["CONN_MAX_AGE"] == 60
    assert isinstance(engine.url.dialect, Unknown)


def test_a_url_of_django_environ() -> None:
    engine = url("env.db('DB')", DB="psql://u:p@pg:5432/shop")
    assert values(engine) == {}
    assert isinstance(engine.url.host, Value)
    assert engine.url.host.value == "pg"
    assert isinstance(url("env.db()").url.host, Unknown)
    assert isinstance(url("env.db(NAME)").url.host, Unknown)


def test_a_typed_variable_of_an_environment_with_a_scheme() -> None:
    """What a scheme may convert is not told, what names its own type is."""
    text = "{'CONN_MAX_AGE': env.int('AGE', default=5), 'CONN_HEALTH_CHECKS': env('CHECKS')}"
    assert values(url(text, CHECKS="False")) == {"CONN_MAX_AGE": 5, "CONN_HEALTH_CHECKS": None}


NAMES = {
    'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.prod")': "shop.settings.prod",
    "os.environ['DJANGO_SETTINGS_MODULE'] = 'shop.settings'": "shop.settings",
    "os.environ.setdefault(\n  'DJANGO_SETTINGS_MODULE',\n  'shop.settings',\n)": "shop.settings",
    "os.environ.setdefault('DJANGO_SETTINGS_MODULE', NAME)": None,
    "": None,
}


@pytest.mark.parametrize("text", NAMES)
def test_the_settings_that_a_file_names(text: str) -> None:
    assert settings_named(text) == NAMES[text]


def test_the_quick_look() -> None:
    assert mentions_databases("X = 1\nDATABASES = {}\n")
    assert mentions_databases("DATABASES['default'] = {}\n")
    assert not mentions_databases("MY_DATABASES = {}\n# DATABASES\n")


PIECES = (
    "{",
    "}",
    "'default'",
    ":",
    ",",
    "'OPTIONS'",
    "'pool'",
    "None",
    "env.db()",
    "[",
    "]",
    "**x",
)


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=14))
def test_no_text_makes_it_fail(pieces: list[str]) -> None:
    find_databases("s.py", f"{URLS}DATABASES = {''.join(pieces)}")
