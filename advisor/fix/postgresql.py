"""
Settings in postgresql.conf.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from functools import lru_cache

from advisor import regex
from advisor.catalog.postgresql import canonical_name
from advisor.fix.edits import Edit, RefusedError, lines_of, replace_value
from advisor.model import Change
from advisor.parsers._postgresql_lexer import VALUE, tokens, unescape
from advisor.parsers.postgresql import Assignment, parse_file

_AUTO = "postgresql.auto.conf"
_COMMENTED = regex.lazy(r"[ \t]*#[ \t]*(?=[A-Za-z_])")
_CONTINUED = regex.lazy(r"[ \t]+#")
"""A comment that goes on in the column of the one above."""


def edit(change: Change, text: str) -> tuple[Edit, ...]:
    """
    The value of the winning assignment, or a new line: behind the commented default if there is.

    Raises `RefusedError` for a line that a program writes or a template fills in.
    """
    if posixpath.basename(change.path) == _AUTO:
        raise RefusedError(f"ALTER SYSTEM writes {_AUTO}: run the statements of --as sql")
    if change.location is not None:
        return tuple(_replaced(change, text))
    lines = lines_of(text)
    line = _behind_default(change.setting, text)
    if line:
        return (lines.add_line(lines.offset(line, 1), change.then),)
    return (lines.append(change.then),)


def _replaced(change: Change, text: str) -> Iterator[Edit]:
    line = change.location.line if change.location else 0
    one = _by_line(change.path, text).get(line)
    if one is None or not (change.whole or _is_about(one, change.setting)):
        raise RefusedError(f"{change.setting} is not set in this line by an assignment")
    if one.placeholder:
        raise RefusedError("a template fills its value in")
    lines = lines_of(text)
    if not _is_about(one, change.setting):
        name = lines.offset(line, one.location.column)
        yield Edit(name, name + len(one.name), change.setting)
    start, end = lines.span(one.value_location)
    yield replace_value(text, start, end, _in_the_style_of(text[start:end], change.value))


@lru_cache(maxsize=4)
def _by_line(path: str, text: str) -> Mapping[int, Assignment]:
    """
    The assignments of a file; a line has one at most.
    """
    return {one.location.line: one for one in parse_file(path, text).assignments}


def _is_about(assignment: Assignment, setting: str) -> bool:
    return canonical_name(assignment.name) == canonical_name(setting)


def _in_the_style_of(old: str, value: str) -> str:
    """
    The value with quotes where the old one had them, and without where it needs none.
    """
    if old.startswith("'"):
        return value if value.startswith("'") else f"'{value}'"
    bare = unescape(value) if value.startswith("'") else value
    words = tokens(bare)
    plain = len(words) == 1 and words[0].kind in VALUE and words[0].end == len(bare)
    return bare if plain and not bare.startswith("'") else value


def _behind_default(setting: str, text: str) -> int:
    """
    The last line of the last comment ``#name = default``, 0 when there is none.
    """
    rows = text.removeprefix("\ufeff").split("\n")
    found = 0
    for number, row in enumerate(rows, 1):
        match = _COMMENTED.match(row)
        if match and setting.lower() in row.lower() and _assigns(row[match.end() :], setting):
            found = number
    while found and found < len(rows) and _CONTINUED.match(rows[found]):
        found += 1
    return found


def _assigns(line: str, setting: str) -> bool:
    assignments = parse_file("", line).assignments
    return len(assignments) == 1 and _is_about(assignments[0], setting)
