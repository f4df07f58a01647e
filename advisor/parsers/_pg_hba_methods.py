"""
Authentication methods of pg_hba.conf and the options that each of them takes.

Source: "Authentication Methods" (auth-methods.html); checked with ``pg_hba_file_rules``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from advisor import regex
from advisor.parsers._pg_hba_address import LineError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

METHODS = frozenset(
    {"trust", "reject", "md5", "password", "scram-sha-256", "gss", "ident", "peer"}
    | {"ldap", "radius", "cert", "pam", "oauth"}
)
_ELSEWHERE = {"sspi": "Windows", "bsd": "OpenBSD"}
"""Methods of servers for other systems."""
_KERBEROS = frozenset({"gss", "sspi"})
_LDAP = frozenset({"ldap"})
_RADIUS = frozenset({"radius"})
_OAUTH = frozenset({"oauth"})
_PAM = frozenset({"pam"})
_OWNERS: Mapping[str, frozenset[str]] = {
    "map": frozenset({"ident", "peer", "gss", "sspi", "cert", "oauth"}),
    "pamservice": _PAM,
    "pam_use_hostname": _PAM,
    "krb_realm": _KERBEROS,
    "include_realm": _KERBEROS,
    "compat_realm": frozenset({"sspi"}),
    "upn_username": frozenset({"sspi"}),
    **dict.fromkeys(
        (
            "ldapurl",
            "ldaptls",
            "ldapscheme",
            "ldapserver",
            "ldapport",
            "ldapbinddn",
            "ldapbindpasswd",
            "ldapsearchattribute",
            "ldapsearchfilter",
            "ldapbasedn",
            "ldapprefix",
            "ldapsuffix",
        ),
        _LDAP,
    ),
    **dict.fromkeys(
        ("radiusservers", "radiussecrets", "radiusports", "radiusidentifiers"), _RADIUS
    ),
    **dict.fromkeys(("issuer", "scope", "validator", "delegate_ident_mapping"), _OAUTH),
}
"""Which methods an option belongs to."""
_TLS_VALUES: Mapping[str, frozenset[str]] = {
    "clientcert": frozenset({"verify-ca", "verify-full"}),
    "clientname": frozenset({"CN", "DN"}),
}
"""Options of ``hostssl`` lines, with what they may be set to."""
_SEARCH = ("ldapbasedn", "ldapbinddn", "ldapbindpasswd", "ldapsearchattribute", "ldapsearchfilter")
_PORT = regex.lazy(r"[ \t\n\r\f\v]*[+-]?0*[1-9]", re.ASCII)
SECRET_OPTIONS = frozenset({"ldapbindpasswd", "radiussecrets"})


def check_method(type_: str, method: str) -> None:
    """
    Raise `LineError` for a method that does not exist or not for this type of record.
    """
    if method in _ELSEWHERE:
        raise LineError(f"the method {method} exists on {_ELSEWHERE[method]} only")
    if method not in METHODS:
        raise LineError(f"there is no authentication method “{method}”")
    if type_ == "local" and method == "gss":
        raise LineError("gss does not work over unix sockets")
    if type_ != "local" and method == "peer":
        raise LineError("peer works over unix sockets only: on local lines")
    if type_ != "hostssl" and method == "cert":
        raise LineError("cert works on hostssl lines only")


def check_options(type_: str, method: str, options: Mapping[str, str]) -> None:
    """
    Raise `LineError` for options that the method does not take, and for those it lacks.
    """
    for name, value in options.items():
        _check_option(type_, method, name, value)
    needs = _NEEDS.get(method)
    if needs:
        needs(options)


def _check_option(type_: str, method: str, name: str, value: str) -> None:
    if name in _TLS_VALUES:
        _check_tls(type_, method, name, value)
        return
    owners = _OWNERS.get(name)
    if owners is None:
        raise LineError(f"there is no option “{name}”")
    if method not in owners:
        raise LineError(f"the method {method} has no option {name}")
    if name == "ldapport" and not _PORT.match(value):
        raise LineError(f"“{value}” is no port")


def _check_tls(type_: str, method: str, name: str, value: str) -> None:
    if type_ != "hostssl":
        raise LineError(f"{name} works on hostssl lines only")
    if value not in _TLS_VALUES[name]:
        raise LineError(f"{name} takes {' or '.join(sorted(_TLS_VALUES[name]))}, not “{value}”")
    if name == "clientcert" and method == "cert" and value != "verify-full":
        raise LineError("with cert, clientcert can only be verify-full")


def _need_ldap(options: Mapping[str, str]) -> None:
    if "ldapurl" in options:
        # Server and base come out of the URL.
        return
    if "ldapserver" not in options and "ldapbasedn" not in options:
        raise LineError("ldap needs ldapserver, or ldapbasedn to find it by")
    if "ldapprefix" in options or "ldapsuffix" in options:
        if any(name in options for name in _SEARCH):
            raise LineError("ldapprefix and ldapsuffix do not go with options of a search")
    elif "ldapbasedn" not in options:
        raise LineError("ldap needs ldapprefix, ldapsuffix or ldapbasedn")
    if "ldapsearchattribute" in options and "ldapsearchfilter" in options:
        raise LineError("ldapsearchattribute and ldapsearchfilter exclude each other")


def _need_radius(options: Mapping[str, str]) -> None:
    for name in ("radiusservers", "radiussecrets"):
        if name not in options:
            raise LineError(f"radius needs {name}")


def _need_oauth(options: Mapping[str, str]) -> None:
    for name in ("scope", "issuer"):
        if name not in options:
            raise LineError(f"oauth needs {name}")


_NEEDS: Mapping[str, Callable[[Mapping[str, str]], None]] = {
    "ldap": _need_ldap,
    "radius": _need_radius,
    "oauth": _need_oauth,
}
