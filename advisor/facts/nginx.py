"""
Facts of nginx: the whole configuration, its servers, its locations and its upstreams.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from advisor.catalog.nginx import at_least
from advisor.deployment.model import Deployment, Proxy
from advisor.facts._nginx_gzip import Gzip
from advisor.facts._nginx_server import HTTP2_SWITCH, Servers
from advisor.facts._nginx_upstream import POOLS_BY_DEFAULT, Upstreams, header_line
from advisor.facts._nginx_values import Settings, either, switch, text, time
from advisor.facts.common import computed, host_facts
from advisor.facts.gunicorn import gunicorn_facts
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.parsers.nginx import Why, is_placeholder
from advisor.parsers.nginx_scope import NginxConfig, ProxyTarget, Scope, Upstream

_UNREAD = frozenset({Why.MISSING, Why.UNLISTED, Why.PLACEHOLDER})
_HTTP = ("http", "https")
_CLASS = "gunicorn.class"


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every nginx, its servers, its upstreams and the locations that pass requests on.
    """
    for proxy in deployment.proxies:
        reader = Reader(proxy)
        yield reader.whole()
        yield from reader.servers()
        yield from reader.locations(_backend(deployment, proxy, ""))
        for upstream in proxy.config.upstreams:
            yield reader.upstream(upstream, _backend(deployment, proxy, upstream.name))


def _backend(deployment: Deployment, proxy: Proxy, name: str) -> Fact:
    """
    Kind of worker behind an upstream, or behind all literal addresses for an empty name.

    Known only when everything that stands there is of one kind.
    """
    edges = [one for one in deployment.proxy_edges if one.proxy is proxy and one.upstream == name]
    kinds = [gunicorn_facts(one.application)[_CLASS] for one in edges]
    if not kinds or len(kinds) < _targets(proxy.config, name):
        return Unknown("no application could be matched to everything behind it")
    known = {str(kind.value) for kind in kinds if isinstance(kind, Value)}
    unknown = (kind for kind in kinds if isinstance(kind, Unknown))
    if len(known) > 1:
        return Unknown("several kinds of workers stand behind it")
    return next(unknown, kinds[0])


def _targets(config: NginxConfig, name: str) -> int:
    """
    How many applications there may be: literal addresses differ, servers of one group do not.
    """
    if name:
        return 1
    found = (config.proxied(one) for one in config.locations)
    return len({one.address for one in found if one and _is_literal(one)})


def _is_literal(target: ProxyTarget) -> bool:
    return target.scheme in _HTTP and target.upstream is None and not target.has_variables


class Reader:
    """
    Reads one proxy's configuration into facts.
    """

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.config = proxy.config
        version = proxy.version
        self.settings = Settings(
            self.config.document, version.value if isinstance(version, Value) else None
        )

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

    def servers(self) -> Iterator[Subject]:
        """
        Every server block.
        """
        shared = self.nginx_facts()
        for server in self.config.servers:
            yield Subject(
                target="nginx.server",
                name=server.label,
                facts={**self._servers.facts(server), **shared},
                location=server.location,
                path=self._path(server),
            )

    def locations(self, backend: Fact) -> Iterator[Subject]:
        """
        Every location that passes requests on over HTTP. `backend` stands behind literal ones.
        """
        shared = self.nginx_facts()
        for scope in self.config.locations:
            target = self.config.proxied(scope)
            if target is not None and target.scheme in _HTTP:
                facts = self._location_facts(scope, target)
                yield Subject(
                    target="nginx.location",
                    name=scope.label,
                    facts={**facts, "location.backend": backend, **shared},
                    location=scope.location,
                    path=self._path(scope),
                )

    def upstream(self, upstream: Upstream, backend: Fact) -> Subject:
        """
        One upstream block with the locations that reach it.
        """
        facts = {**self.upstream_facts(upstream), "upstream.backend": backend}
        return Subject(
            target="nginx.upstream",
            name=upstream.scope.label,
            facts={**facts, **self.nginx_facts()},
            location=upstream.scope.location,
            path=self._path(upstream.scope),
        )

    def upstream_facts(self, upstream: Upstream) -> dict[str, Fact]:
        """
        Facts under ``upstream.`` except the backend.
        """
        return self._upstreams.facts(upstream, self._uses.get(upstream.name, ()))

    def nginx_facts(self) -> dict[str, Fact]:
        """
        Facts under ``nginx.``, the same for everything of one configuration.
        """
        return dict(self._shared)

    @cached_property
    def _shared(self) -> dict[str, Fact]:
        http = self.config.http
        here = http is not None and http.visible
        place = http.location if http else None
        version = self.settings.version
        servers = self.config.servers
        proxied = any(self.config.proxied(one) for one in self.config.locations)
        return {
            "nginx.version": self.proxy.version,
            "nginx.path": Value(self.config.document.path, Origin.LITERAL, place),
            "nginx.complete": computed(self._complete),
            "nginx.has_http": computed(here),
            "nginx.proxies": computed(proxied),
            "nginx.serves": either([self._servers.serves(one) for one in servers]),
            "nginx.tls": either([self._servers.tls(one) for one in servers]),
            "nginx.http2_switch": self._from(version, HTTP2_SWITCH),
            "nginx.pools_by_default": self._from(version, POOLS_BY_DEFAULT),
            "nginx.worker_processes": self.settings.of(
                self.config.main, "worker_processes", text, context="main"
            ),
            **Gzip(self.config, self.settings).facts(),
        }

    @cached_property
    def _complete(self) -> bool:
        document = self.config.document
        missing = any(one.why in _UNREAD for one in document.unresolved)
        broken = self.settings.unreadable(self.config.main) is not None
        return document.context == "main" and not missing and not broken

    @cached_property
    def _servers(self) -> Servers:
        return Servers(self.config, self.settings)

    @cached_property
    def _upstreams(self) -> Upstreams:
        return Upstreams(self.config, self.settings, self._elsewhere())

    @cached_property
    def _uses(self) -> dict[str, tuple[Scope, ...]]:
        """
        By upstream: the scopes that pass HTTP to it.
        """
        return {
            name: tuple(scope for scope in scopes if self._speaks_http(scope))
            for name, scopes in self.config.upstream_uses().items()
        }

    def _speaks_http(self, scope: Scope) -> bool:
        target = self.config.proxied(scope)
        return target is not None and target.scheme in _HTTP

    def _elsewhere(self) -> Unknown | None:
        """
        Why an upstream that no location names may be used all the same.
        """
        if not self._complete:
            return Unknown("the locations that use it may be in files that were not read")
        for scope in self.config.locations:
            target = self.config.proxied(scope)
            if target is not None and target.has_variables and target.upstream is None:
                return Unknown("a variable may name it", target.directive.location)
        return None

    def _from(self, version: tuple[int, ...] | None, step: tuple[int, ...]) -> Fact:
        """
        Whether the version is `step` or newer, as sure as the version is.
        """
        reached = at_least(version, step)
        known = self.proxy.version
        if reached is None or isinstance(known, Unknown):
            place = known.location if isinstance(known, Value) else None
            reason = "the version of nginx is not known well enough"
            return Unknown(reason, place, needs=("nginx.version",))
        return Value(reached, known.origin, known.location, known.note)

    def _location_facts(self, scope: Scope, target: ProxyTarget) -> dict[str, Fact]:
        headers = scope.effective_all("proxy_set_header")
        cache = scope.effective("proxy_cache")
        place = target.directive.location
        port = f":{target.address.port}" if target.address.port else ""
        socket = target.address.socket
        shown = f"unix:{socket}" if socket else f"{target.address.host}{port}"
        named = {one.args[0].lower() for one in headers if one.args}
        return {
            "location.label": Value(scope.label, Origin.LITERAL, scope.location),
            "location.scheme": Value(target.scheme, Origin.LITERAL, place),
            "location.literal": self._literal(target),
            "location.literal_target": Value(shown, Origin.LITERAL, place),
            "location.exact": computed(_takes_few(scope)),
            "location.websocket": computed("upgrade" in named),
            "location.header_line": computed(header_line((scope,))),
            "location.buffering": self.settings.of(scope, "proxy_buffering", switch),
            "location.cached": computed(cache is not None and cache.args[:1] != ("off",)),
            "location.proxy_read_timeout": self.settings.of(scope, "proxy_read_timeout", time),
        }

    def _literal(self, target: ProxyTarget) -> Fact:
        """
        Whether an address is named; unknown when an upstream of that name may be elsewhere.
        """
        place = target.directive.location
        if is_placeholder(target.directive.args[0]):
            return Unknown("its value is filled in later", place)
        literal = _is_literal(target)
        whole = target.address.socket or ":" in target.directive.args[0].partition("://")[2]
        if literal and not whole and not self._complete:
            return Unknown("an upstream of this name may be in another file", place)
        return Value(literal, Origin.LITERAL, place)

    def _path(self, scope: Scope) -> str:
        return scope.location.path if scope.location else self.config.document.path


def _takes_few(scope: Scope) -> bool:
    """
    Whether a location is no main road: one single path, or certificates' challenges.
    """
    return scope.label.startswith("location = ") or ".well-known" in scope.label
