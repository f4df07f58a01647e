"""
Facts about a server's TLS beside its sessions: stapling, protocols, ciphers and groups.

Source: nginx.org, ngx_http_ssl_module.
"""

from __future__ import annotations

from advisor.facts.common import computed
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.server import more_listens
from advisor.facts.nginx.views import NO, Server
from advisor.facts.schema import BOOL, STRING
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import Directive
from advisor.parsers.nginx_scope import Scope

_FREE = "/letsencrypt/"
"""Where certbot keeps certificates; those of Let's Encrypt name no OCSP responder."""
_AEAD = ("-GCM-", "-CCM", "CHACHA20", "TLS_AES_", "TLS13-")
_FORWARD = ("ECDHE-", "DHE-", "TLS_", "TLS13-")
_COMMAND = "ssl_conf_command"
_HYBRID = "MLKEM"
"""In the names of groups that are safe from quantum computers; OpenSSL has them since 3.5."""


def _lets_encrypt(view: Server) -> Fact:
    """
    Whether a certificate lies where certbot keeps those of Let's Encrypt.
    """
    for one in view.scope.effective_all("ssl_certificate"):
        if one.args and _FREE in one.args[0]:
            return Value(value=True, origin=Origin.LITERAL, location=one.location)
    return view.settings.doubt(view.scope, "ssl_certificate") or NO


def _from_variable(view: Server) -> Fact:
    for one in view.scope.effective_all("ssl_certificate"):
        if one.args and "$" in one.args[0]:
            return Value(value=True, origin=Origin.LITERAL, location=one.location)
    return NO


def _default_protocols(view: Server) -> Fact:
    """
    The protocols of the socket's default server where this server has others; else empty.
    """
    if view.scope.effective("ssl_protocols") is None:
        return view.settings.doubt(view.scope, "ssl_protocols") or computed("")
    own = view.directive("ssl_protocols")
    if isinstance(own, Unknown):
        return own
    if doubt := more_listens(view):
        return doubt
    for default in _defaults(view):
        there = view.settings.typed(default, "ssl_protocols")
        if isinstance(there, Unknown):
            return there
        if set(str(there.value).split()) != set(str(own.value).split()):
            return Value(str(there.value), own.origin, own.location)
    return computed("")


def _defaults(view: Server) -> list[Scope]:
    """
    The default servers of its TLS sockets, itself left out.
    """
    sockets = (view.config.sockets[one.key] for one in view.config.listens(view.scope))
    return [one.default for one in sockets if one.ssl and one.default is not view.scope]


def _modern(view: Server) -> Fact:
    """
    Whether all ciphers are authenticated and forward secret, so that none is worse than another.
    """
    ciphers = view.directive("ssl_ciphers")
    if isinstance(ciphers, Unknown):
        return ciphers
    names = [one for one in str(ciphers.value or "").split(":") if one]
    modern = ciphers.location is not None and all(_is_modern(one) for one in names)
    return Value(modern, ciphers.origin, ciphers.location)


def _is_modern(name: str) -> bool:
    return name.startswith(_FORWARD) and any(part in name for part in _AEAD)


def _commands(view: Server, *names: str) -> list[Directive]:
    """
    Commands to OpenSSL by name, in lower case.
    """
    found = view.scope.effective_all(_COMMAND)
    return [one for one in found if len(one.args) == 2 and one.args[0].lower() in names]


def _chacha_first(view: Server) -> Fact:
    options = " ".join(one.args[1] for one in _commands(view, "options"))
    if "PrioritizeChaCha" in options:
        return computed(True)
    return view.settings.list_doubt(view.scope, _COMMAND) or NO


def _strict_group(view: Server) -> Fact:
    """
    A hybrid group that OpenSSL must know; one behind ``?`` may be unknown to it.
    """
    curve = view.scope.effective("ssl_ecdh_curve")
    named = [(one, one.args[1]) for one in _commands(view, "groups", "curves")]
    named += [(curve, curve.args[0])] if curve and curve.args else []
    for directive, text in named:
        for name in text.split(":"):
            if _HYBRID in name.upper() and not name.startswith("?"):
                return Value(name, Origin.LITERAL, directive.location)
    return computed("")


SERVER: Rows = {
    "lets_encrypt": Row(
        BOOL,
        "whether a certificate lies where certbot keeps those of Let's Encrypt",
        _lets_encrypt,
        only_with=frozenset({"ssl_certificate"}),
    ),
    "certificate_varies": Row(
        BOOL,
        "whether a variable names the certificate, so that it is read for each connection",
        _from_variable,
        only_with=frozenset({"ssl_certificate"}),
    ),
    "default_protocols": Row(
        STRING,
        "ssl_protocols of the socket's default server where this server has others, else empty",
        _default_protocols,
        only_with=frozenset({"ssl_protocols"}),
        otherwise="",
    ),
    "modern_ciphers": Row(
        BOOL,
        "whether ssl_ciphers names authenticated, forward secret ciphers alone",
        _modern,
        only_with=frozenset({"ssl_ciphers"}),
    ),
    "chacha_first": Row(
        BOOL,
        "whether OpenSSL puts ChaCha20 first for clients that do (PrioritizeChaCha)",
        _chacha_first,
        only_with=frozenset({_COMMAND}),
    ),
    "strict_group": Row(
        STRING,
        "a hybrid key exchange that OpenSSL must know to start, else empty",
        _strict_group,
        only_with=frozenset({"ssl_ecdh_curve", _COMMAND}),
        otherwise="",
    ),
}
