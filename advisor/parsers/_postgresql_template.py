"""
Marks of template languages in a configuration that is rendered later: Jinja, Go, ERB, ``${VAR}``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from advisor import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAIRS = (("{{", "}}"), ("{%", "%}"), ("{#", "#}"), ("<%", "%>"), ("${", "}"))
_AT = regex.lazy(r"@[A-Z][A-Z0-9_]*@")
_OPENS = regex.lazy(
    r"[-+~]?\s*(?:if|unless|for|while|case|range|with|define|block|macro|call|filter|raw)\b"
    r"|.*\bdo\s*(?:\|[^|]*\|)?\s*-?$",
    re.DOTALL,
)
_CLOSES = regex.lazy(r"[-+~]?\s*end")
_SETTING = regex.lazy(r"\s*([A-Za-z_][A-Za-z0-9_.]*)\s*(?:=\s*|(?<=\s))(\S.*)", re.DOTALL)


class Mark(NamedTuple):
    """
    One template expression or statement in a line, as a half-open range of characters.
    """

    opener: str
    start: int
    end: int
    inner: str


def marks(line: str) -> list[Mark]:
    """
    All template marks of a line, in no particular order.
    """
    # Nearly no line has any; "%" alone is common in log_line_prefix.
    if not ("{" in line or "@" in line or "<%" in line):
        return []
    found = [mark for opener, closer in _PAIRS for mark in _pairs(line, opener, closer)]
    found += [Mark("@", match.start(), match.end(), match[0]) for match in _AT.finditer(line)]
    return found


def is_placeholder(name: str, value: str) -> bool:
    """
    Whether a value is not known before the template is rendered.

    ``${VAR}`` in a command belongs to the shell that the server starts.
    """
    found = marks(value)
    if name.lower().endswith("_command"):
        return any(mark.opener not in {"${", "@"} for mark in found)
    return bool(found)


def nesting(found: list[Mark]) -> int:
    """
    How many template blocks the marks of one line open (positive) or close (negative).
    """
    statements = [mark.inner for mark in found if mark.opener in {"{%", "<%", "{{"}]
    opened = sum(1 for inner in statements if _OPENS.match(inner))
    return opened - sum(1 for inner in statements if _CLOSES.match(inner))


def without_control(line: str, found: list[Mark]) -> str:
    """
    The line with statements and template comments blanked out; columns stay as they are.
    """
    for mark in found:
        control = mark.opener in {"{%", "{#"} or (mark.opener == "<%" and mark.inner[:1] != "=")
        if control:
            line = line[: mark.start] + " " * (mark.end - mark.start) + line[mark.end :]
    return line


def without_comment(line: str, found: list[Mark]) -> str:
    """
    The line up to a ``#`` that belongs to no mark.
    """
    inside = {position for mark in found for position in range(mark.start, mark.end)}
    cuts = (at for at, letter in enumerate(line) if letter == "#" and at not in inside)
    return line[: next(cuts, len(line))]


def is_only_markup(line: str, found: list[Mark]) -> bool:
    """
    Whether nothing but template marks and blanks stands in a line.
    """
    characters = list(line)
    for mark in found:
        characters[mark.start : mark.end] = " " * (mark.end - mark.start)
    rest = "".join(characters).strip()
    return not rest or rest.startswith("#")


def setting(line: str) -> tuple[str, int, str, int] | None:
    """
    Name and value of a templated line that the server could not read: both with their columns.

    Columns count from 0. None when the line does not start with a plain name.
    """
    match = _SETTING.match(line.rstrip())
    return (match[1], match.start(1), match[2], match.start(2)) if match else None


def _pairs(line: str, opener: str, closer: str) -> Iterator[Mark]:
    position = 0
    while (start := line.find(opener, position)) >= 0:
        end = line.find(closer, start + len(opener))
        if end < 0:
            return
        position = end + len(closer)
        yield Mark(opener, start, position, line[start + len(opener) : end])
