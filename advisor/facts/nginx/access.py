"""
Levels on which access is decided: who is let in, and what lets others in all the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.facts.common import computed
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.settings import Settings, is_on
from advisor.facts.nginx.views import View
from advisor.facts.schema import BOOL, STRING
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import Directive, is_placeholder
from advisor.parsers.nginx_scope import Scope

DECIDES = frozenset({"allow", "auth_basic", "auth_jwt", "auth_request", "deny"})
"""Directives that ask who it is, in the access phase."""
_LEVELS = frozenset({"http", "server", "location", "limit_except"})
_ALL = ("all",)
_TEXT_RETURNS = 400
"""Codes from here on are refusals, and need no guard."""


class Access(View):
    """
    One level on which access is decided.
    """


def levels(scopes: Iterator[Scope]) -> Iterator[Scope]:
    """
    Every level that decides about access itself, and every ``limit_except``.
    """
    for scope in scopes:
        if scope.kind in _LEVELS and (
            scope.kind == "limit_except" or not DECIDES.isdisjoint(scope.names)
        ):
            yield scope


def guard_of(settings: Settings, scope: Scope) -> Fact:
    """
    Whether not everybody gets in on a level, at the directive that sees to it.
    """
    for directive in _guards(scope):
        return Value(value=True, origin=Origin.LITERAL, location=directive.location)
    names = ("deny", "auth_basic", "auth_request", "auth_jwt", "internal", "ssl_verify_client")
    doubts = (settings.doubt(scope, name) for name in names)
    return next((one for one in doubts if one), computed(False))


def _guards(scope: Scope) -> Iterator[Directive]:
    for rule in scope.effective_all("allow", "deny"):
        if rule.name == "deny":
            yield rule
    for name in ("auth_basic", "auth_request", "auth_jwt"):
        directive = scope.effective(name)
        if directive is not None and directive.args[:1] != ("off",):
            yield directive
    internal = scope.effective("internal")
    if internal is not None:
        yield internal
    if is_on(scope.effective("ssl_verify_client")):
        yield from (one for one in (scope.effective("ssl_verify_client"),) if one)


def _allows_others(view: Access) -> Fact:
    """
    Whether ``allow`` stands without a ``deny``, so that everybody else gets in as well.

    With ``satisfy any`` beside a password, ``allow`` means: in without the password.
    """
    scope = view.scope
    rules = scope.own("allow") and scope.effective_all("allow", "deny")
    if not rules or any(one.name == "deny" or one.args == _ALL for one in rules):
        return computed(False)
    if any(is_placeholder(arg) for one in rules for arg in one.args):
        return Unknown("its value is filled in later", rules[0].location)
    if _asks_otherwise(scope):
        return computed(False)
    for include in scope.unread:
        return Unknown("an include that was not read may deny the others", include.location)
    unreadable = view.settings.unreadable(scope)
    return unreadable or Value(value=True, origin=Origin.LITERAL, location=rules[0].location)


def _asks_otherwise(scope: Scope) -> bool:
    """
    Whether ``satisfy any`` makes the addresses an exception to a password.
    """
    satisfy = scope.effective("satisfy")
    if satisfy is None or satisfy.args != ("any",):
        return False
    return any(scope.effective(one) for one in ("auth_basic", "auth_request", "auth_jwt"))


def _answers_first(view: Access) -> Fact:
    """
    Whether a ``return`` with content stands beside the rules: it is done before they are asked.

    Redirects and content count, refusals (4xx, 5xx) do not.
    """
    scope = view.scope
    if not any(one.name == "deny" or one.name.startswith("auth_") for one in _own_rules(scope)):
        return computed(False)
    for directive in scope.own("return"):
        if _gives_content(directive):
            return Value(value=True, origin=Origin.LITERAL, location=directive.location)
    return computed(False)


def _own_rules(scope: Scope) -> Iterator[Directive]:
    for name in DECIDES:
        for directive in scope.own(name):
            if directive.args[:1] != ("off",):
                yield directive


def _gives_content(directive: Directive) -> bool:
    code = directive.args[0] if directive.args else ""
    return not code.isdigit() or int(code) < _TEXT_RETURNS


def _return_line(view: Access) -> Fact:
    found = (str(one) for one in view.scope.own("return") if _gives_content(one))
    return computed(next(found, ""))


def _limits_nothing(view: Access) -> Fact:
    """
    Whether a ``limit_except`` holds no rule, so that it limits nothing.
    """
    scope = view.scope
    if scope.kind != "limit_except" or any(_own_rules(scope)):
        return computed(False)
    for include in scope.unread:
        return Unknown("an include that was not read may hold rules", include.location)
    return Value(value=True, origin=Origin.LITERAL, location=scope.location)


ACCESS: Rows = {
    "label": Row(STRING, "the level as written", lambda view: computed(view.scope.label)),
    "level": Row(
        STRING,
        "what it is: http, server, location or limit_except",
        lambda view: computed(view.scope.kind),
    ),
    "allows_others": Row(
        BOOL, "whether addresses are allowed and no others are denied", _allows_others
    ),
    "answers_first": Row(
        BOOL, "whether a return with content stands beside rules that it passes by", _answers_first
    ),
    "return_line": Row(STRING, "that return, as written", _return_line),
    "limits_nothing": Row(BOOL, "whether a limit_except holds no rule", _limits_nothing),
}
