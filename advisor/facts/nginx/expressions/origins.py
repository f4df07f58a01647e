"""
Checks of ``Origin`` and ``Referer`` that sites of strangers pass, and origins that are sent back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisor.facts.nginx.expressions import regexes
from advisor.facts.nginx.expressions.event import Event, What
from advisor.facts.nginx.expressions.flow import Flow, levels
from advisor.facts.nginx.expressions.values import Given, Regex, is_line, names
from advisor.parsers.nginx import Directive
from advisor.parsers.nginx_scope import Map, Scope
from advisor.parsers.pcre import Where

if TYPE_CHECKING:
    from advisor.parsers.pcre.pattern import Pattern

_ALLOW = "access-control-allow-origin"
_CREDENTIALS = "access-control-allow-credentials"
_STRANGER = b"evil.example"
_HEADERS = {"$http_origin": "origin", "$http_referer": "referer"}


def reflected(flow: Flow, directive: Directive, scope: Scope) -> Iterator[Event]:
    """
    An ``Access-Control-Allow-Origin`` that repeats whatever origin asks.
    """
    if len(directive.args) < 2 or directive.args[0].lower() != _ALLOW:
        return
    if any(_asks_origin(one) for level in levels(scope) for one in (level, *level.children)):
        return
    if any(_is_condition(level) for level in levels(scope)):
        return
    for leaves in flow.texts(directive.args[1], scope):
        if len(leaves) == 1 and isinstance(leaves[0], Given) and leaves[0].name == "http_origin":
            yield Event(
                what=What.REFLECTED_ORIGIN,
                directive=directive,
                scope=scope,
                part=directive.args[1],
                grave=_with_credentials(scope),
            )
            return


def _is_condition(scope: Scope) -> bool:
    """
    Whether a level holds only when something other than the method says so.
    """
    args = scope.directive.args if scope.directive and scope.kind == "if" else ()
    asked = {name for arg in args for name in names(arg)}
    return bool(asked - {"request_method", "http_origin"})


def _asks_origin(scope: Scope) -> bool:
    """
    Whether it is an ``if`` that compares the origin with something.
    """
    args = scope.directive.args if scope.directive and scope.kind == "if" else ()
    return len(args) > 1 and any("http_origin" in names(arg) for arg in args)


def _with_credentials(scope: Scope) -> bool:
    headers = scope.effective_all("add_header")
    return any(
        one.args[0].lower() == _CREDENTIALS and one.args[1:2] == ("true",)
        for one in headers
        if one.args
    )


def loose_condition(scope: Scope) -> Iterator[Event]:
    """
    An ``if`` that lets an origin or referer pass by an expression that others match as well.
    """
    regex = regexes.of_condition(scope)
    if regex is None or regex.subject not in _HEADERS:
        return
    origin = regex.subject == "$http_origin"
    refuses = any(one.args[:1] and one.args[0][0] == "4" for one in scope.own("return"))
    allows = origin and any(
        one.args and one.args[0].lower() == _ALLOW for one in scope.own("add_header")
    )
    if (refuses and not regex.positive) or (allows and regex.positive):
        yield from _loose(regex)


def loose_map(flow: Flow, of: Map, allowed: frozenset[str]) -> Iterator[Event]:
    """
    Entries of a map for the origins that ``Access-Control-Allow-Origin`` then names.
    """
    if of.source != "$http_origin" or of.variable.lstrip("$") not in allowed:
        return
    top = flow.config.http or flow.config.main
    for entry in of.entries:
        regex = regexes.of_entry(entry, of, top)
        if regex is not None and entry.args and entry.args[0] not in ("", "0", "null"):
            yield from _loose(regex)


def allowing(flow: Flow) -> frozenset[str]:
    """
    The variables that ``Access-Control-Allow-Origin`` is made of.
    """
    return frozenset(
        name
        for scope in flow.config.main.walk()
        for one in scope.own("add_header")
        if len(one.args) > 1 and one.args[0].lower() == _ALLOW
        for name in names(one.args[1])
    )


def _loose(regex: Regex) -> Iterator[Event]:
    example = bypass(regex.pattern, origin=regex.subject == "$http_origin")
    if example is not None:
        yield Event(
            what=What.LOOSE_ORIGIN,
            directive=regex.directive,
            scope=regex.scope,
            part=regex.text,
            source=_HEADERS[regex.subject],
            example=example.decode("ascii", "replace"),
            grave=regex.subject == "$http_origin",
        )


def bypass(pattern: Pattern | None, *, origin: bool) -> bytes | None:
    """
    An origin (or referer) of a stranger that an expression matches; None when none was found.

    A stranger's is one that goes on after what is matched with a domain of his own, or begins
    with more letters in the last two labels. Expressions that name no domain are left alone.
    """
    if pattern is None:
        return None
    found = pattern.capture(0, b".", Where.ANYWHERE, accept=is_line)
    if found is None or not _names_domain(found):
        return None
    scheme = b"" if b"//" in found else b"https://"
    candidates = [
        _followed(scheme, found),
        _longer(found),
        None if origin else b"https://" + _STRANGER + b"/?" + scheme + found,
    ]
    good = (one for one in candidates if one and is_line(one) and pattern.matches(one))
    return next(good, None)


def _names_domain(text: bytes) -> bool:
    """
    Whether a shortest match ends in a domain: two labels with letters that mean something.
    """
    host = text.rpartition(b"//")[2].partition(b"/")[0].partition(b":")[0]
    labels = [one for one in host.strip(b".").split(b".") if one]
    return len(labels) > 1 and all(len(set(one)) > 1 for one in labels[-2:])


def _followed(scheme: bytes, found: bytes) -> bytes | None:
    """
    The match as a mere beginning of a stranger's host.
    """
    host = found.rpartition(b"//")[2]
    closed = b"/" in host or b":" in host
    return None if closed else scheme + found.strip(b".") + b"." + _STRANGER


def _longer(found: bytes) -> bytes | None:
    """
    The match as the end of a longer name: ``evilshop.example`` for ``shop.example``.
    """
    before, slashes, host = found.rpartition(b"//")
    plain = host[:1].isalnum() and host.count(b".") == 1
    return (before or b"https:") + (slashes or b"//") + b"evil" + host if plain else None
