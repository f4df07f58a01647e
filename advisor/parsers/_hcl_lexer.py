"""
Words of HCL, the language of Terraform: every one with its place, strings taken apart.

Source: "HCL Native Syntax Specification". Templates (``${…}``) are kept as pieces and never
evaluated. The time is linear in the length of the text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from enum import Enum, auto

from msgspec import Struct

from advisor import regex
from advisor.model import Location

MAX_NESTING = 64
"""Strings, brackets and blocks inside of each other."""

_BLANK = regex.lazy(r"(?>(?:[ \t\r]++|\#[^\n]*+|//[^\n]*+|/\*(?s:.*?)\*/)+)")
_OPEN_COMMENT = "/*"
_WORD = regex.lazy(r"[^\W\d][\w-]*+")
_NUMBER = regex.lazy(r"\d++(?>(?:\.\d++)?)(?>(?:[eE][+-]?+\d++)?)")
_HEREDOC = regex.lazy(r"<<(-?)([^\W\d][\w-]*+)[ \t\r]*\n")
_SIGN = regex.lazy(r"\.\.\.|=>|==|!=|<=|>=|&&|\|\||[^\w\s\"]")
_PLAIN = regex.lazy(r"[^\"\\$%\n]++")
_INSIDE = regex.lazy(r"[^\"{}\n]++")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_HEX = {"u": 4, "U": 8}


class HclError(Exception):
    """
    What stands here is not HCL; the rest of the file cannot be read.
    """

    def __init__(self, message: str, start: int) -> None:
        super().__init__(message)
        self.start = start


class Type(Enum):
    """
    What a word is.
    """

    WORD = auto()
    NUMBER = auto()
    TEXT = auto()
    SIGN = auto()
    NEWLINE = auto()
    END = auto()


class Piece(Struct, frozen=True):
    """
    A part of a string: text, or the source of what ``${…}`` or ``%{…}`` stands for.
    """

    text: str
    filled: bool = False
    """Whether `text` is source."""


class Token(Struct, frozen=True):
    """
    One word and where it begins and ends.
    """

    type: Type
    text: str
    """As written; empty for strings."""
    start: int
    end: int
    pieces: tuple[Piece, ...] = ()
    """Of a string."""


class Places:
    """
    Lines and columns of offsets in one text.
    """

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._lines = [0, *(at + 1 for at, letter in enumerate(text) if letter == "\n")]

    def span(self, start: int, end: int) -> Location:
        """
        The place from one offset to another, the latter excluded.
        """
        first, last = (bisect_right(self._lines, at) for at in (start, max(start, end - 1)))
        return Location(
            self._path,
            first,
            start - self._lines[first - 1] + 1,
            last,
            end - self._lines[last - 1] + 1,
        )


def tokens(text: str) -> Iterator[Token]:
    """
    All words of a text, the last one of type END.

    Raises `HclError` for a string, comment or heredoc that nothing closes.
    """
    at, length = 0, len(text)
    while at < length:
        blank = _BLANK.match(text, at)
        if blank:
            at = blank.end()
            continue
        token = _token(text, at)
        yield token
        at = token.end
    yield Token(Type.END, "", length, length)


def _token(text: str, at: int) -> Token:
    letter = text[at]
    if letter == "\n":
        return Token(Type.NEWLINE, "", at, at + 1)
    if letter == '"':
        pieces, end = _string(text, at + 1)
        return Token(Type.TEXT, "", at, end, pieces)
    heredoc = _HEREDOC.match(text, at)
    if heredoc:
        return _heredoc(text, at, heredoc.end(), heredoc[2], indented=bool(heredoc[1]))
    if text.startswith(_OPEN_COMMENT, at):
        message = "a comment that nothing closes"
        raise HclError(message, at)
    for type_, pattern in ((Type.WORD, _WORD), (Type.NUMBER, _NUMBER), (Type.SIGN, _SIGN)):
        match = pattern.match(text, at)
        if match:
            return Token(type_, match[0], at, match.end())
    message = f"a character that HCL has no use for: {letter!r}"
    raise HclError(message, at)


def _string(text: str, start: int) -> tuple[tuple[Piece, ...], int]:
    """
    The pieces of a string that begins before `start`, and where it ends.
    """
    pieces: list[Piece] = []
    plain: list[str] = []
    at = start
    while at < len(text) and text[at] != "\n":
        letter = text[at]
        run = _PLAIN.match(text, at)
        if run:
            plain.append(run[0])
            at = run.end()
        elif letter == '"':
            return (*pieces, *_plain(plain)), at + 1
        elif letter == "\\":
            escaped, at = _escape(text, at)
            plain.append(escaped)
        elif text.startswith(("$${", "%%{"), at):
            plain.append(letter + "{")
            at += 3
        elif text.startswith(("${", "%{"), at):
            end = _filled(text, at + 2)
            pieces += [*_plain(plain), Piece(text[at + 2 : end - 1], filled=True)]
            plain, at = [], end
        else:
            plain.append(letter)
            at += 1
    message = "a string that nothing closes"
    raise HclError(message, start - 1)


def _plain(parts: list[str]) -> list[Piece]:
    return [Piece("".join(parts))] if parts else []


def _escape(text: str, at: int) -> tuple[str, int]:
    letter = text[at + 1 : at + 2]
    digits = text[at + 2 : at + 2 + _HEX.get(letter, 0)]
    if digits:
        try:
            return chr(int(digits, 16)), at + 2 + len(digits)
        except (ValueError, OverflowError):
            message = "an escape that names no character"
            raise HclError(message, at) from None
    if letter not in _ESCAPES:
        message = "an escape that HCL does not know"
        raise HclError(message, at)
    return _ESCAPES[letter], at + 2


def _filled(text: str, start: int) -> int:
    """
    Where the source inside of a template ends: behind its closing brace.
    """
    closing = ["}"]
    at = start
    while at < len(text) and len(closing) <= MAX_NESTING:
        inside = closing[-1] == "}"
        run = (_INSIDE if inside else _PLAIN).match(text, at)
        letter = text[at]
        if run:
            at = run.end()
        elif letter == closing[-1]:
            closing.pop()
            at += 1
            if not closing:
                return at
        elif letter == "\n":
            if not inside:
                break
            at += 1
        elif inside and letter in '"{':
            closing.append('"' if letter == '"' else "}")
            at += 1
        elif not inside and text.startswith(("$${", "%%{"), at):
            at += 3
        elif not inside and text.startswith(("${", "%{"), at):
            closing.append("}")
            at += 2
        else:
            at += 2 if letter == "\\" else 1
    message = "a template that nothing closes"
    raise HclError(message, start - 2)


def _heredoc(text: str, start: int, body: int, mark: str, *, indented: bool) -> Token:
    """
    A text that goes on to a line with nothing but its mark.
    """
    at = body
    lines: list[str] = []
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end]
        if line.strip() == mark:
            return Token(Type.TEXT, "", start, end, _lines(lines, indented=indented))
        lines.append(line.rstrip("\r"))
        at = end + 1
    message = f"a text up to {mark} that nothing ends"
    raise HclError(message, start)


def _lines(lines: list[str], *, indented: bool) -> tuple[Piece, ...]:
    """
    One piece: what a template in it stands for makes all of it unknown.
    """
    filled = any("${" in line or "%{" in line for line in lines)
    if indented:
        widths = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
        lines = [line[min(widths, default=0) :] for line in lines]
    return (Piece("".join(f"{line}\n" for line in lines), filled=filled),)
