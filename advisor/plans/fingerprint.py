"""
Which statements are the same but for their literals.
"""

from __future__ import annotations

import re
from functools import lru_cache

from advisor import regex

LONGEST = 20_000
"""Characters that are looked at: generated statements may have megabytes of values."""
_REMEMBERED = 4_000
"""Characters of statements that are remembered, to bound the memory for it."""
_DECEPTIVE = regex.lazy(r"""--|/\*|["\\]|\$(?!\d)""")
"""What may hold quotes and numbers that are none."""
_PLAIN = regex.lazy(r"'(?>(?:[^']++|'')*)'|\b\d[\d.]*+(?:[eE][+-]?\d++)?\b")
_QUOTED = regex.lazy(
    r"""
      --[^\n]*+
    | /\*.*?\*/
    | "(?>(?:[^"]++|"")*)"
    | '(?>(?:[^']++|'')*)'
    | \$(?P<tag>[A-Za-z_]*+)\$.*?\$(?P=tag)\$
    """,
    re.VERBOSE | re.DOTALL,
)
_LITERAL = regex.lazy(
    r"""
      (?<![\w.])\.?\d[\d_.]*+(?:e[+-]?\d++)?(?!\w)
    | \$\d++
    | \b(?:true|false|null)\b
    | \b(?:u&|[ebxn])\?
    """,
    re.VERBOSE,
)
_SIGN = regex.lazy(r"(?<=[=(,<>])( ?)[+-] ?\?")
_LIST = regex.lazy(r"\? ?(?:, ?\? ?)+")
_ROWS = regex.lazy(r"\( ?\? ?\)(?: ?, ?\( ?\? ?\))+")
_BLANKS = regex.lazy(r"\s+")


def fingerprint(statement: str) -> str:
    """
    A statement with ``?`` for every literal and parameter, lists of them as one, without comments
    and line breaks, in small letters but for quoted names.
    """
    if len(statement) > _REMEMBERED or _DECEPTIVE.search(statement):
        return _normal(statement)
    # In a log the same few statements come again and again: this much makes them equal.
    return _remembered(_PLAIN.sub("?", statement))


@lru_cache(maxsize=2_048)
def _remembered(statement: str) -> str:
    return _normal(statement)


def _normal(statement: str) -> str:
    plain = _QUOTED.sub(_unquoted, statement[:LONGEST])
    parts = plain.split('"')
    parts[::2] = [_LITERAL.sub("?", part.lower()) for part in parts[::2]]
    line = _BLANKS.sub(" ", '"'.join(parts)).strip().rstrip(";").rstrip()
    return _ROWS.sub("(?)", _LIST.sub("?", _SIGN.sub(r"\1?", line)))


def _unquoted(match: re.Match[str]) -> str:
    text = match[0]
    if text.startswith('"'):
        return text
    return " " if text.startswith(("--", "/*")) else "?"
