"""
Who hands out the static files of a Django application behind nginx.

Sources: docs.djangoproject.com, "How to deploy static files"; whitenoise.readthedocs.io.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from advisor import regex
from advisor.deployment.paths import folder_of, join, text_of
from advisor.facts.code import texts_of
from advisor.facts.common import computed
from advisor.facts.django_settings import setting_of
from advisor.model import Location, Origin, Unknown, Value
from advisor.model.subject import Fact

if TYPE_CHECKING:
    from advisor.deployment.django import DjangoApplication
    from advisor.deployment.model import Deployment, Proxy
    from advisor.parsers.nginx_scope import Scope

_APPLICATION = "django.contrib.staticfiles"
_OWN_STORAGES = (f"{_APPLICATION}.storage.", "django.core.files.storage.")
_SERVERS = regex.lazy(r"whitenoise|servestatic|dj_static", re.IGNORECASE)
"""What lets Python hand them out after all."""
_VIEW = regex.lazy(r"views\.static|staticfiles\.views|\bserve\b")


def static_lost(one: DjangoApplication, deployment: Deployment) -> Fact:
    """
    The path of static files that nginx passes on to the application, which answers 404; empty
    where somebody serves them, or no nginx of the deployment stands before it.
    """
    prefix = _prefix(one)
    served = _served_by_python(one, deployment) if isinstance(prefix, Value) else False
    unknown = next((it for it in (prefix, served) if isinstance(it, Unknown)), None)
    if unknown is not None:
        return unknown
    if served or not isinstance(prefix, Value):
        return computed("")
    place = _passed_on(one, deployment, prefix.value)
    if place is None or isinstance(place, Unknown):
        return place or computed("")
    return Value(prefix.value, Origin.EVALUATED, place)


def _prefix(one: DjangoApplication) -> Value[str] | Unknown | None:
    """
    STATIC_URL as a path of this server; None without static files, or where they are elsewhere.
    """
    installed, url = setting_of(one, "INSTALLED_APPS"), setting_of(one, "STATIC_URL")
    storage = _storage(one)
    for value in (installed, url, storage):
        if isinstance(value, Unknown):
            return value
    apps = installed.value if isinstance(installed, Value) else ()
    text = url.value if isinstance(url, Value) else None
    listed = isinstance(apps, (list, tuple)) and _APPLICATION in apps
    if not listed or not isinstance(text, str) or "//" in text or not text.strip("/"):
        return None
    backend = storage.value if isinstance(storage, Value) else ""
    if backend and not str(backend).startswith(_OWN_STORAGES):
        return None
    place = url.location if isinstance(url, Value) else None
    return Value(f"/{text.strip('/')}/", Origin.EVALUATED, place)


def _storage(one: DjangoApplication) -> Value[object] | Unknown | None:
    old, new = setting_of(one, "STATICFILES_STORAGE"), setting_of(one, "STORAGES")
    if old is not None or not isinstance(new, Value) or not isinstance(new.value, dict):
        return old if old is not None else new if isinstance(new, Unknown) else None
    entry = new.value.get("staticfiles")
    backend = entry.get("BACKEND") if isinstance(entry, dict) else ""
    return Value(backend, new.origin, new.location)


def _served_by_python(one: DjangoApplication, deployment: Deployment) -> bool | Unknown:
    """
    WhiteNoise and its like anywhere in the code, or a view for static files.
    """
    middleware, urls = setting_of(one, "MIDDLEWARE"), setting_of(one, "ROOT_URLCONF")
    if isinstance(middleware, Unknown):
        return middleware
    if middleware is not None and _SERVERS.search(str(middleware.value)):
        return True
    texts = [text for _, text in texts_of(deployment, one.application)]
    if any(_SERVERS.search(text) for text in texts):
        return True
    named = urls.value if isinstance(urls, Value) else None
    text = _module(one, deployment, named) if isinstance(named, str) else None
    if text is None:
        return Unknown("the URLs of the application are not among the files", Location(one.path, 1))
    return _VIEW.search(text) is not None


def _module(one: DjangoApplication, deployment: Deployment, name: str) -> str | None:
    """
    The text of a module of the code that the settings belong to.
    """
    below = f"{name.replace('.', '/')}.py"
    folder = folder_of(one.path)
    while True:
        text = text_of(deployment.tree, join(folder, below))
        if text is not None or not folder:
            return text
        folder = folder_of(folder)


def _passed_on(
    one: DjangoApplication, deployment: Deployment, prefix: str
) -> Location | Unknown | None:
    """
    Where nginx passes requests for the files to the application, None where it serves them.
    """
    proxies = {
        id(edge.proxy): edge.proxy
        for edge in deployment.proxy_edges
        if edge.application is one.application
    }
    places = [_through(one, deployment, proxy, prefix) for proxy in proxies.values()]
    if not places or any(one is None for one in places):
        return None
    return places[0]


def _through(
    one: DjangoApplication, deployment: Deployment, proxy: Proxy, prefix: str
) -> Location | Unknown | None:
    from advisor.facts.routes import ways_of  # noqa: PLC0415 - start-up cost

    edges = [edge for edge in deployment.proxy_edges if edge.proxy is proxy]
    mine = [scope for scope, edge in ways_of(proxy, edges) if edge.application is one.application]
    taking = [scope for scope in mine if _takes(scope, prefix)]
    others = [scope for scope in proxy.config.locations if scope not in mine]
    looked = any(scope.effective("try_files") or scope.children for scope in taking)
    if not taking or looked or any(_takes(scope, prefix) for scope in others):
        return None
    for server in proxy.config.servers:
        for include in server.hidden("location"):
            return Unknown("an include that was not read may serve them", include.location)
    return taking[0].location


def _takes(scope: Scope, prefix: str) -> bool:
    """
    Whether a location may take requests for what is below a path.
    """
    from advisor.facts.nginx.expressions.regexes import Kind, route  # noqa: PLC0415 - start-up cost

    way = route(scope)
    if way.kind is Kind.REGEX:
        return True
    if way.kind not in (Kind.PREFIX, Kind.FIRM):
        return False
    return prefix.startswith(way.text) or way.text.startswith(prefix)
