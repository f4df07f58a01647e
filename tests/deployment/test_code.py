"""Which code of an application says how it connects to databases."""

from __future__ import annotations

import pytest

from advisor.model import Unknown, Value
from advisor.parsers.engines import Engine
from tests.support.deployments import deploy

GUNICORN = "workers = 2\n"
WSGI = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', '%s')\n"
COMPOSE = """\
services:
  web:
    build: .
    command: gunicorn shop.wsgi:application
    environment:
      SHOP_HOST: db
%s
"""


def settings(host: str) -> str:
    entry = f"{{'ENGINE': 'django.db.backends.postgresql', 'HOST': '{host}'}}"
    return f"DATABASES = {{'default': {entry}}}\n"


def hosts(engines: tuple[Engine, ...]) -> list[object]:
    return [one.url.host.value for one in engines if isinstance(one.url.host, Value)]


MODULES = {
    "shop/settings/base.py": settings("base"),
    "shop/settings/prod.py": "from .base import *\nDATABASES['default']['HOST'] = 'prod'\n",
    "shop/settings/dev.py": settings("dev"),
    "manage.py": WSGI % "shop.settings.dev",
}


def test_the_environment_names_the_settings() -> None:
    files = {
        **MODULES,
        "compose.yaml": COMPOSE % "      DJANGO_SETTINGS_MODULE: shop.settings.prod",
        "shop/wsgi.py": WSGI % "shop.settings.dev",
    }
    assert hosts(deploy(files).engines) == ["prod"]


def test_else_what_gunicorn_loads_names_them() -> None:
    files = {
        **MODULES,
        "compose.yaml": COMPOSE % "",
        "shop/wsgi.py": WSGI % "shop.settings.prod",
        "other/wsgi.py": WSGI % "shop.settings.dev",
    }
    assert hosts(deploy(files).engines) == ["prod"]


def test_else_manage_py_does() -> None:
    assert hosts(deploy({**MODULES, "gunicorn.conf.py": GUNICORN}).engines) == ["dev"]


def test_else_the_only_settings_count() -> None:
    files = {"gunicorn.conf.py": GUNICORN, "a/settings.py": settings("one")}
    assert hosts(deploy(files).engines) == ["one"]
    files["a/settings_test.py"] = settings("test")
    assert hosts(deploy(files).engines) == ["one"]


def test_several_settings_are_none_and_that_is_said() -> None:
    files = {"a/settings.py": settings("one"), "b/settings.py": settings("two")}
    deployment = deploy({**files, "gunicorn.conf.py": GUNICORN})
    assert deployment.engines == ()
    assert deployment.notes == (
        "which settings of Django are in force cannot be told: a/settings.py and b/settings.py",
    )


def test_variables_of_the_service_reach_the_settings() -> None:
    files = {
        "compose.yaml": COMPOSE % "",
        "shop/settings.py": "import os\n" + settings("X").replace("'X'", "os.environ['SHOP_HOST']"),
    }
    assert hosts(deploy(files).engines) == ["db"]


def test_settings_of_pydantic_size_the_pool_of_an_engine() -> None:
    """A constant of another module, and a field that a variable of the service overrides."""
    files = {
        "compose.yaml": COMPOSE % "      db_pool_size: '12'",
        "app/config.py": (
            "from pydantic_settings import BaseSettings\n"
            "OVERFLOW = 3\n"
            "class Settings(BaseSettings):\n"
            "    DB_POOL_SIZE: int = 20\n"
            "settings = Settings()\n"
        ),
        "app/db.py": (
            "from sqlalchemy import create_engine\n"
            "from app.config import OVERFLOW, settings\n"
            "engine = create_engine(\n"
            "    'postgresql://db/shop', pool_size=settings.DB_POOL_SIZE, max_overflow=OVERFLOW\n"
            ")\n"
        ),
    }
    (engine,) = deploy(files).engines
    found = {name: one.value() for name, one in engine.arguments.items()}
    assert {name: one.value for name, one in found.items() if isinstance(one, Value)} == {
        "pool_size": 12,
        "max_overflow": 3,
    }


REQUIREMENTS = {
    "requirements.txt": "django==5.2.1\nsqlalchemy==2.0.44\nasyncpg==0.30.0\n",
    "gunicorn.conf.py": GUNICORN,
    "app/db.py": "import asyncpg\nasync def f():\n    await asyncpg.create_pool(dsn='x')\n",
    "app/sa.py": "from sqlalchemy import create_engine\ne = create_engine('postgresql://db/x')\n",
    "shop/settings.py": settings("db"),
}


def test_versions_of_every_library() -> None:
    engines = deploy(REQUIREMENTS).engines
    found = {str(one.library): one.version for one in engines}
    assert {name: one.value for name, one in found.items() if isinstance(one, Value)} == {
        "django": (5, 2, 1),
        "sqlalchemy": (2, 0, 44),
        "asyncpg": (0, 30, 0),
    }
    assert {"django", "asyncpg"} <= engines[0].packages.keys()
    assert engines[0].packages["django"].line == 1
    stated = deploy(REQUIREMENTS, target={"sqlalchemy": "2.1.0"}).engines
    versions = [one.version for one in stated if str(one.library) == "sqlalchemy"]
    assert [one.value for one in versions if isinstance(one, Value)] == [(2, 1, 0)]


FLASK = (
    "from flask_sqlalchemy import SQLAlchemy\n"
    "app.config['SQLALCHEMY_DATABASE_URI'] = 'postgresql://db/x'\n"
    "app.config['SQLALCHEMY_POOL_SIZE'] = 20\n"
    "db = SQLAlchemy(app)\n"
)
KEYS = {
    "2.5.1": ({"pool_size": 20}, False, ()),
    "3.1.1": ({}, False, ("SQLALCHEMY_POOL_SIZE",)),
    "": ({}, True, ()),
}


@pytest.mark.parametrize("version", KEYS)
def test_old_keys_of_flask_sqlalchemy(version: str) -> None:
    """Version 2 reads them, version 3 does not, and without a version nobody knows."""
    listed = f"flask-sqlalchemy=={version}\n" if version else "flask\n"
    files = {"requirements.txt": listed, "gunicorn.conf.py": GUNICORN, "app.py": FLASK}
    (engine,) = deploy(files).engines
    found = {name: one.value() for name, one in engine.arguments.items()}
    read = {name: one.value for name, one in found.items() if not isinstance(one, Unknown)}
    assert (read, engine.starred, tuple(name for name, _ in engine.unread)) == KEYS[version]
