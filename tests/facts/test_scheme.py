"""Django behind TLS: whether it redirects, and whether it learns of the scheme."""

from __future__ import annotations

import pytest

from tests.support.deployments import facts_of, known, unknown

MIDDLEWARE = 'MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]\n'
REDIRECT = f"{MIDDLEWARE}SECURE_SSL_REDIRECT = True\n"
HEADER = 'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")\n'
SAYS = "proxy_set_header X-Forwarded-Proto $scheme;"
UNTOLD = "nginx sends no X-Forwarded-Proto"
UNTRUSTED = "gunicorn believes 127.0.0.1, ::1 only"


def stack(settings: str, *, http: str = "", flags: str = "") -> dict[str, str]:
    """nginx and Django in two containers."""
    compose = (
        "services:\n"
        '  proxy: {image: "nginx:1.30", volumes: ["./nginx.conf:/etc/nginx/nginx.conf"]}\n'
        f"  web: {{build: ., command: gunicorn -b 0.0.0.0:8000 {flags} shop.wsgi,\n"
        "    environment: {DJANGO_SETTINGS_MODULE: shop.settings}}\n"
    )
    nginx = (
        "events {}\nhttp { server { listen 443 ssl; location / {\n"
        f"proxy_pass http://web:8000;\n{http}\n}} }} }}\n"
    )
    return {"compose.yaml": compose, "nginx.conf": nginx, "shop/settings.py": settings}


def facts(files: dict[str, str]) -> tuple[object, object]:
    found = facts_of(files, "stack.location")
    return known(found, "route.redirects"), known(found, "route.scheme_flaw")


@pytest.mark.parametrize(
    ("settings", "redirects"),
    [
        (REDIRECT, True),
        (MIDDLEWARE, False),
        ("SECURE_SSL_REDIRECT = True\n", False),
        ("MIDDLEWARE = []\nSECURE_SSL_REDIRECT = True\n", False),
        (f"{MIDDLEWARE}SECURE_SSL_REDIRECT = False\n", False),
    ],
)
def test_redirects(settings: str, *, redirects: bool) -> None:
    assert facts(stack(settings))[0] is redirects


@pytest.mark.parametrize(
    "settings",
    [
        f"{MIDDLEWARE}import os\nSECURE_SSL_REDIRECT = os.environ['X'] == '1'\n",
        "from .base import *\nSECURE_SSL_REDIRECT = True\n",
    ],
)
def test_what_a_variable_or_another_file_decides(settings: str) -> None:
    assert unknown(facts_of(stack(settings), "stack.location"), "route.redirects")


@pytest.mark.parametrize(
    ("settings", "http", "flags", "flaw"),
    [
        (REDIRECT + HEADER, "", "", UNTOLD),
        (REDIRECT + HEADER, SAYS, "", ""),
        (REDIRECT + HEADER, "proxy_set_header x-forwarded-proto https;", "", ""),
        (REDIRECT + HEADER, "include proxy_params;", "", ""),
        (REDIRECT + HEADER, "proxy_set_header X-Forwarded-Ssl on;", "", UNTOLD),
        (
            f'{REDIRECT}SECURE_PROXY_SSL_HEADER = ("HTTP_X_SCHEME", "https")\n',
            SAYS,
            "",
            "nginx sends no X-Scheme",
        ),
        (REDIRECT, "", "", UNTOLD),
        (REDIRECT + HEADER, "proxy_set_header X-Forwarded-Ssl on;", "--forwarded-allow-ips=*", ""),
        (REDIRECT, SAYS, "", UNTRUSTED),
        (REDIRECT, SAYS, "--forwarded-allow-ips=*", ""),
        (REDIRECT, "", "--forwarded-allow-ips=*", UNTOLD),
        (REDIRECT, "proxy_set_header X-Forwarded-Ssl on;", "--forwarded-allow-ips=*", ""),
        (
            REDIRECT,
            "proxy_set_header X-Forwarded-Ssl on;",
            "--forwarded-allow-ips=* -k uvicorn_worker.UvicornWorker",
            UNTOLD,
        ),
    ],
)
def test_why_the_scheme_does_not_arrive(settings: str, http: str, flags: str, flaw: str) -> None:
    assert facts(stack(settings, http=http, flags=flags))[1] == flaw


@pytest.mark.parametrize(
    ("settings", "http", "flags"),
    [
        (REDIRECT + HEADER, "include headers.conf;", ""),
        (REDIRECT + HEADER, "proxy_set_header X-Forwarded-Proto http;", ""),
        (f"{REDIRECT}import os\nSECURE_PROXY_SSL_HEADER = os.environ['X']\n", SAYS, ""),
        (f"{REDIRECT}SECURE_PROXY_SSL_HEADER = 'X'\n", SAYS, ""),
    ],
)
def test_what_is_not_known(settings: str, http: str, flags: str) -> None:
    found = facts_of(stack(settings, http=http, flags=flags), "stack.location")

    assert unknown(found, "route.scheme_flaw")


def test_what_is_no_django_redirects_nothing() -> None:
    files = stack("")
    files["compose.yaml"] = files["compose.yaml"].replace("DJANGO_SETTINGS_MODULE", "OTHER")

    assert facts(files)[0] is False
