"""
Facts of the way from a location of nginx to the application behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from advisor import regex
from advisor.deployment.edges import LOOPBACK, is_near
from advisor.deployment.model import Application, Deployment, Proxy, ProxyEdge
from advisor.facts.code import texts_of, upload_limit
from advisor.facts.common import Joined, computed, first_unknown, number
from advisor.facts.nginx import Reader
from advisor.facts.scheme import flaw_of, redirect_facts
from advisor.facts.service import service_facts
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.parsers.nginx_scope import ProxyTarget, Scope
from advisor.units import parse_nginx_size

Way: TypeAlias = tuple[Scope, ProxyEdge]
"""A location and the application that it passes requests to."""

_BODY = "client_max_body_size"
_HTTP = ("http", "https")
_READERS = ("SECURE_PROXY_SSL_HEADER", "ProxyFix", "ProxyHeadersMiddleware")
"""Of Django, Werkzeug and Uvicorn: what believes forwarded headers, whatever gunicorn does."""
_STREAMS = regex.lazy(r"(?<![a-z])(?:events?|sse|stream(?:s|ing)?|logs)(?![a-z])", re.IGNORECASE)
"""Names of locations whose responses are meant to trickle."""


def location_subjects(
    deployment: Deployment, proxy: Proxy, gunicorn: Mapping[str, Mapping[str, Fact]]
) -> Iterator[Subject]:
    """
    Every location that passes requests to an application, with that application.

    `gunicorn` holds the facts of all applications by name.
    """
    edges = [one for one in deployment.proxy_edges if one.proxy is proxy]
    ways = list(ways_of(proxy, edges))
    reader = Reader(proxy)
    behind = {
        name: {
            **gunicorn[name],
            **service_facts(deployment, edge.application),
            **_of_code(deployment, edge.application, ways, reader),
        }
        for edge in edges
        if (name := edge.application.name)
    }
    for scope, edge in ways:
        place = scope.location
        facts = behind[edge.application.name]
        own = {**_route(deployment, edge, scope), **facts}
        own.update(_redirect(deployment, edge, scope, reader, own))
        yield Subject(
            target="stack.location",
            name=scope.label,
            facts=Joined(own, reader.location_facts(scope)),
            location=place,
            path=place.path if place else proxy.config.document.path,
        )


def ways_of(proxy: Proxy, edges: Sequence[ProxyEdge]) -> Iterator[Way]:
    """
    Locations of a proxy with the applications that they pass requests to.
    """
    for scope in proxy.config.locations:
        target = proxy.config.proxied(scope)
        if target is not None:
            yield from ((scope, edge) for edge in edges if _leads(edge, target))


def _leads(edge: ProxyEdge, target: ProxyTarget) -> bool:
    """
    Whether a location that passes to `target` reaches the application of an edge.
    """
    if target.scheme not in _HTTP or (target.has_variables and not target.upstream):
        return False
    if target.upstream is not None:
        return edge.upstream == target.upstream.name
    return not edge.upstream and target.address in edge.addresses


def _route(deployment: Deployment, edge: ProxyEdge, scope: Scope) -> dict[str, Fact]:
    headers = scope.effective_all("proxy_set_header")
    proto = [one for one in headers if one.args and one.args[0].lower() == "x-forwarded-proto"]
    place = proto[0].location if proto else scope.location
    server = scope.around("server")
    return {
        "route.apart": _apart(deployment, edge),
        "route.tls": computed(server is not None and edge.proxy.config.tls_enabled(server)),
        "route.tells_scheme": Value(bool(proto), Origin.LITERAL, place),
        "route.streams": computed(_STREAMS.search(scope.label) is not None),
        "route.header_buffer": _header_buffer(scope),
        "route.trusted": _trusted(edge.application),
    }


def _redirect(
    deployment: Deployment, edge: ProxyEdge, scope: Scope, reader: Reader, facts: Mapping[str, Fact]
) -> dict[str, Fact]:
    """
    Whether the application redirects plain http, and why it takes this way for such.
    """
    trusted = facts["route.trusted"]
    around = (facts["route.apart"], trusted, facts["gunicorn.class"])
    redirects, believed = redirect_facts(deployment, edge.application, *around)
    return {
        "route.redirects": redirects,
        "route.scheme_flaw": flaw_of(scope, reader.settings, believed, trusted),
    }


def _apart(deployment: Deployment, edge: ProxyEdge) -> Fact:
    """
    Whether the two surely run in containers, or pods, of their own and talk over TCP.
    """
    if all(one.socket or one.host in LOOPBACK for one in edge.addresses):
        return computed(value=False)
    services = deployment.services
    proxy = services.named(edge.proxy.service)
    application = services.named(edge.application.service)
    if proxy is None or application is None:
        return Unknown("where nginx and gunicorn run is not known", edge.application.location)
    own = proxy.own_network and application.own_network
    return computed(own and not is_near(proxy.name, application.name, services))


def _header_buffer(scope: Scope) -> Fact:
    """
    The size of ``large_client_header_buffers``, which one header line may fill.
    """
    directive = scope.effective("large_client_header_buffers")
    if directive is None:
        return Value(None, Origin.DEFAULT)
    size = parse_nginx_size(directive.args[1]) if len(directive.args) > 1 else None
    if size is None:
        return Unknown("its size is not known", directive.location)
    return Value(size, Origin.LITERAL, directive.location)


def _of_code(
    deployment: Deployment, application: Application, ways: Sequence[Way], reader: Reader
) -> dict[str, Fact]:
    """
    What the code of the application says of requests, and what nginx lets through to it.
    """
    own = [scope for scope, edge in ways if edge.application is application]
    bodies = [reader.location_facts(one)[f"location.{_BODY}"] for one in own]
    return {
        "route.upload_limit": upload_limit(deployment, application),
        "route.reads_headers": computed(
            any(word in text for _, text in texts_of(deployment, application) for word in _READERS)
        ),
        "route.largest_body": _largest(bodies),
    }


def _largest(bodies: Sequence[Fact]) -> Fact:
    """
    The largest of several sizes, 0 where one of them is no limit.
    """
    unknown = first_unknown(*bodies)
    if unknown is not None or not bodies:
        return unknown or Unknown("no location leads there")
    return min(bodies, key=lambda one: (number(one) > 0, -number(one)))


def _trusted(application: Application) -> Fact:
    """
    ``forwarded_allow_ips``, with its place.
    """
    value = application.settings.setting("forwarded_allow_ips")
    if isinstance(value, Unknown):
        return value
    listed = value.value if isinstance(value.value, list) else [value.value]
    stated = application.settings.stated("forwarded_allow_ips")
    place = stated[0].location if stated else value.location
    return Value(", ".join(map(str, listed)), value.origin, place, value.note)
