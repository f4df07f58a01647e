"""
Variables in texts: ``$X``, ``${X:-default}`` and their kin, as Docker Compose replaces them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor import regex
from advisor.model import Origin
from advisor.parsers.redaction import MASK, is_secret_name

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_TEXT = 64 * 1024
"""Characters that one text may grow to; longer results are refused."""
MAX_NESTING = 20
"""Defaults within defaults."""

_TOKEN = regex.lazy(r"\$(?:(?P<dollar>\$)|(?P<bare>[A-Za-z_]\w*)|(?P<open>\{))?", re.ASCII)
_BRACED = regex.lazy(r"([A-Za-z_]\w*)(:?[-?+])?", re.ASCII)
_NEXT = regex.lazy(r"[$}]")


class Interpolated(Struct, frozen=True):
    """
    A text with its variables replaced.
    """

    text: str
    """The result; the text as it was when `problem` is set."""
    used: tuple[str, ...] = ()
    """Variables whose value is in the text, in order."""
    defaulted: tuple[str, ...] = ()
    """Variables that are nowhere set, with a default that was taken instead."""
    unset: tuple[str, ...] = ()
    """Variables that are nowhere set and have no default."""
    problem: str = ""
    """Why the text cannot be interpolated, for example ``${ is not closed``."""

    @property
    def origin(self) -> Origin:
        """
        Literal without variables, evaluated when all are known, else assumed.
        """
        if self.problem or self.unset or self.defaulted:
            return Origin.ASSUMED
        return Origin.EVALUATED if self.used else Origin.LITERAL

    @property
    def note(self) -> str:
        """
        For the reader: which variables are missing, empty when none is.
        """
        if self.unset:
            return f"depends on {_and(self.unset)}, set in no file"
        if self.defaulted:
            return f"default of {_and(self.defaulted)}, set in no file"
        return ""


class Style(Struct, frozen=True):
    """
    How to replace variables.
    """

    hide_secrets: bool = False
    """Put ``***`` for variables whose name says that they are secret."""
    keep_unset: bool = False
    """Leave variables without value as they are written, instead of nothing."""


_PLAIN = Style()


class _MalformedError(Exception):
    """
    The text is not a valid template.
    """


def interpolate(text: str, env: Mapping[str, str], style: Style = _PLAIN) -> Interpolated:
    """
    Replace the variables of a text by their values in `env`.

    ``$X ${X} ${X:-d} ${X-d} ${X:?e} ${X?e} ${X:+r} ${X+r}``, nested, and ``$$`` for a dollar.
    A required variable (``?``) that is not set counts as unset. Source: Compose file reference,
    "Interpolation".
    """
    if "$" not in text:
        return Interpolated(text)
    template = _Template(text, env, style)
    try:
        result = template.expand()
    except _MalformedError as error:
        return Interpolated(text, problem=str(error))
    return Interpolated(
        text=result,
        used=_unique(template.used),
        defaulted=_unique(template.defaulted),
        unset=_unique(template.unset),
    )


class _Template:
    """
    One pass over a template, from left to right.
    """

    def __init__(self, text: str, env: Mapping[str, str], style: Style) -> None:
        self.text = text
        self.env = env
        self.style = style
        self.at = 0
        self.live = True
        """False inside an operand that is not taken: its variables do not count."""
        self.used: list[str] = []
        self.defaulted: list[str] = []
        self.unset: list[str] = []

    def expand(self, depth: int = 0) -> str:
        """
        Text up to the end, or up to the closing brace when inside of braces.
        """
        parts: list[str] = []
        size = 0
        while self.at < len(self.text):
            found = _NEXT.search(self.text, self.at) if depth else None
            if depth and found is None:
                break
            part = self._part(found.start() if found else self._dollar(), depth)
            if part is None:
                return "".join(parts)
            parts.append(part)
            size += len(part)
            if size > MAX_TEXT:
                raise _MalformedError(f"the text grows beyond {MAX_TEXT} characters")
        if depth:
            raise _MalformedError("${ is not closed")
        return "".join(parts)

    def _dollar(self) -> int:
        at = self.text.find("$", self.at)
        return len(self.text) if at < 0 else at

    def _part(self, stop: int, depth: int) -> str | None:
        """
        Literal text before `stop`, else the variable there; None at a closing brace.
        """
        if stop > self.at:
            start, self.at = self.at, stop
            return self.text[start:stop]
        if self.text[self.at] == "}":
            return None
        return self._variable(depth)

    def _variable(self, depth: int) -> str:
        token = _TOKEN.match(self.text, self.at)
        start = self.at
        if token is None or token.lastgroup in {None, "dollar"}:
            # Alone it stands for itself, as in Docker Compose from 2.11.2 on.
            self.at = token.end() if token else start + 1
            return "$"
        self.at = token.end()
        if token["bare"]:
            return self._value(token["bare"], start)
        return self._braced(start, depth)

    def _braced(self, start: int, depth: int) -> str:
        head = _BRACED.match(self.text, self.at)
        if head is None or depth >= MAX_NESTING:
            raise _MalformedError("${ needs the name of a variable" if head is None else "too deep")
        name, operator = head[1], head[2] or ""
        self.at = head.end()
        value = self.env.get(name)
        is_set = bool(value) if operator.startswith(":") else value is not None
        wants_operand = is_set if operator.endswith("+") else not is_set
        operand = self._operand(depth, live=wants_operand and not operator.endswith("?"))
        if self.text[self.at : self.at + 1] != "}" or (operand and not operator):
            raise _MalformedError(
                "${ is not closed" if operator else f"${{{name} has no valid operator"
            )
        self.at += 1
        return self._choose(name, operator[-1:], operand, is_set=is_set, start=start)

    def _operand(self, depth: int, *, live: bool) -> str:
        outer, self.live = self.live, self.live and live
        text = self.expand(depth + 1)
        self.live = outer
        return text

    def _choose(self, name: str, operator: str, operand: str, *, is_set: bool, start: int) -> str:
        if operator != "+" and (is_set or operator != "-"):
            return self._value(name, start)
        # A variable that a file sets to nothing is known, although the default is taken.
        self._record(self.used if name in self.env else self.defaulted, name)
        taken = is_set if operator == "+" else not is_set
        return self._hidden(name, operand) if taken else ""

    def _value(self, name: str, start: int) -> str:
        value = self.env.get(name)
        if value is None:
            self._record(self.unset, name)
            return self.text[start : self.at] if self.style.keep_unset else ""
        self._record(self.used, name)
        return self._hidden(name, value)

    def _hidden(self, name: str, value: str) -> str:
        return MASK if value and self.style.hide_secrets and is_secret_name(name) else value

    def _record(self, names: list[str], name: str) -> None:
        if self.live:
            names.append(name)


def _unique(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _and(names: tuple[str, ...]) -> str:
    return " and ".join(names)
