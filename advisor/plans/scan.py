"""
Scanning of deparsed SQL: quotes and parentheses, nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from advisor import regex

_TOKEN = regex.lazy(
    r"""
      (?P<string>'(?:[^']|'')*')
    | (?P<name>"(?:[^"]|"")*")
    | (?P<open>[(\[])
    | (?P<close>[)\]])
    | (?P<cast>::)
    | (?P<operator>[-+*/<>=~!@\#%^&|`?]+)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<other>\$\w+|\d[\w.]*|\S)
    """,
    re.VERBOSE,
)
_MAX_STRIPS = 50


class Token(NamedTuple):
    """
    One token of a condition, and how many parentheses it stands in.
    """

    kind: str
    text: str
    start: int
    end: int
    depth: int


def tokens(text: str) -> Iterator[Token]:
    """
    Tokens of a text. A parenthesis has the depth of what surrounds it.
    """
    depth = 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        if kind == "close":
            depth = max(0, depth - 1)
        yield Token(kind, match[0], match.start(), match.end(), depth)
        if kind == "open":
            depth += 1


def strip_parentheses(text: str) -> str:
    """
    A text without the parentheses that enclose all of it.
    """
    text = text.strip()
    for _ in range(_MAX_STRIPS):
        if not (text.startswith("(") and text.endswith(")")):
            break
        closing = next((t for t in tokens(text) if t.kind == "close" and t.depth == 0), None)
        if closing is None or closing.end != len(text):
            break
        text = text[1:-1].strip()
    return text


def split(text: str, separator: str) -> tuple[str, ...]:
    """
    Parts of a text between the words or commas that stand outside of parentheses and quotes.
    """
    parts, start = [], 0
    for token in tokens(text):
        if token.depth == 0 and token.text == separator and token.kind in ("word", "other"):
            parts.append(text[start : token.start].strip())
            start = token.end
    parts.append(text[start:].strip())
    return tuple(part for part in parts if part)


def is_open(text: str) -> bool:
    """
    Whether a quote or a parenthesis of the text is still waiting for its end.
    """
    if open_quote(text):
        return True
    if text.count("(") == text.count(")") and "'" not in text:
        return False
    return sum((t.text == "(") - (t.text == ")") for t in tokens(text)) > 0


def open_quote(text: str) -> str:
    """
    The quote that is still waiting for its end, else ``""``.
    """
    if text.count("'") % 2 == 0 and text.count('"') % 2 == 0:
        return ""
    unpaired = (t.text for t in tokens(text) if t.kind == "other" and t.text in ("'", '"'))
    return next(unpaired, "")
