"""
Whether a Django application behind nginx learns that a request came over https.

Sources: docs.djangoproject.com, "Settings", SECURE_SSL_REDIRECT and SECURE_PROXY_SSL_HEADER;
gunicorn "Settings", forwarded_allow_ips and secure_scheme_headers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.facts.common import computed, first_unknown, holds, of_type
from advisor.facts.django_settings import setting_of
from advisor.facts.schema import BOOL
from advisor.model import Location, Origin, Unknown, Value
from advisor.model.subject import Fact

if TYPE_CHECKING:
    from advisor.deployment.django import DjangoApplication
    from advisor.deployment.model import Application, Deployment
    from advisor.facts.nginx.settings import Settings
    from advisor.parsers.nginx_scope import Scope

NOBODY_ELSE = ("127.0.0.1", "127.0.0.1, ::1", "::1")
"""Defaults of forwarded_allow_ips, by version: loopback alone."""
_HEADER = "proxy_set_header"
_MIDDLEWARE = "django.middleware.security.SecurityMiddleware"
_SCHEME_HEADERS = {
    "x-forwarded-proto": "https",
    "x-forwarded-protocol": "ssl",
    "x-forwarded-ssl": "on",
}
"""Default of gunicorn's secure_scheme_headers."""
_UVICORN_HEADERS = {"x-forwarded-proto": "https"}
_PACKAGED = "proxy_params"
"""Debian's file, which sends X-Forwarded-Proto."""


class Believed(Struct, frozen=True):
    """
    Headers, with their values, that make an application take a request for https.
    """

    named: Mapping[str, str]
    """By SECURE_PROXY_SSL_HEADER."""
    own: Mapping[str, str] | Unknown
    """By gunicorn, which Django asks where that header is absent; none for an untrusted proxy."""


def redirect_facts(
    deployment: Deployment, application: Application, apart: Fact, trusted: Fact, kind: Fact
) -> tuple[Fact, Believed | Unknown]:
    """
    Whether the application redirects plain http, and what keeps it from doing so.
    """
    django = next((one for one in deployment.django if one.application is application), None)
    if django is None:
        return computed(value=False), Believed({}, {})
    header = setting_of(django, "SECURE_PROXY_SSL_HEADER")
    named = header if isinstance(header, Unknown) else _named(header)
    if isinstance(named, Unknown):
        return _redirects(django), named
    return _redirects(django), Believed(named, _own(application, apart, trusted, kind))


def _own(
    application: Application, apart: Fact, trusted: Fact, kind: Fact
) -> Mapping[str, str] | Unknown:
    unknown = first_unknown(apart, trusted, kind)
    if unknown is not None:
        return unknown
    if application.settings.stated("secure_scheme_headers"):
        return Unknown("secure_scheme_headers is set", application.location)
    if holds(apart) and isinstance(trusted, Value) and trusted.value in NOBODY_ELSE:
        return {}
    uvicorn = isinstance(kind, Value) and kind.value == "uvicorn"
    return _UVICORN_HEADERS if uvicorn else _SCHEME_HEADERS


def flaw_of(scope: Scope, settings: Settings, believed: Believed | Unknown, trusted: Fact) -> Fact:
    """
    Why the application takes a request for plain http that came over TLS; empty if it does not.
    """
    if isinstance(believed, Unknown):
        return believed
    if any(one.args and one.args[0].endswith(_PACKAGED) for one in scope.unread):
        return _untold({"x-forwarded-proto": "$scheme"}, believed, trusted, scope.location)
    headers = scope.effective_all(_HEADER)
    sent = {one.args[0].lower(): one.args[1] for one in headers if len(one.args) == 2}
    doubt = settings.list_doubt(scope, _HEADER)
    return doubt or _untold(sent, believed, trusted, scope.location)


def _redirects(django: DjangoApplication) -> Fact:
    middleware = setting_of(django, "MIDDLEWARE")
    value = setting_of(django, "SECURE_SSL_REDIRECT")
    if value is None:
        return Value(False, Origin.DEFAULT, note="default of Django")
    if isinstance(middleware, Unknown):
        return middleware
    listed = middleware.value if middleware is not None else ()
    if not isinstance(listed, (list, tuple)) or _MIDDLEWARE not in listed:
        return computed(value=False)
    return of_type(value, BOOL)


def _named(header: Value[object] | None) -> Mapping[str, str] | Unknown:
    """
    ``("HTTP_X_FORWARDED_PROTO", "https")`` as a header of HTTP.
    """
    if header is None or not header.value:
        return {}
    pair = header.value
    if not isinstance(pair, (list, tuple)) or len(pair) != 2:
        return Unknown("SECURE_PROXY_SSL_HEADER is no pair", header.location)
    name = str(pair[0]).removeprefix("HTTP_").replace("_", "-").lower()
    return {name: str(pair[1])}


def _untold(
    sent: Mapping[str, str], believed: Believed, trusted: Fact, place: Location | None
) -> Fact:
    """
    Django asks for the header of its settings, and gunicorn where that was not sent.
    """
    named, own = believed.named, believed.own
    for wanted in (named, own):
        if isinstance(wanted, Unknown):
            if any(name in sent for name in _SCHEME_HEADERS):
                return wanted
            continue
        found = [name for name in wanted if name in sent]
        if any("$" in sent[name] or sent[name].lower() == wanted[name].lower() for name in found):
            return computed("")
        if found:
            return Unknown("what nginx sends is no scheme that is known", place)
    if not named and own == {} and any(name in sent for name in _SCHEME_HEADERS):
        said = str(trusted.value) if isinstance(trusted, Value) else ""
        where = trusted.location if isinstance(trusted, Value) else None
        return Value(f"gunicorn believes {said} only", Origin.EVALUATED, where or place)
    name = next(iter(named), "x-forwarded-proto")
    title = "-".join(part.capitalize() for part in name.split("-"))
    return Value(f"nginx sends no {title}", Origin.EVALUATED, place)
