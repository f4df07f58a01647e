"""Facts of Django applications: known only where the settings say so."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from advisor.audit import collect_example
from advisor.facts._app_names import APP
from advisor.model import Unknown
from advisor.model.subject import Fact

WSGI = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
COMPOSE = """\
services:
  web:
    build: .
    command: gunicorn -b 0.0.0.0:8000 shop.wsgi
"""
PROXY = """\
  proxy:
    image: nginx:1.29
    volumes: [./nginx.conf:/etc/nginx/nginx.conf]
"""
NGINX = """\
events {}
http {
  gzip on;
  server { location / { proxy_pass http://web:8000; } }
}
"""
SESSIONS = 'SESSION_ENGINE = "django.contrib.sessions.backends.{}"\n'
LOCAL = 'CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}\n'
SHARED = 'CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}}\n'


def facts(settings: str, extra: Mapping[str, str] | None = None) -> Mapping[str, Fact]:
    """Of the application with these settings."""
    files = {"compose.yaml": COMPOSE, "shop/wsgi.py": WSGI, "shop/settings.py": settings}
    found = collect_example({**files, **(extra or {})}, {}, {})
    (subject,) = (one for one in found if one.target == "app")
    return subject.facts


def value(settings: str, name: str, extra: Mapping[str, str] | None = None) -> object:
    """A fact; what is not known as ``?``."""
    one = facts(settings, extra)[f"app.{name}"]
    return "?" if isinstance(one, Unknown) else one.value


def test_every_fact_is_in_the_table() -> None:
    names = {name for name in facts("") if name.startswith("app.")}

    assert names == {f"app.{name}" for name in APP}


@pytest.mark.parametrize(
    ("settings", "debug"),
    [
        ("DEBUG = True\n", True),
        ("DEBUG = False\n", False),
        ("", False),
        ("from shop.base import *\n", "?"),
        ("from shop.base import *\nDEBUG = True\n", True),
        ("DEBUG = load()\n", "?"),
    ],
)
def test_debug(settings: str, debug: object) -> None:
    assert value(settings, "debug") == debug


@pytest.mark.parametrize(
    ("settings", "local", "sessions"),
    [
        (LOCAL, True, False),
        (LOCAL + SESSIONS.format("cache"), True, True),
        (SHARED + SESSIONS.format("cache"), False, False),
        (SESSIONS.format("cache"), False, True),
        (LOCAL + SESSIONS.format("cached_db"), True, False),
        ("from shop.base import *\n", "?", "?"),
    ],
)
def test_what_lives_in_one_process(settings: str, local: object, sessions: object) -> None:
    """Without CACHES Django's default cache is local; that alone says nothing."""
    assert (value(settings, "local_cache"), value(settings, "local_sessions")) == (local, sessions)


def test_compression_in_both_places() -> None:
    middleware = 'MIDDLEWARE = ["django.middleware.gzip.GZipMiddleware"]\n'
    proxy = {"compose.yaml": COMPOSE + PROXY, "nginx.conf": NGINX}

    assert value(middleware, "compresses") is True
    assert value(middleware, "proxy_compresses") is False
    assert value(middleware, "proxy_compresses", proxy) is True


REST = 'INSTALLED_APPS = ["rest_framework"]\n'


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        ("INSTALLED_APPS = []\n", ""),
        ("DEBUG = False\n", ""),
        (REST, "none"),
        (REST + "REST_FRAMEWORK = {'PAGE_SIZE': 10}\n", "none"),
        (REST + "REST_FRAMEWORK = {'DEFAULT_PAGINATION_CLASS': None}\n", "none"),
        (REST + "REST_FRAMEWORK = {'DEFAULT_PAGINATION_CLASS': 'shop.Pages'}\n", "set"),
        (
            REST
            + "REST_FRAMEWORK = {'DEFAULT_PAGINATION_CLASS':"
            + " 'rest_framework.pagination.LimitOffsetPagination'}\n",
            "sizeless",
        ),
        (REST + "REST_FRAMEWORK = load()\n", None),
        ("INSTALLED_APPS = load()\n", None),
    ],
)
def test_pages_of_lists(text: str, pages: str | None) -> None:
    fact = facts(text)["app.pagination"]

    assert (None if isinstance(fact, Unknown) else fact.value) == pages
