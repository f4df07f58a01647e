"""
Directives written again as they may stand in a file: what was quoted is quoted.

Source: nginx, ``ngx_conf_read_token()``: within quotes six escapes lose their backslash.
"""

from __future__ import annotations

from collections.abc import Iterable

from advisor import regex
from advisor.facts.common import computed
from advisor.model import Unknown
from advisor.model.subject import Fact
from advisor.parsers.nginx import REDACTED, Directive

_PLAIN = regex.lazy(r"[^\s;{}\"'\\#][^\s;{}\"'\\]*")
"""A word that needs no quotes. A ``#`` begins a comment where a word would."""
_BREAKS = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def as_written(directive: Directive) -> str:
    """
    A directive on one line.
    """
    return " ".join((directive.name, *map(quoted, directive.args))) + ";"


def quoted(text: str) -> str:
    """
    One argument, in quotes where nginx needs them; in those that it does not hold, if it can be.
    """
    if _PLAIN.fullmatch(text):
        return text
    quote = "'" if '"' in text and "'" not in text else '"'
    escaped = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    for plain, written in _BREAKS.items():
        escaped = escaped.replace(plain, written)
    return f"{quote}{escaped}{quote}"


def pasted(lines: Iterable[Directive]) -> Fact:
    """
    Directives to paste elsewhere, each once, one to a line; unknown where a secret stands in one.
    """
    found = {id(one): one for one in lines}
    for one in found.values():
        if not is_whole(one):
            return Unknown("a secret stands in the line", one.location)
    return computed("\n".join(map(as_written, found.values())))


def is_whole(directive: Directive) -> bool:
    """
    Whether its arguments are known to the letter: no secret was taken out of them, and no
    character is one that reports do not print.
    """
    texts = ("".join(arg.split()) for arg in directive.args)
    return all(REDACTED not in text and text.isprintable() for text in texts)
