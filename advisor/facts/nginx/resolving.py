"""
Names in targets: when nginx resolves them, and whether it can.

Sources: nginx.org, ngx_http_proxy_module (``proxy_pass``: names in variables are looked up among
the upstream groups, then by a ``resolver``), ngx_http_upstream_module (``server … resolve``).
Without variables a name is resolved once, when nginx starts.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from advisor import regex
from advisor.facts.common import computed
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.views import NO, Group, Location, Whole
from advisor.facts.schema import BOOL, DURATION, STRING
from advisor.model import Location as Place
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import is_placeholder
from advisor.parsers.nginx_scope import Map, ProxyTarget, Scope
from advisor.units import parse_nginx_time

if TYPE_CHECKING:
    from advisor.facts.nginx.reader import Reader

_VARIABLE = regex.lazy(r"\$(?:\{(\w+)\}|(\w+))")
_PATHS = regex.lazy(r"\$\{?(?:request_uri|uri|document_uri|is_args|args)\b.*", re.DOTALL)
_TARGET = regex.lazy(r"(?:[a-z][a-z0-9+.-]*://)?(?P<place>[^/?]*)", re.IGNORECASE)
_DOMAIN = regex.lazy(
    r"\$(?:\{\w+\}|\w+)((?:\.[a-z0-9-]+)*\.[a-z][a-z0-9-]+)(?::\d+)?", re.IGNORECASE
)
_CLOUDS = (
    ".amazonaws.com",
    ".appspot.com",
    ".azure.com",
    ".azurecontainerapps.io",
    ".azurefd.net",
    ".azurewebsites.net",
    ".cloudfront.net",
    ".herokuapp.com",
    ".ondigitalocean.app",
    ".onrender.com",
    ".run.app",
    ".trafficmanager.net",
    ".vercel.app",
)
"""Names whose addresses change while nginx runs: load balancers and platforms."""
_PRIVATE = (
    ".arpa",
    ".consul",
    ".corp",
    ".docker",
    ".home",
    ".internal",
    ".intranet",
    ".lan",
    ".local",
    ".localdomain",
    ".localhost",
    ".svc",
    ".test",
)
"""Names that a network of one's own gives, often for addresses that stay."""
_WORDS = frozenset({"default", "hostnames", "include", "volatile"})


def is_address(host: str) -> bool:
    """
    Whether a host is written as an IP address, so that nothing needs to be resolved.
    """
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def public_name(host: str) -> str:
    """
    The host if it is a name of the public DNS as far as can be told, else empty.
    """
    name = host.lower().rstrip(".")
    known = "." in name and not is_address(name) and not name.endswith(_PRIVATE)
    return name if known and not is_placeholder(name) else ""


def outside(target: ProxyTarget | None) -> str:
    """
    The public name that a target names itself, without an upstream block; else empty.
    """
    if target is None or target.upstream is not None or target.address.socket:
        return ""
    return public_name(target.address.host)


def _unresolved(view: Location) -> Fact:
    """
    The name that nginx must resolve for each request, and cannot.
    """
    target = view.target
    if target is None or not target.has_variables or target.upstream is not None:
        return computed("")
    resolver = view.directive("resolver")
    if isinstance(resolver, Value) and resolver.value:
        return computed("")
    place = target.directive.location
    hosts = _hosts(view, target)
    if hosts is None:
        return Unknown("a variable names the host", place)
    names = [host for host in hosts if _needs_resolver(view, host)]
    if not names:
        return computed("")
    if isinstance(resolver, Unknown):
        return resolver
    if not view.reader.complete:
        return Unknown("an upstream of this name may be in another file", place)
    return Value(names[0], Origin.LITERAL, place)


def _needs_resolver(view: Location, host: str) -> bool:
    if not host or host.startswith("unix:") or is_address(host):
        return False
    return host.lower() not in view.reader.once(_groups)


def _groups(reader: Reader) -> frozenset[str]:
    """
    Names that nginx knows since it started: upstream blocks, and literal targets.
    """
    found = {one.name.lower() for one in reader.config.upstreams}
    for scope in reader.config.locations:
        target = reader.config.proxied(scope)
        if target is not None and not target.has_variables:
            found.add(target.address.host.lower())
    return frozenset(found)


def _maps(reader: Reader) -> Mapping[str, Map]:
    return {one.variable: one for one in reader.config.maps}


def _hosts(view: Location, target: ProxyTarget) -> tuple[str, ...] | None:
    """
    The hosts that a target with variables may come to; None when that cannot be told.
    """
    written = target.directive.args[0]
    if is_placeholder(written):
        return None
    place = _place(_filled(view, written))
    if "$" not in place:
        return (_host(place),)
    if domain := _DOMAIN.fullmatch(place):
        return None if _ends_a_group(view, domain[1]) else (f"…{domain[1]}",)
    table = view.reader.once(_maps).get(place.rpartition(":")[0] or place)
    return None if table is None else _values(table)


def _ends_a_group(view: Location, domain: str) -> bool:
    return any(name.endswith(domain.lower()) for name in view.reader.once(_groups))


def _filled(view: Location, text: str) -> str:
    """
    The text with the variables filled in that this location, or the whole, sets to a constant.
    """
    values = {**view.config.constants, **_own(view.scope)}
    return _VARIABLE.sub(lambda match: values.get(match[1] or match[2], match[0]), text)


def _own(scope: Scope) -> dict[str, str]:
    """
    Constants of a location's own ``set``, unless an ``if`` in it sets them as well.
    """
    found = {one.args[0].lstrip("$"): one.args[1] for one in scope.own("set") if len(one.args) == 2}
    inner = {
        one.args[0].lstrip("$") for child in scope.children for one in child.own("set") if one.args
    }
    return {name: text for name, text in found.items() if "$" not in text and name not in inner}


def _place(text: str) -> str:
    if text.removeprefix("http://").startswith("unix:"):
        return "unix:"
    match = _TARGET.match(text)
    return _PATHS.sub("", match["place"]) if match else ""


def _host(place: str) -> str:
    if place.startswith("["):
        return place.partition("]")[0] + "]"
    return place if place.startswith("unix:") else place.partition(":")[0]


def _values(table: Map) -> tuple[str, ...] | None:
    """
    The hosts that a map gives; None when another file or variable may give more.
    """
    values = [one.args[0] for one in table.entries if one.args]
    if any(one.name == "include" for one in table.entries) or any("$" in one for one in values):
        return None
    return tuple(_host(_place(one)) for one in values)


def _fixed(reader: Reader) -> tuple[tuple[str, Place], ...]:
    """
    The public names that nginx resolves once, when it starts.
    """
    return tuple(_names(reader))


def _names(reader: Reader) -> Iterator[tuple[str, Place]]:
    for upstream in reader.config.upstreams:
        for server in upstream.servers:
            name = public_name(server.address.host)
            if name and server.param("resolve") is None:
                yield name, server.directive.location
    for scope in reader.config.locations:
        target = reader.config.proxied(scope)
        name = outside(target)
        if target is not None and name and not target.has_variables:
            yield name, target.directive.location


def _fixed_name(view: Whole, *, cloud: bool) -> Fact:
    for name, place in view.reader.once(_fixed):
        if name.endswith(_CLOUDS) is cloud:
            return Value(name, Origin.LITERAL, place)
    return computed("")


def _resolve_flaw(view: Group) -> Fact:
    """
    What ``resolve`` of a server lacks, so that nginx refuses it.
    """
    for server in view.upstream.servers:
        host = server.address.host
        if server.param("resolve") is None or not host or is_address(host):
            continue
        place = server.directive.location
        for name, said in (
            ("zone", "the upstream has no zone"),
            ("resolver", "there is no resolver"),
        ):
            fact = view.directive(name)
            if isinstance(fact, Unknown):
                return fact
            if fact.value is None:
                return Value(said, Origin.LITERAL, place)
    return computed("")


def _resolves(view: Group) -> Fact:
    for server in view.upstream.servers:
        if server.param("resolve") is not None:
            return Value(value=True, origin=Origin.LITERAL, location=server.directive.location)
    return computed(False)


def _varies(view: Location) -> Fact:
    """
    Whether nginx looks a name of the target up while it runs, as far as can be told.
    """
    target = view.target
    if target is None or not target.has_variables or target.upstream is not None:
        return NO
    hosts = _hosts(view, target)
    return computed(hosts is None or any(_needs_resolver(view, host) for host in hosts))


def _kept(view: Location) -> Fact:
    """
    How long the resolver in effect keeps addresses, where it says so; else 0.
    """
    resolver = view.directive("resolver")
    if isinstance(resolver, Unknown):
        return resolver
    for word in str(resolver.value or "").split():
        if word.startswith("valid="):
            seconds = parse_nginx_time(word.removeprefix("valid="))
            return Value(seconds or 0, resolver.origin, resolver.location)
    return computed(0)


_PASSES = frozenset({"proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass"})

LOCATION: Rows = {
    "unresolved_host": Row(
        STRING,
        "the name in a variable that nginx has no resolver for, else empty",
        _unresolved,
        only_with=_PASSES | {"memcached_pass"},
        otherwise="",
    ),
    "outside_name": Row(
        STRING,
        "the public name that the target itself names, else empty",
        lambda view: view.at_target(outside(view.target)),
        only_with=_PASSES,
        otherwise="",
    ),
    "varies": Row(
        BOOL,
        "whether a variable makes nginx resolve the target's name while it runs",
        _varies,
        only_with=_PASSES,
    ),
    "addresses_kept": Row(
        DURATION,
        "how long the resolver keeps addresses whatever the DNS says; 0 when it does as told",
        _kept,
        only_with=frozenset({"resolver"}),
        otherwise=0,
    ),
}
UPSTREAM: Rows = {
    "resolves": Row(
        BOOL,
        "whether a server is resolved again while nginx runs",
        _resolves,
    ),
    "resolve_flaw": Row(
        STRING,
        "what a server with resolve lacks, else empty",
        _resolve_flaw,
    ),
}
NGINX: Rows = {
    "fixed_cloud_name": Row(
        STRING,
        "a cloud's name that is resolved only when nginx starts, else empty",
        lambda view: _fixed_name(view, cloud=True),
    ),
    "fixed_name": Row(
        STRING,
        "another public name that is resolved only when nginx starts, else empty",
        lambda view: _fixed_name(view, cloud=False),
    ),
}
