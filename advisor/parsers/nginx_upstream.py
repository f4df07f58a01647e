"""
Where requests go: upstream groups, and the targets of ``proxy_pass`` and its relatives.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor import regex
from advisor.parsers._nginx_inherit import HANDLERS, INNER
from advisor.parsers._nginx_model import PLACEHOLDER
from advisor.parsers.nginx_listen import Address, parse_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from advisor.parsers._nginx_levels import Scope
    from advisor.parsers._nginx_model import Directive

METHODS = ("hash", "ip_hash", "least_conn", "least_time", "random")
"""Directives that replace round robin."""

_SCHEME = regex.lazy(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_VARIABLE = regex.lazy(r"\$(?:\{(\w+)\}|(\w+))")
_AUTHORITY = regex.lazy(r"(?:\[[^\]]*\]|[^/?\[])*")
# Variables that hold a path: what stands before one of them is a whole host.
_PATHS = regex.lazy(r"\$\{?(?:request_uri|uri|document_uri|is_args|args)\b.*", re.DOTALL)
_PORTS = {"https": 443, "grpc": 80, "grpcs": 443, "http": 80}


class UpstreamServer(Struct, frozen=True):
    """
    One ``server`` of an upstream.
    """

    directive: Directive
    address: Address
    params: tuple[str, ...]
    """Everything after the address: ``weight=5``, ``backup``, ``resolve`` …"""

    def param(self, name: str) -> str | None:
        """
        Value of ``name=value``, ``""`` for a bare word such as ``backup``, None when not given.
        """
        for param in self.params:
            key, _, value = param.partition("=")
            if key == name:
                return value
        return None


class Upstream(Struct, frozen=True):
    """
    One ``upstream`` block.
    """

    name: str
    scope: Scope
    servers: tuple[UpstreamServer, ...]

    @property
    def keepalive(self) -> Directive | None:
        """
        The directive that sets how many idle connections a worker keeps.
        """
        return self.scope.effective("keepalive")

    @property
    def method(self) -> Directive | None:
        """
        The directive that chooses a server; None is round robin.
        """
        found = (self.scope.effective(name) for name in METHODS)
        return next((item for item in found if item is not None), None)


class ProxyTarget(Struct, frozen=True):
    """
    Where a location sends its requests.
    """

    directive: Directive
    """``proxy_pass``, ``fastcgi_pass`` …"""
    scheme: str
    """``http``, ``https``, ``grpc``, ``grpcs``, ``fastcgi``, ``uwsgi``, ``scgi``, ``memcached``;
    ``""`` when a variable decides it."""
    address: Address
    """The upstream's name without a port when there is one; host ``""`` when it is not known."""
    uri: str
    """The path behind the host, which then replaces the part the location matched, else empty."""
    has_variables: bool
    """Whether nginx works the target out for each request, so that names need a ``resolver``."""
    upstream: Upstream | None
    """The group of that name; None for a single address and when it is not known."""


def parse_upstream(scope: Scope) -> Upstream:
    """
    An upstream from its scope.
    """
    args = scope.directive.args if scope.directive else ()
    servers = tuple(
        UpstreamServer(item, parse_address(item.args[0], port=80), item.args[1:])
        for item in scope.own("server")
        if item.args
    )
    return Upstream(args[0] if args else "", scope, servers)


def find_target(
    scope: Scope,
    upstreams: Mapping[str, Upstream],
    constants: Mapping[str, str],
    handlers: Iterable[str],
) -> ProxyTarget | None:
    """
    Where a scope sends its requests, None when it does not pass them on.

    `upstreams` goes by lower-case name, as nginx compares them. `constants` holds variables that
    are only ever set to one text; they are filled in (``set $app http://app:8000;``). `handlers`
    are the directives that pass requests on, `HANDLERS` or those of them that occur.
    """
    if scope.kind not in INNER and not scope.holds_any(HANDLERS):
        return None
    for name in handlers:
        directive = scope.effective(name)
        if directive is not None and directive.args:
            return _target(directive, upstreams, constants)
    return None


def _target(
    directive: Directive, upstreams: Mapping[str, Upstream], constants: Mapping[str, str]
) -> ProxyTarget:
    written = directive.args[0]
    text = _VARIABLE.sub(lambda match: constants.get(match[1] or match[2], match[0]), written)
    match = _SCHEME.match(text)
    own = directive.name.removesuffix("_pass")
    scheme = match[1].lower() if match else "" if own == "proxy" else own
    place, path = _split(text[match.end() :] if match else text)
    address = parse_address(place, port=_PORTS.get(scheme))
    named = not address.socket and not place.startswith("[") and ":" not in place
    upstream = upstreams.get(address.host.lower()) if named and address.host else None
    return ProxyTarget(
        directive=directive,
        scheme=scheme,
        address=Address(address.host, None) if upstream else address,
        uri=path,
        has_variables="$" in PLACEHOLDER.sub("", written),
        upstream=upstream,
    )


def _split(rest: str) -> tuple[str, str]:
    """
    Host and port (or socket), and what follows them.
    """
    if rest.startswith("unix:"):
        path, _, uri = rest[5:].partition(":")
        return f"unix:{path}", uri
    match = _AUTHORITY.match(rest)
    place = match[0] if match else ""
    inner = _PATHS.search(place)
    end = inner.start() if inner else len(place)
    return place[:end], rest[end:]
