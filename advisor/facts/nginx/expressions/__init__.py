"""
Events about variables and regular expressions: what the client can make of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor.facts.common import Joined
from advisor.facts.nginx.expressions import (
    breaks,
    captures,
    origins,
    paths,
    patterns,
    regexes,
    targets,
)
from advisor.facts.nginx.expressions.event import EXPRESSION, Event
from advisor.facts.nginx.expressions.flow import Flow
from advisor.model.subject import Fact, Subject
from advisor.parsers.nginx import Directive
from advisor.parsers.nginx_scope import NginxConfig, Scope

__all__ = ["EXPRESSION", "events", "subjects"]


def subjects(config: NginxConfig, shared: Mapping[str, Fact]) -> Iterator[Subject]:
    """
    One subject for every event; `shared` are the facts of the configuration as a whole.
    """
    for event in events(config):
        own = {f"expression.{name}": row.of(event) for name, row in EXPRESSION.items()}
        place = event.directive.location
        yield Subject(
            target="nginx.expression",
            name=f"{event.directive.name} in {event.scope.label}",
            facts=Joined(own, shared),
            location=place,
            path=place.path,
        )


def events(config: NginxConfig) -> Iterator[Event]:
    """
    Everything that is wrong with expressions of a configuration, in the order of its levels.
    """
    flow = Flow(config)
    top = config.http or config.main
    allowed = origins.allowing(flow)
    for scope in flow.scopes:
        yield from _of_level(scope)
        for directive in scope.directives:
            if "$" in "".join(directive.args):
                yield from _of_directive(flow, directive, scope)
        for directive in scope.own("alias"):
            yield from paths.traversal(flow, directive, scope)
        for directive in scope.own("proxy_pass"):
            yield from paths.joined(flow, directive, scope)
    for one in config.maps:
        yield from captures.missing_in_map(one, top)
        yield from origins.loose_map(flow, one, allowed)
    slowness = patterns.Slowness()
    for regex in flow.regexes:
        yield from slowness.of(regex)


def _of_level(scope: Scope) -> Iterator[Event]:
    if regexes.of_location(scope) is not None:
        yield from patterns.open_ended(scope)
        yield from patterns.exact(scope)
    if scope.kind == "if":
        yield from origins.loose_condition(scope)
    if scope.own("rewrite"):
        yield from captures.arguments_leak(scope)


def _of_directive(flow: Flow, directive: Directive, scope: Scope) -> Iterator[Event]:
    """
    What is wrong with a directive that has variables.
    """
    name = directive.name
    if name in breaks.NAMES:
        yield from breaks.breaks(flow, directive, scope)
    if name in targets.PASSES:
        yield from targets.chosen(flow, directive, scope)
    if name == "proxy_pass":
        yield from paths.decoded(flow, directive, scope)
    elif name == "proxy_set_header":
        yield from targets.spoofed(flow, directive, scope)
    elif name == "add_header":
        yield from origins.reflected(flow, directive, scope)
    elif name == "rewrite":
        yield from captures.missing_in_rewrite(directive, scope)
        yield from captures.overlapping(directive, scope)
    if name in captures.USERS:
        yield from captures.missing(flow, directive, scope)
