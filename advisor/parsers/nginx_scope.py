"""
The effective configuration: which directives count for which server, location and upstream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from advisor.bulk import collector_paused
from advisor.parsers._nginx_inherit import HANDLERS
from advisor.parsers._nginx_layout import lay_out
from advisor.parsers._nginx_levels import Scope
from advisor.parsers._nginx_model import Directive, NginxDocument, is_placeholder
from advisor.parsers._nginx_stock import stock_directives
from advisor.parsers.nginx_listen import Address, Listen, Socket, gather, parse_listens
from advisor.parsers.nginx_upstream import (
    ProxyTarget,
    Upstream,
    UpstreamServer,
    find_target,
    parse_upstream,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = [
    "HANDLERS",
    "Address",
    "Listen",
    "Map",
    "NginxConfig",
    "ProxyTarget",
    "Scope",
    "Socket",
    "Upstream",
    "UpstreamServer",
    "build",
]


class Map(Struct, frozen=True):
    """
    One ``map`` block: a variable that follows from a text.
    """

    variable: str
    """The variable it sets, with its ``$``."""
    source: str
    """The text it looks up, for example ``$http_upgrade``."""
    entries: tuple[Directive, ...]
    """Name is the key as nginx sees it, the first argument is the value."""
    directive: Directive

    def lookup(self, text: str) -> str | None:
        """
        The value for a text: an entry, else the default, else ``""``.

        None when regular expressions, wildcards or an unread include may decide it. Keys are
        compared without case, as nginx does.
        """
        value: str | None = ""
        for entry in self.entries:
            result = entry.args[0] if entry.args else ""
            if entry.name.lower() == text.lower():
                return result
            if entry.name == "default" and value is not None:
                value = result
            elif entry.name.startswith("~") or entry.name in ("hostnames", "include"):
                value = None
        return value


class NginxConfig(Struct, frozen=True, eq=False):
    """
    A document as nginx would apply it.
    """

    document: NginxDocument
    main: Scope
    events: Scope | None
    http: Scope | None
    """Not visible when the document is a fragment; None when nothing in it belongs to http."""
    servers: tuple[Scope, ...]
    locations: tuple[Scope, ...]
    """Of all servers and nested ones, in the order of the files."""
    upstreams: tuple[Upstream, ...]
    maps: tuple[Map, ...]
    sockets: Mapping[str, Socket]
    """By `Listen.key`."""
    used: frozenset[str]
    """Names of all directives on any level, those of packaged files that are included as well."""
    constants: Mapping[str, str]
    """Variables (without ``$``) that ``set`` only ever gives one text without variables."""
    _listens: Mapping[Scope, tuple[Listen, ...]]
    _by_name: Mapping[str, Upstream]
    _handlers: tuple[str, ...]
    """Directives that pass requests on, those that occur."""
    _targets: dict[Scope, ProxyTarget | None] = field(default_factory=dict)
    """Those that were asked for."""

    def listens(self, server: Scope) -> tuple[Listen, ...]:
        """
        The sockets of a server.
        """
        return self._listens[server]

    def sockets_of(self, server: Scope) -> tuple[Socket, ...]:
        """
        The sockets of a server with all who share them.
        """
        return tuple(self.sockets[listen.key] for listen in self._listens[server])

    def tls_enabled(self, server: Scope) -> bool:
        """
        Whether any socket of the server is encrypted; ``ssl`` on one server counts for all on it.
        """
        old = server.effective("ssl")  # gone since 1.25.1
        shared = any(socket.ssl for socket in self.sockets_of(server))
        return shared or (old is not None and old.args == ("on",))

    def http2_enabled(self, server: Scope) -> bool | None:
        """
        Whether the server speaks HTTP/2; None when a placeholder or an unread file may decide it.

        ``listen … http2`` counts for every server of the socket, ``http2 on`` (since 1.25.1) for
        its own. Source: nginx.org, ngx_http_v2_module.
        """
        directive = server.effective("http2")
        value = directive.args[0] if directive and directive.args else "off"
        sockets = self.sockets_of(server)
        if value == "on" or any(socket.http2 for socket in sockets):
            return True
        unsure = is_placeholder(value) or any(socket.uncertain for socket in sockets)
        return None if unsure or server.hidden("http2") else False

    def proxied(self, scope: Scope) -> ProxyTarget | None:
        """
        Where a location (or an ``if`` or ``limit_except`` in it) sends its requests, if anywhere.
        """
        if scope not in self._targets:
            self._targets[scope] = find_target(scope, self._by_name, self.constants, self._handlers)
        return self._targets[scope]

    def upstream_uses(self) -> dict[str, tuple[Scope, ...]]:
        """
        By name of the upstream: the scopes that hand requests to it, in the order of the files.
        """
        uses: dict[str, list[Scope]] = {upstream.name: [] for upstream in self.upstreams}
        for location in self.locations:
            for scope in _handlers(location):
                target = self.proxied(scope)
                if target is not None and target.upstream is not None:
                    uses[target.upstream.name].append(scope)
        return {name: tuple(scopes) for name, scopes in uses.items()}


@collector_paused()
def build(document: NginxDocument) -> NginxConfig:
    """
    Lay out the levels of a document. Takes time in proportion to its size.
    """
    main = lay_out(document)
    scopes = tuple(main.walk())
    http = next((scope for scope in scopes if scope.kind == "http"), None)
    servers = tuple(scope for scope in scopes if scope.kind == "server")
    upstreams = tuple(parse_upstream(scope) for scope in scopes if scope.kind == "upstream")
    listens = {server: parse_listens(server) for server in servers}
    used = frozenset(_used(document, scopes))
    return NginxConfig(
        document=document,
        main=main,
        events=next((scope for scope in scopes if scope.kind == "events"), None),
        http=http,
        servers=servers,
        locations=tuple(scope for scope in scopes if scope.kind == "location"),
        upstreams=upstreams,
        maps=tuple(_maps(http)) if http else (),
        sockets=gather(listens),
        used=used,
        constants=_constants(scopes),
        _listens=listens,
        _by_name={item.name.lower(): item for item in reversed(upstreams)},
        _handlers=tuple(sorted(HANDLERS & used)),
    )


def _used(document: NginxDocument, scopes: Iterable[Scope]) -> Iterator[str]:
    for scope in scopes:
        yield from scope.names
    for include in document.unresolved:
        yield from stock_directives(include.pattern) or ()


def _maps(http: Scope) -> Iterator[Map]:
    for item in http.own("map"):
        if item.block is not None and len(item.args) == 2:
            yield Map(item.args[1], item.args[0], item.block, item)


def _constants(scopes: Iterable[Scope]) -> dict[str, str]:
    texts: dict[str, set[str]] = {}
    for scope in scopes:
        for item in scope.own("set"):
            if len(item.args) == 2:
                texts.setdefault(item.args[0].lstrip("$"), set()).add(item.args[1])
    single = {name: found.pop() for name, found in texts.items() if len(found) == 1}
    return {
        name: text for name, text in single.items() if "$" not in text and not is_placeholder(text)
    }


def _handlers(scope: Scope) -> Iterator[Scope]:
    """
    The scope and those in it, without nested locations, that name a target of their own.
    """
    if scope.holds_any(HANDLERS):
        yield scope
    for child in scope.children:
        if child.kind != "location":
            yield from _handlers(child)
