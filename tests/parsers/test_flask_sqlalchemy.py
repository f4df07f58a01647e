"""Engines that Flask-SQLAlchemy makes of an application's configuration."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from advisor.model import Unknown, Value
from advisor.parsers.engines import Engine
from advisor.parsers.flask_sqlalchemy import find_flask, uses_flask
from advisor.parsers.pyeval import Library

HEAD = "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\napp = Flask('x')\n"
URI = "SQLALCHEMY_DATABASE_URI = 'postgresql://u:hunter2@db/shop'\n"


def engines(files: Mapping[str, str] | str, **env: str) -> dict[str, Engine]:
    texts = {"app.py": HEAD + files} if isinstance(files, str) else files
    found = find_flask(texts, env=env, library=Library(texts.get))
    return {one.name: one for document in found for one in document.engines}


def values(engine: Engine) -> dict[str, object]:
    found = {name: one.value() for name, one in engine.arguments.items()}
    return {name: one.value if isinstance(one, Value) else None for name, one in found.items()}


def host(engine: Engine) -> object:
    return engine.url.host.value if isinstance(engine.url.host, Value) else engine.url.host


def test_keys_assigned_to_the_configuration() -> None:
    text = (
        "app.config['SQLALCHEMY_DATABASE_URI'] = 'postgresql://u:hunter2@db/shop'\n"
        "app.config['SQLALCHEMY_ENGINE_OPTIONS'] = {'pool_size': 4 * 5, 'pool_pre_ping': True}\n"
        "db = SQLAlchemy(app)\n"
    )
    (engine,) = engines(text).values()
    assert values(engine) == {"pool_size": 20, "pool_pre_ping": True}
    assert (host(engine), engine.function, engine.starred) == ("db", "SQLAlchemy", False)
    assert engine.arguments["pool_size"].location.line == 5
    assert engine.location.line == 6
    assert "hunter2" not in repr(engine)


def test_keys_given_by_name() -> None:
    text = (
        "def create_app():\n"
        "    app.config.update(SQLALCHEMY_DATABASE_URI='postgresql://db/x')\n"
        "    app.config.from_mapping(SQLALCHEMY_ENGINE_OPTIONS={'pool_size': 3})\n"
        "db = SQLAlchemy()\n"
    )
    assert values(engines(text)[""]) == {"pool_size": 3}


def test_a_class_for_every_environment() -> None:
    """The one for production counts, with what it inherits."""
    files = {
        "app/__init__.py": HEAD + "db = SQLAlchemy()\n",
        "config.py": (
            "class Config:\n"
            "    SQLALCHEMY_ENGINE_OPTIONS = {'pool_size': 7}\n"
            "class DevelopmentConfig(Config):\n"
            "    SQLALCHEMY_DATABASE_URI = 'sqlite://'\n"
            "class TestingConfig(Config):\n"
            "    SQLALCHEMY_DATABASE_URI = 'sqlite://'\n"
            "class ProductionConfig(Config):\n"
            "    SQLALCHEMY_DATABASE_URI = 'postgresql://db/shop'\n"
        ),
    }
    (engine,) = engines(files).values()
    assert (host(engine), values(engine), engine.starred) == ("db", {"pool_size": 7}, False)


def test_two_classes_that_may_be_in_force() -> None:
    files = {
        "app.py": HEAD + "db = SQLAlchemy()\n",
        "config.py": (
            "class East:\n    SQLALCHEMY_DATABASE_URI = 'postgresql://east/x'\n"
            "class West:\n    SQLALCHEMY_DATABASE_URI = 'postgresql://west/x'\n"
        ),
    }
    assert engines(files)[""].starred


def test_names_of_a_module() -> None:
    files = {
        "app.py": HEAD + "db = SQLAlchemy()\n",
        "settings.py": "import os\n"
        + URI
        + "SQLALCHEMY_ENGINE_OPTIONS = {'pool_size': int(os.environ.get('POOL', '4'))}\n",
    }
    assert values(engines(files, POOL="9")[""]) == {"pool_size": 9}


def test_options_for_every_engine_and_for_one() -> None:
    """As the program does it: a bind takes no option from SQLALCHEMY_ENGINE_OPTIONS."""
    text = URI + (
        "app.config['SQLALCHEMY_DATABASE_URI'] = SQLALCHEMY_DATABASE_URI\n"
        "app.config['SQLALCHEMY_ENGINE_OPTIONS'] = {'pool_size': 9}\n"
        "app.config['SQLALCHEMY_BINDS'] = {\n"
        "    'a': 'postgresql://a/x',\n"
        "    'b': {'url': 'postgresql://b/x', 'pool_size': 2},\n"
        "}\n"
        "db = SQLAlchemy(app, engine_options={'pool_size': 1, 'max_overflow': 3})\n"
    )
    found = engines(text)
    assert {name: (host(one), values(one)) for name, one in found.items()} == {
        "": ("db", {"pool_size": 9, "max_overflow": 3}),
        "a": ("a", {"pool_size": 1, "max_overflow": 3}),
        "b": ("b", {"pool_size": 2, "max_overflow": 3}),
    }


def test_the_class_of_the_pool() -> None:
    text = (
        "from sqlalchemy.pool import NullPool\n"
        "db = SQLAlchemy(app, engine_options={'poolclass': NullPool})\n"
    )
    assert engines(text)[""].poolclass == "NullPool"


def test_options_that_cannot_be_told() -> None:
    text = "app.config['SQLALCHEMY_ENGINE_OPTIONS'] = load()\ndb = SQLAlchemy(app)\n"
    engine = engines(text)[""]
    assert engine.starred
    assert isinstance(engine.url.dialect, Unknown)


def test_passwords_of_the_driver_are_kept() -> None:
    text = (
        "app.config['SQLALCHEMY_ENGINE_OPTIONS'] = {'connect_args': {'password': 'hunter2'}}\n"
        "db = SQLAlchemy(app)\n"
    )
    engine = engines(text)[""]
    assert "hunter2" not in repr(engine.arguments["connect_args"].value())


def test_no_extension_no_engine() -> None:
    assert engines({"config.py": URI}) == {}
    assert (
        engines({"app.py": "from mine import SQLAlchemy  # flask_sqlalchemy\nSQLAlchemy()\n"}) == {}
    )
    assert uses_flask(HEAD)
    assert not uses_flask(URI)


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_makes_it_fail(first: str, second: str) -> None:
    engines(f"app.config['SQLALCHEMY_ENGINE_OPTIONS'] = {first}\ndb = SQLAlchemy({second})\n")
