"""
``$1`` … without such a group, and what old versions made of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisor.facts.nginx.expressions import regexes
from advisor.facts.nginx.expressions.event import Event, What
from advisor.facts.nginx.expressions.flow import Flow, levels
from advisor.facts.nginx.expressions.values import Regex, names
from advisor.parsers.nginx import Directive
from advisor.parsers.nginx_scope import Map, Scope

if TYPE_CHECKING:
    from advisor.parsers.pcre.pattern import Pattern

USERS = frozenset({"return", "set", "proxy_pass", "alias", "root", "add_header", "try_files"})
"""Directives whose arguments may name what was captured before."""


_LEVELS = ("server", "location", "if", "limit_except")


def numbers(text: str) -> list[int]:
    """
    The numbered captures that a text names, in order.
    """
    return sorted(int(name) for name in names(text) if name.isdigit())


def missing_in_rewrite(directive: Directive, scope: Scope) -> Iterator[Event]:
    """
    A replacement that names a group its own expression does not have.
    """
    regex = regexes.of_rewrite(directive, scope)
    if regex is not None and len(directive.args) > 1:
        yield from _missing(directive.args[1], directive, scope, regex)


def missing_in_map(of: Map, scope: Scope) -> Iterator[Event]:
    """
    A value that names a group its own key does not have.
    """
    for entry in of.entries:
        regex = regexes.of_entry(entry, of, scope)
        if regex is not None and entry.args:
            yield from _missing(entry.args[0], entry, scope, regex)


def _missing(text: str, directive: Directive, scope: Scope, regex: Regex) -> Iterator[Event]:
    pattern = regex.pattern
    absent = [one for one in numbers(text) if pattern is not None and one > pattern.groups]
    if absent and pattern is not None:
        yield Event(
            what=What.NO_GROUP,
            directive=directive,
            scope=scope,
            part=f"${absent[0]}",
            source=f"{regex.text} has {counted(pattern.groups)}",
        )


def missing(flow: Flow, directive: Directive, scope: Scope) -> Iterator[Event]:
    """
    A directive that names a group which no expression before it can have set.
    """
    wanted = [one for arg in directive.args for one in numbers(arg)]
    server = scope.around("server")
    if not wanted or server is None or any(level.unread for level in levels(scope)):
        return
    found = _providers(flow, server)
    groups = [one.pattern.groups if one.pattern else 9 for one in found]
    most = max(groups, default=0)
    if flow.config.document.template or wanted[-1] <= most:
        return
    yield Event(
        what=What.NO_GROUP,
        directive=directive,
        scope=scope,
        part=f"${max(wanted)}",
        source=f"no expression here has more than {counted(most)}" if most else "nothing captures",
    )


def _providers(flow: Flow, server: Scope) -> list[Regex]:
    """
    Every expression that may be matched before something in a server is worked out.
    """
    maps = [one for one in flow.regexes if one.scope.kind not in _LEVELS]
    return [*(one for scope in server.walk() for one in regexes.all_of(scope)), *maps]


def counted(groups: int) -> str:
    """
    A number of groups in words.
    """
    return {0: "no group", 1: "one group"}.get(groups, f"{groups} groups")


def arguments_leak(scope: Scope) -> Iterator[Event]:
    """
    A ``rewrite`` with arguments before a ``set`` or ``if`` that names a numbered capture.

    Versions before 1.30.1 and 1.31.0 write beyond a buffer there (CVE-2026-42945). A flag ends the
    rewriting of the level, so only a ``rewrite`` without one is followed by anything.
    """
    rewrite: Directive | None = None
    for directive in scope.directives:
        if directive.name == "rewrite" and len(directive.args) == 2 and _is_local(directive):
            rewrite = directive if "?" in directive.args[1] else None
        elif rewrite is not None and directive.name in ("set", "if"):
            used = [one for arg in directive.args[1:] for one in numbers(arg)]
            if used:
                yield Event(
                    what=What.ARGUMENTS_LEAK,
                    directive=directive,
                    scope=scope,
                    part=f"${used[0]}",
                    source=" ".join(("rewrite", *rewrite.args)),
                )
                return


def _is_local(rewrite: Directive) -> bool:
    return not rewrite.args[1].startswith(("http://", "https://", "$scheme"))


def overlapping(directive: Directive, scope: Scope) -> Iterator[Event]:
    """
    A replacement with arguments, or of a redirect, that names a group and one inside of it.

    Versions before 1.30.2 and 1.31.1 write beyond a buffer there (CVE-2026-9256), when the
    replacement has no other variable.
    """
    regex = regexes.of_rewrite(directive, scope)
    if regex is None or regex.pattern is None or len(directive.args) < 2:
        return
    text = directive.args[1]
    redirect = directive.args[2:] in (("redirect",), ("permanent",)) or not _is_local(directive)
    used = numbers(text)
    plain = all(name.isdigit() for name in names(text))
    inner = _inside(regex.pattern, used)
    if inner is not None and plain and (redirect or "?" in text):
        yield Event(
            what=What.OVERLAPPING,
            directive=directive,
            scope=scope,
            part=f"${inner[0]} and ${inner[1]}",
            source=regex.text,
        )


def _inside(pattern: Pattern, used: list[int]) -> tuple[int, int] | None:
    """
    A used group and another used one that lies in it.
    """
    spans = pattern.program.spans
    for outer, first, last in spans:
        for inner, begin, end in spans:
            if outer != inner and first <= begin and end <= last and {outer, inner} <= set(used):
                return outer, inner
    return None
