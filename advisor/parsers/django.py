"""
Databases in the settings of Django, with what they say about connections.

Source: docs.djangoproject.com, "Settings", DATABASES; "Databases", PostgreSQL notes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from msgspec import Struct

from advisor import regex
from advisor.model import Location, Unknown, Value
from advisor.parsers._engine_model import (
    Argument,
    Engine,
    EnginesDocument,
    PoolLibrary,
    Role,
    role_of,
)
from advisor.parsers._engine_urls import EngineUrl, Part
from advisor.parsers.pyeval import EnvDependent, Known, Library, Outcome, Program, outcome_of, parse
from advisor.parsers.pyeval.imports import resolve
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.results import Undecided
from advisor.parsers.pyeval.values import Abstract, Table

SETTINGS = "DATABASES"
_MENTION = regex.lazy(r"^DATABASES\b", re.MULTILINE)
_MODULE = regex.lazy(r"""DJANGO_SETTINGS_MODULE["']\s*[,\]]\s*=?\s*["']([\w.]+)["']""")
_PLAIN = (
    "CONN_MAX_AGE",
    "CONN_HEALTH_CHECKS",
    "DISABLE_SERVER_SIDE_CURSORS",
    "ATOMIC_REQUESTS",
)
_OPTIONS = ("pool", "connect_timeout", "options", "prepare_threshold")
_POOL = ("min_size", "max_size", "timeout", "max_waiting")
_KEYS: tuple[tuple[str, ...], ...] = (
    *((name,) for name in _PLAIN),
    *(("OPTIONS", name) for name in _OPTIONS),
    *(("OPTIONS", "pool", name) for name in _POOL),
)
"""What is read of a database; everything else may hold a password."""
_DIALECTS = {"postg": "postgresql", "psql": "postgresql", "sqlite": "sqlite", "mysql": "mysql"}
_OWN = (
    "django.db.backends.",
    "django.contrib.gis.db.backends.",
    "django_prometheus.db.backends.",
    "django_tenants.",
    "psqlextra.",
)
"""Backends that open connections as Django itself does."""


def mentions_databases(text: str) -> bool:
    """
    Whether a file sets ``DATABASES`` itself.
    """
    return _MENTION.search(text) is not None


def settings_named(text: str) -> str | None:
    """
    The settings module that ``wsgi.py`` or ``manage.py`` names.
    """
    match = _MODULE.search(text)
    return match[1] if match else None


def find_databases(
    path: str,
    text: str,
    *,
    env: Mapping[str, str] | None = None,
    library: Library | None = None,
) -> EnginesDocument:
    """
    The databases of a settings module, those included that it imports.
    """
    source = parse(path, text)
    program = Program(source, dict(env or {}), "", (), library)
    machine = program.run(None)
    value = _databases(machine)
    if value is None:
        return EnginesDocument(path, (), source.problems)
    names = value.members if isinstance(value, Table) else ("default",)
    found = (_Reader(program, str(name)).engine() for name in names)
    return EnginesDocument(path, tuple(found), source.problems)


def _databases(machine: Machine) -> Abstract | None:
    value = machine.value_of(SETTINGS)
    return None if value is None else resolve(machine, value)


class _Reader(Struct, frozen=True):
    """
    Reads one database of the settings.
    """

    program: Program
    alias: str

    def engine(self) -> Engine:
        """
        The database as something that opens connections.
        """
        arguments = {".".join(keys): one for keys in _KEYS if (one := self._argument(keys))}
        table = self._pick(())(self.program.run(None))
        where = table.location if table is not None else Location(self.program.source.path, 1)
        role = role_of(self.program.source.path)
        return Engine(
            function=SETTINGS,
            is_async=False,
            location=_first_line(self.program, where),
            arguments=arguments,
            url=self._url(where),
            poolclass=self._foreign(),
            in_function=False,
            cached=True,
            starred=not isinstance(table, Table) or table.partial,
            assumed=(),
            active=True,
            role=Role.APP if role is Role.MIGRATION else role,
            name=self.alias,
            library=PoolLibrary.DJANGO,
        )

    def _pick(self, keys: tuple[str, ...]) -> Callable[[Machine], Abstract | None]:
        """
        What stands behind keys of the database; None for what is surely not there.
        """

        def pick(machine: Machine) -> Abstract | None:
            value = _databases(machine)
            for key in (self.alias, *keys):
                if isinstance(value, Known):
                    return None
                if not isinstance(value, Table):
                    return value
                if key not in value.members and value.partial:
                    reason = "is in a dict that may hold more than the file shows"
                    return Undecided(reason, value.location, value.taint)
                value = value.members.get(key)
            return value

        return pick

    def _argument(self, keys: tuple[str, ...]) -> Argument | None:
        pick = self._pick(keys)
        if pick(self.program.run(None)) is None:
            return None
        outcome = outcome_of(self.program, pick)
        place = _place(outcome)
        return Argument(".".join(keys), outcome, place, place)

    def _text(self, key: str) -> Part | None:
        argument = self._argument((key,))
        value = argument.value() if argument else None
        if not isinstance(value, Value):
            return value
        if value.value is None or value.value == "":
            return None
        return Value(str(value.value), value.origin, value.location, value.note)

    def _url(self, where: Location) -> EngineUrl:
        backend, port = self._text("ENGINE"), self._text("PORT")
        number: Value[int] | Unknown | None = port if isinstance(port, Unknown) else None
        if isinstance(port, Value):
            known = re.fullmatch(r"\d{1,5}", port.value)
            place = port.location
            lost = Unknown("is no port", place)
            number = Value(int(port.value), port.origin, place, port.note) if known else lost
        return EngineUrl(
            dialect=_dialect(backend),
            host=self._text("HOST"),
            port=number,
            database=self._text("NAME"),
            location=where,
        )

    def _foreign(self) -> Unknown | None:
        """
        Why it is not known how a backend opens connections, None for Django's own.
        """
        backend = self._text("ENGINE")
        if not isinstance(backend, Value) or backend.value.startswith(_OWN):
            return None
        return Unknown(f"{backend.value} keeps connections in its own way", backend.location)


def _dialect(backend: Part | None) -> Part | None:
    if not isinstance(backend, Value):
        return backend
    known = next((name for mark, name in _DIALECTS.items() if mark in backend.value), None)
    name = known or backend.value.rpartition(".")[2]
    return Value(name, backend.origin, backend.location, backend.note)


def _place(outcome: Outcome) -> Location:
    return (outcome.default if isinstance(outcome, EnvDependent) else outcome).location


def _first_line(program: Program, where: Location) -> Location:
    """
    The first line of a place in the settings or in a file that they import.
    """
    if where.end_line in (None, where.line):
        return where
    if where.path != program.source.path:
        return Location(where.path, where.line, where.column)
    end = len(program.source.lines[where.line - 1]) + 1
    return Location(where.path, where.line, where.column, where.line, end)
