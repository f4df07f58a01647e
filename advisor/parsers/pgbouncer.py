"""
pgbouncer.ini: settings, databases and users of the pooler.

Source: "pgbouncer.ini" (https://www.pgbouncer.org/config.html); behaviour checked with the program.
A comment takes a whole line; there is none behind a value.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from advisor import regex
from advisor.catalog.pgbouncer import SETTINGS, Kind, Setting, read_value
from advisor.errors import SourceError
from advisor.model import Location, Origin, Problem, Unknown, Value

if TYPE_CHECKING:
    from advisor.model import Tree

Written: TypeAlias = "Value[float | int | str] | Unknown"
SECTIONS = ("pgbouncer", "databases", "users", "peers")
_ENTRY = regex.lazy(r"""("(?:[^"\n]|"")*"|[A-Za-z0-9_.*-]*)[ \t]*=[ \t]*([^\n]*)""")
_INCLUDE = regex.lazy(r"%include[ \t]+([^\n]*)")
_SECTION = regex.lazy(r"\[([^\]\n]*)\]")
_PLACEHOLDER = regex.lazy(r"\{\{|\{%|\$\{")
_PAIR = regex.lazy(r"([^= ]+)[ \t]*=[ \t]*(?:'((?:[^']|'')*)'|([^ ']\S*))(?: |$)")
_KEPT = frozenset(
    {"host", "port", "dbname", "user", "auth_user", "pool_size", "min_pool_size", "reserve_pool"}
    | {"reserve_pool_size", "pool_mode", "max_db_connections", "max_user_connections"}
)
"""Parameters of a connection string that are kept; passwords are not."""
_MAX_DEPTH = 10
_LONGEST_LINE = 65_536
_FORM = "a line is a comment, [section], %include FILE or name = value"


class PooledDatabase(Struct, frozen=True):
    """
    One entry of ``[databases]``.
    """

    name: str
    """As clients ask for it; ``*`` stands for all others."""
    parameters: Mapping[str, str]
    """Without passwords."""
    location: Location

    def number(self, name: str) -> int | None:
        """
        A parameter as a number, None when it is not written or no number.
        """
        text = self.parameters.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


class PgbouncerDocument(Struct, frozen=True):
    """
    One file with everything it includes.
    """

    path: str
    location: Location
    """The header of ``[pgbouncer]``, else the beginning."""
    settings: Mapping[str, Written]
    """Settings of ``[pgbouncer]`` that the catalogue knows, as they are in effect."""
    databases: tuple[PooledDatabase, ...]
    users: tuple[str, ...]
    problems: tuple[Problem, ...]
    files: tuple[str, ...]
    template: bool = False
    complete: bool = True
    """False when something could not be read: settings may be missing."""


class _Reading(Struct):
    tree: Tree
    section: str = ""
    header: Location | None = None
    settings: dict[str, Written] = field(default_factory=dict)
    databases: dict[str, PooledDatabase] = field(default_factory=dict)
    users: dict[str, None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    template: bool = False
    complete: bool = True

    def refuse(self, message: str, place: Location) -> None:
        self.complete = False
        self.problems.append(Problem(f"PgBouncer refuses this: {message}", place, _FORM, "syntax"))


def read_pgbouncer(path: str, tree: Tree) -> PgbouncerDocument:
    """
    Read a file with everything it includes. Nothing raises for bad content, no password is kept.
    """
    reading = _Reading(tree)
    _file(path, reading, 0)
    return PgbouncerDocument(
        path,
        reading.header or Location(path, 1),
        MappingProxyType(reading.settings),
        tuple(reading.databases.values()),
        tuple(reading.users),
        tuple(reading.problems),
        tuple(reading.files),
        reading.template,
        reading.complete,
    )


def setting_value(name: str, raw: str, place: Location | None) -> Written | None:
    """
    A setting with its place, None when PgBouncer refuses the value.
    """
    if _PLACEHOLDER.search(raw):
        return Unknown("is filled in later", place)
    value = read_value(name, raw)
    return None if value is None else Value(value, Origin.LITERAL, place)


def _file(path: str, reading: _Reading, depth: int) -> None:
    try:
        text = reading.tree.read(path)
    except SourceError:
        text = None
    if text is None:
        reading.complete = False
        return
    reading.files.append(path)
    for number, rest, column in _statements(text):
        place = Location(path, number, column, number, column + len(rest))
        if not _statement(rest, place, reading, depth):
            return


def _statements(text: str) -> Iterator[tuple[int, str, int]]:
    """
    Lines that say something: number, text without blanks around it, column.

    What follows a section's header on its line counts as a line of its own.
    """
    for number, line in enumerate(text.replace("\0", "").split("\n"), 1):
        rest = line.strip()
        column = line.find(rest) + 1
        while rest and rest[0] not in "#;":
            match = _SECTION.match(rest)
            if match is None:
                yield number, rest[:_LONGEST_LINE], column
                break
            yield number, match[0], column
            behind = rest[match.end() :]
            column += match.end() + len(behind) - len(behind.lstrip())
            rest = behind.strip()


def _statement(rest: str, place: Location, reading: _Reading, depth: int) -> bool:
    """
    Take in one statement; false when the program stops reading there.
    """
    section, include = _SECTION.fullmatch(rest), _INCLUDE.fullmatch(rest)
    if section:
        return _begin(section[1], place, reading)
    if include:
        _include(include[1].strip(), place, reading, depth)
        return True
    entry = _ENTRY.fullmatch(rest)
    if entry is None:
        if _PLACEHOLDER.search(rest):
            reading.template, reading.complete = True, False
            return True
        reading.refuse("it cannot be read", place)
        return False
    if not reading.section:
        reading.refuse("a setting before the first section", place)
        return False
    _entry(entry[1], entry[2], place, reading)
    return True


def _begin(name: str, place: Location, reading: _Reading) -> bool:
    if name not in SECTIONS:
        reading.refuse(f"there is no section [{name}]", place)
        return False
    reading.section = name
    if name == "pgbouncer":
        # The program sets all defaults again where the section starts again.
        reading.settings.clear()
        reading.header = place
    return True


def _include(name: str, place: Location, reading: _Reading, depth: int) -> None:
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(place.path), name))
    outside = joined.startswith(("/", ".."))
    if outside or depth + 1 >= _MAX_DEPTH or joined in reading.files:
        reading.complete = False
        return
    _file(joined, reading, depth + 1)


def _entry(name: str, raw: str, place: Location, reading: _Reading) -> None:
    known = name[1:-1].replace('""', '"') if name.startswith('"') else name
    if reading.section == "pgbouncer":
        _setting(known, raw, place, reading)
    elif reading.section == "databases":
        parameters = _parameters(raw)
        if parameters is None:
            reading.refuse(f"the connection string of {known} cannot be read", place)
        else:
            reading.databases[known] = PooledDatabase(known, parameters, _named(place, known))
    elif reading.section == "users":
        reading.users[known] = None


def _named(place: Location, name: str) -> Location:
    """
    The name alone: what follows it may hold a password, which no report may show.
    """
    return Location(place.path, place.line, place.column, place.line, place.column + len(name))


def _setting(name: str, raw: str, place: Location, reading: _Reading) -> None:
    known = SETTINGS.get(name)
    if known is None:
        return
    value = setting_value(name, raw, place)
    if value is None:
        reading.refuse(_refusal(name, raw, known), place)
        return
    reading.template = reading.template or isinstance(value, Unknown)
    reading.settings[name] = value


def _refusal(name: str, raw: str, setting: Setting) -> str:
    if " ;" in raw or " #" in raw:
        return f"{name} has a comment behind its value, which counts as part of it"
    takes = {
        Kind.NUMBER: "a whole number",
        Kind.SECONDS: "a number of seconds without a unit",
        Kind.WORD: f"one of {', '.join(setting.words)}",
    }
    return f"{name} takes {takes.get(setting.kind, 'text')}, not “{raw}”"


def _parameters(raw: str) -> dict[str, str] | None:
    """
    The pairs of a connection string, None when it cannot be read.
    """
    found: dict[str, str] = {}
    at, text = 0, raw.strip()
    while at < len(text):
        match = _PAIR.match(text, at)
        if match is None or match[2] == "":
            return {} if _PLACEHOLDER.search(text) else None
        if match[1] in _KEPT:
            found[match[1]] = match[2].replace("''", "'") if match[2] is not None else match[3]
        at = match.end()
        at += len(text[at:]) - len(text[at:].lstrip(" \t"))
    return found
