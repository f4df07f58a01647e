"""Static files of Django behind nginx: who hands them out."""

from __future__ import annotations

import pytest

from tests.support.deployments import facts_of, known, unknown

COMPOSE = """\
services:
  proxy: {image: "nginx:1.30", volumes: ["./nginx.conf:/etc/nginx/nginx.conf"]}
  web:
    build: .
    command: gunicorn -b 0.0.0.0:8000 shop.wsgi
    environment: {DJANGO_SETTINGS_MODULE: shop.settings}
"""
APPS = 'INSTALLED_APPS = ["django.contrib.staticfiles"]\nROOT_URLCONF = "shop.urls"\n'
SETTINGS = f'{APPS}STATIC_URL = "static/"\n'
ALL = "location / { proxy_pass http://web:8000; }"
TRIED = (
    "root /srv; location / { try_files $uri @web; }\nlocation @web { proxy_pass http://web:8000; }"
)
S3 = "storages.backends.s3.S3Storage"
URLS = "urlpatterns = []\n"


def stack(
    *, settings: str = SETTINGS, http: str = ALL, urls: str = URLS, **code: str
) -> dict[str, str]:
    """Django behind nginx, with the contents of its server block."""
    return {
        "compose.yaml": COMPOSE,
        "nginx.conf": f"events {{}}\nhttp {{ server {{\n{http}\n}} }}\n",
        "shop/settings.py": settings,
        "shop/urls.py": urls,
        **{f"shop/{name}.py": text for name, text in code.items()},
    }


def lost(files: dict[str, str]) -> object:
    return known(facts_of(files, "app"), "app.static_lost")


def test_one_location_for_everything() -> None:
    fact = facts_of(stack(), "app")["app.static_lost"]

    assert lost(stack()) == "/static/"
    assert fact.location is not None
    assert str(fact.location).startswith("nginx.conf:3")


@pytest.mark.parametrize(
    "http",
    [
        f"location /static/ {{ alias /srv/static/; }}\n{ALL}",
        f"location ^~ /static {{ root /srv; }}\n{ALL}",
        f"location ~ \\.css$ {{ root /srv; }}\n{ALL}",
        f"location /static/admin/ {{ root /srv; }}\n{ALL}",
        f"location /static/ {{ proxy_pass http://files:80; }}\n{ALL}",
        TRIED,
        "location / { if (-f $request_filename) { break; } proxy_pass http://web:8000; }",
        "location /api/ { proxy_pass http://web:8000; }",
    ],
)
def test_nginx_has_another_place_for_them(http: str) -> None:
    files = stack(http=http)
    files["compose.yaml"] += "  files: {image: 'caddy:2'}\n"

    assert lost(files) == ""


@pytest.mark.parametrize(
    "http",
    [
        f"location = /favicon.ico {{ root /srv; }}\n{ALL}",
        f"location /media/ {{ root /srv; }}\n{ALL}",
        "location /static/ { proxy_pass http://web:8000; }",
    ],
)
def test_places_for_something_else(http: str) -> None:
    assert lost(stack(http=http)) == "/static/"


@pytest.mark.parametrize(
    "settings",
    [
        'STATIC_URL = "static/"\n',
        APPS,
        f'{APPS}STATIC_URL = "https://cdn.example.com/"\n',
        f'{APPS}STATIC_URL = "/"\n',
        f'{SETTINGS}MIDDLEWARE = ["whitenoise.middleware.WhiteNoiseMiddleware"]\n',
        f'{SETTINGS}STATICFILES_STORAGE = "storages.backends.s3boto3.S3StaticStorage"\n',
        f'{SETTINGS}STORAGES = {{"staticfiles": {{"BACKEND": "{S3}"}}}}\n',
    ],
)
def test_settings_that_serve_them_elsewhere(settings: str) -> None:
    assert lost(stack(settings=settings)) == ""


@pytest.mark.parametrize(
    ("urls", "code"),
    [
        ("from django.views.static import serve\nurlpatterns = []\n", ""),
        (
            URLS,
            "import os\nfrom whitenoise import WhiteNoise\nos.environ['DJANGO_SETTINGS_MODULE']\n",
        ),
    ],
)
def test_code_that_serves_them(urls: str, code: str) -> None:
    assert lost(stack(urls=urls, wsgi=code)) == ""


def test_the_usual_storages_change_nothing() -> None:
    own = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    settings = f'{SETTINGS}STORAGES = {{"staticfiles": {{"BACKEND": "{own}"}}}}\n'

    assert lost(stack(settings=settings)) == "/static/"


def test_without_nginx_nobody_is_asked() -> None:
    files = stack()
    del files["nginx.conf"]

    assert lost(files) == ""


@pytest.mark.parametrize(
    "files",
    [
        {**stack(), "shop/urls.py": ""},
        stack(settings=f"{SETTINGS}from .more import *\n"),
        stack(http=f"include more.conf;\n{ALL}"),
        stack(settings=f'import os\n{APPS}STATIC_URL = os.environ["X"]\n'),
    ],
)
def test_what_cannot_be_seen(files: dict[str, str]) -> None:
    found = {path: text for path, text in files.items() if text}

    assert unknown(facts_of(found, "app"), "app.static_lost")
