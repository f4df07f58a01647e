"""
What the author of a broken line of postgresql.conf most likely wanted to write.
"""

from __future__ import annotations

import re

from advisor import regex
from advisor.parsers._postgresql_lexer import NAME, VALUE, tokens

_LINE = regex.lazy(r"\s*([^\s=:'\"#]+)\s*(?:=|:)?[=:\s]*(.*?)\s*$", re.DOTALL)
_LONGEST = 200
"""Longer lines are not shown again."""


def hint(line: str) -> str:
    """
    One imperative sentence with the right form of the line, or a general one.
    """
    match = _LINE.match(line) if len(line) <= _LONGEST else None
    if match is None or not _is_name(match[1]):
        return "write name = value, one setting a line"
    name, value = match[1], _bare(match[2])
    if not value:
        return f"write a value after {name}, or {name} = '' for an empty one"
    return f"write {name} = {value if _is_value(value) else _quoted(value)}"


def _is_name(text: str) -> bool:
    words = tokens(text)
    return len(words) == 1 and words[0].kind in NAME and words[0].end == len(text)


def _is_value(text: str) -> bool:
    words = tokens(text)
    return len(words) == 1 and words[0].kind in VALUE and words[0].end == len(text)


def _bare(text: str) -> str:
    """
    The value without trailing comment, semicolon and quotes that the server does not know.
    """
    if text[:1] in {"'", '"', "`"}:
        inner, closed, rest = text[1:].partition(text[0])
        if closed and rest.strip(" \t\r;,").partition("#")[0].strip():
            return text
        return _quoted(inner) if closed else _quoted(text[1:].partition("#")[0].rstrip(" \t\r;"))
    return text.partition("#")[0].rstrip(" \t\r;,")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
