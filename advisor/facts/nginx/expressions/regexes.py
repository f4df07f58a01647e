"""
The regular expressions of a configuration, and the paths that its locations take.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from advisor.facts.nginx.expressions.values import Nature, Regex, names, nature_of
from advisor.parsers.nginx import Directive, is_placeholder
from advisor.parsers.nginx_scope import Map, Scope

_OPERATORS = ("!~*", "!~", "~*", "~")


class Kind(StrEnum):
    """
    How a location is chosen.
    """

    EXACT = "="
    PREFIX = ""
    FIRM = "^~"
    REGEX = "~"
    NAMED = "@"


class Route(Struct, frozen=True):
    """
    What a location takes.
    """

    kind: Kind
    text: str
    """Without the modifier."""
    caseless: bool = False


def route(scope: Scope) -> Route:
    """
    What a location takes, from its directive.
    """
    args = scope.directive.args if scope.directive else ()
    text = args[-1] if args else ""
    modifier = args[0] if len(args) > 1 else ""
    if not modifier:
        modifier = next((one for one in ("~*", "~", "^~", "=") if text.startswith(one)), "")
        text = text[len(modifier) :]
    if modifier in ("~", "~*"):
        return Route(Kind.REGEX, text, caseless=modifier == "~*")
    if text.startswith("@"):
        return Route(Kind.NAMED, text)
    return Route(Kind(modifier), text) if modifier in ("=", "^~") else Route(Kind.PREFIX, text)


def of_location(scope: Scope) -> Regex | None:
    """
    The expression of a location, None when it has none.
    """
    if scope.directive is None or not scope.directive.args[:1]:
        return None
    if not scope.directive.args[0].startswith("~"):
        return None
    way = route(scope)
    return _regex(way.text, "$uri", scope.directive, scope, caseless=way.caseless)


def of_condition(scope: Scope) -> Regex | None:
    """
    The expression of an ``if``, None when it compares otherwise.
    """
    directive = scope.directive
    if scope.kind != "if" or directive is None or len(directive.args) != 3:
        return None
    subject, operator, text = directive.args
    if operator not in _OPERATORS:
        return None
    caseless, positive = operator.endswith("*"), not operator.startswith("!")
    found = _regex(text, subject, directive, scope, caseless=caseless)
    return Regex(
        found.text, caseless, found.pattern, found.nature, subject, directive, scope, positive
    )


def of_rewrite(directive: Directive, scope: Scope) -> Regex | None:
    """
    The expression of a ``rewrite``.
    """
    if not directive.args:
        return None
    return _regex(directive.args[0], "$uri", directive, scope, caseless=False)


def of_names(scope: Scope) -> Iterator[Regex]:
    """
    The expressions among the names of a server.
    """
    for directive in scope.own("server_name"):
        for name in directive.args:
            if name.startswith("~"):
                yield _regex(name[1:], "$host", directive, scope, caseless=True)


def of_entry(entry: Directive, of: Map, scope: Scope) -> Regex | None:
    """
    The expression that is the key of an entry of a map.
    """
    if not entry.name.startswith("~"):
        return None
    caseless = entry.name.startswith("~*")
    text = entry.name[2 if caseless else 1 :]
    return _regex(text, of.source, entry, scope, caseless=caseless)


def all_of(scope: Scope) -> Iterator[Regex]:
    """
    The expressions that stand on a level itself.
    """
    if scope.kind == "server":
        yield from of_names(scope)
    own = of_location(scope) if scope.kind == "location" else of_condition(scope)
    if own is not None:
        yield own
    for directive in scope.own("rewrite"):
        found = of_rewrite(directive, scope)
        if found is not None:
            yield found


def _regex(text: str, subject: str, directive: Directive, scope: Scope, *, caseless: bool) -> Regex:
    from advisor.parsers.pcre.pattern import pattern  # noqa: PLC0415 - read where there is one

    read = None if is_placeholder(text) else pattern(text, caseless=caseless)
    return Regex(text, caseless, read, _nature(subject), subject, directive, scope)


def _nature(subject: str) -> Nature | None:
    """
    The nature of a text that is one variable and nothing else.
    """
    found = names(subject)
    name = next(iter(found), "")
    whole = len(found) == 1 and subject in (f"${name}", f"${{{name}}}")
    return nature_of(name) if whole else None
