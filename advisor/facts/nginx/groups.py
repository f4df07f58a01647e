"""
The servers of an upstream: which of them are used, and how nginx chooses between them.

Source: nginx.org, ngx_http_upstream_module; ``keepalive`` and what it takes is in `upstream`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from advisor.catalog.nginx import find
from advisor.facts.common import computed
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.views import NO, Group, Whole
from advisor.facts.schema import BOOL, NUMBER, STRING
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import is_placeholder
from advisor.parsers.nginx_scope import Scope, UpstreamServer
from advisor.units import parse_nginx_time

if TYPE_CHECKING:
    from advisor.facts.nginx.reader import Reader

_NO_BACKUP = ("hash", "ip_hash", "random")
_CHECKS = ("check", "health_check")
"""Active checks: a patch's, and those of the commercial version."""
_WITHOUT_REUSE = ("uwsgi", "scgi")
"""Protocols whose connections cannot be used again."""


def _at(server: UpstreamServer, value: bool | str) -> Fact:  # noqa: FBT001 - a fact's value
    return Value(value, Origin.LITERAL, server.directive.location)


def _complete(view: Group) -> Unknown | None:
    """
    Why there may be more servers than were seen.
    """
    for include in view.scope.hidden("server"):
        return Unknown("an include that was not read may hold servers", include.location)
    for server in view.upstream.servers:
        if is_placeholder(str(server.directive)):
            return Unknown("its value is filled in later", server.directive.location)
    return view.settings.unreadable(view.scope)


def _primary(view: Group) -> Fact:
    servers = [one for one in view.upstream.servers if one.param("backup") is None]
    return view.once(_complete) or computed(len(servers))


def _refused(view: Group) -> Fact:
    """
    What of the servers nginx refuses to start with.
    """
    servers = view.upstream.servers
    for server in servers:
        method = _method_before(view, server)
        if server.param("backup") is not None and method:
            return _at(server, f"{method} knows no backup servers")
    if doubt := view.once(_complete):
        return doubt
    if not servers:
        said = "" if _filled(view) else "it has no servers"
        return Value(said, Origin.LITERAL, view.scope.location)
    if all(one.param("backup") is not None for one in servers):
        return _at(servers[0], "all its servers are backup servers")
    return computed("")


def _filled(view: Group) -> bool:
    """
    Whether servers may come from elsewhere: a file with their state, or a module not known here.
    """
    return any(name == "state" or not find(name) for name in view.scope.names)


def _method_before(view: Group, server: UpstreamServer) -> str:
    """
    The method without backup servers in front of a server; behind it nginx does not notice.
    """
    for directive in view.scope.directives:
        if directive is server.directive:
            return ""
        if directive.name in _NO_BACKUP:
            return directive.name
    return ""


def _all_down(view: Group) -> Fact:
    servers = view.upstream.servers
    if not servers or any(one.param("down") is None for one in servers):
        return NO
    return view.once(_complete) or _at(servers[0], value=True)


def _never_checked(view: Group) -> Fact:
    """
    Whether no failure of any of several servers counts.
    """
    servers = view.upstream.servers
    if len(servers) < 2 or not all(_ignores_failures(one) for one in servers):
        return NO
    if any(name in view.config.used for name in _CHECKS):
        return NO
    return view.once(_complete) or _at(servers[0], value=True)


def _ignores_failures(server: UpstreamServer) -> bool:
    return (
        server.param("max_fails") == "0"
        or parse_nginx_time(server.param("fail_timeout") or "1") == 0
    )


def _per_worker(view: Group) -> Fact:
    """
    What each worker counts by itself without a zone: ``max_conns``, else ``least_conn``.
    """
    if len(view.upstream.servers) < 2:
        return computed("")
    for server in view.upstream.servers:
        if server.param("max_conns") not in (None, "0"):
            return _at(server, "max_conns")
    method = view.upstream.method
    least = method is not None and method.name == "least_conn"
    return Value("least_conn" if least else "", Origin.LITERAL, method.location if method else None)


def all_uses(reader: Reader) -> Mapping[str, tuple[Scope, ...]]:
    """
    By name of the upstream: the levels that hand requests to it, over whatever protocol.
    """
    return reader.config.upstream_uses()


def _protocols(view: Group) -> frozenset[str]:
    """
    Which ``…_pass`` lead to it, without that ending.
    """
    scopes = view.reader.once(all_uses).get(view.upstream.name, ())
    targets = (view.config.proxied(one) for one in scopes)
    return frozenset(one.directive.name.removesuffix("_pass") for one in targets if one)


def _never_reused(view: Group) -> Fact:
    """
    Whether only protocols that cannot use connections again lead to it.
    """
    found = view.once(_protocols)
    if not found or not found.issubset(_WITHOUT_REUSE):
        return NO
    return view.elsewhere or computed(True)


def _closing_fastcgi(view: Group) -> Fact:
    """
    Whether a location asks its FastCGI server to close connections that nginx would keep.
    """
    return _fastcgi(view, wanted=False)


def _kept_fastcgi(view: Group) -> Fact:
    """
    Whether a location asks its FastCGI server to keep connections.
    """
    return _fastcgi(view, wanted=True)


def _fastcgi(view: Group, *, wanted: bool) -> Fact:
    doubt: Unknown | None = None
    for scope in view.reader.once(all_uses).get(view.upstream.name, ()):
        target = view.config.proxied(scope)
        if target is None or target.scheme != "fastcgi":
            continue
        keeps = view.settings.typed(scope, "fastcgi_keep_conn")
        if isinstance(keeps, Unknown):
            doubt = doubt or keeps
        elif keeps.value is wanted:
            place = keeps.location or target.directive.location
            return Value(value=True, origin=keeps.origin, location=place)
    return doubt or NO


def _hidden_clients(view: Whole) -> Fact:
    """
    Whether nginx is behind a proxy, by the PROXY protocol, and takes every client for that proxy.
    """
    if "set_real_ip_from" in view.config.used:
        return NO
    for server in view.config.servers:
        for listen in view.config.listens(server):
            if listen.proxy_protocol and listen.directive is not None:
                return Value(value=True, origin=Origin.LITERAL, location=listen.directive.location)
    return NO


def _real_ip(view: Whole) -> Fact:
    if "set_real_ip_from" in view.config.used:
        return computed(True)
    return computed(False) if view.reader.complete else Unknown("it may be in another file")


UPSTREAM: Rows = {
    "primary": Row(NUMBER, "servers that are no backup servers", _primary),
    "refused": Row(STRING, "why nginx refuses its servers, else empty", _refused),
    "all_down": Row(BOOL, "whether all its servers are marked down", _all_down),
    "failures_ignored": Row(
        BOOL, "whether none of several servers is ever taken for failed", _never_checked
    ),
    "per_worker": Row(
        STRING,
        "what each worker counts by itself without a zone: max_conns, least_conn; else empty",
        _per_worker,
    ),
    "never_reused": Row(
        BOOL, "whether only uwsgi_pass or scgi_pass lead to it, which reuse nothing", _never_reused
    ),
    "fastcgi_closes": Row(
        BOOL,
        "whether a location lets its FastCGI server close every connection",
        _closing_fastcgi,
        only_with=frozenset({"fastcgi_pass"}),
    ),
    "fastcgi_keeps": Row(
        BOOL,
        "whether a location asks its FastCGI server to keep connections",
        _kept_fastcgi,
        only_with=frozenset({"fastcgi_keep_conn"}),
    ),
}
NGINX: Rows = {
    "hidden_clients": Row(
        BOOL,
        "whether clients come by the PROXY protocol and their addresses are not used",
        _hidden_clients,
        only_with=frozenset({"listen"}),
    ),
    "real_ip": Row(BOOL, "whether addresses of clients are taken from a proxy's header", _real_ip),
}
