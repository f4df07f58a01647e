"""
Facts of applications, from the settings that they surely load.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisor.facts.common import computed, of_type
from advisor.facts.django_settings import setting_of
from advisor.facts.gunicorn import gunicorn_facts
from advisor.facts.schema import BOOL
from advisor.facts.static_files import static_lost
from advisor.model import Location, Origin, Unknown, Value
from advisor.model.subject import Fact, Subject

if TYPE_CHECKING:
    from advisor.deployment.django import DjangoApplication
    from advisor.deployment.model import Deployment

_GZIP = "django.middleware.gzip.GZipMiddleware"
_PAGINATION = "rest_framework.pagination."
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
        "app.static_lost": static_lost(one, deployment),
        "app.pagination": _pagination(one),
    }


def _debug(one: DjangoApplication) -> Fact:
    value = setting_of(one, "DEBUG")
    if value is None:
        return Value(False, Origin.DEFAULT, note="default of Django")
    return of_type(value, BOOL)


def _compresses(one: DjangoApplication) -> Fact:
    value = setting_of(one, "MIDDLEWARE")
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


def _pagination(one: DjangoApplication) -> Fact:
    """
    Whether lists of Django REST framework come in pages.

    Its own classes give everything at once where no size is set anywhere (``page_size`` and
    ``default_limit`` of rest_framework/pagination.py are ``PAGE_SIZE``, None by default).
    """
    installed, value = setting_of(one, "INSTALLED_APPS"), setting_of(one, "REST_FRAMEWORK")
    if isinstance(installed, Unknown):
        return installed
    apps = installed.value if installed is not None else ()
    if not isinstance(apps, (list, tuple)) or "rest_framework" not in apps:
        return Value("", Origin.EVALUATED, note="Django REST framework is not installed")
    if isinstance(value, Unknown):
        return value
    place = value.location if value else installed.location if installed else None
    options = value.value if value and isinstance(value.value, dict) else {}
    name = options.get("DEFAULT_PAGINATION_CLASS")
    if not name:
        return Value("none", Origin.EVALUATED, place)
    sizeless = options.get("PAGE_SIZE") is None and str(name).startswith(_PAGINATION)
    return Value("sizeless" if sizeless else "set", Origin.EVALUATED, place)


def _cache_backend(one: DjangoApplication) -> Fact:
    """
    Whether the default cache lives in the memory of each process; only where that is written.
    """
    value = setting_of(one, "CACHES")
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
    engine = setting_of(one, "SESSION_ENGINE")
    if engine is None:
        return Value(False, Origin.DEFAULT, note="Django keeps sessions in the database")
    if isinstance(engine, Unknown):
        return engine
    if engine.value not in _CACHED_SESSIONS:
        return Value(False, Origin.EVALUATED, engine.location)
    if isinstance(local, Unknown):
        return local
    unset = setting_of(one, "CACHES") is None
    return Value(bool(local.value) or unset, Origin.EVALUATED, engine.location)
