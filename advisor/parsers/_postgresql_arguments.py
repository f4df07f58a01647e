"""
Settings on the command line of ``postgres``.

Source: the options of ``postgres`` (app-postgres.html) and ``ParseLongOption`` of guc.c.
"""

from __future__ import annotations

import posixpath
from itertools import takewhile
from typing import TYPE_CHECKING

from advisor import regex
from advisor.parsers import _postgresql_template as template
from advisor.parsers._postgresql_grammar import Assignment
from advisor.parsers.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from advisor.model import Location

_PROGRAMS = frozenset({"postgres", "postmaster"})
_SHELLS = frozenset({"su", "sudo", "runuser", "sh", "bash"})
"""After these, ``-c`` is an option of theirs."""
_NAME = regex.lazy(r"[^\x00-@\[-\^`{-\x7f][\w$]*(?:\.[^\x00-@\[-\^`{-\x7f][\w$]*)*")

_WITH_VALUE = {
    "B": "shared_buffers",
    "N": "max_connections",
    "S": "work_mem",
    "W": "post_auth_delay",
    "h": "listen_addresses",
    "k": "unix_socket_directories",
    "p": "port",
}
_SWITCHES = {
    "F": ("fsync", "false"),
    "O": ("allow_system_table_mods", "true"),
    "P": ("ignore_system_indexes", "true"),
    "e": ("datestyle", "euro"),
    "i": ("listen_addresses", "*"),
    "l": ("ssl", "true"),
    "s": ("log_statement_stats", "true"),
}
_OTHER_VALUES = frozenset("CDdfortv")
"""Options with a value that is not a setting, or not one that has a name of its own."""


def command_line(
    words: Sequence[str], location: Location, *, places: Sequence[Location] = ()
) -> tuple[Assignment, ...]:
    """
    The settings of ``postgres -c name=value --name=value -N 100 …``, in order.

    `words` may start with the program, with a wrapper before it (``docker-entrypoint.sh``), or
    with the options, as in a container whose entry point adds the program. Words of any other
    program give nothing. `location` is that of the command, `places` those of its words where
    they are known.
    """
    start = _options_start(words)
    if start is None:
        return ()
    known = places if len(places) == len(words) else [location] * len(words)
    return tuple(_assignments(zip(words[start:], known[start:], strict=True)))


def _options_start(words: Sequence[str]) -> int | None:
    programs = [posixpath.basename(w) for w in takewhile(lambda w: not w.startswith("-"), words)]
    if not programs:
        return 0
    if _SHELLS.intersection(programs) or not _PROGRAMS.intersection(programs):
        return None
    return len(programs)


def _assignments(words: Iterable[tuple[str, Location]]) -> Iterator[Assignment]:
    rest = iter(words)
    for word, place in rest:
        if word == "--":
            return
        if word.startswith("-"):
            yield from _options(word[1:], rest, place)


def _options(
    letters: str, rest: Iterator[tuple[str, Location]], location: Location
) -> Iterator[Assignment]:
    """
    One word of options; letters may be bundled, and a value may be glued to its letter.
    """
    for index, letter in enumerate(letters):
        if letter in _SWITCHES:
            name, value = _SWITCHES[letter]
            yield _assignment(name, value, location)
        elif letter in "c-" or letter in _WITH_VALUE or letter in _OTHER_VALUES:
            value = letters[index + 1 :]
            if not value:
                value, location = next(rest, ("", location))
            yield from _valued(letter, value, location)
            return


def _valued(letter: str, value: str, location: Location) -> Iterator[Assignment]:
    if letter in _WITH_VALUE:
        yield _assignment(_WITH_VALUE[letter], value, location)
        return
    name, equals, text = value.partition("=")
    name = name.replace("-", "_")
    if letter in "c-" and equals and _NAME.fullmatch(name):
        yield _assignment(name, text, location)


def _assignment(name: str, value: str, location: Location) -> Assignment:
    placeholder = template.is_placeholder(name, value)
    return Assignment(name, redact(value), location, location, placeholder=placeholder)
