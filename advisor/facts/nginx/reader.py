"""
Reads one proxy's configuration into subjects: the whole, its servers, locations and upstreams.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, TypeVar

from advisor.catalog.nginx import at_least, contexts
from advisor.catalog.nginx_types import CONTEXTS
from advisor.deployment.model import Deployment, Proxy, ProxyEdge
from advisor.facts.common import host_facts
from advisor.facts.gunicorn import gunicorn_facts
from advisor.facts.nginx import advisories, directives, expressions
from advisor.facts.nginx.access import Access, levels
from advisor.facts.nginx.alike import Likeness
from advisor.facts.nginx.groups import all_uses
from advisor.facts.nginx.lazy import CommonFacts, LazyFacts
from advisor.facts.nginx.lines import CommonLine, Line, lines_of
from advisor.facts.nginx.logs import logs
from advisor.facts.nginx.loss import losses
from advisor.facts.nginx.rewriting import rewritings
from advisor.facts.nginx.server import local
from advisor.facts.nginx.settings import Settings
from advisor.facts.nginx.tables import own_rows, rows_of
from advisor.facts.nginx.views import HTTP, Group, Location, Server, View, Whole
from advisor.model import Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.parsers.nginx import Why
from advisor.parsers.nginx_scope import NginxConfig, ProxyTarget, Scope, Upstream

T = TypeVar("T")

_FAR = frozenset({"upstream"})
"""Namespaces whose facts depend on levels that are not near: the locations that use an upstream."""
_UNREAD = frozenset({Why.MISSING, Why.UNLISTED, Why.PLACEHOLDER})
_CLASS = "gunicorn.class"


class Reader:
    """
    One configuration, and what all facts about it share.
    """

    def __init__(self, proxy: Proxy, deployment: Deployment | None = None) -> None:
        self.proxy = proxy
        self.config: NginxConfig = proxy.config
        version = proxy.version
        self.settings = Settings(
            self.config.document, version.value if isinstance(version, Value) else None
        )
        self._deployment = deployment
        self._default_facts: dict[tuple[str, str], Fact] = {}
        self._made: dict[object, Any] = {}
        self._common_lines: dict[str, Mapping[str, Fact]] = {}
        self._commons: dict[tuple[str, frozenset[str]], Mapping[str, Fact]] = {}
        self._common_with: dict[int, Mapping[str, Fact]] = {}
        """By identity of what subjects have in common that differ in names alone."""
        self._likeness = Likeness(self)
        self._around: dict[Scope, frozenset[str]] = {}
        self._backends: dict[str, Fact] = {}

    def subjects(self) -> Iterator[Subject]:
        """
        Everything that rules may look at, the whole first.
        """
        yield self.whole()
        yield from self.servers()
        yield from self.locations()
        for upstream in self.config.upstreams:
            yield self.upstream(upstream)
        for scope in levels(self.config.main.walk()):
            yield self._subject("access", Access(self, scope))
        for scope, directive in lines_of(self.config.main.walk(), self.config.used):
            yield self._subject("line", Line(self, scope, directive))
        yield from self.events()

    def events(self) -> Iterator[Subject]:
        """
        What exists only where something is to be said.
        """
        for loss in losses(self):
            yield self._subject("loss", loss)
        for one in rewritings(self):
            yield self._subject("rewrite", one)
        for log in logs(self):
            yield self._subject("log", log)
        yield from directives.subjects(self)
        yield from advisories.subjects(self)
        yield from expressions.subjects(self.config, self._nginx)

    def whole(self) -> Subject:
        """
        The configuration as a whole.
        """
        http = self.config.http
        return Subject(
            target="nginx",
            name=self.proxy.name,
            facts=self.nginx_facts(),
            location=http.location if http else None,
            path=self.config.document.path,
        )

    def servers(self) -> Iterator[Subject]:
        """
        Every server block.
        """
        for server in self.config.servers:
            yield self._subject("server", Server(self, server))

    def locations(self) -> Iterator[Subject]:
        """
        Every location block.
        """
        for scope in self.config.locations:
            yield self._subject("location", Location(self, scope))

    def upstream(self, upstream: Upstream) -> Subject:
        """
        One upstream block with the locations that reach it.
        """
        return self._subject("upstream", Group(self, upstream))

    def upstream_facts(self, upstream: Upstream) -> Mapping[str, Fact]:
        """
        Facts of an upstream, and those of the whole.
        """
        return self._lazy("upstream", Group(self, upstream))

    def location_facts(self, scope: Scope) -> Mapping[str, Fact]:
        """
        Facts of a location block, and those of the whole.
        """
        return self._lazy("location", Location(self, scope))

    def nginx_facts(self) -> Mapping[str, Fact]:
        """
        Facts under ``nginx.`` and ``host.``, the same for everything of one configuration.
        """
        return self._nginx

    @property
    def variables(self) -> Mapping[str, str]:
        """
        Variables of the container that runs it, secrets left out.
        """
        services = self._deployment.services if self._deployment else None
        service = services.named(self.proxy.service) if services else None
        return service.environment if service else {}

    def level_of(self, name: str) -> tuple[Scope, str]:
        """
        The level of main, events and http that a directive belongs to, and that level's name.
        """
        places, config = contexts(name), self.config
        if "http" in places:
            return config.http or config.main, "http"
        if "events" in places and config.events is not None:
            return config.events, "events"
        return config.main, "events" if "events" in places else "main"

    def default(self, name: str, context: str) -> Fact:
        """
        The default of a directive that stands nowhere in a configuration that is complete.
        """
        key = (name, context)
        if key not in self._default_facts:
            top = self.config.http or self.config.main
            self._default_facts[key] = self.settings.typed(top, name, context=context)
        return self._default_facts[key]

    @cached_property
    def complete(self) -> bool:
        """
        Whether the whole configuration was read: from the main file on, every include.
        """
        document = self.config.document
        missing = any(one.why in _UNREAD for one in document.unresolved)
        broken = self.settings.unreadable(self.config.main) is not None
        return document.context == "main" and not missing and not broken

    @cached_property
    def uses(self) -> Mapping[str, tuple[Scope, ...]]:
        """
        By upstream: the scopes that pass HTTP to it.
        """
        return {
            name: tuple(scope for scope in scopes if self._speaks_http(scope))
            for name, scopes in self.once(all_uses).items()
        }

    @cached_property
    def elsewhere(self) -> Unknown | None:
        """
        Why an upstream that no location names may be used all the same.
        """
        if not self.complete:
            return Unknown("the locations that use it may be in files that were not read")
        for scope in self.config.locations:
            target = self.config.proxied(scope)
            if target is not None and target.has_variables and target.upstream is None:
                return Unknown("a variable may name it", target.directive.location)
        return None

    def once(self, work: Callable[[Reader], T]) -> T:
        """
        What a function makes of the whole configuration, worked out once for all levels.
        """
        if work not in self._made:
            self._made[work] = work(self)
        made: T = self._made[work]
        return made

    def since(self, step: tuple[int, ...]) -> Fact:
        """
        Whether the version is `step` or newer, as sure as the version is.
        """
        reached = at_least(self.settings.version, step)
        known = self.proxy.version
        if reached is None or isinstance(known, Unknown):
            place = known.location if isinstance(known, Value) else None
            reason = "the version of nginx is not known well enough"
            return Unknown(reason, place, needs=("nginx.version",))
        return Value(reached, known.origin, known.location, known.note)

    def backend(self, name: str) -> Fact:
        """
        Kind of worker behind an upstream, or behind all literal addresses for an empty name.

        Known only when everything that stands there is of one kind.
        """
        if name not in self._backends:
            self._backends[name] = self._backend(name)
        return self._backends[name]

    def _backend(self, name: str) -> Fact:
        kinds = [self._kinds[one.application.name] for one in self._edges.get(name, ())]
        if not kinds or len(kinds) < _targets(self.config, name):
            return Unknown("no application could be matched to everything behind it")
        known = {str(kind.value) for kind in kinds if isinstance(kind, Value)}
        unknown = (kind for kind in kinds if isinstance(kind, Unknown))
        if len(known) > 1:
            return Unknown("several kinds of workers stand behind it")
        return next(unknown, kinds[0])

    def leads_to_applications(self, name: str) -> bool:
        """
        Whether an application was found behind an upstream.
        """
        return bool(self._edges.get(name))

    @cached_property
    def _edges(self) -> Mapping[str, Sequence[ProxyEdge]]:
        """
        By name of the upstream, empty for a bare address: the applications it leads to.
        """
        edges: dict[str, list[ProxyEdge]] = {}
        for edge in self._deployment.proxy_edges if self._deployment else ():
            if edge.proxy is self.proxy:
                edges.setdefault(edge.upstream, []).append(edge)
        return edges

    @cached_property
    def _kinds(self) -> Mapping[str, Fact]:
        """
        Kind of worker by name of the application.
        """
        found = self._deployment.applications if self._deployment else ()
        return {one.name: gunicorn_facts(one)[_CLASS] for one in found}

    @cached_property
    def _nginx(self) -> Mapping[str, Fact]:
        top = self.config.http or self.config.main
        host = host_facts(self.proxy.host)
        return LazyFacts("nginx", own_rows("nginx"), Whole(self, top), host)

    def _subject(self, space: str, view: View) -> Subject:
        place, facts = view.place, self._lazy(space, view)
        common, alike = self._shared(space, view, facts)
        return Subject(
            target=f"nginx.{space}",
            name=view.label,
            facts=facts,
            location=place,
            path=place.path if place else self.config.document.path,
            common=common,
            alike=alike,
        )

    def is_local(self, server: Scope) -> Fact:
        """
        Whether a server listens on loopback or a unix socket only.
        """
        return local(Server(self, server))

    @cached_property
    def mentions_client_certificate(self) -> bool:
        """
        Whether anything looks at a variable about the client's certificate.
        """
        return any(
            "$ssl_client_" in arg or "${ssl_client_" in arg
            for scope in self.config.main.walk()
            for directive in scope.directives
            for one in (directive, *(directive.block or ()))
            for arg in one.args
        )

    def _lazy(self, space: str, view: View) -> Mapping[str, Fact]:
        return LazyFacts(space, own_rows(space), view, self._nginx)

    def _shared(
        self, space: str, view: View, facts: Mapping[str, Fact]
    ) -> tuple[Mapping[str, Fact] | None, Mapping[str, Fact] | None]:
        """
        What is the same for all subjects of a namespace on levels of this kind, and what is for
        those that differ in names alone; None when files may be missing.

        Of a kind are levels on which and around which the same directives stand.
        """
        if isinstance(view, Line):
            name = view.written.name
            common = self._common_lines.setdefault(name, CommonLine(name, self._nginx))
            return common, self._likeness.facts(view, facts)
        if not self.complete or space not in CONTEXTS:
            return None, None
        if not isinstance(view, (Server, Location, Group)):
            return self._common(space, view.scope), None
        alike = self._likeness.facts(view, facts)
        if id(alike) not in self._common_with:
            self._common_with[id(alike)] = self._common(space, view.scope)
        return self._common_with[id(alike)], alike

    def _common(self, space: str, scope: Scope) -> Mapping[str, Fact]:
        used = self.config.used
        near = used if space in _FAR else self._names_near(scope)
        if (space, near) not in self._commons:
            default = partial(self.default, context="upstream" if space == "upstream" else "http")
            facts = CommonFacts(space, rows_of(space), near, used, default, self._nginx)
            self._commons[space, near] = facts
        return self._commons[space, near]

    def _names_near(self, scope: Scope) -> frozenset[str]:
        """
        Names of the directives on a level, around it and in it.
        """
        return self._names_around(scope).union(*(self._names_in(one) for one in scope.children))

    def _names_around(self, scope: Scope) -> frozenset[str]:
        if scope not in self._around:
            outer = self._names_around(scope.parent) if scope.parent else frozenset()
            self._around[scope] = outer.union(scope.names)
        return self._around[scope]

    def _names_in(self, scope: Scope) -> frozenset[str]:
        return frozenset(scope.names).union(*(self._names_in(one) for one in scope.children))

    def _speaks_http(self, scope: Scope) -> bool:
        target = self.config.proxied(scope)
        return target is not None and target.scheme in HTTP


def is_literal(target: ProxyTarget) -> bool:
    """
    Whether an address is named instead of an upstream block or a variable.
    """
    return target.scheme in HTTP and target.upstream is None and not target.has_variables


def _targets(config: NginxConfig, name: str) -> int:
    """
    How many applications there may be: literal addresses differ, servers of one group do not.
    """
    if name:
        return 1
    found = (config.proxied(one) for one in config.locations)
    return len({one.address for one in found if one and is_literal(one)})
