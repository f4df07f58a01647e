"""
From words as written to arguments as nginx and the advisor see them.
"""

from __future__ import annotations

from advisor import regex
from advisor.parsers._nginx_secrets import redact

_ESCAPE = regex.lazy(r"\\([\"'\\trn])")
_ESCAPED = {"t": "\t", "r": "\r", "n": "\n"}


def unescape(word: str) -> str:
    """
    The word as nginx reads it: six escapes lose their backslash, every other keeps it.
    """
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), word)


def arguments(name: str, args: tuple[str, ...]) -> tuple[str, ...]:
    """
    The arguments of a directive without its secrets, and of ``if`` without the parentheses.
    """
    return redact(name, _condition(args) if name == "if" else args)


def _condition(args: tuple[str, ...]) -> tuple[str, ...]:
    """
    The words of an ``if`` without its outer parentheses.
    """
    if not args or not args[0].startswith("(") or not args[-1].endswith(")"):
        return args
    inner = [*args]
    inner[0] = inner[0][1:]
    inner[-1] = inner[-1][:-1]
    return tuple(
        word for index, word in enumerate(inner) if word or index not in (0, len(inner) - 1)
    )
