"""
How a location passes requests on: retries, time limits, headers, WebSockets and gRPC.

Sources: nginx.org, ngx_http_proxy_module and its relatives, and "WebSocket proxying".
"""

from __future__ import annotations

from collections.abc import Callable

from advisor.facts.common import computed
from advisor.facts.nginx.headers import (
    HEADER,
    PACKAGED_NAMES,
    TOLD,
    is_packaged,
    levels,
    listed,
    sent,
    setting,
    told_by,
)
from advisor.facts.nginx.resolving import outside
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.upstream import takes_everything
from advisor.facts.nginx.views import NO, Location, View, Whole
from advisor.facts.nginx.writing import pasted
from advisor.facts.schema import BOOL, DURATION, NUMBER, STRING
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import Directive
from advisor.parsers.nginx_scope import Scope

RETRYING = ("proxy", "fastcgi", "uwsgi", "scgi", "grpc", "memcached")
"""Protocols with ``…_next_upstream`` and ``…_connect_timeout``."""

_EARLY = "$ssl_early_data"


def protocol_of(view: Location) -> str:
    """
    How the directives begin that count for what the location passes on; empty when it does not.
    """
    name = view.target.directive.name.removesuffix("_pass") if view.target else ""
    return name if name in RETRYING else ""


CONNECT_TIMEOUT = 60
"""Seconds, the default of every protocol; where requests are not passed on it means nothing."""


def _of_protocol(suffix: str, otherwise: float) -> Callable[[Location], Fact]:
    """
    A directive of the location's own protocol, such as ``proxy_connect_timeout``.
    """

    def read(view: Location) -> Fact:
        name = protocol_of(view)
        return view.directive(f"{name}_{suffix}") if name else computed(otherwise)

    return read


def _everywhere(*suffixes: str) -> frozenset[str]:
    return frozenset(f"{name}_{suffix}" for name in RETRYING for suffix in suffixes)


def _retries(word: str) -> Callable[[Location], Fact]:
    """
    Whether a word stands in ``…_next_upstream``.
    """

    def read(view: Location) -> Fact:
        fact = _of_protocol("next_upstream", 0)(view)
        if isinstance(fact, Unknown):
            return fact
        return Value(word in str(fact.value).split(), fact.origin, fact.location)

    return read


def _peers(view: Location) -> Fact:
    upstream = view.target.upstream if view.target else None
    return computed(len(upstream.servers) if upstream else 0)


def _headers(view: View) -> dict[str, Directive]:
    """
    The lines that set the headers sent from here, by lower-case name.
    """
    level = next((one for one in levels(view.scope) if sent(one)), view.scope)
    return {one.args[0].lower(): one for one in level.own(HEADER) if len(one.args) == 2}


def _header(view: View, name: str) -> str:
    """
    What a header is set to, empty when it is not set or emptied.
    """
    line = view.once(_headers).get(name)
    return line.args[1] if line else ""


def _header_doubt(view: View) -> Unknown | None:
    """
    Why more headers may be set than were seen. Those of the packaged file are known.
    """
    hidden = view.scope.hidden(HEADER)
    for include in hidden:
        if not is_packaged(include):
            return Unknown("an include that was not read may set it", include.location)
    return None if hidden else view.settings.doubt(view.scope, HEADER)


def _upgrades(view: Location) -> Fact:
    """
    Whether WebSockets are let through: the Upgrade header is sent, and not emptied.
    """
    return view.at_target(value=True) if view.proxied and _header(view, "upgrade") else NO


def _upgrade_flaw(view: Location) -> Fact:
    """
    What keeps an upgrade from working; empty when nothing does or none is asked for.
    """
    if not view.proxied or not _header(view, "upgrade"):
        return computed("")
    headers = view.once(_headers)
    place = headers["upgrade"].location
    connection = _header(view, "connection")
    if "connection" not in headers:
        said = "no Connection header goes with it"
        return _header_doubt(view) or Value(said, Origin.LITERAL, place)
    if connection.lower() in ("", "close", "keep-alive"):
        return Value(f"Connection is {connection or 'empty'}", Origin.LITERAL, place)
    version = view.directive("proxy_http_version")
    if isinstance(version, Unknown):
        return version
    said = "HTTP/1.0 is spoken to the application" if version.value == "1.0" else ""
    return Value(said, version.origin, version.location or place)


def _lost_names(view: Location) -> Fact:
    """
    Headers about the client's request that an inner level drops by setting others.
    """
    lost, level = view.once(_lost), setting(view.scope)
    if not lost or level is None:
        return computed("")
    if doubt := _other_include(level):
        return doubt
    own = level.own(HEADER)
    names = [_name(line, name) for name, line in lost.items()]
    return Value(listed(names), Origin.LITERAL, own[0].location if own else level.location)


def _lost(view: Location) -> dict[str, Directive]:
    """
    By lower-case name: the nearest line, or include, around it that sets a header and does not
    count.
    """
    target = view.target
    host = view.once(_headers).get("host")
    if target is None or not view.proxied or outside(target) or (host and "$" not in host.args[1]):
        return {}
    found = [one for one in levels(view.scope) if sent(one)]
    own = {name.lower() for name in sent(found[0])} if found else set()
    outer: dict[str, Directive] = {}
    for scope in found[:0:-1]:
        outer.update(told_by(scope))
    return {name: outer[name] for name in TOLD if name in outer and name not in own}


def _name(line: Directive, name: str) -> str:
    """
    A header as its line writes it; one of the packaged file as that does.
    """
    return line.args[0] if line.name == HEADER else PACKAGED_NAMES[name]


def _other_include(scope: Scope) -> Unknown | None:
    for include in scope.hidden(HEADER):
        if include in scope.unread and not is_packaged(include):
            return Unknown("an include that was not read may set them", include.location)
    return None


def _grpc_alone(view: Location) -> Fact:
    """
    Whether gRPC is passed on where no client can speak it, for want of HTTP/2.
    """
    if view.target is None or not view.target.scheme.startswith("grpc"):
        return NO
    server = view.server
    if server is None:
        return Unknown("the file is a fragment; HTTP/2 may be set around it", view.scope.location)
    if any(one.quic for one in view.config.listens(server)):
        return NO
    enabled = view.config.http2_enabled(server)
    if enabled is None or not (enabled or view.reader.complete):
        return Unknown("HTTP/2 may be switched on elsewhere", server.location)
    return view.at_target(not enabled)


def _set_on(name: str) -> Callable[[Location], Fact]:
    """
    The kind of level that sets a directive: http, server or location; else empty.
    """

    def read(view: Location) -> Fact:
        for scope in levels(view.scope):
            if scope.own(name):
                return Value(scope.kind, Origin.LITERAL, scope.own(name)[-1].location)
        return computed("")

    return read


def _early_header(view: Location) -> Fact:
    return computed(True) if _header(view, "early-data") else _header_doubt(view) or NO


def _encrypted(view: Location) -> Fact:
    server = view.server
    return computed(server is not None and view.config.tls_enabled(server))


def _early_checked(view: Whole) -> Fact:
    """
    Whether something in the configuration asks if a request came early.
    """
    if any(_EARLY in one.source for one in view.config.maps):
        return computed(True)
    for scope in view.config.main.walk():
        if scope.kind == "if" and scope.directive and _EARLY in " ".join(scope.directive.args):
            return computed(True)
    return NO


_HEADERS = frozenset({HEADER})

LOCATION: Rows = {
    "protocol": Row(
        STRING,
        "how the directives begin that count for it: proxy, fastcgi, uwsgi …; else empty",
        lambda view: computed(protocol_of(view)),
    ),
    "connect_timeout": Row(
        DURATION,
        "how long nginx waits for a connection to the application",
        _of_protocol("connect_timeout", CONNECT_TIMEOUT),
        only_with=_everywhere("connect_timeout"),
        otherwise=CONNECT_TIMEOUT,
    ),
    "retry_limit": Row(
        NUMBER,
        "servers that one request is sent to at most, 0 for all",
        _of_protocol("next_upstream_tries", 0),
    ),
    "retry_time": Row(
        DURATION,
        "time in which a request may be sent to another server, 0 for no limit",
        _of_protocol("next_upstream_timeout", 0),
    ),
    "repeats_writes": Row(
        BOOL,
        "whether requests such as POST are sent to another server as well",
        _retries("non_idempotent"),
        only_with=_everywhere("next_upstream"),
    ),
    "never_retries": Row(
        BOOL,
        "whether no request is ever sent to another server",
        _retries("off"),
        only_with=_everywhere("next_upstream"),
    ),
    "peers": Row(NUMBER, "servers of its upstream block, 0 without one", _peers),
    "upgrades": Row(BOOL, "whether WebSockets are let through", _upgrades, only_with=_HEADERS),
    "upgrade_flaw": Row(
        STRING,
        "what keeps WebSockets from working where Upgrade is sent, else empty",
        _upgrade_flaw,
        only_with=_HEADERS,
        otherwise="",
    ),
    "lost_headers": Row(
        STRING,
        "headers about the client that an inner level drops by setting others, else empty",
        _lost_names,
        only_with=_HEADERS,
        otherwise="",
    ),
    "lost_lines": Row(
        STRING,
        "the lines of the outer levels that set those headers, ready to paste",
        lambda view: pasted(view.once(_lost).values()),
        only_with=_HEADERS,
        otherwise="",
    ),
    "everything": Row(
        BOOL,
        "whether it is for all requests: /, or named",
        lambda view: computed(takes_everything(view.scope)),
    ),
    "grpc_without_http2": Row(
        BOOL,
        "whether gRPC is passed on in a server without HTTP/2",
        _grpc_alone,
        only_with=frozenset({"grpc_pass"}),
    ),
    "buffering_level": Row(
        STRING,
        "the kind of block that sets proxy_buffering, else empty",
        _set_on("proxy_buffering"),
        only_with=frozenset({"proxy_buffering"}),
        otherwise="",
    ),
    "request_buffering_level": Row(
        STRING,
        "the kind of block that sets proxy_request_buffering, else empty",
        _set_on("proxy_request_buffering"),
        only_with=frozenset({"proxy_request_buffering"}),
        otherwise="",
    ),
    "early_data_told": Row(
        BOOL, "whether the application is told of early data (Early-Data)", _early_header
    ),
    "encrypted": Row(BOOL, "whether its server speaks TLS", _encrypted),
}
NGINX: Rows = {
    "early_data_checked": Row(
        BOOL,
        "whether a map or an if asks for $ssl_early_data",
        _early_checked,
        only_with=frozenset({"ssl_early_data"}),
    ),
}
