"""
What messages about settings have in common: names, values, and none of the secrets in them.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import TypeVar

from advisor.errors import ConfigError
from advisor.model import Confidence, Severity
from advisor.parsers.redaction import redact
from advisor.suggest import closest

E = TypeVar("E", bound=Enum)

LONGEST = 60
"""Characters of a value that a message shows."""
_MOST = 8
"""Names that a hint lists."""
FAIL_ON = (*(str(severity) for severity in Severity), "never")


def parse_fail_on(text: str) -> Severity | None:
    """
    The severity from which on the exit code is 1, None for ``never``.
    """
    return None if text == "never" else parse_severity(text)


def parse_severity(text: str) -> Severity:
    """
    A severity by name. Raises `ConfigError` with the names there are.
    """
    return _member(Severity, text, "severity")


def parse_confidence(text: str) -> Confidence:
    """
    A confidence by name. Raises `ConfigError` with the names there are.
    """
    return _member(Confidence, text, "confidence")


def _member(kind: type[E], text: str, what: str) -> E:
    try:
        return kind[text.upper()]
    except KeyError:
        names = ", ".join(map(str, kind))
        raise ConfigError(f"{quoted(text)} is no {what}", hint=f"one of {names}") from None


def one_of(name: str, names: Iterable[str], what: str) -> None:
    """
    Raise `ConfigError` with the nearest of `names` when `name` is none of them.
    """
    names = tuple(names)
    if name in names:
        return
    near = closest(name, names)
    some = (*names[:_MOST], "…") if len(names) > _MOST else names
    raise ConfigError(
        f"unknown {what} {quoted(name)}",
        hint=f"did you mean {near!r}?" if near else f"one of {', '.join(some)}",
    )


def quoted(text: str) -> str:
    """
    What the user wrote, in quotes.
    """
    return repr(shown(text))


def shown(text: str) -> str:
    """
    What the user wrote, short and without passwords.
    """
    short = redact(text)
    return short if len(short) <= LONGEST else f"{short[:LONGEST]}…"
