"""
Facts of one nginx server: its sockets, TLS, and connections of clients.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisor import regex
from advisor.catalog.nginx import at_least
from advisor.facts.common import computed
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.settings import Settings, is_on, mapped
from advisor.facts.nginx.views import Server
from advisor.facts.nginx.writing import quoted
from advisor.facts.schema import BOOL, DURATION, SIZE, STRING
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import Directive
from advisor.parsers.nginx_scope import Listen, Scope
from advisor.units import parse_nginx_size

if TYPE_CHECKING:
    from advisor.facts.nginx.reader import Reader

HTTP2_SWITCH = (1, 25, 1)
"""From here on ``http2 on`` exists and ``listen … http2`` is deprecated (nginx.org, CHANGES)."""

_SHARED = regex.lazy(r"(shared:[^:\s]+):\S+")
_SMALL_CACHE = 1024**2
"""Bytes: about 4000 sessions."""
_LOCAL = regex.lazy(r"127\.|::1$|localhost$")
REDIRECTS = frozenset({"permanent", "redirect"})
EVERYTHING = frozenset({"^", ".*", "^.*", "(.*)", "^(.*)", "^(.*)$", "^.*$", "^/(.*)", "^/(.*)$"})


def _name(view: Server) -> Fact:
    names = [name for one in view.scope.own("server_name") for name in one.args if name]
    return Value(names[0] if names else view.scope.label, Origin.LITERAL)


def tls(view: Server) -> Fact:
    """
    Whether a TCP socket of the server speaks TLS, at the ``listen`` that says so.
    """
    for listen in _encrypted(view):
        if listen.directive is not None:
            return Value(value=True, origin=Origin.LITERAL, location=listen.directive.location)
    old = view.scope.effective("ssl")  # gone since 1.25.1
    if old is not None and is_on(old):
        return Value(value=True, origin=Origin.LITERAL, location=old.location)
    return more_listens(view) or computed(False)


def serves(settings: Settings, server: Scope) -> Fact:
    """
    Whether more happens than a redirect, an error or a rejected handshake.
    """
    if is_on(server.effective("ssl_reject_handshake")) or answers_all(server):
        return computed(False)
    locations = [one for one in server.children if one.kind == "location"]
    if not locations or any(_has_content(one) for one in locations):
        return computed(True)
    for include in server.hidden("location"):
        return Unknown("an include that was not read may hold more", include.location)
    return settings.unreadable(server) or computed(False)


def local(view: Server) -> Fact:
    """
    Whether it listens on loopback or a unix socket only.
    """
    if not all(is_local(one) for one in view.config.listens(view.scope)):
        return computed(False)
    return more_listens(view) or computed(True)


def _http2(view: Server) -> Fact:
    fact = view.directive("http2")
    if isinstance(fact, Value) and fact.value is True:
        return fact
    if any(one.http2 for one in view.config.sockets_of(view.scope)):
        return computed(True)
    return fact if isinstance(fact, Unknown) else more_listens(view) or fact


def _http2_off(view: Server) -> Fact:
    directive = view.scope.effective("http2")
    off = directive is not None and directive.args == ("off",)
    return Value(off, Origin.LITERAL, directive.location if directive else None)


def _http2_directive(view: Server) -> Fact:
    directive = view.scope.effective("http2")
    place = directive.location if directive else None
    return Value(directive is not None, Origin.LITERAL, place)


def _http2_listen(view: Server) -> Fact:
    for one in view.config.listens(view.scope):
        if one.http2 and one.directive is not None:
            return Value(value=True, origin=Origin.LITERAL, location=one.directive.location)
    return more_listens(view) or computed(False)


def more_listens(view: Server) -> Unknown | None:
    """
    Why its sockets may be others, or say more, than what can be seen.
    """
    server = view.scope
    for one in view.config.listens(server):
        if view.config.sockets[one.key].uncertain:
            place = one.directive.location if one.directive else server.location
            return Unknown("its value is filled in later", place)
    for include in server.hidden("listen"):
        return Unknown("an include that was not read may set it", include.location)
    if not server.visible:
        return Unknown("the file is a fragment; it may be set around it")
    return view.settings.unreadable(server)


def _listen_lines(view: Server) -> list[str]:
    own = (one.directive for one in _encrypted(view))
    return [_without_http2(one) for one in own if one is not None] or ["listen 443 ssl"]


def _listen_line(view: Server) -> Fact:
    return computed("; ".join(_listen_lines(view)) + ";")


def _http2_line(view: Server) -> Fact:
    """
    How HTTP/2 is switched on, in the version that runs; off where it is off on purpose.
    """
    off = _http2_off(view)
    wanted = "" if isinstance(off, Value) and off.value else " http2"
    old = " ".join(f"{one}{wanted};" for one in _listen_lines(view))
    known = at_least(view.settings.version, HTTP2_SWITCH)
    if known is None:
        return computed(f"http2 on;  # before nginx 1.25.1: {old}")
    return computed("http2 on;" if known else old)


def _of_default(view: Server, name: str) -> Fact:
    """
    A setting of the session cache, which OpenSSL takes from the socket's default server.
    """
    server = view.scope
    sockets = (view.config.sockets[one.key] for one in _encrypted(view))
    owner = next((one.default for one in sockets), server)
    fact = view.settings.typed(owner, name)
    if owner is server or isinstance(fact, Unknown):
        return fact
    note = f"of {owner.label}, the default server of the socket"
    return Value(fact.value, fact.origin, fact.location, note)


def _session_cache(view: Server) -> Fact:
    return _of_default(view, "ssl_session_cache")


def _grown(view: Server) -> Fact:
    return mapped(_session_cache(view), _with_room)


def _with_room(value: str) -> str:
    """
    A session cache of the same name with 10 MB; all servers of the zone have to agree on it.
    """
    return _SHARED.sub(r"\1:10m", value)


def _session_lines(view: Server) -> Fact:
    """
    A larger cache where it is small, a timeout where none is written.
    """
    cache, timeout = _session_cache(view), _of_default(view, "ssl_session_timeout")
    if isinstance(cache, Unknown) or isinstance(timeout, Unknown):
        return cache if isinstance(cache, Unknown) else timeout
    lines = [] if timeout.origin is not Origin.DEFAULT else ["ssl_session_timeout 1d;"]
    size = _shared_size(str(cache.value))
    if size is not None and size < _SMALL_CACHE:
        if not view.reader.complete or view.reader.once(_zones_said)[_zone(str(cache.value))] > 1:
            return Unknown("the zone stands in several places, which have to agree", cache.location)
        lines.insert(0, f"ssl_session_cache {_with_room(str(cache.value))};")
    return computed("\n".join(lines))


def _zone(value: str) -> str:
    found = _SHARED.search(value)
    return found[1] if found else ""


def _zones_said(reader: Reader) -> Counter[str]:
    """
    How often each shared session cache is written. nginx refuses one zone of two sizes.
    """
    return Counter(map(_zone, reader.once(_caches_said)))


def _shared_cache(view: Server) -> Fact:
    """
    Its own shared cache, else one that another server has: nginx refuses one zone of two sizes.
    """
    return mapped(_session_cache(view), lambda value: _one_shared(view, value))


def _one_shared(view: Server, value: str) -> str:
    lines = view.reader.once(_caches_said)
    found = (_SHARED.search(text) for text in (value, *lines))
    return next((one[0] for one in found if one), "shared:TLS:10m")


def _caches_said(reader: Reader) -> tuple[str, ...]:
    scopes = reader.config.main.walk()
    return tuple(" ".join(one.args) for scope in scopes for one in scope.own("ssl_session_cache"))


def _requests_block(view: Server) -> Fact:
    requests = view.scope.effective("keepalive_requests")
    http = view.scope.around("http")
    around = http if http is not None and http.visible else view.scope
    place = requests.location if requests else around.location
    return Value(around.label, Origin.LITERAL, place)


def _hardened(view: Server) -> Fact:
    """
    Short connections are on purpose where resets and limits are set as well.
    """
    server = view.scope
    limits = server.effective_all("limit_conn") or server.effective_all("limit_req")
    return computed(is_on(server.effective("reset_timedout_connection")) and bool(limits))


def _encrypted(view: Server) -> Iterator[Listen]:
    """
    Its TCP listens whose socket speaks TLS; ``ssl`` on one server counts for all on it.
    """
    for listen in view.config.listens(view.scope):
        if not listen.quic and view.config.sockets[listen.key].ssl:
            yield listen


def _without_http2(listen: Directive) -> str:
    return " ".join(("listen", *(quoted(arg) for arg in listen.args if arg != "http2")))


def is_local(listen: Listen) -> bool:
    """
    Whether only this host reaches a socket: loopback, or a unix socket.
    """
    return bool(listen.address.socket) or _LOCAL.match(listen.address.host) is not None


def answers_all(scope: Scope) -> bool:
    """
    Whether a ``return`` or a redirect answers every request before anything else can.
    """
    rewrites = (one.args for one in scope.own("rewrite") if len(one.args) == 3)
    moved = any(args[0] in EVERYTHING and args[2] in REDIRECTS for args in rewrites)
    return bool(scope.own("return")) or moved


def _has_content(location: Scope) -> bool:
    """
    Whether a location serves or proxies, certificates' challenges and status pages aside.
    """
    inner = any(_has_content(one) for one in location.children if one.kind == "location")
    aside = ".well-known" in location.label or bool(location.own("stub_status"))
    return inner or not (aside or answers_all(location) or _denies_all(location))


def _denies_all(location: Scope) -> bool:
    return any(one.args == ("all",) for one in location.own("deny")) and not location.own("allow")


def _shared_size(value: str) -> int | None:
    for part in value.split():
        pieces = part.split(":")
        if pieces[0] == "shared" and len(pieces) == 3:
            return parse_nginx_size(pieces[2])
    return None


_SWITCH = frozenset({"http2"})

SERVER: Rows = {
    "name": Row(STRING, "first server_name, or the address", _name),
    "tls": Row(BOOL, "whether a listen of this server speaks TLS", tls),
    "serves": Row(
        BOOL,
        "whether it serves or proxies content: not a mere redirect or reject",
        lambda view: serves(view.settings, view.scope),
    ),
    "local": Row(BOOL, "whether it listens on loopback or a unix socket only", local),
    "http2": Row(BOOL, "whether HTTP/2 is spoken on a TLS socket of this server", _http2),
    "http2_off": Row(
        BOOL, "whether HTTP/2 is switched off on purpose", _http2_off, only_with=_SWITCH
    ),
    "http2_listen": Row(BOOL, "whether a listen carries the http2 parameter", _http2_listen),
    "http2_directive": Row(
        BOOL, "whether the http2 directive is written, on or off", _http2_directive, _SWITCH
    ),
    "listen_line": Row(
        STRING, "its TLS listen directives without http2, ready to paste", _listen_line
    ),
    "http2_line": Row(
        STRING, "what switches HTTP/2 on in this version, ready to paste", _http2_line
    ),
    "ssl_session_cache": Row(
        STRING, "ssl_session_cache of the socket's default server", _session_cache, setting=True
    ),
    "session_cache_shared": Row(
        BOOL,
        "whether a shared session cache is in effect",
        lambda view: mapped(_session_cache(view), lambda value: "shared:" in value),
    ),
    "session_cache_size": Row(
        SIZE,
        "size of the shared session cache",
        lambda view: mapped(_session_cache(view), _shared_size),
    ),
    "ssl_session_timeout": Row(
        DURATION,
        "ssl_session_timeout of the socket's default server",
        lambda view: _of_default(view, "ssl_session_timeout"),
        setting=True,
    ),
    "shared_cache": Row(
        STRING, "a shared session cache that is there already, else a new one", _shared_cache
    ),
    "session_cache_grown": Row(
        STRING, "ssl_session_cache with room for 40,000 sessions, under the same name", _grown
    ),
    "session_cache_lines": Row(
        STRING, "what the session cache lacks: room or a timeout, ready to paste", _session_lines
    ),
    "ticket_key": Row(
        BOOL,
        "whether ssl_session_ticket_key is set",
        lambda view: computed(view.scope.effective("ssl_session_ticket_key") is not None),
        only_with=frozenset({"ssl_session_ticket_key"}),
    ),
    "keepalive_requests_block": Row(
        STRING, "the block that decides keepalive_requests", _requests_block
    ),
    "hardened": Row(
        BOOL,
        "whether limits and resets show that short connections are on purpose",
        _hardened,
        only_with=frozenset({"reset_timedout_connection"}),
    ),
}
