"""
Facts of nginx's compression, over all servers and locations together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from advisor.facts._nginx_values import Parse, Settings, either, is_on, number, switch, text
from advisor.facts.common import computed
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import is_placeholder
from advisor.parsers.nginx_scope import NginxConfig, Scope

_OTHERS = ("brotli", "brotli_static", "gzip_static", "zstd", "zstd_static")
_DEFAULT_TYPE = "text/html"

Worse = Callable[[Fact], float]
"""How bad the value of a fact is; of several levels the worst one is shown."""


@dataclass(frozen=True, slots=True)
class Gzip:
    """
    Reads how a configuration compresses.
    """

    config: NginxConfig
    settings: Settings

    def facts(self) -> dict[str, Fact]:
        """
        The facts under ``nginx.`` that are about compression.
        """
        levels = [*self.config.servers, *self.config.locations]
        top = self.config.http or self.config.main
        active = [one for one in levels if is_on(one.effective("gzip"))]
        shown = active or [top]
        others = any(is_on(one.effective(name)) for one in (top, *levels) for name in _OTHERS)
        return {
            "nginx.gzip": self._gzip(active, (top, *levels)),
            "nginx.gzip_types_extra": either([self._extra(one) for one in shown]),
            "nginx.gzip_proxied": self._worst(shown, "gzip_proxied", text, worse=_nothing),
            "nginx.gzip_vary": self._worst(shown, "gzip_vary", switch, worse=_off),
            "nginx.gzip_comp_level": self._worst(shown, "gzip_comp_level", number, worse=_high),
            "nginx.other_compression": computed(others),
        }

    def _gzip(self, active: list[Scope], levels: tuple[Scope, ...]) -> Fact:
        if active:
            return self.settings.of(active[0], "gzip", switch)
        top, *inner = (self.settings.of(one, "gzip", switch) for one in levels)
        return next((fact for fact in inner if isinstance(fact, Unknown)), top)

    def _extra(self, scope: Scope) -> Fact:
        """
        Whether more than ``text/html``, which is always compressed, is named on this level.
        """
        for directive in scope.effective_all("gzip_types"):
            for arg in directive.args:
                if arg != _DEFAULT_TYPE:
                    if is_placeholder(arg):
                        return Unknown("its value is filled in later", directive.location)
                    return Value(value=True, origin=Origin.LITERAL, location=directive.location)
        for include in scope.hidden("gzip_types"):
            return Unknown("an include that was not read may set it", include.location)
        known = self.settings.of(scope, "gzip_types", text)
        if isinstance(known, Unknown):
            return known
        return Value(value=False, origin=known.origin, location=known.location, note=known.note)

    def _worst(self, scopes: list[Scope], name: str, parse: Parse, *, worse: Worse) -> Fact:
        """
        The worst of what is known on several levels; unknown when nothing is.
        """
        facts = [self.settings.of(one, name, parse) for one in scopes]
        known = [one for one in facts if isinstance(one, Value)]
        return max(known, key=worse) if known else facts[0]


def _nothing(_: Fact) -> float:
    return 0


def _off(fact: Fact) -> float:
    return 0 if isinstance(fact, Value) and fact.value else 1


def _high(fact: Fact) -> float:
    level = fact.value if isinstance(fact, Value) else None
    return float(level) if isinstance(level, int) else 0
