"""
The effective configuration: which directives count for which server, location and upstream.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor.parsers._nginx_inherit import HANDLERS
from advisor.parsers._nginx_levels import Scope, index
from advisor.parsers._nginx_model import Directive, NginxDocument, Why, is_placeholder
from advisor.parsers.nginx_listen import Address, Listen, Sockets, gather, parse_listens
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
    "Address",
    "Listen",
    "Map",
    "NginxConfig",
    "ProxyTarget",
    "Scope",
    "Upstream",
    "UpstreamServer",
    "build",
]

_INNER = {
    # Blocks that are levels of their own, by the level they stand in.
    "main": frozenset({"events", "http"}),
    "http": frozenset({"server", "upstream"}),
    "server": frozenset({"if", "location"}),
    "location": frozenset({"if", "limit_except", "location"}),
    "if": frozenset({"if"}),
    "limit_except": frozenset({"if"}),
}
_AROUND = {
    # The levels around a fragment, outermost first.
    "http": ("main", "http"),
    "server": ("main", "http", "server"),
    "location": ("main", "http", "server", "location"),
    "upstream": ("main", "http", "upstream"),
}
_KNOWN_EMPTY = frozenset({Why.EMPTY, Why.CYCLE})


@dataclass(frozen=True, slots=True)
class Map:
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


@dataclass(frozen=True, slots=True)
class NginxConfig:
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
    sockets: Sockets
    """Servers by socket key, see `Listen.key`."""
    constants: Mapping[str, str]
    """Variables (without ``$``) that ``set`` only ever gives one text without variables."""
    _listens: Mapping[Scope, tuple[Listen, ...]]
    _by_name: Mapping[str, Upstream]

    def listens(self, server: Scope) -> tuple[Listen, ...]:
        """
        The sockets of a server.
        """
        return self._listens[server]

    def default_server(self, key: str) -> Scope:
        """
        The server that takes requests for unknown names on a socket: marked, or the first.
        """
        users = self.sockets[key]
        return next((server for server, listen in users if listen.default_server), users[0][0])

    def tls_enabled(self, server: Scope) -> bool:
        """
        Whether any socket of the server is encrypted; ``ssl`` on one server counts for all on it.
        """
        old = server.effective("ssl")  # gone since 1.25.1
        return self._on_socket(server, "ssl") or (old is not None and old.args == ("on",))

    def http2_enabled(self, server: Scope) -> bool | None:
        """
        Whether the server speaks HTTP/2; None when a placeholder or an unread file may decide it.

        ``listen … http2`` counts for every server of the socket, ``http2 on`` (since 1.25.1) for
        its own. Source: nginx.org, ngx_http_v2_module.
        """
        directive = server.effective("http2")
        value = directive.args[0] if directive and directive.args else "off"
        if value == "on" or self._on_socket(server, "http2"):
            return True
        unsure = is_placeholder(value) or bool(server.hidden("http2"))
        return None if unsure or self._on_socket(server, "uncertain") else False

    def proxied(self, scope: Scope) -> ProxyTarget | None:
        """
        Where a location (or an ``if`` or ``limit_except`` in it) sends its requests, if anywhere.
        """
        return find_target(scope, self._by_name, self.constants)

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

    def _on_socket(self, server: Scope, quality: str) -> bool:
        return any(
            getattr(other, quality)
            for listen in self._listens[server]
            for _, other in self.sockets[listen.key]
        )


def build(document: NginxDocument) -> NginxConfig:
    """
    Lay out the levels of a document. Takes time in proportion to its size.
    """
    main = _Layout(document).main()
    scopes = tuple(main.walk())
    http = next((scope for scope in scopes if scope.kind == "http"), None)
    servers = tuple(scope for scope in scopes if scope.kind == "server")
    upstreams = tuple(parse_upstream(scope) for scope in scopes if scope.kind == "upstream")
    listens = {server: parse_listens(server) for server in servers}
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
        constants=_constants(scopes),
        _listens=listens,
        _by_name={item.name.lower(): item for item in reversed(upstreams)},
    )


class _Layout:
    """
    Makes the scopes of one document.
    """

    def __init__(self, document: NginxDocument) -> None:
        self.document = document
        self.unread = {
            include.location for include in document.unresolved if include.why not in _KNOWN_EMPTY
        }

    def main(self) -> Scope:
        return self._around(_AROUND.get(self.document.context, ("main",)), None)

    def _around(self, kinds: tuple[str, ...], parent: Scope | None) -> Scope:
        """
        The levels around the document, which a fragment does not show; the last one holds it.
        """
        visible = self.document.context == "main"
        if len(kinds) == 1:
            return self._scope(kinds[0], self.document.directives, parent, visible=visible)
        children: list[Scope] = []
        scope = self._new(kinds[0], (), parent, children=children, visible=False)
        children.append(self._around(kinds[1:], scope))
        return scope

    def _scope(
        self,
        kind: str,
        directives: tuple[Directive, ...],
        parent: Scope | None,
        *,
        directive: Directive | None = None,
        visible: bool = True,
    ) -> Scope:
        children: list[Scope] = []
        scope = self._new(
            kind, directives, parent, directive=directive, children=children, visible=visible
        )
        inner = _INNER.get(kind, frozenset())
        children += [
            self._scope(item.name, item.block, scope, directive=item)
            for item in directives
            if item.block is not None and item.name in inner
        ]
        return scope

    def _new(
        self,
        kind: str,
        directives: tuple[Directive, ...],
        parent: Scope | None,
        *,
        children: list[Scope],
        visible: bool,
        directive: Directive | None = None,
    ) -> Scope:
        table = index(directives)
        return Scope(
            kind=kind,
            label=_label(kind, directive, table),
            directive=directive,
            parent=parent,
            directives=directives,
            children=children,
            visible=visible,
            unread=tuple(item for item in table.get("include", ()) if item.location in self.unread),
            _index=table,
        )


def _label(kind: str, directive: Directive | None, table: Mapping[str, list[Directive]]) -> str:
    if kind == "if" and directive:
        return f"if ({' '.join(directive.args)})"
    if kind != "server":
        return str(directive) if directive else kind
    names = [name for item in table.get("server_name", ()) for name in item.args if name]
    listens = [item.args[0] for item in table.get("listen", ()) if item.args]
    place = listens[0] if listens else "80"
    if place.startswith("unix:"):
        return f"server {names[0]} on {place}" if names else f"server {place}"
    port = place.rpartition(":")[2]
    port = port if port.isdigit() or is_placeholder(port) else "80"
    return f"server {names[0] if names else '*'}:{port}"


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
    if any(scope.own(name) for name in HANDLERS):
        yield scope
    for child in scope.children:
        if child.kind != "location":
            yield from _handlers(child)
