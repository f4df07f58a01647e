"""
Facts of applications, from the settings that they surely load.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisor.facts.common import computed, of_type
from advisor.facts.gunicorn import gunicorn_facts
from advisor.facts.schema import BOOL
from advisor.model import Location, Origin, Unknown, Value
from advisor.model.subject import Fact, Subject

if TYPE_CHECKING:
    from advisor.deployment.django import DjangoApplication
    from advisor.deployment.model import Deployment

_GZIP = "django.middleware.gzip.GZipMiddleware"
_LOCAL = "locmem.LocMemCache"
_CACHED_SESSIONS = ("django.contrib.sessions.backends.cache",)


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every Django application whose settings module is known.
    """
    for one in deployment.django:
        facts = {**app_facts(one, deployment), **gunicorn_facts(one.application, deployment)}
        place = Location(one.path, 1)
        yield Subject("app", one.application.name, facts, place, one.path)


def app_facts(one: DjangoApplication, deployment: Deployment) -> dict[str, Fact]:
    """
    Facts under ``app.`` of one application.
    """
    backend = _cache_backend(one)
    return {
        "app.name": computed(one.application.name),
        "app.settings": Value(one.path, Origin.EVALUATED, Location(one.path, 1)),
        "app.debug": _debug(one),
        "app.compresses": _compresses(one),
        "app.proxy_compresses": _proxy_compresses(one, deployment),
        "app.local_cache": backend,
        "app.local_sessions": _local_sessions(one, backend),
    }


def _setting(one: DjangoApplication, name: str) -> Value[object] | Unknown | None:
    """
    A setting; None when it is surely not set, unknown where others bring names in.
    """
    value = one.values.value(name)
    if value is None and one.values.opened is not None:
        return Unknown("an import of all names may set it", one.values.opened)
    return value


def _debug(one: DjangoApplication) -> Fact:
    value = _setting(one, "DEBUG")
    if value is None:
        return Value(False, Origin.DEFAULT, note="default of Django")
    return of_type(value, BOOL)


def _compresses(one: DjangoApplication) -> Fact:
    value = _setting(one, "MIDDLEWARE")
    if isinstance(value, Unknown):
        return value
    listed = value.value if value is not None else None
    names = listed if isinstance(listed, (list, tuple)) else ()
    return Value(_GZIP in names, Origin.EVALUATED, value.location if value else None)


def _proxy_compresses(one: DjangoApplication, deployment: Deployment) -> Fact:
    """
    Whether an nginx before it compresses as well.
    """
    proxies = {
        id(edge.proxy): edge.proxy
        for edge in deployment.proxy_edges
        if edge.application is one.application
    }
    if not proxies:
        return Value(False, Origin.EVALUATED, note="no nginx of the deployment")
    from advisor.facts.nginx import Reader  # noqa: PLC0415 - start-up cost

    facts = [Reader(proxy).nginx_facts()["nginx.gzip"] for proxy in proxies.values()]
    known = next((fact for fact in facts if isinstance(fact, Value) and fact.value), None)
    return known or facts[0]


def _cache_backend(one: DjangoApplication) -> Fact:
    """
    Whether the default cache lives in the memory of each process; only where that is written.
    """
    value = _setting(one, "CACHES")
    if value is None:
        return Value(False, Origin.DEFAULT, note="no cache is set up")
    if isinstance(value, Unknown):
        return value
    caches = value.value if isinstance(value.value, dict) else {}
    default = caches.get("default")
    name = str(default.get("BACKEND", "")) if isinstance(default, dict) else ""
    return Value(name.endswith(_LOCAL), Origin.EVALUATED, value.location)


def _local_sessions(one: DjangoApplication, local: Fact) -> Fact:
    """
    Whether sessions are kept in that cache; without CACHES it is Django's default.
    """
    engine = _setting(one, "SESSION_ENGINE")
    if engine is None:
        return Value(False, Origin.DEFAULT, note="Django keeps sessions in the database")
    if isinstance(engine, Unknown):
        return engine
    if engine.value not in _CACHED_SESSIONS:
        return Value(False, Origin.EVALUATED, engine.location)
    if isinstance(local, Unknown):
        return local
    unset = _setting(one, "CACHES") is None
    return Value(bool(local.value) or unset, Origin.EVALUATED, engine.location)
