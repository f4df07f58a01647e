"""
Takes secrets out of the arguments of nginx directives before anything else sees them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from advisor import regex
from advisor.parsers._nginx_model import REDACTED

if TYPE_CHECKING:
    from collections.abc import Callable

_USERINFO = regex.lazy(r"(://[^/@:\s]*):[^/@\s]+@")
_CREDENTIALS = regex.lazy(r"\b(Basic|Bearer|Token)\s+(?!realm)[\w+/=.~-]{6,}", re.IGNORECASE)
_SECRET_NAME = regex.lazy(
    r"pass(word|wd|phrase)|secret|token|api[-_]?key|private[-_]?key|credential|authorization",
    re.IGNORECASE,
)
_HARMLESS = "access-control-"
"""Headers about cross-origin requests: their names speak of credentials, they hold none."""
_LAST_WORD = regex.lazy(r"(?<=\s)[^\s$]+")


def redact(name: str, args: tuple[str, ...]) -> tuple[str, ...]:
    """
    The arguments with `REDACTED` where a password, a token or a key was written out.

    What holds a variable stays: ``Authorization $http_authorization`` gives nothing away.
    """
    special = SPECIAL.get(name)
    if special is not None:
        args = special(args)
    for arg in args:
        if "@" in arg or " " in arg:
            return tuple(_scrub(arg) for arg in args)
    return args


def _scrub(arg: str) -> str:
    arg = _USERINFO.sub(rf"\1:{REDACTED}@", arg)
    return _CREDENTIALS.sub(rf"\1 {REDACTED}", arg)


def _all(args: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(arg if "$" in arg else REDACTED for arg in args)


def _named(args: tuple[str, ...]) -> tuple[str, ...]:
    """
    A name and a value: the value goes when the name says that it is secret.
    """
    if len(args) < 2 or "$" in args[1] or not _SECRET_NAME.search(args[0]):
        return args
    if args[0].lower().startswith(_HARMLESS):
        return args
    scheme, blank, _ = args[1].partition(" ")
    value = f"{scheme} {REDACTED}" if blank else REDACTED
    return (args[0], value if args[1] else "", *args[2:])


def _assigned(args: tuple[str, ...]) -> tuple[str, ...]:
    """
    ``NAME=value`` in one argument.
    """
    name, sign, value = args[0].partition("=") if args else ("", "", "")
    if not (sign and value and _SECRET_NAME.search(name)):
        return args
    return (f"{name}={REDACTED}", *args[1:])


def _salted(args: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_LAST_WORD.sub(REDACTED, arg) for arg in args)


SPECIAL: dict[str, Callable[[tuple[str, ...]], tuple[str, ...]]] = {
    "add_header": _named,
    "client_secret": _all,
    "env": _assigned,
    "fastcgi_param": _named,
    "grpc_set_header": _named,
    "license_token": _all,
    "proxy_password": _all,
    "proxy_set_header": _named,
    "scgi_param": _named,
    "secure_link_md5": _salted,
    "secure_link_secret": _all,
    "set": _named,
    "uwsgi_param": _named,
}
"""Directives whose arguments are secret by what they mean; in others a secret has an ``@`` or a
blank before it."""
