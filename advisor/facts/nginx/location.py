"""
Facts of a location: where its requests go, and how.
"""

from __future__ import annotations

from advisor.facts.common import computed
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.upstream import header_line
from advisor.facts.nginx.views import Location
from advisor.facts.schema import BOOL, STRING
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import is_placeholder
from advisor.parsers.nginx_scope import ProxyTarget

_PASSES = frozenset({"proxy_pass"})


def _label(view: Location) -> Fact:
    return Value(view.scope.label, Origin.LITERAL, view.scope.location)


def _proxied(view: Location) -> Fact:
    return view.at_target(value=True) if view.proxied else computed(False)


def _scheme(view: Location) -> Fact:
    return view.at_target(view.target.scheme) if view.target else computed("")


def _backend(view: Location) -> Fact:
    """
    What stands behind literal addresses: an upstream has this fact itself.
    """
    return view.reader.backend("")


def _literal_target(view: Location) -> Fact:
    return view.at_target(_shown(view.target)) if view.target else computed("")


def _shown(target: ProxyTarget) -> str:
    if target.address.socket:
        return f"unix:{target.address.socket}"
    port = f":{target.address.port}" if target.address.port else ""
    return f"{target.address.host}{port}"


def _literal(view: Location) -> Fact:
    """
    Whether an address is named; unknown when an upstream of that name may be elsewhere.
    """
    target = view.target
    if target is None or not view.proxied:
        return computed(False)
    place = target.directive.location
    if is_placeholder(target.directive.args[0]):
        return Unknown("its value is filled in later", place)
    literal = target.upstream is None and not target.has_variables
    whole = target.address.socket or ":" in target.directive.args[0].partition("://")[2]
    if literal and not whole and not view.reader.complete:
        return Unknown("an upstream of this name may be in another file", place)
    return Value(literal, Origin.LITERAL, place)


def _websocket(view: Location) -> Fact:
    headers = view.scope.effective_all("proxy_set_header")
    return computed("upgrade" in {one.args[0].lower() for one in headers if one.args})


def _exact(view: Location) -> Fact:
    """
    Whether it is no main road: one single path, or certificates' challenges.
    """
    label = view.scope.label
    return computed(label.startswith("location = ") or ".well-known" in label)


def _cached(view: Location) -> Fact:
    cache = view.scope.effective("proxy_cache")
    return computed(cache is not None and cache.args[:1] != ("off",))


LOCATION: Rows = {
    "label": Row(STRING, "the location as written", _label),
    "proxied": Row(
        BOOL, "whether it passes requests on over HTTP (proxy_pass)", _proxied, only_with=_PASSES
    ),
    "scheme": Row(
        STRING,
        "http, https, fastcgi, uwsgi, grpc …; empty when a variable decides it, or none",
        _scheme,
    ),
    "exact": Row(
        BOOL, "whether it takes few requests: one path, or certificates' challenges", _exact
    ),
    "backend": Row(STRING, "kind of worker behind the addresses, as gunicorn.class", _backend),
    "literal_target": Row(
        STRING, "host:port that proxy_pass names without an upstream block", _literal_target
    ),
    "literal": Row(
        BOOL,
        "whether it passes to an address instead of an upstream block",
        _literal,
        only_with=_PASSES,
    ),
    "websocket": Row(BOOL, "whether it passes the Upgrade header on", _websocket),
    "header_line": Row(
        STRING,
        "the Connection header that lets connections live, ready to paste",
        lambda view: computed(header_line((view.scope,))),
    ),
    "cached": Row(
        BOOL,
        "whether proxy_cache is in effect",
        _cached,
        only_with=frozenset({"proxy_cache"}),
    ),
}
