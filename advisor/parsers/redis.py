"""
redis.conf and the command line of ``redis-server``.

A line is a directive and its words, quoted as in C or as in a shell. A comment takes a whole line:
behind a value it is one word too many, and Redis does not start. Source: "Redis configuration"
(https://redis.io/docs/latest/operate/oss_and_stack/management/config/); checked with Redis 7.0.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from advisor import regex
from advisor.catalog.redis import SETTINGS, SEVERAL, Kind, read_saves, read_value
from advisor.errors import SourceError
from advisor.model import Location, Origin, Problem, Unknown, Value

if TYPE_CHECKING:
    from advisor.model import Tree

Written: TypeAlias = "Value[bool | int | str] | Unknown"
PROGRAMS = frozenset({"redis-server", "valkey-server", "keydb-server"})
_TOOLS = frozenset({"redis-cli", "redis-sentinel", "redis-benchmark", "valkey-cli"})
_SHELLS = frozenset({"sh", "bash", "ash"})
_SHELL_SIGNS = regex.lazy(r"[;&|<>()`\n]|\$\(")
_PLACEHOLDER = regex.lazy(r"\{\{|\{%|\$\{|\$[A-Za-z_]")
_HEX = regex.lazy(r"[0-9a-fA-F]{2}")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "a": "\a"}
_MAX_DEPTH = 10
_LONGEST_LINE = 65_536
_HINT = "Write a comment on a line of its own, and every value as redis.conf shows it."


class RedisDocument(Struct, frozen=True):
    """
    One file with everything it includes, and what the command line sets on top.
    """

    path: str
    settings: Mapping[str, Written]
    """Settings that the catalogue knows, as they are in effect; passwords as yes or no."""
    users: tuple[Location, ...]
    """Where ``user`` defines users of the access control list."""
    problems: tuple[Problem, ...]
    files: tuple[str, ...]
    template: bool = False
    complete: bool = True
    """False when something could not be read: settings may be missing."""


class _Reading(Struct):
    tree: Tree
    settings: dict[str, Written] = field(default_factory=dict)
    users: list[Location] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    template: bool = False
    complete: bool = True

    def refuse(self, message: str, place: Location) -> None:
        self.problems.append(Problem(f"Redis refuses this: {message}", place, _HINT))


def read_redis(
    path: str, tree: Tree, options: Sequence[tuple[str, Location]] = ()
) -> RedisDocument:
    """
    Read a file with everything it includes, then `options`, the words behind the file's name.

    An empty `path` stands for no file. Nothing raises for bad content, no password is kept.
    """
    reading = _Reading(tree)
    if path:
        _file(path, reading, 0)
    for words, place in _option_lines(options):
        _directive(words, place, reading, 0)
    return RedisDocument(
        path,
        MappingProxyType(reading.settings),
        tuple(reading.users),
        tuple(reading.problems),
        tuple(reading.files),
        reading.template,
        reading.complete,
    )


def split_words(line: str) -> tuple[str, ...] | None:
    """
    The words of a line, None where quotes do not match up.

    A closing quote must be followed by a blank or the end.
    """
    words: list[str] = []
    at = 0
    while True:
        while at < len(line) and line[at].isspace():
            at += 1
        if at >= len(line):
            return tuple(words)
        found = _word(line, at)
        if found is None:
            return None
        word, at = found
        words.append(word)


def _word(line: str, at: int) -> tuple[str, int] | None:
    text: list[str] = []
    while at < len(line) and not line[at].isspace():
        if line[at] not in "\"'":
            text.append(line[at])
            at += 1
            continue
        quoted = _quoted(line, at + 1, line[at])
        if quoted is None:
            return None
        inner, at = quoted
        text.append(inner)
        if at < len(line) and not line[at].isspace():
            return None
    return "".join(text), at


def _quoted(line: str, at: int, quote: str) -> tuple[str, int] | None:
    text: list[str] = []
    while at < len(line):
        here, after = line[at], line[at + 1 : at + 2]
        if here == quote:
            return "".join(text), at + 1
        if quote == '"' and here == "\\" and after == "x" and _HEX.match(line, at + 2):
            text.append(chr(int(line[at + 2 : at + 4], 16)))
            at += 4
        elif here == "\\" and after and (quote == '"' or after == "'"):
            text.append(_ESCAPES.get(after, after) if quote == '"' else after)
            at += 2
        else:
            text.append(here)
            at += 1
    return None


def inner_words(words: Sequence[tuple[str, Location]]) -> list[tuple[str, Location]]:
    """
    The words of ``sh -c "redis-server …"``, where the text is one plain command; else all as given.
    """
    names = [posixpath.basename(word) for word, _ in words]
    for at, name in enumerate(names[:-2]):
        text, place = words[at + 2]
        if name in _SHELLS and words[at + 1][0] == "-c" and not _SHELL_SIGNS.search(text):
            return [(word, place) for word in split_words(text) or ()]
    return list(words)


def starts_tool(words: Sequence[tuple[str, Location]]) -> bool:
    """
    Whether a command starts one of Redis's other programs, which is no server for data.
    """
    return any(posixpath.basename(word) in _TOOLS for word, _ in words)


def option_words(
    words: Sequence[tuple[str, Location]],
) -> tuple[str, Sequence[tuple[str, Location]]] | None:
    """
    The file that ``redis-server FILE --option …`` names, and the options behind it.

    `words` may have other programs before it; None when they do not start Redis. An image's entry
    point starts it for a command that begins with an option or ends in ``.conf``.
    """
    names = [posixpath.basename(word) for word, _ in words]
    start = next((at + 1 for at, name in enumerate(names) if name in PROGRAMS), None)
    if start is None:
        first = words[0][0] if words else ""
        if not first.startswith("-") and not first.endswith(".conf"):
            return None
        start = 0
    rest = words[start:]
    if rest and (rest[0][0] == "-" or not rest[0][0].startswith("-")):
        return rest[0][0].removeprefix("-"), rest[1:]
    return "", rest


def _option_lines(
    options: Iterable[tuple[str, Location]],
) -> Iterator[tuple[tuple[str, ...], Location]]:
    """
    ``--name value value`` as directives; a word may hold a whole ``--name value``.
    """
    name, values, place = "", list[str](), None
    for word, where in options:
        if word.startswith("--") and len(word) > 2:
            if name and place:
                yield (name, *values), place
            first, *more = split_words(word[2:]) or ("",)
            name, values, place = first, list(more), where
        elif name:
            values.append(word)
    if name and place:
        yield (name, *values), place


def _file(path: str, reading: _Reading, depth: int) -> None:
    try:
        text = reading.tree.read(path)
    except SourceError:
        text = None
    if text is None:
        reading.complete = False
        return
    reading.files.append(path)
    for number, line in enumerate(text.split("\n"), 1):
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        column = len(line) - len(line.lstrip()) + 1
        place = Location(path, number, column, number, column + len(content))
        words = split_words(content) if len(content) <= _LONGEST_LINE else None
        if words:
            _directive(words, place, reading, depth)
        elif words is None:
            reading.refuse("quotes do not match up", place)


def _directive(words: tuple[str, ...], place: Location, reading: _Reading, depth: int) -> None:
    name, values = words[0].lower(), words[1:]
    if any(_PLACEHOLDER.search(word) for word in words):
        reading.template = reading.template or bool(reading.files)
        if name in SETTINGS:
            reading.settings[name] = Unknown("is filled in later", place)
        return
    if name == "include":
        _include(values, place, reading, depth)
    elif name == "user":
        reading.users.append(place)
    elif name in SEVERAL:
        if len(values) < SEVERAL[name]:
            reading.refuse(f"{name} needs more words", place)
    elif name == "save":
        _save(values, place, reading)
    elif name in SETTINGS:
        _setting(name, values, place, reading)


def _setting(name: str, values: tuple[str, ...], place: Location, reading: _Reading) -> None:
    value = read_value(name, values)
    if value is not None:
        reading.settings[name] = Value(value, Origin.LITERAL, place)
        return
    reading.settings[name] = Unknown("Redis refuses its value", place)
    if SETTINGS[name].kind is Kind.SECRET:
        reading.refuse(f"{name} takes one word", place)
    elif len(values) != 1:
        reading.refuse(f"{name} takes one word, not {len(values)}", place)
    else:
        reading.refuse(f"{values[0]} is no value of {name}", place)


def _save(values: tuple[str, ...], place: Location, reading: _Reading) -> None:
    """
    The first line replaces the default, further ones add to it.
    """
    pairs = read_saves(values)
    if pairs is None:
        reading.refuse("save takes pairs of seconds and changes", place)
        reading.settings["save"] = Unknown("Redis refuses its value", place)
        return
    before = reading.settings.get("save")
    if isinstance(before, Unknown):
        return
    known = f"{before.value} {pairs}".strip() if before and pairs else pairs
    reading.settings["save"] = Value(known, Origin.LITERAL, place)


def _include(values: tuple[str, ...], place: Location, reading: _Reading, depth: int) -> None:
    """
    What is included counts where it is included. Absolute paths are the server's own.
    """
    folder = posixpath.dirname(place.path)
    for value in values:
        path = posixpath.normpath(posixpath.join(folder, value))
        outside = path.startswith(("/", "..")) or any(one in path for one in "*?[")
        if outside or depth >= _MAX_DEPTH or path in reading.files:
            reading.complete = False
        else:
            _file(path, reading, depth + 1)
