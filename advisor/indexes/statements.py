"""
SQL scripts cut into statements; nothing of them is ever run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from advisor import regex

_PIECE = regex.lazy(
    r"""
      --[^\n]*
    | ^\\[^.\n][^\n]*
    | /\*.*?(?:\*/|\Z)
    | \b[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z)
    | '(?:[^']|'')*(?:'|\Z)
    | "(?:[^"]|"")*(?:"|\Z)
    | \$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z)
    | ;
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_BLANK = regex.lazy(r"(?:\s+|--[^\n]*|^\\[^.\n][^\n]*|/\*.*?(?:\*/|\Z))*", re.DOTALL | re.MULTILINE)
_COPY = regex.lazy(r"\s*COPY\b.*\bFROM\s+stdin\b", re.IGNORECASE | re.DOTALL)
_END_OF_DATA = regex.lazy(r"^\\\.[ \t\r]*$", re.MULTILINE)


class Statement(NamedTuple):
    """
    One statement without its semicolon and comments.
    """

    text: str
    line: int


def statements(script: str) -> Iterator[Statement]:
    """
    The statements of a script. Data behind ``COPY … FROM stdin`` and commands of psql are skipped.
    """
    line, counted = 1, 0
    for parts, origin in _pieces(script):
        text = "".join(parts).strip()
        if text:
            begin = _first(script, origin)
            line += script.count("\n", counted, begin)
            counted = begin
            yield Statement(text, line)


def _pieces(script: str) -> Iterator[tuple[list[str], int]]:
    """
    The parts of every statement between its comments and commands of psql, and where it begins.
    """
    origin = start = position = 0
    parts: list[str] = []
    while match := _PIECE.search(script, position):
        position = match.end()
        if match[0].startswith(("--", "/*", "\\")):
            parts += [script[start : match.start()], " "]
            start = position
        elif match[0] == ";":
            parts.append(script[start : match.start()])
            yield parts, origin
            if _COPY.match("".join(parts)) and (end := _END_OF_DATA.search(script, position)):
                position = end.end()
            origin = start = position
            parts = []
    yield [*parts, script[start:]], origin


def _first(script: str, position: int) -> int:
    """
    Where the next statement begins, behind blanks and comments.
    """
    match = _BLANK.match(script, position)
    return match.end() if match else position
