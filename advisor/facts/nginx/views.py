"""
One level of a configuration as the facts about it are computed from.

A view belongs to one subject and is thrown away with it; what several facts share is worked out
once, by `View.once`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeVar

from advisor.facts.nginx.settings import Settings
from advisor.model import Location as Place
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx_scope import NginxConfig, ProxyTarget, Scope, Upstream

if TYPE_CHECKING:
    from advisor.facts.nginx.reader import Reader
    from advisor.parsers.nginx import Directive

T = TypeVar("T")

NO: Fact = Value(value=False, origin=Origin.EVALUATED)
"""A plain no that stands nowhere."""
HTTP = ("http", "https")
"""Schemes that `proxy_pass` speaks."""


class View:
    """
    A level and what surrounds it.
    """

    context = "http"
    """Whose defaults of directives count."""

    def __init__(self, reader: Reader, scope: Scope) -> None:
        self.reader = reader
        self.scope = scope
        self._made: dict[object, Any] = {}

    @property
    def label(self) -> str:
        """
        What to call the subject in a sentence.
        """
        return self.scope.label

    @property
    def place(self) -> Place | None:
        """
        The line that opens it.
        """
        return self.scope.location

    @property
    def config(self) -> NginxConfig:
        """
        The configuration that the level is part of.
        """
        return self.reader.config

    @property
    def settings(self) -> Settings:
        """
        What reads directives of this configuration into facts.
        """
        return self.reader.settings

    def once(self, work: Callable[[Self], T]) -> T:
        """
        What a function makes of this view, worked out once for all facts that need it.
        """
        if work not in self._made:
            self._made[work] = work(self)
        made: T = self._made[work]
        return made

    def directive(self, name: str) -> Fact:
        """
        A directive in effect here, as its kind of argument demands.
        """
        if self.reader.complete and name not in self.config.used:
            default = self.reader.default(name, self.context)
            if isinstance(default, Value):
                return default
        return self.settings.typed(self.scope, name, context=self.context)

    def present(self, *names: str) -> Fact:
        """
        Whether one of some directives counts here, at the first that does.
        """
        if self.reader.complete and self.config.used.isdisjoint(names):
            return NO
        return self.settings.present(self.scope, *names)


class Written(View):
    """
    One directive and the level it stands on.
    """

    def __init__(self, reader: Reader, scope: Scope, directive: Directive) -> None:
        super().__init__(reader, scope)
        self.written = directive

    @property
    def label(self) -> str:
        """
        What to call it in a sentence.
        """
        return f"{self.written.name} in {self.scope.label}"

    @property
    def place(self) -> Place | None:
        """
        Where it stands.
        """
        return self.written.location


class Whole(View):
    """
    The configuration as a whole: its main, events and http level.
    """

    @cached_property
    def levels(self) -> tuple[Scope, ...]:
        """
        All servers and locations.
        """
        return (*self.config.servers, *self.config.locations)

    def distinct(self, scopes: Sequence[Scope], name: str) -> list[Scope]:
        """
        Of several levels one for every directive that decides; all where files may be missing.
        """
        if not self.reader.complete:
            return list(scopes)
        if name not in self.config.used:
            return list(scopes[:1])
        return list({id(one.effective(name)): one for one in reversed(scopes)}.values())[::-1]

    def directive(self, name: str) -> Fact:
        """
        A directive on the level of these three that it belongs to.
        """
        scope, context = self.reader.level_of(name)
        return self.settings.typed(scope, name, context=context)


class Server(View):
    """
    One server block.
    """


class Location(View):
    """
    One location block.
    """

    @cached_property
    def target(self) -> ProxyTarget | None:
        """
        Where it sends its requests, if anywhere.
        """
        return self.config.proxied(self.scope)

    @cached_property
    def proxied(self) -> bool:
        """
        Whether it passes requests on over HTTP.
        """
        return self.target is not None and self.target.scheme in HTTP

    @property
    def server(self) -> Scope | None:
        """
        The server around it; None for a fragment.
        """
        return self.scope.around("server")

    def at_target(self, value: bool | float | str) -> Fact:  # noqa: FBT001 - a fact's value
        """
        A fact at the place of the directive that hands requests over.
        """
        place = self.target.directive.location if self.target else self.scope.location
        return Value(value, Origin.LITERAL, place)


class Group(View):
    """
    One upstream block and the levels that hand requests to it over HTTP.
    """

    context = "upstream"

    def __init__(self, reader: Reader, upstream: Upstream) -> None:
        super().__init__(reader, upstream.scope)
        self.upstream = upstream

    @cached_property
    def uses(self) -> tuple[Scope, ...]:
        """
        Locations, and ``if`` and ``limit_except`` in them, that pass HTTP to it.
        """
        return self.reader.uses.get(self.upstream.name, ())

    @property
    def elsewhere(self) -> Unknown | None:
        """
        Why locations that were not seen may use it.
        """
        return self.reader.elsewhere
