"""
Lines and tokens of pg_hba.conf, exactly as the server cuts them.

Source: "The pg_hba.conf File" (auth-pg-hba-conf.html); checked with ``pg_hba_file_rules``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from advisor import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANKS = " \t\r"
_PLACEHOLDER = regex.lazy(r"\{\{|\{%|\$\{")


class Token(NamedTuple):
    """
    One word. Blanks and commas inside quotes belong to it.
    """

    text: str
    quoted: bool
    """Whether it starts with a quote: ``"all"`` is a database called all."""
    column: int
    """1-based, in the logical line."""

    @property
    def is_file(self) -> bool:
        """
        Whether it names a file that lists the real words: ``@admins``.
        """
        return not self.quoted and len(self.text) > 1 and self.text[0] == "@"

    def is_keyword(self, word: str) -> bool:
        """
        Whether it is this keyword, which quotes would make a mere name.
        """
        return not self.quoted and self.text == word


Field = tuple[Token, ...]
"""Words joined by commas."""


class Line(NamedTuple):
    """
    A logical line: continued ones are joined.
    """

    number: int
    """Of its first physical line, 1-based."""
    last: int
    """Of its last physical line."""
    fields: tuple[Field, ...]
    template: bool
    """Whether a placeholder of a template stands in it."""


def lines(text: str, *, continued: bool = True) -> Iterator[Line]:
    """
    Logical lines that hold anything. Before 14 a backslash at the end continued nothing.
    """
    physical = text.replace("\0", "").split("\n")
    at = 0
    while at < len(physical):
        start, parts = at, []
        while True:
            part = physical[at].rstrip("\r")
            at += 1
            if not (continued and part.endswith("\\")):
                parts.append(part)
                break
            parts.append(part[:-1])
            if at >= len(physical):
                break
        joined = "".join(parts)
        fields = tuple(fields_of(joined))
        if fields:
            yield Line(start + 1, at, fields, _PLACEHOLDER.search(joined) is not None)


def fields_of(line: str) -> Iterator[Field]:
    """
    The fields of one logical line.
    """
    at = 0
    while at < len(line):
        words: list[Token] = []
        more = True
        while more:
            token, at, more = _next(line, at)
            if token is not None:
                words.append(token)
            more = more and token is not None
        if words:
            yield tuple(words)


def _next(line: str, at: int) -> tuple[Token | None, int, bool]:
    """
    The next word, where it ends, and whether a comma promises another.
    """
    while at < len(line) and line[at] in _BLANKS + ",":
        at += 1
    start = at
    word: list[str] = []
    inside = doubled = quoted = initial = False
    while at < len(line):
        char = line[at]
        if not inside and char in _BLANKS:
            break
        if not inside and char == "#":
            at = len(line)
            break
        if not inside and char == ",":
            found = Token("".join(word), initial, start + 1) if quoted or word else None
            return found, at + 1, True
        if char != '"' or doubled:
            word.append(char)
        doubled = inside and char == '"' and not doubled
        if char == '"':
            inside, quoted = not inside, True
            initial = initial or not word
        at += 1
    found = Token("".join(word), initial, start + 1) if quoted or word else None
    return found, at, False
