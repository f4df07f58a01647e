"""
Regular expressions that take long, that are open at the end, or that need not be expressions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisor import regex
from advisor.facts.nginx.expressions import regexes
from advisor.facts.nginx.expressions.event import Event, What
from advisor.facts.nginx.expressions.regexes import Kind
from advisor.facts.nginx.expressions.values import ACCEPT, Nature, Regex
from advisor.parsers.nginx_scope import Scope

if TYPE_CHECKING:
    from advisor.parsers.pcre.ambiguity import Blowup
    from advisor.parsers.pcre.automaton import Allowance

_SHOWN = 30
"""Repetitions in a text that is shown."""
_EXTENSION = regex.lazy(
    r"(?:\\|\[)\.\]?(?:[a-z0-9]{2,5}|\((?:\?:)?[a-z0-9?]{2,5}(?:\|[a-z0-9?]{2,5}){0,40}\))"
)
_LITERAL = regex.lazy(r"\^(/(?:[\w/%~:@!,=&;-]|\\[.+-]|(?<=\w)\.(?=\w))*)\$")
"""A dot that is not escaped within a name, as of a file, is meant as one."""
_SUBJECTS = {"$uri": "the path", "$host": "the host"}
_ANSWERS = ("return", "deny")


class Slowness:
    """
    Finds the expressions of one configuration that a short text keeps busy.

    Each is tried once, and all together may use up a fixed number of steps.
    """

    def __init__(self) -> None:
        self._allowance: Allowance | None = None
        self._known: dict[tuple[str, bool, Nature], Blowup | None] = {}

    def of(self, regex: Regex) -> Iterator[Event]:
        """
        The event about one expression, if it is slow.
        """
        found = self._blowup(regex)
        if found is None:
            return
        after = found.after.decode("latin-1").encode("unicode_escape").decode()
        text = (found.before + found.pump * _SHOWN).decode("latin-1")
        yield Event(
            what=What.SLOW,
            directive=regex.directive,
            scope=regex.scope,
            part=regex.text,
            source=_SUBJECTS.get(regex.subject, regex.subject),
            example=f"{text}{after}",
            result=found.growth,
            grave=found.growth == "exponential",
        )

    def _blowup(self, regex: Regex) -> Blowup | None:
        if regex.pattern is None or regex.nature is None:
            return None
        from advisor.parsers.pcre.ambiguity import blowup  # noqa: PLC0415 - start-up cost
        from advisor.parsers.pcre.automaton import Allowance  # noqa: PLC0415 - start-up cost

        self._allowance = self._allowance or Allowance()
        key = (regex.text, regex.caseless, regex.nature)
        if key not in self._known:
            before = b"/" if regex.nature is Nature.PATH else b""
            accept = ACCEPT[regex.nature]
            self._known[key] = blowup(
                regex.pattern, before=before, accept=accept, allowance=self._allowance
            )
        return self._known[key]


def open_ended(scope: Scope) -> Iterator[Event]:
    """
    A location for an extension that may stand anywhere in the path.

    Not one that only refuses, and not one that takes what follows the extension on purpose.
    """
    way = regexes.route(scope)
    if scope.directive is None or way.kind is not Kind.REGEX or _refuses(scope):
        return
    purposeful = scope.effective("fastcgi_split_path_info") is not None
    found = re.search(_EXTENSION.pattern + r"\Z", way.text)
    hidden = found is not None and way.text[: found.start()].endswith("/")
    if found is None or purposeful or hidden:
        return
    yield Event(
        what=What.OPEN_ENDED,
        directive=scope.directive,
        scope=scope,
        part=found[0],
        example=f"GET /upload{_extension(found[0])}.txt",
        better=f"{scope.label}$",
    )


def _refuses(scope: Scope) -> bool:
    if any(one.args == ("all",) for one in scope.effective_all("deny")):
        return True
    return any(one.args[:1] and one.args[0][0] == "4" for one in scope.own("return"))


def _extension(text: str) -> str:
    words = re.findall(r"[a-z0-9]+", text)
    return f".{words[0]}"


def exact(scope: Scope) -> Iterator[Event]:
    """
    A location whose expression is one single path.
    """
    way = regexes.route(scope)
    found = _LITERAL.fullmatch(way.text)
    if scope.directive is None or way.kind is not Kind.REGEX or way.caseless or found is None:
        return
    if any(child.kind == "location" for child in scope.children):
        return
    path = found[1].replace("\\", "")
    yield Event(
        what=What.EXACT,
        directive=scope.directive,
        scope=scope,
        part=way.text,
        better=f"location = {path}",
    )
