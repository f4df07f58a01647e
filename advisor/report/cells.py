"""
Text that is safe to send to a terminal, and how many columns it takes there.

What is reported comes from files that nobody vouches for. An escape sequence in a comment could
recolour, rewrite or hide other lines of the report, so every character that steers a terminal or
the direction of text is shown as its escape instead.
"""

from __future__ import annotations

from unicodedata import category, east_asian_width

from advisor import regex

TAB = 4
"""Columns between tab stops in source snippets."""

_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_BLANKS = regex.lazy(r"[ \t\r\n\f\v]+")


def escape(text: str) -> str:
    r"""
    Show control, format and surrogate characters as ``\x1b`` or ``\u202e``.
    """
    if text.isprintable():
        return text
    return "".join(map(_escape_one, text))


def steers(char: str) -> bool:
    """
    Whether a character controls the terminal or the direction of text instead of being seen.
    """
    return not char.isprintable() and category(char) in _STEERING


def _escape_one(char: str) -> str:
    if not steers(char):
        return char
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def one_line(text: str) -> str:
    """
    `text` as one line without control characters; runs of blanks become one space.
    """
    return escape(_BLANKS.sub(" ", text).strip())


def lines_of(text: str) -> list[str]:
    """
    The lines of a snippet, escaped, tabs expanded, without blank lines at either end.
    """
    unix = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(TAB)
    return [escape(line).rstrip() for line in unix.strip("\n").split("\n")] if unix.strip() else []


def verbatim_lines(text: str) -> list[str]:
    """
    The lines of a block to copy, escaped, with their tabs, without line breaks at either end.
    """
    body = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    return ["\t".join(map(escape, line.split("\t"))) for line in body.split("\n")]


def width_of(text: str) -> int:
    """
    Columns that `text` takes: 2 for wide characters, 0 for combining ones.
    """
    if text.isascii():
        return len(text)
    return sum(map(_char_width, text))


def _char_width(char: str) -> int:
    if category(char) in {"Mn", "Me"}:
        return 0
    return 2 if east_asian_width(char) in {"W", "F"} else 1


def together(text: str) -> str:
    """
    `text` for `fold` to keep on one line, for example a command to copy.
    """
    return text.replace(" ", "\u00a0")


def fold(text: str, width: int) -> list[str]:
    """
    Break `text` between words into lines of at most `width` columns.

    A word that is longer stays whole: a path or an option cut in two cannot be copied. No-break
    spaces hold words together and are printed as plain spaces.
    """
    lines: list[str] = []
    room = 0
    for word in text.split(" "):
        taken = width_of(word)
        if lines and taken < room:
            lines[-1] += f" {word}"
            room -= taken + 1
        else:
            lines.append(word)
            room = width - taken
    return [line.replace("\u00a0", " ") for line in lines]
