"""
Facts of nginx: the whole configuration, its servers, its locations and its upstreams.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from advisor.catalog.nginx import at_least, default_for
from advisor.deployment.model import Deployment, Proxy
from advisor.facts.common import computed, host_facts
from advisor.facts.gunicorn import gunicorn_facts
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Record, Subject
from advisor.parsers.nginx import Directive, Why, is_placeholder
from advisor.parsers.nginx_scope import Listen, NginxConfig, ProxyTarget, Scope, Upstream
from advisor.units import parse_nginx_size, parse_nginx_time

Parse = Callable[[tuple[str, ...]], bool | float | str | None]

_REUSE_BY_DEFAULT = (1, 29, 7)
"""From here on upstreams keep connections and speak HTTP/1.1 (nginx.org, CHANGES 1.29.7)."""
_LOCAL = ("127.0.0.1", "::1", "localhost")
_HTTP = ("http", "https")


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every nginx, its servers, its upstreams and the locations that pass requests on.
    """
    for proxy in deployment.proxies:
        reader = Reader(proxy)
        yield reader.whole()
        yield from reader.servers()
        yield from reader.locations()
        for upstream in proxy.config.upstreams:
            yield reader.upstream(upstream, _backend(deployment, proxy, upstream.name))


def _backend(deployment: Deployment, proxy: Proxy, name: str) -> Fact:
    """
    Kind of worker behind an upstream, when one application could be told.
    """
    edges = [e for e in deployment.proxy_edges if e.proxy is proxy and e.upstream == name]
    if not edges:
        return Unknown(f"no application could be matched to upstream {name}")
    return gunicorn_facts(edges[0].application)["gunicorn.class"]


@dataclass(frozen=True, slots=True)
class Reader:
    """
    Reads one proxy's configuration into facts.
    """

    proxy: Proxy

    @property
    def config(self) -> NginxConfig:
        """
        The configuration in effect.
        """
        return self.proxy.config

    @property
    def version(self) -> tuple[int, ...] | None:
        """
        The version as numbers, None when it is not known.
        """
        version = self.proxy.version
        return version.value if isinstance(version, Value) else None

    def whole(self) -> Subject:
        """
        The configuration as a whole.
        """
        http = self.config.http
        return Subject(
            target="nginx",
            name=self.proxy.name,
            facts={**self.nginx_facts(), **host_facts(self.proxy.host)},
            location=http.location if http else None,
            path=self.config.document.path,
        )

    def nginx_facts(self) -> dict[str, Fact]:
        """
        Facts under ``nginx.``, the same for everything of one configuration.
        """
        document, http = self.config.document, self.config.http
        missing = [one for one in document.unresolved if one.why in _UNREAD]
        complete = document.context == "main" and not missing and not document.template
        proxied = any(self.config.proxied(one) for one in self.config.locations)
        main = self.config.main
        return {
            "nginx.version": self.proxy.version,
            "nginx.complete": computed(complete),
            "nginx.has_http": computed(http is not None and http.visible),
            "nginx.proxies": computed(proxied),
            "nginx.worker_processes": self.setting(main, "worker_processes", _text),
            **self._gzip_facts(),
        }

    def servers(self) -> Iterator[Subject]:
        """
        Every server block.
        """
        shared = self.nginx_facts()
        for server in self.config.servers:
            yield Subject(
                target="nginx.server",
                name=server.label,
                facts={**self._server_facts(server), **shared},
                location=server.location,
                path=server.location.path if server.location else "",
            )

    def locations(self) -> Iterator[Subject]:
        """
        Every location that passes requests on over HTTP.
        """
        shared = self.nginx_facts()
        for scope in self.config.locations:
            target = self.config.proxied(scope)
            if target is not None and target.scheme in _HTTP:
                yield Subject(
                    target="nginx.location",
                    name=scope.label,
                    facts={**self._location_facts(scope, target), **shared},
                    location=scope.location,
                    path=scope.location.path if scope.location else "",
                )

    def upstream(self, upstream: Upstream, backend: Fact) -> Subject:
        """
        One upstream block with the locations that reach it.
        """
        facts = {**self.upstream_facts(upstream), "upstream.backend": backend}
        place = upstream.scope.location
        return Subject(
            target="nginx.upstream",
            name=upstream.scope.label,
            facts={**facts, **self.nginx_facts()},
            location=place,
            path=place.path if place else "",
        )

    def upstream_facts(self, upstream: Upstream) -> dict[str, Fact]:
        """
        Facts under ``upstream.`` except the backend.
        """
        uses = [
            scope
            for scope in self.config.upstream_uses().get(upstream.name, ())
            if (target := self.config.proxied(scope)) and target.scheme in _HTTP
        ]
        records = tuple(self._use(scope) for scope in uses)
        keepalive = self.setting(upstream.scope, "keepalive", _first_number, context="upstream")
        place = upstream.scope.location
        return {
            "upstream.name": Value(upstream.name, Origin.LITERAL, place),
            "upstream.keepalive": keepalive,
            "upstream.keepalive_set": computed(upstream.keepalive is not None),
            "upstream.keepalive_timeout": self.setting(
                upstream.scope, "keepalive_timeout", _time, context="upstream"
            ),
            "upstream.keepalive_requests": self.setting(
                upstream.scope, "keepalive_requests", _first_number, context="upstream"
            ),
            "upstream.servers": computed(len(upstream.servers)),
            "upstream.http": computed(bool(uses)),
            "upstream.locations": Value(records, Origin.LITERAL, place),
            "upstream.reused": _reused(keepalive, records),
        }

    def setting(
        self, scope: Scope, name: str, parse: Parse, *, context: str = "http"
    ) -> Fact:
        """
        What a directive is in effect: written, defaulted, or unknown and why.
        """
        if hidden := scope.hidden(name):
            return Unknown("an include that was not read may set it", hidden[0].location)
        directive = scope.effective(name)
        if directive is not None:
            return _written(directive, parse)
        if not _visible(scope):
            return Unknown("the file is a fragment; it may be set around it", scope.location)
        text = default_for(name, self.version, context=context)
        if text is None:
            return Unknown("its default depends on the version of nginx", scope.location)
        value = parse(tuple(text.split()))
        release = ".".join(str(part) for part in self.version) if self.version else ""
        return Value(value, Origin.DEFAULT, note=f"default of nginx {release}".rstrip())

    def _gzip_facts(self) -> dict[str, Fact]:
        scopes = [*self.config.servers, *self.config.locations]
        top = self.config.http or self.config.main
        active = [one for one in scopes if _is_on(one.effective("gzip"))]
        shown = active[0] if active else top
        extra = any(_names_more_types(one) for one in active)
        others = any(
            _is_on(one.effective(name)) for one in scopes for name in _OTHER_COMPRESSION
        )
        return {
            "nginx.gzip": self.setting(shown, "gzip", _switch),
            "nginx.gzip_types_extra": self._types(shown, extra=extra),
            "nginx.gzip_proxied": self.setting(shown, "gzip_proxied", _text),
            "nginx.gzip_vary": self.setting(shown, "gzip_vary", _switch),
            "nginx.gzip_comp_level": self.setting(shown, "gzip_comp_level", _first_number),
            "nginx.other_compression": computed(others),
        }

    def _types(self, scope: Scope, *, extra: bool) -> Fact:
        known = self.setting(scope, "gzip_types", _text)
        if isinstance(known, Unknown):
            return known
        return Value(extra, known.origin, known.location, known.note)

    def _server_facts(self, server: Scope) -> dict[str, Fact]:
        listens = self.config.listens(server)
        http2 = self.config.http2_enabled(server)
        cache = self.setting(server, "ssl_session_cache", _text)
        names = [name for one in server.own("server_name") for name in one.args]
        directive = server.effective("http2")
        return {
            "server.name": Value(names[0] if names else server.label, Origin.LITERAL),
            "server.tls": computed(self.config.tls_enabled(server)),
            "server.serves": computed(_serves(server)),
            "server.local": computed(all(_is_local(one) for one in listens)),
            "server.http2": Unknown("a value that is not known may switch it on")
            if http2 is None
            else computed(http2),
            "server.http2_off": computed(directive is not None and not _is_on(directive)),
            "server.http2_listen": _listen_fact(listens),
            "server.http2_directive": self._switched(server, "http2"),
            "server.ssl_session_cache": cache,
            "server.session_cache_shared": _map_fact(cache, lambda text: "shared:" in text),
            "server.session_cache_size": _map_fact(cache, _shared_size),
            "server.ssl_session_timeout": self.setting(server, "ssl_session_timeout", _time),
            "server.ssl_session_tickets": self.setting(server, "ssl_session_tickets", _switch),
            "server.ticket_key": computed(bool(server.effective("ssl_session_ticket_key"))),
            "server.keepalive_timeout": self.setting(server, "keepalive_timeout", _time),
            "server.keepalive_requests": self.setting(
                server, "keepalive_requests", _first_number
            ),
            "server.hardened": computed(_hardened(server)),
        }

    def _switched(self, scope: Scope, name: str) -> Fact:
        """
        A switch that older versions do not know, so that no default is asked for.
        """
        directive = scope.effective(name)
        return _written(directive, _switch) if directive else computed(False)

    def _location_facts(self, scope: Scope, target: ProxyTarget) -> dict[str, Fact]:
        literal = target.upstream is None and not target.has_variables
        headers = [one.args[0].lower() for one in scope.effective_all("proxy_set_header") if one.args]
        cache = scope.effective("proxy_cache")
        port = f":{target.address.port}" if target.address.port else ""
        place = target.directive.location
        return {
            "location.label": Value(scope.label, Origin.LITERAL, scope.location),
            "location.literal": Value(literal, Origin.LITERAL, place),
            "location.literal_target": Value(
                target.address.socket or f"{target.address.host}{port}", Origin.LITERAL, place
            ),
            "location.websocket": computed("upgrade" in headers),
            "location.buffering": self.setting(scope, "proxy_buffering", _switch),
            "location.cached": computed(bool(cache and cache.args[:1] != ("off",))),
            "location.proxy_read_timeout": self.setting(scope, "proxy_read_timeout", _time),
        }

    def _use(self, scope: Scope) -> Record:
        """
        A location of an upstream: does it let connections be used again?
        """
        version = self.setting(scope, "proxy_http_version", _text)
        return Record(
            fields={
                "label": Value(scope.label, Origin.LITERAL, scope.location),
                "http_version": version,
                "http_old": _map_fact(version, lambda text: text == "1.0"),
                "closes": self._closes(scope),
            },
            location=scope.location,
            label=scope.label,
        )

    def _closes(self, scope: Scope) -> Fact:
        """
        Whether requests carry ``Connection: close``, which was the default before 1.29.7.
        """
        if hidden := scope.hidden("proxy_set_header"):
            return Unknown("an include that was not read may set it", hidden[0].location)
        for header in scope.effective_all("proxy_set_header"):
            if len(header.args) == 2 and header.args[0].lower() == "connection":
                value = self._header_value(header.args[1])
                if value is None:
                    return Unknown("the header depends on a variable", header.location)
                return Value(value.lower() == "close", Origin.LITERAL, header.location)
        reuses = at_least(self.version, _REUSE_BY_DEFAULT)
        if reuses is None:
            return Unknown("the default depends on the version of nginx", scope.location)
        return Value(not reuses, Origin.DEFAULT, note="nginx's own Connection header")

    def _header_value(self, text: str) -> str | None:
        """
        The header of an ordinary request, without Upgrade; None when it cannot be told.
        """
        if not text.startswith("$"):
            return None if "$" in text or is_placeholder(text) else text
        if text == "$http_connection":
            return None
        for table in self.config.maps:
            if table.variable == text:
                return table.lookup("") if table.source == "$http_upgrade" else None
        return self.config.constants.get(text.lstrip("$"))


_UNREAD = frozenset({Why.MISSING, Why.UNLISTED, Why.PLACEHOLDER})
_OTHER_COMPRESSION = ("brotli", "zstd", "brotli_static", "gzip_static")


def _reused(keepalive: Fact, records: tuple[Record, ...]) -> Fact:
    """
    Whether some location reuses connections: kept, HTTP/1.1, and not asked to close.
    """
    if isinstance(keepalive, Value) and keepalive.value == 0:
        return Value(value=False, origin=keepalive.origin, location=keepalive.location)
    results = [_location_reuses(one) for one in records]
    if True in results and isinstance(keepalive, Value):
        return computed(True)
    if all(result is False for result in results):
        return computed(False)
    return Unknown("whether connections are reused depends on the version of nginx")


def _location_reuses(one: Record) -> bool | None:
    facts = (one.fields["http_old"], one.fields["closes"])
    values = [fact.value if isinstance(fact, Value) else None for fact in facts]
    if True in values:
        return False
    return None if None in values else True


def _map_fact(fact: Fact, function: Callable[[str], bool | float | None]) -> Fact:
    if isinstance(fact, Unknown):
        return fact
    return Value(function(str(fact.value)), fact.origin, fact.location, fact.note)


def _written(directive: Directive, parse: Parse) -> Fact:
    if any(is_placeholder(arg) or "$" in arg for arg in directive.args):
        return Unknown("its value is filled in later", directive.location)
    value = parse(directive.args)
    if value is None:
        return Unknown(f"{directive} is not understood", directive.location)
    return Value(value, Origin.LITERAL, directive.location)


def _visible(scope: Scope) -> bool:
    around: Scope | None = scope
    while around is not None:
        if not around.visible:
            return False
        around = around.parent
    return True


def _listen_fact(listens: tuple[Listen, ...]) -> Fact:
    for listen in listens:
        if listen.http2 and listen.directive:
            return Value(value=True, origin=Origin.LITERAL, location=listen.directive.location)
    return computed(False)


def _serves(server: Scope) -> bool:
    """
    Whether more happens than a redirect, an error or a rejected handshake.
    """
    if _is_on(server.effective("ssl_reject_handshake")):
        return False
    return not server.own("return") or bool(server.own("location"))


def _is_local(listen: Listen) -> bool:
    return bool(listen.address.socket) or listen.address.host in _LOCAL


def _hardened(server: Scope) -> bool:
    """
    Short connections are on purpose where resets and limits are set as well.
    """
    resets = _is_on(server.effective("reset_timedout_connection"))
    limits = server.effective_all("limit_conn") or server.effective_all("limit_req")
    return resets or bool(limits)


def _names_more_types(scope: Scope) -> bool:
    return any(
        arg != "text/html" for one in scope.effective_all("gzip_types") for arg in one.args
    )


def _is_on(directive: Directive | None) -> bool:
    return directive is not None and directive.args[:1] == ("on",)


def _shared_size(text: str) -> int | None:
    for part in text.split():
        pieces = part.split(":")
        if pieces[0] == "shared" and len(pieces) == 3:
            return parse_nginx_size(pieces[2])
    return None


def _text(args: tuple[str, ...]) -> str | None:
    return " ".join(args) or None


def _switch(args: tuple[str, ...]) -> bool | None:
    return {"on": True, "always": True, "off": False}.get(args[0]) if args else None


def _time(args: tuple[str, ...]) -> float | None:
    return parse_nginx_time(args[0]) if args else None


def _first_number(args: tuple[str, ...]) -> float | None:
    return int(args[0]) if args and args[0].isascii() and args[0].isdigit() else None
