"""
The columns that a text of a plan names.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from advisor import regex
from advisor.plans import scan
from advisor.plans.sides import unquoted

_NAME = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_TYPED = regex.lazy(
    r"'(?:[^']|'')*'"
    rf"|(?:::|\bCOLLATE\s+){_NAME}(?:\.{_NAME})?(?:\([\d,-]+\)|\ (?:precision|varying)\b"
    r"|\ (?:with|without)\ time\ zone\b|\ (?:year|month|day|hour|minute|second|to)\b)*"
    rf"|(?P<kept>{_NAME})"
)
"""Literals, names, and casts with the whole name of their type."""
_END = scan.Token("end", "", 0, 0, 0)
_FIELD = ")"
"""In place of a qualifier: what follows is a field of a row."""
_WORDS = frozenset({"true", "false"})


class Reference(NamedTuple):
    """
    One column as a plan writes it, without quotes.
    """

    qualifier: str
    """Alias of its relation; empty where the relation is the one that is scanned."""
    column: str
    """``*`` stands for the whole row."""


def references(text: str) -> Iterator[Reference]:
    """
    All columns of a condition, a key or an element of Output, as often as they stand there.

    EXPLAIN writes key words in capitals and quotes every name that has some. Functions, types,
    collations and the field of ``EXTRACT`` are no columns.
    """
    plain = _TYPED.sub(lambda match: match["kept"] or " ", text)
    qualifier, before = "", ""
    for token, after in pairwise([*scan.tokens(plain), _END]):
        is_name = token.kind in ("word", "name")
        if is_name and after.text == ".":
            qualifier = unquoted(token.text)
        elif token.text == "." and before == ")":
            qualifier = _FIELD
        elif token.text == "*" and before == "." and qualifier != _FIELD:
            yield Reference(qualifier, "*")
        elif is_name and _is_column(token, after):
            own = qualifier if before == "." else ""
            if own != _FIELD:
                yield Reference(own, unquoted(token.text))
        before = token.text


def _is_column(token: scan.Token, after: scan.Token) -> bool:
    if after.text == "(" or after.text.startswith("=>"):
        return False
    if token.kind == "name":
        return True
    is_word = after.text in ("FROM", "SubPlan") or token.text in _WORDS
    return token.text == token.text.lower() and not is_word
