"""Connections that a file opens while it is imported."""

from __future__ import annotations

import pytest

from advisor.parsers.engines import find_engines

START = (
    "from sqlalchemy import create_engine, inspect\nengine = create_engine('postgresql://db/s')\n"
)


@pytest.mark.parametrize(
    "line",
    [
        "Base.metadata.create_all(engine)",
        "Base.metadata.create_all(bind=engine)",
        "tables = inspect(engine).get_table_names()",
        "connection = engine.connect()",
        "with engine.begin() as connection:\n    connection.execute(QUERY)",
        "metadata.reflect(engine)",
    ],
)
def test_what_connects(line: str) -> None:
    """The call itself is the place."""
    (engine,) = find_engines("db.py", f"{START}{line}\n").engines
    assert engine.connects is not None
    assert engine.connects.line == 3


@pytest.mark.parametrize(
    "line",
    [
        "session = sessionmaker(bind=engine)",
        "def check():\n    engine.connect()",
        "check = lambda: engine.connect()",
        "class Check:\n    connection = engine.connect()",
        "if DEBUG:\n    Base.metadata.create_all(engine)",
        "if __name__ == '__main__':\n    Base.metadata.create_all(engine)",
        "try:\n    engine.connect()\nexcept OSError:\n    pass",
        "other.connect()",
        "Base.metadata.create_all(other)",
        "Base.metadata.create_all(engine)\nengine.dispose()",
        "Base.metadata.create_all(engine)\nos.register_at_fork(after_in_child=reset)",
    ],
)
def test_what_does_not_surely_connect(line: str) -> None:
    """Later, perhaps, through another engine, or with the pool given up at the end."""
    (engine,) = find_engines("db.py", f"{START}{line}\n").engines
    assert engine.connects is None


def test_an_engine_of_a_function_connects_when_it_is_called() -> None:
    """And an asynchronous one cannot connect while a file is imported."""
    text = (
        "from sqlalchemy import create_engine\n"
        "def make():\n    engine = create_engine('postgresql://db/s')\n    return engine\n"
        "engine = make()\nengine.connect()\n"
    )
    (engine,) = find_engines("db.py", text).engines
    assert engine.connects is None
