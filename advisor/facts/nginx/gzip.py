"""
Facts of nginx's compression, over all servers and locations together.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from advisor.facts.common import computed
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.settings import either, is_on
from advisor.facts.nginx.views import Whole
from advisor.facts.schema import BOOL, NUMBER, STRING
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import is_placeholder
from advisor.parsers.nginx_scope import Scope

_OTHERS = ("brotli", "brotli_static", "gzip_static", "zstd", "zstd_static")
_DEFAULT_TYPE = "text/html"

Worse = Callable[[Fact], float]
"""How bad the value of a fact is; of several levels the worst one is shown."""


def _compressing(view: Whole) -> list[Scope]:
    """
    The levels with gzip on.
    """
    return [one for one in view.levels if is_on(one.effective("gzip"))]


def _shown(view: Whole) -> list[Scope]:
    return view.once(_compressing) or [view.scope]


def _gzip(view: Whole) -> Fact:
    active = view.once(_compressing)
    if active:
        return view.settings.typed(active[0], "gzip")
    levels = view.distinct([view.scope, *view.levels], "gzip")
    top, *inner = (view.settings.typed(one, "gzip") for one in levels)
    return next((fact for fact in inner if isinstance(fact, Unknown)), top)


def _types_extra(view: Whole) -> Fact:
    levels = view.distinct(_shown(view), "gzip_types")
    return either([_extra(view, one) for one in levels])


def _extra(view: Whole, scope: Scope) -> Fact:
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
    known = view.settings.typed(scope, "gzip_types")
    if isinstance(known, Unknown):
        return known
    return Value(value=False, origin=known.origin, location=known.location, note=known.note)


def _other_compression(view: Whole) -> Fact:
    used = [name for name in _OTHERS if name in view.config.used]
    levels = (view.scope, *view.levels)
    return computed(any(is_on(one.effective(name)) for name in used for one in levels))


def _worst(name: str, worse: Worse, view: Whole) -> Fact:
    """
    The worst of what is known on the levels that compress; unknown when nothing is.
    """
    levels = view.distinct(_shown(view), name)
    facts = [view.settings.typed(one, name) for one in levels]
    known = [one for one in facts if isinstance(one, Value)]
    return max(known, key=worse) if known else facts[0]


def _nothing(_: Fact) -> float:
    return 0


def _off(fact: Fact) -> float:
    return 0 if isinstance(fact, Value) and fact.value else 1


def _high(fact: Fact) -> float:
    level = fact.value if isinstance(fact, Value) else None
    return float(level) if isinstance(level, int) else 0


NGINX: Rows = {
    "gzip": Row(BOOL, "whether gzip is on in some scope that serves or proxies", _gzip),
    "gzip_types_extra": Row(BOOL, "whether gzip_types names more than text/html", _types_extra),
    "gzip_proxied": Row(
        STRING,
        "gzip_proxied as written, off when not set",
        partial(_worst, "gzip_proxied", _nothing),
        setting=True,
    ),
    "gzip_vary": Row(
        BOOL,
        "gzip_vary; off if it is off in one of the scopes that compress",
        partial(_worst, "gzip_vary", _off),
        setting=True,
    ),
    "gzip_comp_level": Row(
        NUMBER,
        "gzip_comp_level; the highest of the scopes that compress",
        partial(_worst, "gzip_comp_level", _high),
        setting=True,
    ),
    "other_compression": Row(
        BOOL, "whether brotli, zstd or gzip_static compress instead", _other_compression
    ),
}
"""Over all levels that compress, or of the http block where none does."""
