"""
pg_hba.conf: who may connect from where, and how they prove who they are.

Source: "The pg_hba.conf File" (auth-pg-hba-conf.html). The first record that fits a connection
decides; a line that the server refuses keeps it from starting.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from advisor.errors import SourceError
from advisor.model import Location, Problem
from advisor.parsers._pg_hba_address import Address, LineError, read_address
from advisor.parsers._pg_hba_methods import SECRET_OPTIONS, check_method, check_options
from advisor.parsers._pg_hba_tokens import Field, Line, Token, fields_of, lines

if TYPE_CHECKING:
    from advisor.model import Tree

__all__ = ["Address", "HbaDocument", "HbaRecord", "Token", "read_hba"]

TYPES = ("local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc")
_INCLUDES = ("include", "include_if_exists", "include_dir")
_INCLUDES_SINCE = 16
_CONTINUED_SINCE = 14
_PAIR = 2
_MAX_DEPTH = 10
"""What the server allows."""
_MAX_WORDS = 10_000
"""Words that one line may take from other files."""
_MAX_FILES = 100
"""Files that are read for one main file, however often they name each other."""
_MAX_LIST = 1 << 16
"""Characters of a list of names that are read."""


class HbaRecord(Struct, frozen=True):
    """
    One record that the server accepts.
    """

    type: str
    databases: tuple[Token, ...]
    users: tuple[Token, ...]
    address: Address | None
    """None for ``local``."""
    method: str
    """As the server takes it: ``ident`` over a socket is ``peer``."""
    options: Mapping[str, str]
    """Without passwords."""
    location: Location
    complete: bool = True
    """False when names come from a file that is not part of the deployment."""
    method_location: Location | None = None

    @property
    def any_database(self) -> bool:
        """
        Whether it is for every database.
        """
        return any(one.is_keyword("all") for one in self.databases)

    @property
    def any_user(self) -> bool:
        """
        Whether it is for every role.
        """
        return any(one.is_keyword("all") for one in self.users)

    @property
    def replication(self) -> bool:
        """
        Whether it is for physical replication and nothing else.
        """
        return bool(self.databases) and all(one.is_keyword("replication") for one in self.databases)


class HbaDocument(Struct, frozen=True):
    """
    All records in the order in which the server tries them.
    """

    path: str
    records: tuple[HbaRecord, ...]
    problems: tuple[Problem, ...]
    files: tuple[str, ...]
    """Every file that was read, the main one first."""
    template: bool = False
    """Whether placeholders stand in it; lines with one are left out."""
    complete: bool = True
    """False when a line or an included file could not be read: records may be missing."""


class _Reading(Struct):
    tree: Tree
    major: int | None
    files: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    template: bool = False
    complete: bool = True
    lists: dict[str, tuple[Field, ...]] = field(default_factory=dict)
    """Words of files behind ``@``, by path."""
    left: int = 0
    """Lists that the line at hand may still name."""


def read_hba(path: str, tree: Tree, *, major: int | None = None) -> HbaDocument:
    """
    Read a file with everything it includes. Nothing raises for bad content.

    `major` is the server's version: what only other versions accept is a problem then. Without
    it, all that some version accepts is accepted.
    """
    reading = _Reading(tree, major)
    records = tuple(_records(path, reading, 0))
    return HbaDocument(
        path,
        records,
        tuple(reading.problems),
        tuple(dict.fromkeys(reading.files)),
        reading.template,
        reading.complete,
    )


def _records(path: str, reading: _Reading, depth: int) -> Iterator[HbaRecord]:
    text = _read(path, reading)
    if text is None:
        reading.complete = False
        return
    reading.files.append(path)
    continued = reading.major is None or reading.major >= _CONTINUED_SINCE
    for line in lines(text, continued=continued):
        place = Location(path, line.number, 1, line.last)
        if line.template:
            reading.template, reading.complete = True, False
        elif _is_include(line, reading):
            yield from _included(line, path, reading, depth)
        else:
            yield from _record(line, place, reading)


def _is_include(line: Line, reading: _Reading) -> bool:
    known = reading.major is None or reading.major >= _INCLUDES_SINCE
    return known and len(line.fields) == _PAIR and line.fields[0][0].text in _INCLUDES


def _included(line: Line, path: str, reading: _Reading, depth: int) -> Iterator[HbaRecord]:
    directive, name = line.fields[0][0].text, line.fields[1][0].text
    target = _target(path, name)
    endless = depth + 1 >= _MAX_DEPTH or len(reading.files) >= _MAX_FILES
    if target is None or endless or target in reading.files:
        reading.complete = False
        return
    if directive != "include_dir":
        yield from _records(target, reading, depth + 1)
        return
    for child in _conf_files(target, reading):
        if child in reading.files:
            continue
        yield from _records(child, reading, depth + 1)


def _conf_files(folder: str, reading: _Reading) -> list[str]:
    try:
        names = reading.tree.names(folder)
    except SourceError:
        names = ()
    found = [one for one in names if one.endswith(".conf") and not one.startswith(".")]
    reading.complete = reading.complete and bool(found)
    return [f"{folder}/{one}" if folder else one for one in found]


def _record(line: Line, place: Location, reading: _Reading) -> Iterator[HbaRecord]:
    try:
        yield _parse(line, place, reading)
    except LineError as error:
        reading.complete = False
        message = f"PostgreSQL refuses this line: {error}"
        hint = "a line has the form TYPE DATABASE USER [ADDRESS] METHOD [OPTIONS]"
        reading.problems.append(Problem(message, place, hint, "syntax"))


def _parse(line: Line, place: Location, reading: _Reading) -> HbaRecord:
    whole, reading.complete, reading.left = reading.complete, True, _MAX_FILES
    fields = [_expanded(one, place.path, reading, 0) for one in line.fields]
    complete, reading.complete = reading.complete, whole
    type_ = _one(fields, 0, "connection type")
    if type_ not in TYPES:
        raise LineError(f"“{type_}” is no connection type: {', '.join(TYPES)}")
    databases, users = _list(fields, 1, "database"), _list(fields, 2, "role")
    address, taken = (None, 0) if type_ == "local" else read_address(tuple(fields[3:]))
    at = 3 + taken
    method = _one(fields, at, "authentication method")
    check_method(type_, method)
    options = _options(fields[at + 1 :])
    check_options(type_, method, options)
    return HbaRecord(
        type=type_,
        databases=databases,
        users=users,
        address=address,
        method="peer" if (type_, method) == ("local", "ident") else method,
        options={name: one for name, one in options.items() if name not in SECRET_OPTIONS},
        location=place,
        complete=complete,
        method_location=_column(place, line.fields[at][0]),
    )


def _column(place: Location, token: Token) -> Location:
    """
    A word's place, the whole line's where it continues on others: columns count from its start.
    """
    if place.end_line != place.line:
        return place
    end = token.column + len(token.text) + (2 if token.quoted else 0)
    return Location(place.path, place.line, token.column, place.line, end)


def _one(fields: list[Field], at: int, what: str) -> str:
    words = _list(fields, at, what)
    if len(words) > 1:
        raise LineError(f"there is more than one {what}")
    return words[0].text


def _list(fields: list[Field], at: int, what: str) -> Field:
    if at >= len(fields):
        raise LineError(f"the line ends before the {what}")
    return fields[at]


def _options(fields: list[Field]) -> dict[str, str]:
    found: dict[str, str] = {}
    for token in (token for one in fields for token in one):
        name, sign, value = token.text.partition("=")
        if not sign:
            raise LineError(f"the option “{name}” is not in the form name=value")
        found[name] = value
    return found


def _expanded(words: Field, path: str, reading: _Reading, depth: int) -> Field:
    """
    Words with those that stand for a file replaced by what it lists.
    """
    if not any(one.is_file for one in words):
        return words
    found: list[Token] = []
    for word in words:
        found += _listed(word, path, reading, depth) if word.is_file else [word]
    return tuple(found[:_MAX_WORDS]) or words


def _listed(word: Token, path: str, reading: _Reading, depth: int) -> list[Token]:
    target = _target(path, word.text[1:])
    reading.left -= 1
    known = target is not None and depth < _MAX_DEPTH and reading.left >= 0
    fields = _list_of(target, reading) if target is not None and known else None
    if target is None or fields is None:
        reading.complete = False
        return [word]
    found: list[Token] = []
    for one in fields:
        found += _expanded(one, target, reading, depth + 1)
        if len(found) > _MAX_WORDS:
            reading.complete = False
            break
    return found


def _list_of(target: str, reading: _Reading) -> tuple[Field, ...] | None:
    """
    The words of a file behind ``@``, read once; None when it is not there or too long.
    """
    if target not in reading.lists:
        text = _read(target, reading) if len(reading.lists) < _MAX_FILES else None
        if text is None or len(text) > _MAX_LIST:
            return None
        reading.files.append(target)
        found = (one for line in text.split("\n") for one in fields_of(line))
        reading.lists[target] = tuple(found)
    return reading.lists[target]


def _target(path: str, name: str) -> str | None:
    """
    A file named in another one, None when it lies outside the deployment.
    """
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
    return None if joined.startswith(("/", "..")) else joined.removeprefix("./")


def _read(path: str, reading: _Reading) -> str | None:
    try:
        return reading.tree.read(path)
    except SourceError:
        return None
