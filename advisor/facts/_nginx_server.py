"""
Facts of one nginx server: its sockets, TLS, and connections of clients.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from advisor.catalog.nginx import at_least
from advisor.facts._nginx_values import (
    Parse,
    Settings,
    is_on,
    mapped,
    number,
    switch,
    text,
    time,
)
from advisor.facts.common import computed
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import Directive
from advisor.parsers.nginx_scope import Listen, NginxConfig, Scope
from advisor.units import parse_nginx_size

HTTP2_SWITCH = (1, 25, 1)
"""From here on ``http2 on`` exists and ``listen … http2`` is deprecated (nginx.org, CHANGES)."""

_LOCAL = re.compile(r"127\.|::1$|localhost$")
_REDIRECTS = frozenset({"permanent", "redirect"})
_EVERYTHING = frozenset({"^", ".*", "^.*", "(.*)", "^(.*)", "^(.*)$", "^.*$", "^/(.*)", "^/(.*)$"})


@dataclass(frozen=True, slots=True)
class Servers:
    """
    Reads servers of one configuration into facts.
    """

    config: NginxConfig
    settings: Settings

    def facts(self, server: Scope) -> dict[str, Fact]:
        """
        Facts under ``server.``.
        """
        names = [name for one in server.own("server_name") for name in one.args if name]
        return {
            "server.name": Value(names[0] if names else server.label, Origin.LITERAL),
            "server.serves": self.serves(server),
            "server.local": self._local(server),
            **self._socket_facts(server),
            **self._session_facts(server),
            **self._connection_facts(server),
        }

    def tls(self, server: Scope) -> Fact:
        """
        Whether a TCP socket of the server speaks TLS, at the ``listen`` that says so.
        """
        for listen in self._encrypted(server):
            if listen.directive is not None:
                return Value(value=True, origin=Origin.LITERAL, location=listen.directive.location)
        old = server.effective("ssl")  # gone since 1.25.1
        if old is not None and is_on(old):
            return Value(value=True, origin=Origin.LITERAL, location=old.location)
        return self._more_listens(server) or computed(False)

    def serves(self, server: Scope) -> Fact:
        """
        Whether more happens than a redirect, an error or a rejected handshake.
        """
        if is_on(server.effective("ssl_reject_handshake")) or _answers_all(server):
            return computed(False)
        locations = [one for one in server.children if one.kind == "location"]
        if not locations or any(_has_content(one) for one in locations):
            return computed(True)
        for include in server.hidden("location"):
            return Unknown("an include that was not read may hold more", include.location)
        return self.settings.unreadable(server) or computed(False)

    def _local(self, server: Scope) -> Fact:
        if not all(_is_local(one) for one in self.config.listens(server)):
            return computed(False)
        return self._more_listens(server) or computed(True)

    def _socket_facts(self, server: Scope) -> dict[str, Fact]:
        directive = server.effective("http2")
        place = directive.location if directive else None
        off = directive is not None and directive.args == ("off",)
        own = (one.directive for one in self._encrypted(server))
        plain = [_without_http2(one) for one in own if one is not None] or ["listen 443 ssl"]
        return {
            "server.tls": self.tls(server),
            "server.http2": self._http2(server),
            "server.http2_off": Value(off, Origin.LITERAL, place),
            "server.http2_listen": self._http2_listen(server),
            "server.http2_directive": Value(directive is not None, Origin.LITERAL, place),
            "server.listen_line": computed("; ".join(plain) + ";"),
            "server.http2_line": computed(self._http2_line(plain, wanted="" if off else " http2")),
        }

    def _http2(self, server: Scope) -> Fact:
        fact = self.settings.of(server, "http2", switch)
        if isinstance(fact, Value) and fact.value is True:
            return fact
        if any(one.http2 for one in self.config.sockets_of(server)):
            return computed(True)
        return fact if isinstance(fact, Unknown) else self._more_listens(server) or fact

    def _http2_listen(self, server: Scope) -> Fact:
        for one in self.config.listens(server):
            if one.http2 and one.directive is not None:
                return Value(value=True, origin=Origin.LITERAL, location=one.directive.location)
        return self._more_listens(server) or computed(False)

    def _more_listens(self, server: Scope) -> Unknown | None:
        """
        Why its sockets may be others, or say more, than what can be seen.
        """
        for one in self.config.listens(server):
            if self.config.sockets[one.key].uncertain:
                place = one.directive.location if one.directive else server.location
                return Unknown("its value is filled in later", place)
        for include in server.hidden("listen"):
            return Unknown("an include that was not read may set it", include.location)
        if not server.visible:
            return Unknown("the file is a fragment; it may be set around it")
        return self.settings.unreadable(server)

    def _http2_line(self, plain: list[str], *, wanted: str) -> str:
        """
        How HTTP/2 is switched on, in the version that runs.

        `wanted` is what an older version adds to ``listen``: nothing where it is off on purpose.
        """
        old = " ".join(f"{one}{wanted};" for one in plain)
        known = at_least(self.settings.version, HTTP2_SWITCH)
        if known is None:
            return f"http2 on;  # before nginx 1.25.1: {old}"
        return "http2 on;" if known else old

    def _session_facts(self, server: Scope) -> dict[str, Fact]:
        cache = self._of_default(server, "ssl_session_cache", text)
        return {
            "server.ssl_session_cache": cache,
            "server.session_cache_shared": mapped(cache, lambda value: "shared:" in value),
            "server.session_cache_size": mapped(cache, _shared_size),
            "server.ssl_session_timeout": self._of_default(server, "ssl_session_timeout", time),
            "server.ssl_session_tickets": self.settings.of(server, "ssl_session_tickets", switch),
            "server.ticket_key": computed(server.effective("ssl_session_ticket_key") is not None),
        }

    def _of_default(self, server: Scope, name: str, parse: Parse) -> Fact:
        """
        A setting of the session cache, which OpenSSL takes from the socket's default server.
        """
        owner = next(
            (self.config.sockets[one.key].default for one in self._encrypted(server)), server
        )
        fact = self.settings.of(owner, name, parse)
        if owner is server or isinstance(fact, Unknown):
            return fact
        note = f"of {owner.label}, the default server of the socket"
        return Value(fact.value, fact.origin, fact.location, note)

    def _connection_facts(self, server: Scope) -> dict[str, Fact]:
        requests = server.effective("keepalive_requests")
        http = server.around("http")
        around = http if http is not None and http.visible else server
        place = requests.location if requests else around.location
        return {
            "server.keepalive_timeout": self.settings.of(server, "keepalive_timeout", time),
            "server.keepalive_requests": self.settings.of(server, "keepalive_requests", number),
            "server.keepalive_requests_block": Value(around.label, Origin.LITERAL, place),
            "server.hardened": computed(_hardened(server)),
        }

    def _encrypted(self, server: Scope) -> Iterator[Listen]:
        """
        Its TCP listens whose socket speaks TLS; ``ssl`` on one server counts for all on it.
        """
        for listen in self.config.listens(server):
            if not listen.quic and self.config.sockets[listen.key].ssl:
                yield listen


def _without_http2(listen: Directive) -> str:
    return " ".join(("listen", *(arg for arg in listen.args if arg != "http2")))


def _is_local(listen: Listen) -> bool:
    return bool(listen.address.socket) or _LOCAL.match(listen.address.host) is not None


def _answers_all(scope: Scope) -> bool:
    """
    Whether a ``return`` or a redirect answers every request before anything else can.
    """
    rewrites = (one.args for one in scope.own("rewrite") if len(one.args) == 3)
    moved = any(args[0] in _EVERYTHING and args[2] in _REDIRECTS for args in rewrites)
    return bool(scope.own("return")) or moved


def _has_content(location: Scope) -> bool:
    """
    Whether a location serves or proxies, certificates' challenges and status pages aside.
    """
    inner = any(_has_content(one) for one in location.children if one.kind == "location")
    aside = ".well-known" in location.label or bool(location.own("stub_status"))
    return inner or not (aside or _answers_all(location) or _denies_all(location))


def _denies_all(location: Scope) -> bool:
    return any(one.args == ("all",) for one in location.own("deny")) and not location.own("allow")


def _hardened(server: Scope) -> bool:
    """
    Short connections are on purpose where resets and limits are set as well.
    """
    limits = server.effective_all("limit_conn") or server.effective_all("limit_req")
    return is_on(server.effective("reset_timedout_connection")) and bool(limits)


def _shared_size(value: str) -> int | None:
    for part in value.split():
        pieces = part.split(":")
        if pieces[0] == "shared" and len(pieces) == 3:
            return parse_nginx_size(pieces[2])
    return None
