"""
Facts of the way from a location of nginx to the application behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from advisor.deployment.edges import LOOPBACK, is_near
from advisor.deployment.model import Application, Deployment, Proxy, ProxyEdge
from advisor.facts.common import Joined, computed
from advisor.facts.nginx import Reader
from advisor.facts.service import service_facts
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.parsers.nginx_scope import ProxyTarget, Scope

_HTTP = ("http", "https")
_STREAMS = re.compile(r"(?<![a-z])(?:events?|sse|stream(?:s|ing)?|logs)(?![a-z])", re.IGNORECASE)
"""Names of locations whose responses are meant to trickle."""


def location_subjects(
    deployment: Deployment, proxy: Proxy, gunicorn: Mapping[str, Mapping[str, Fact]]
) -> Iterator[Subject]:
    """
    Every location that passes requests to an application, with that application.

    `gunicorn` holds the facts of all applications by name.
    """
    edges = [one for one in deployment.proxy_edges if one.proxy is proxy]
    reader = Reader(proxy)
    behind = {
        edge.application.name: {
            **gunicorn[edge.application.name],
            **service_facts(deployment, edge.application),
        }
        for edge in edges
    }
    for scope in proxy.config.locations:
        target = proxy.config.proxied(scope)
        if target is None:
            continue
        for edge in edges:
            if _leads(edge, target):
                place = scope.location
                own = {
                    **_route(deployment, edge, scope),
                    **behind[edge.application.name],
                }
                yield Subject(
                    target="stack.location",
                    name=scope.label,
                    facts=Joined(own, reader.location_facts(scope)),
                    location=place,
                    path=place.path if place else proxy.config.document.path,
                )


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
        "route.trusted": _trusted(edge.application),
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
