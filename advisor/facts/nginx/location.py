"""
Facts of a location: where its requests go, and how.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor import regex
from advisor.facts.common import computed
from advisor.facts.nginx.headers import pooling_lines
from advisor.facts.nginx.resolving import outside
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.views import Location
from advisor.facts.nginx.writing import quoted
from advisor.facts.schema import BOOL, STRING
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import is_placeholder
from advisor.parsers.nginx_scope import ProxyTarget

if TYPE_CHECKING:
    from advisor.facts.nginx.reader import Reader

_PASSES = frozenset({"proxy_pass"})
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
_NO_NAME = regex.lazy(r"[^A-Za-z0-9]+")
"""What names of upstreams and hosts do without."""


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
    host, port = target.address.host, target.address.port
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if port else host


def _pool(view: Location) -> str:
    """
    By its host and port; of one on this host ``app`` and the port.

    nginx refuses a port behind the name of an upstream block, so it may be no host that is named.
    """
    target = view.target
    if target is None:
        return ""
    local = target.address.host in _LOCAL
    host = "app" if local or target.address.socket else target.address.host
    end = target.address.socket.rpartition("/")[2] if target.address.socket else target.address.port
    name = _NO_NAME.sub("-", f"{host}-{end}" if end else host).strip("-").lower()
    name = f"app-{name}" if name[:1].isdigit() else name
    taken = view.reader.once(_names)
    return name if name not in taken else f"{name}-pool"


def _pooled_target(view: Location) -> str:
    target = view.target
    return quoted(f"{target.scheme}://{_pool(view)}{target.uri}") if target else ""


def _names(reader: Reader) -> frozenset[str]:
    """
    All upstream blocks and hosts that requests are passed to, in lower case.
    """
    targets = (reader.config.proxied(one) for one in reader.config.locations)
    hosts = (one.address.host.lower() for one in targets if one is not None)
    return frozenset(hosts).union(one.name.lower() for one in reader.config.upstreams)


def _pooling_lines(view: Location) -> Fact:
    target = view.target
    if target is None:
        return computed("")
    host = _shown(target) if outside(target) else "$host"
    return pooling_lines(view.settings, view.scope, host)


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
    "pool": Row(
        STRING,
        "a name, not in use, for an upstream block of the address that proxy_pass names",
        lambda view: computed(_pool(view)),
    ),
    "pooled_target": Row(
        STRING,
        "what proxy_pass then names: that block, and the path behind the address",
        lambda view: computed(_pooled_target(view)),
    ),
    "pooling_lines": Row(
        STRING,
        "the headers that the location then needs, those that it has from around it among them, "
        "ready to paste",
        _pooling_lines,
    ),
    "cached": Row(
        BOOL,
        "whether proxy_cache is in effect",
        _cached,
        only_with=frozenset({"proxy_cache"}),
    ),
}
