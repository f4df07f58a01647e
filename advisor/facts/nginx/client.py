"""
Facts of what faces clients: HTTP/3, buffers of requests, and files that are sent.

Sources: nginx.org, ngx_http_v3_module, "Support for QUIC and HTTP/3", ngx_http_core_module.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.facts.common import computed
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.server import answers_all, more_listens
from advisor.facts.nginx.settings import mapped
from advisor.facts.nginx.views import Location, Server
from advisor.facts.schema import BOOL, NUMBER, SIZE, list_of, record
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Record
from advisor.parsers.nginx import Directive
from advisor.parsers.nginx_scope import Listen, Scope
from advisor.units import parse_nginx_size

_ANSWERS = (
    "content_by_lua",
    "content_by_lua_block",
    "content_by_lua_file",
    "echo",
    "empty_gif",
    "js_content",
    "perl",
    "proxy_store",
    "return",
    "stub_status",
)
"""Directives that answer a request themselves, so that no file is sent."""
_HEADERS = ("add_header", "more_set_headers")
_WAITS = ("client_header_timeout", "client_body_timeout", "send_timeout")
_REGEX = frozenset({"~", "~*"})


def _quic_listens(view: Server) -> Iterator[Listen]:
    return (one for one in view.config.listens(view.scope) if one.quic)


def _quic(view: Server) -> Fact:
    for one in _quic_listens(view):
        place = one.directive.location if one.directive else None
        return Value(value=True, origin=Origin.LITERAL, location=place)
    return more_listens(view) or computed(False)


def _quic_reuseport(view: Server) -> Fact:
    """
    Whether every HTTP/3 socket of the server is one per worker; ``reuseport`` on any server counts.
    """
    sockets = (view.config.sockets[one.key] for one in _quic_listens(view))
    shared = all(any(user.reuseport for _, user in one.users) for one in sockets)
    return computed(True) if shared else more_listens(view) or computed(False)


def _alt_svc(view: Server) -> Fact:
    """
    Whether any response of the server can name the HTTP/3 port; unread files may say so, too.
    """
    scopes = list(view.scope.walk())
    headers = (item for one in scopes for name in _HEADERS for item in one.effective_all(name))
    for item in headers:
        if "alt-svc" in str(item).lower():
            return Value(value=True, origin=Origin.LITERAL, location=item.location)
    for scope in scopes:
        for include in scope.hidden("add_header"):
            return Unknown("an include that was not read may set it", include.location)
    return view.settings.doubt(view.scope, "add_header") or computed(False)


def _header_buffers(view: Server) -> Fact:
    return mapped(view.directive("large_client_header_buffers"), _product)


def _product(text: str) -> int | None:
    words = text.split()
    if len(words) != 2 or not words[0].isdecimal():
        return None
    size = parse_nginx_size(words[1])
    return None if size is None else int(words[0]) * size


def _regex_locations(view: Server) -> Fact:
    found = [one for one in view.scope.walk() if one.kind == "location" and _is_regex(one)]
    place = found[0].location if found else None
    return Value(len(found), Origin.EVALUATED, place)


def _is_regex(scope: Scope) -> bool:
    return scope.directive is not None and not _REGEX.isdisjoint(scope.directive.args[:1])


def _files(view: Location) -> Fact:
    """
    Whether files below a ``root`` or ``alias`` that is written are sent from here.
    """
    scope = view.scope
    place = _docroot(scope)
    if place is None or view.target is not None or answers_all(scope):
        return computed(False)
    if any(scope.own(name) for name in _ANSWERS):
        return computed(False)
    return Value(value=True, origin=Origin.LITERAL, location=place.location)


def _docroot(scope: Scope) -> Directive | None:
    return scope.effective("alias") or scope.effective("root")


def _waits(view: Server) -> Fact:
    """
    The three times that a client may take, at the line of the longest that is written.
    """
    found = {name: view.directive(name) for name in _WAITS}
    written = [one for one in found.values() if isinstance(one, Value) and one.location]
    longest = max(written, key=lambda one: float(str(one.value)), default=None)
    records = tuple(
        Record(
            {"name": computed(name), "time": fact, "line": computed(f"{name} 60s;")},
            location=fact.location,
            label=name,
        )
        for name, fact in found.items()
    )
    return Value(records, Origin.LITERAL, longest.location if longest else None)


_QUIC = frozenset({"listen"})

SERVER: Rows = {
    "quic": Row(BOOL, "whether it listens for HTTP/3", _quic, only_with=_QUIC),
    "quic_reuseport": Row(
        BOOL, "whether each worker has an HTTP/3 socket of its own", _quic_reuseport
    ),
    "alt_svc": Row(
        BOOL,
        "whether a response tells clients of HTTP/3 in an Alt-Svc header",
        _alt_svc,
        only_with=frozenset(_HEADERS),
    ),
    "header_buffers": Row(
        SIZE, "memory that large_client_header_buffers grants one connection", _header_buffers
    ),
    "client_waits": Row(
        list_of(record("client_wait")),
        "how long nginx waits for a client that sends or takes nothing",
        _waits,
    ),
    "regex_locations": Row(NUMBER, "locations with a regular expression", _regex_locations),
}
LOCATION: Rows = {
    "files": Row(
        BOOL,
        "whether it sends files from disk, below a root or alias that is written",
        _files,
        only_with=frozenset({"root", "alias"}),
    ),
}
