"""
Statements of every kind, and a connection that explains them: one server, one schema, no waits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.types.string import TextLoader

from tests.support.explain_servers import Server

_FOLDER = Path(__file__).parents[1] / "data" / "explain"
_COMMAND_END = re.compile(r";\n(?!\s)")
"""Bodies of functions are indented."""


@dataclass(frozen=True)
class Query:
    """
    One statement, what is set or prepared before it, and what a server must have for it.
    """

    name: str
    before: tuple[str, ...]
    statement: str
    needs: str
    """The first major that knows it, ``contrib``, ``xml``, or nothing."""


@dataclass(frozen=True)
class Session:
    """
    A connection to a server with the whole schema.
    """

    connection: psycopg.Connection
    major: int
    abilities: frozenset[str]
    """Of ``contrib`` and ``xml``."""

    def knows(self, query: Query) -> bool:
        """
        Whether the server can be asked for a statement.
        """
        needs = query.needs
        return self.major >= int(needs) if needs.isdigit() else not needs or needs in self.abilities

    @contextmanager
    def prepared(self, query: Query, setup: str) -> Iterator[None]:
        """
        Everything that stands before a statement; at the end nothing is left of it.
        """
        with self.connection.transaction(force_rollback=True):
            self.connection.execute(setup)
            for command in query.before:
                self.connection.execute(command)
            yield
        self.connection.execute("DEALLOCATE ALL")

    def explain(self, query: Query, options: str) -> str:
        """
        What EXPLAIN answers, as text with line breaks; an execution is undone.
        """
        with self.connection.transaction(force_rollback=True):
            return self.answer(f"EXPLAIN ({options}) {query.statement}")

    def answer(self, command: str) -> str:
        """
        The first column of all rows.
        """
        return "\n".join(row[0] for row in self.connection.execute(command)) + "\n"


def queries() -> tuple[Query, ...]:
    """
    All statements of ``tests/data/explain/queries.sql``.
    """
    _, *parts = (_FOLDER / "queries.sql").read_text("utf-8").split("\n--- ")
    return tuple(map(_query, parts))


def _query(part: str) -> Query:
    head, _, text = part.partition("\n")
    name, _, needs = head.partition(" | ")
    *before, statement = [one.strip() for one in text.split(";") if one.strip()]
    return Query(name, tuple(before), statement, needs)


@contextmanager
def session(server: Server, major: int) -> Iterator[Session]:
    """
    Connect to a server and complete its schema.
    """
    folder = str(server.folder)
    with psycopg.connect(host=folder, user="postgres", dbname="postgres", autocommit=True) as made:
        made.prepare_threshold = None
        for name in ("json", "xml"):
            made.adapters.register_loader(name, TextLoader)
        _run(made, (_FOLDER / "schema.sql").read_text("utf-8"))
        abilities = {"xml"} if _has_xml(made) else set()
        asked = "SELECT count(*) FROM pg_available_extensions WHERE name ~ '^(postgres|file)_fdw$'"
        (count,) = made.execute(asked).fetchone() or (0,)
        if count == 2:
            _run(made, (_FOLDER / "contrib.sql").read_text("utf-8").replace("{folder}", folder))
            abilities.add("contrib")
        yield Session(made, major, frozenset(abilities))


def _run(connection: psycopg.Connection, script: str) -> None:
    # Several commands at once would be one transaction, where VACUUM cannot run.
    for command in _COMMAND_END.split(script):
        if command.strip():
            connection.execute(command)


def _has_xml(connection: psycopg.Connection) -> bool:
    try:
        connection.execute("SELECT '<r/>'::xml")
    except psycopg.errors.FeatureNotSupported:
        return False
    return True
