"""What the rules say of Django behind a proxy, asked of Django under gunicorn."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.nginx_servers import free_ports

SECONDS = 20
SETTINGS = """\
SECRET_KEY = "x"
DEBUG = {debug}
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "shop.urls"
STATIC_URL = "static/"
INSTALLED_APPS = ["django.contrib.staticfiles", "shop"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]
"""
REDIRECT = "SECURE_SSL_REDIRECT = True\n"
HEADER = 'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")\n'
URLS = """\
from django.http import HttpResponse
from django.urls import path
urlpatterns = [path("", lambda request: HttpResponse("yes"))]
"""
WSGI = """\
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
"""
PROTO = {"X-Forwarded-Proto": "https"}

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(find_spec("django") is None, reason="Django is not installed"),
    pytest.mark.skipif(find_spec("gunicorn") is None, reason="gunicorn is not installed"),
]


@contextmanager
def served(folder: Path, settings: str, *, debug: bool = False, trusted: str = "") -> Iterator[int]:
    """The port of gunicorn with a small application of Django."""
    package = folder / "shop"
    (package / "static").mkdir(parents=True)
    texts = {
        "__init__.py": "",
        "settings.py": SETTINGS.format(debug=debug) + settings,
        "urls.py": URLS,
        "wsgi.py": WSGI,
        "static/shop.css": "",
    }
    for name, text in texts.items():
        (package / name).write_text(text, "utf-8")
    (port,) = free_ports(1)
    flags = [f"--forwarded-allow-ips={trusted}"] if trusted else []
    environment = {key: value for key, value in os.environ.items() if key != "FORWARDED_ALLOW_IPS"}
    command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", *flags, "shop.wsgi"]
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS)


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            status(port, "/favicon.ico")
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"gunicorn did not start: {process.communicate()[1]}")


def status(port: int, path: str, headers: Mapping[str, str] | None = None) -> int:
    """The status of one answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    connection.request("GET", path, headers=dict(headers or {}))
    code = connection.getresponse().status
    connection.close()
    return code


@pytest.mark.parametrize(
    ("settings", "trusted", "headers", "code"),
    [
        (REDIRECT, "", {}, 301),
        (REDIRECT, "", PROTO, 200),
        (REDIRECT, "", {"X-Forwarded-Ssl": "on"}, 200),
        (REDIRECT, "10.0.0.1", PROTO, 301),
        (REDIRECT + HEADER, "", {}, 301),
        (REDIRECT + HEADER, "10.0.0.1", PROTO, 200),
        (REDIRECT + HEADER, "", {"X-Forwarded-Ssl": "on"}, 200),
        (REDIRECT + HEADER, "10.0.0.1", {"X-Forwarded-Ssl": "on"}, 301),
        ("", "", {}, 200),
    ],
)
def test_who_is_redirected(
    settings: str, trusted: str, headers: Mapping[str, str], code: int, tmp_path: Path
) -> None:
    """Whoever is redirected here comes back for ever, since nginx takes TLS off (STK052)."""
    with served(tmp_path, settings, trusted=trusted) as port:
        assert status(port, "/", headers) == code


@pytest.mark.parametrize("debug", [False, True])
def test_gunicorn_hands_out_no_static_files(tmp_path: Path, *, debug: bool) -> None:
    """Not even with DEBUG: only runserver does (STK060)."""
    with served(tmp_path, "", debug=debug) as port:
        assert status(port, "/") == 200
        assert status(port, "/static/shop.css") == 404
