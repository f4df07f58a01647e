"""
Facts about how exposed a configuration is: TLS, headers, trusted addresses, readable files.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from advisor import regex
from advisor.facts.common import computed
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.server import serves
from advisor.facts.nginx.views import NO, Server, Whole
from advisor.facts.schema import BOOL, DURATION, STRING
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import Directive, is_placeholder
from advisor.parsers.nginx_scope import Scope

_OLD_PROTOCOLS = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1")
_WEAK = frozenset(
    {
        *("3des", "adh", "aecdh", "anull", "complementofall", "des", "des-cbc3-sha"),
        *("ecdhe-rsa-des-cbc3-sha", "enull", "exp", "export", "export40", "export56", "idea"),
        *("low", "md5", "null", "rc2", "rc4", "rc4-md5", "rc4-sha", "seed"),
    }
)
"""Names in OpenSSL's cipher strings that stand for broken ciphers (openssl-ciphers)."""
_HSTS = "strict-transport-security"
_MAX_AGE = regex.lazy(r"max-age\s*=\s*\"?(\d{1,12})", re.IGNORECASE)
_RESOLVERS = frozenset(
    {
        *("1.0.0.1", "1.1.1.1", "8.8.4.4", "8.8.8.8", "9.9.9.9", "149.112.112.112"),
        *("208.67.220.220", "208.67.222.222", "64.6.64.6", "4.2.2.2", "94.140.14.14"),
        *("[2606:4700:4700::1001]", "[2606:4700:4700::1111]"),
        *("[2001:4860:4860::8844]", "[2001:4860:4860::8888]", "[2620:fe::fe]"),
    }
)
"""Resolvers that companies offer to everybody."""
_ZONES = (("limit_req_zone", "limit_req"), ("limit_conn_zone", "limit_conn"))


def _old_protocols(view: Server) -> Fact:
    """
    The protocols older than TLS 1.2 that a socket's default server lets clients use.
    """
    fact = view.directive("ssl_protocols")
    if isinstance(fact, Unknown):
        return fact
    names = [one for one in str(fact.value or "").split() if one in _OLD_PROTOCOLS]
    return Value(" and ".join(names), fact.origin, fact.location, fact.note)


def _old_for_all(view: Whole) -> Fact:
    """
    The same of the http block, where none of its servers is among the files.
    """
    http = view.config.http
    line = http.effective("ssl_protocols") if http and not view.config.servers else None
    if line is None:
        return computed("")
    names = [one for one in line.args if one in _OLD_PROTOCOLS]
    return Value(" and ".join(names), Origin.LITERAL, line.location)


def _weak_ciphers(view: Server) -> Fact:
    """
    The broken ciphers that a cipher string asks for and does not take out again.
    """
    directive = view.scope.effective("ssl_ciphers")
    if directive is None or not directive.args:
        return view.settings.doubt(view.scope, "ssl_ciphers") or computed("")
    if is_placeholder(directive.args[0]) or "$" in directive.args[0]:
        return Unknown("its value is filled in later", directive.location)
    words = re.split(r"[:, ]+", directive.args[0])
    killed = {one[1:].lower() for one in words if one.startswith("!")}
    found = [one for one in words if one.lower() in _WEAK and one.lower() not in killed]
    return Value(" and ".join(found), Origin.LITERAL, directive.location)


def _hsts(view: Server) -> Fact:
    """
    Seconds of the Strict-Transport-Security header of a server or one of its locations.
    """
    for scope in view.scope.walk():
        for header in scope.effective_all("add_header"):
            if header.args and header.args[0].lower() == _HSTS and len(header.args) > 1:
                match = _MAX_AGE.search(header.args[1])
                if match is None:
                    return Unknown("its value is a variable", header.location)
                return Value(int(match[1]), Origin.LITERAL, header.location)
    doubt = view.settings.doubt(view.scope, "add_header")
    return doubt or Value(None, Origin.DEFAULT)


def _plain_password(view: Server) -> Fact:
    """
    Whether a password is asked for on a socket without TLS, at the ``auth_basic`` that does.
    """
    server = view.scope
    if any(view.config.sockets[one.key].ssl for one in view.config.listens(server)):
        return NO
    for scope in server.walk():
        directive = scope.effective("auth_basic")
        if directive is not None and directive.args[:1] != ("off",):
            return Value(value=True, origin=Origin.LITERAL, location=directive.location)
    return NO


def _certificate_unchecked(view: Server) -> Fact:
    """
    Whether a client certificate is optional and nothing asks how its verification went.
    """
    directive = view.scope.effective("ssl_verify_client")
    if directive is None or not directive.args or not directive.args[0].startswith("optional"):
        return NO
    if view.reader.mentions_client_certificate:
        return NO
    doubt = None if view.reader.complete else Unknown("files that were not read may check it")
    return doubt or Value(value=True, origin=Origin.LITERAL, location=directive.location)


def _tokens_shown(view: Whole) -> Fact:
    """
    Whether some server that serves content tells its version, at the directive that says so.
    """
    found = [one for one in view.config.servers if _serves(view, one)]
    facts = [
        view.settings.typed(one, "server_tokens") for one in view.distinct(found, "server_tokens")
    ]
    shown = [one for one in facts if isinstance(one, Value) and one.value in ("on", "build")]
    if shown:
        one = min(shown, key=lambda fact: fact.location is None)
        return Value(value=True, origin=one.origin, location=one.location, note=one.note)
    return next((one for one in facts if isinstance(one, Unknown)), NO)


def _serves(view: Whole, server: Scope) -> bool:
    fact = serves(view.settings, server)
    return isinstance(fact, Value) and fact.value is True


def _public_resolver(view: Whole) -> Fact:
    """
    A resolver on the internet that nginx asks, as written; empty when there is none.
    """
    for directive in _lines(view, "resolver"):
        for arg in directive.args:
            if arg.removesuffix(":53").lower() in _RESOLVERS:
                return Value(arg, Origin.LITERAL, directive.location)
    return computed("")


def _resolves_targets(view: Whole) -> Fact:
    """
    Whether names of servers are looked up at run time, and not only those of OCSP responders.
    """
    targets = (view.config.proxied(one) for one in view.config.locations)
    if any(one is not None and one.has_variables for one in targets):
        return computed(True)
    resolve = any(
        one.param("resolve") is not None
        for upstream in view.config.upstreams
        for one in upstream.servers
    )
    return computed(resolve)


def _unused_zone(view: Whole) -> Fact:
    """
    A zone for limits that no limit uses, by name; empty when there is none.
    """
    for zone, limit in _ZONES:
        used = {name for one in _lines(view, limit) for name in _zone_names(one)}
        for directive in _lines(view, zone):
            for name in _zone_names(directive):
                if name not in used:
                    return _if_complete(view, name, directive)
    return computed("")


def _zone_names(directive: Directive) -> Iterator[str]:
    for arg in directive.args:
        if arg.startswith("zone="):
            yield arg.removeprefix("zone=").partition(":")[0]
    if directive.name == "limit_conn" and directive.args:
        yield directive.args[0]


def _if_complete(view: Whole, value: str, directive: Directive) -> Fact:
    if not view.reader.complete:
        return Unknown("files that were not read may use it", directive.location)
    return Value(value, Origin.LITERAL, directive.location)


def _readable_key(view: Whole) -> Fact:
    """
    A private key or a file of passwords below a folder that is served; empty when there is none.
    """
    roots = {_folder(one.args[0]) for one in _lines(view, "root") if one.args}
    roots |= {_folder(one.args[0]) for one in _lines(view, "alias") if one.args}
    roots -= {"", "/"}
    private: set[str] = set()
    for name in ("ssl_certificate_key", "auth_basic_user_file"):
        for directive in _lines(view, name):
            path = directive.args[0] if directive.args else ""
            folder = posixpath.dirname(path)
            if "$" in path or folder in private:
                continue
            if not roots.isdisjoint(_upwards(folder)):
                return Value(path, Origin.LITERAL, directive.location)
            private.add(folder)
    return computed("")


def _upwards(folder: str) -> Iterator[str]:
    while folder not in ("", "/"):
        yield folder
        folder = posixpath.dirname(folder)


def _folder(path: str) -> str:
    plain = path.startswith("/") and "$" not in path and not is_placeholder(path)
    return posixpath.normpath(path) if plain else ""


def _ambiguous_socket(view: Whole) -> Fact:
    """
    A socket with servers of several names and none marked as default; empty when there is none.
    """
    if not view.reader.complete:
        return Unknown("files that were not read may hold the default server")
    for socket in view.config.sockets.values():
        servers = {server for server, _ in socket.users}
        marked = any(listen.default_server for _, listen in socket.users)
        if len(servers) > 1 and not marked and not socket.uncertain:
            return Value(socket.key, Origin.LITERAL, socket.default.location)
    return computed("")


def _lines(view: Whole, name: str) -> Iterator[Directive]:
    """
    All directives of a name, on whatever level.
    """
    if name in view.config.used:
        for scope in view.config.main.walk():
            yield from scope.own(name)


SERVER: Rows = {
    "old_protocols": Row(
        STRING, "protocols older than TLS 1.2 in ssl_protocols, else empty", _old_protocols
    ),
    "weak_ciphers": Row(
        STRING,
        "broken ciphers that ssl_ciphers asks for, else empty",
        _weak_ciphers,
        only_with=frozenset({"ssl_ciphers"}),
        otherwise="",
    ),
    "hsts": Row(DURATION, "max-age of Strict-Transport-Security, no value when not sent", _hsts),
    "plain_password": Row(
        BOOL,
        "whether auth_basic asks for a password on a socket without TLS",
        _plain_password,
        only_with=frozenset({"auth_basic"}),
    ),
    "certificate_unchecked": Row(
        BOOL,
        "whether a client certificate is optional and $ssl_client_verify is never looked at",
        _certificate_unchecked,
        only_with=frozenset({"ssl_verify_client"}),
    ),
}
NGINX: Rows = {
    "tokens_shown": Row(
        BOOL, "whether a server that serves content tells nginx's version", _tokens_shown
    ),
    "old_protocols": Row(
        STRING,
        "protocols older than TLS 1.2 that the http block lets servers offer which were not read; "
        "else empty",
        _old_for_all,
    ),
    "public_resolver": Row(
        STRING, "a resolver on the internet that is asked, else empty", _public_resolver
    ),
    "resolves_targets": Row(
        BOOL, "whether names of servers are looked up at run time", _resolves_targets
    ),
    "unused_zone": Row(STRING, "a zone for limits that no limit uses, else empty", _unused_zone),
    "readable_key": Row(
        STRING, "a private key or password file below a served folder, else empty", _readable_key
    ),
    "trusts_proxies": Row(
        BOOL,
        "whether set_real_ip_from names proxies whose word counts",
        lambda view: computed("set_real_ip_from" in view.config.used),
    ),
    "ambiguous_socket": Row(
        STRING, "a socket of several servers without default_server, else empty", _ambiguous_socket
    ),
}
