"""
The words of a line of postgresql.conf, exactly as the server cuts them.

Source: the rules of guc-file.l. Where two rules match, the longer match wins, then the earlier
rule. Bytes above 127 count as letters.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from advisor import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

ENOUGH = 4
"""Name, equals sign, value, and one that should not be there."""

NAME = frozenset({"id", "qualified"})
"""Kinds of token that may stand as the name of a setting."""
VALUE = frozenset({"id", "string", "integer", "real", "unquoted"})
"""Kinds of token that may stand as a value: a name with a dot has to be quoted."""

_BLANK = regex.lazy(r"[ \t\r]*")
# Letters are A-Z, a-z, _ and all beyond ASCII. Written as what they are not: Python compiles a
# class that ends at U+10FFFF a hundred times slower.
_LETTER = r"[^\x00-@\[-\^`{-\x7f]"
_WORD = regex.lazy(_LETTER + r"[^\x00-,;-@\[-\^`{-\x7f]*")
_ID = _LETTER + r"[^\x00-/:-@\[-\^`{-\x7f]*"
_PLAIN = regex.lazy(_ID)
_QUALIFIED = regex.lazy(rf"{_ID}\.{_ID}")
_STRING = regex.lazy(r"'(?:[^'\\]++|\\.|'')*'")
_INTEGER = regex.lazy(r"[+-]?(?:0x[0-9a-fA-F]+|[0-9]+)[a-zA-Z]*")
_REAL = regex.lazy(r"[+-]?[0-9]*\.[0-9]*(?:[eE][+-]?[0-9]+)?")
# The name must not go on as a word of another kind, and a value with a dot is no identifier.
_ORDINARY = regex.lazy(
    rf"[ \t\r]*+((?>{_ID}(?>(?:\.{_ID})?)))(?=[ \t\r='])[ \t\r]*+=?+[ \t\r]*+"
    rf"({_STRING.pattern}|(?>{_ID})|{_INTEGER.pattern}|{_REAL.pattern})[ \t\r]*+(?:\#|\Z)"
)
_ESCAPE = regex.lazy(rb"\\([0-7]{1,3}|.)|''", re.DOTALL)
_CONTROLS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


class Token(NamedTuple):
    """
    A word of one line: its kind and the half-open range of its characters.
    """

    kind: str
    """``id qualified string unquoted integer real equals`` or ``error``."""
    start: int
    end: int


def tokens(line: str) -> tuple[Token, ...]:
    """
    The first words of a line, up to a comment or an error. The line holds no line feed.

    More than `ENOUGH` are never needed to accept or refuse it, and looking at all words of a
    hostile line would take quadratic time.
    """
    return tuple(islice(_tokens(line), ENOUGH))


def ordinary(line: str) -> tuple[int, int, int, int] | None:
    """
    Start and end of the name and of the value, when one look shows that the line is an assignment.

    None says nothing: most lines that are not of the common form are read by `tokens` alone.
    """
    match = _ORDINARY.match(line)
    return (*match.span(1), *match.span(2)) if match else None


def _tokens(line: str) -> Iterator[Token]:
    position = _skip(line, 0)
    while position < len(line) and line[position] != "#":
        token = _token(line, position)
        yield token
        if token.kind == "error":
            return
        position = _skip(line, token.end)


def unescape(quoted: str) -> str:
    r"""
    The text of a quoted string: ``''``, ``\n``-like and octal escapes; any other ``\x`` is ``x``.

    Octal escapes are bytes of UTF-8. Like a C string, it ends at the first ``\0``.
    """
    text = quoted[1:-1]
    if text.isascii() and not ("\\" in text or "'" in text or "\0" in text):
        return text
    body = _bytes(text)
    plain = _ESCAPE.sub(_unescaped, body) if b"\\" in body or b"''" in body else body
    return plain.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _unescaped(match: re.Match[bytes]) -> bytes:
    escape = match[1]
    if escape is None:
        return b"'"
    if escape[0] in b"01234567":
        return bytes([int(escape, 8) & 0xFF])
    return _CONTROLS.get(escape, escape)


def _skip(line: str, position: int) -> int:
    match = _BLANK.match(line, position)
    return match.end() if match else position


def _token(line: str, start: int) -> Token:
    if line[start] == "=":
        return Token("equals", start, start + 1)
    word = _WORD.match(line, start)
    if word:
        return Token(_word_kind(word[0]), start, word.end())
    string = _STRING.match(line, start)
    if string:
        return Token("string", start, string.end())
    return _number(line, start)


def _word_kind(word: str) -> str:
    if _PLAIN.fullmatch(word):
        return "id"
    return "qualified" if _QUALIFIED.fullmatch(word) else "unquoted"


def _number(line: str, start: int) -> Token:
    ends = {
        kind: match.end()
        for kind, pattern in (("integer", _INTEGER), ("real", _REAL))
        if (match := pattern.match(line, start))
    }
    if not ends:
        return Token("error", start, start + 1)
    kind = max(ends, key=lambda name: ends[name])
    return Token(kind, start, ends[kind])
