"""
How nginx sends files, asked of nginx: each test is the reason of a rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.nginx_servers import NGINX, Nginx, check, free_ports, running

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]

SERVERS = """
    server {
        listen 127.0.0.1:PORT;
        server_name gzip;
        gzip on;
        gzip_types text/css image/png;
        types { text/css css; text/html html; image/png png; }
        location / { root www; }
        location /any/ { alias www/; gzip_proxied any; }
    }
    server {
        listen 127.0.0.1:PORT;
        server_name plain;
        location / { root www; }
        location /twice/ { alias www/; expires 1h; add_header Cache-Control max-age=60; }
        location /words/ { alias www/; expires 1h; add_header Cache-Control public; }
        location /never/ { alias www/; etag off; if_modified_since off; }
        location /date/ { alias www/; etag off; }
        location /errors/ {
            alias www/;
            open_file_cache max=10;
            open_file_cache_errors on;
        }
        location /cache/ { alias www/; open_file_cache max=10; }
    }
"""
ASKED = {"Accept-Encoding": "gzip"}


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    folder = tmp_path_factory.mktemp("files")
    (folder / "tmp").mkdir()
    (folder / "www").mkdir()
    (folder / "www" / "page.html").write_text("page " * 100)
    (folder / "www" / "shop.css").write_text("a { color: red }\n" * 100)
    (folder / "www" / "tiny.css").write_text("a { color: red } b { }")
    (port,) = free_ports(1)
    with running(folder, SERVERS.replace(":PORT", f":{port}"), port) as server:
        yield server


def test_nothing_is_compressed_for_a_proxy(nginx: Nginx) -> None:
    """NGX406: a Via header is enough; gzip_proxied any compresses all the same."""
    via = {**ASKED, "Via": "1.1 cdn"}
    assert nginx.get("/shop.css", "gzip", **ASKED)[1]["Content-Encoding"] == "gzip"
    assert nginx.get("/shop.css", "gzip", **via)[1]["Content-Encoding"] is None
    assert nginx.get("/any/shop.css", "gzip", **via)[1]["Content-Encoding"] == "gzip"


def test_a_small_response_grows(nginx: Nginx) -> None:
    """NGX405: 22 bytes are compressed by default, to more than there were."""
    body, headers = nginx.get("/tiny.css", "gzip", **ASKED)
    assert headers["Content-Encoding"] == "gzip"
    assert len(body) > len((nginx.folder / "www" / "tiny.css").read_bytes())


def test_html_in_the_list_is_a_warning(tmp_path: Path) -> None:
    """NGX409: it is there from the start."""
    (tmp_path / "tmp").mkdir()
    inside = "gzip_types text/html; server { listen 127.0.0.1:18080; }"
    said = check(tmp_path, f"events {{}}\nhttp {{ {inside} }}\n")
    assert said == 'duplicate MIME type "text/html"'


def test_without_types_a_style_sheet_is_plain_text(nginx: Nginx) -> None:
    """NGX427: nginx itself knows HTML."""
    assert nginx.get("/shop.css", "plain")[1]["Content-Type"] == "text/plain"
    assert nginx.get("/page.html", "plain")[1]["Content-Type"] == "text/html"
    assert nginx.get("/shop.css", "gzip")[1]["Content-Type"] == "text/css"


def test_expires_and_a_header_are_two_headers(nginx: Nginx) -> None:
    """NGX422: the second one does not replace the first."""
    _, twice = nginx.get("/twice/page.html", "plain")
    _, words = nginx.get("/words/page.html", "plain")
    assert twice.get_all("Cache-Control") == ["max-age=3600", "max-age=60"]
    assert words.get_all("Cache-Control") == ["max-age=3600", "public"]


def test_without_validators_a_file_is_sent_again(nginx: Nginx) -> None:
    """NGX425: with both off there is no 304, with the date there is."""
    date = nginx.get("/date/page.html", "plain")[1]["Last-Modified"]
    asked = {"If-Modified-Since": date}
    assert nginx.get("/date/page.html", "plain", **asked)[0] == b""
    assert nginx.get("/never/page.html", "plain", **asked)[0] != b""


def test_a_missing_file_is_remembered(nginx: Nginx) -> None:
    """NGX424: it stays missing when it is there, unless errors are not cached."""
    for path in ("/errors/new.html", "/cache/new.html"):
        assert b"404 Not Found" in nginx.get(path, "plain")[0]
    (nginx.folder / "www" / "new.html").write_text("new")
    assert b"404 Not Found" in nginx.get("/errors/new.html", "plain")[0]
    assert nginx.get("/cache/new.html", "plain")[0] == b"new"
