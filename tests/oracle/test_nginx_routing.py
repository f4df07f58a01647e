"""
Which server and location nginx takes, and what it makes of an address: the reasons of rules.
"""

from __future__ import annotations

import http.client
import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.nginx_servers import NGINX, WAIT, Nginx, check, free_ports, running

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]

SERVERS = """
    upstream app { server 127.0.0.1:BACKEND; }
    server {
        listen 127.0.0.1:PORT;
        server_name files;
        root www;
        location /tried/ { alias www/; try_files $uri /fallback.html; proxy_pass http://app; }
        location /set/ {
            try_files $uri /fallback.html;
            if ($arg_on) { set $kind 1; }
        }
        location /header/ {
            try_files $uri /fallback.html;
            if ($arg_on) { add_header A 1; }
        }
        location /break/ {
            try_files $uri /fallback.html;
            if ($arg_on) { break; }
        }
        location /return/ {
            try_files $uri /fallback.html;
            if ($arg_on) { return 403; }
        }
        location /last/ {
            try_files $uri /fallback.html;
            if ($arg_on) { rewrite ^ /fallback.html last; }
        }
        location @named { return 200 first; }
        location @named { return 200 second; }
        location /named/ { try_files /none @named; }
        location ~ ^/order/ { return 200 first; }
        location ~ ^/order/deep { return 200 second; }
        location ~ ^/order/ { return 200 third; }
    }
    server {
        listen 127.0.0.1:PORT;
        server_name slashes;
        location /double { proxy_pass http://app/; }
        location /glued/ { proxy_pass http://app/v1; }
        location /plain/ { proxy_pass http://app; }
        location /both/ { proxy_pass http://app/; }
        location /rewritten { rewrite ^/rewritten(.*) $1 break; proxy_pass http://app/; }
    }
    server {
        listen 127.0.0.1:PORT;
        server_name first;
        location / { return 200 $http_x_a; }
    }
    server {
        listen 127.0.0.1:PORT;
        server_name late;
        underscores_in_headers on;
        merge_slashes off;
        location / { return 200 "$uri $http_x_a"; }
    }
    server {
        listen 127.0.0.1:PORT;
        server_name first;
        location / { return 200 second; }
    }
    server { listen 127.0.0.1:PORT; server_name closed; root www;
        location ^~ / { return 200 prefix; }
        location ~ html { return 200 regex; }
    }
    server { listen 127.0.0.1:PORT; server_name half; root www;
        location ^~ / { return 200 prefix; }
        location /files/ { return 200 files; }
        location ~ html { return 200 regex; }
    }
    server { listen 127.0.0.1:PORT; server_name moved; rewrite ^(.*)$ https://shop$1 permanent; }
    server { listen 127.0.0.1:PORT; server_name sent; return 301 https://shop$request_uri; }
"""


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with the address it got."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"app " + self.requestline.split()[1].encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base
        """Keep quiet."""


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    folder = tmp_path_factory.mktemp("routing")
    (folder / "tmp").mkdir()
    (folder / "www").mkdir()
    (folder / "www" / "page.html").write_text("page")
    (folder / "www" / "fallback.html").write_text("fallback")
    app = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    app.daemon_threads = True
    thread = threading.Thread(target=app.serve_forever, daemon=True)
    thread.start()
    (port,) = free_ports(1)
    text = SERVERS.replace(":PORT", f":{port}").replace(":BACKEND", f":{app.server_address[1]}")
    try:
        with running(folder, text, port) as server:
            yield server
    finally:
        app.shutdown()
        app.server_close()
        thread.join(WAIT)


def said_of(folder: Path, text: str) -> str:
    """What nginx holds against the inside of an http block."""
    (folder / "tmp").mkdir(exist_ok=True)
    return check(folder, f"events {{}}\nhttp {{\n{text}\n}}\n")


def text_of(nginx: Nginx, path: str, host: str) -> str:
    return nginx.get(path, host)[0].decode()


def test_a_file_that_try_files_finds_is_passed_on(nginx: Nginx) -> None:
    """NGX701: the handler of the location answers, not the file."""
    assert text_of(nginx, "/tried/page.html", "files").startswith("app ")
    assert text_of(nginx, "/tried/none", "files") == "fallback"


@pytest.mark.parametrize(
    ("path", "lost"),
    [
        ("/set/", True),
        ("/header/", True),
        ("/break/", True),
        ("/return/", False),
        ("/last/", False),
    ],
)
def test_an_if_that_matches_loses_try_files(nginx: Nginx, path: str, *, lost: bool) -> None:
    """NGX702: such requests get 404 instead of the fallback, unless the if sends them away."""
    assert text_of(nginx, f"{path}none", "files") == "fallback"
    assert ("404 Not Found" in text_of(nginx, f"{path}none?on=1", "files")) == lost


def test_a_name_of_two_servers_belongs_to_the_first(nginx: Nginx, tmp_path: Path) -> None:
    """NGX703: nginx starts and warns."""
    assert text_of(nginx, "/", "first") == ""
    one = "server { listen 127.0.0.1:18080; server_name a; }"
    said = said_of(tmp_path, f"{one} {one.replace('name a', 'name A')}")
    assert said == 'conflicting server name "a" on 127.0.0.1:18080, ignored'


@pytest.mark.parametrize(
    ("locations", "refused"),
    [
        ("location /x {} location /x {}", True),
        ("location /x {} location ^~ /x {}", True),
        ("location = /x {} location = /x {}", True),
        ("location / { location /x {} location /x {} }", True),
        ("location /x {} location = /x {}", False),
        ("location ~ x {} location ~ x {}", False),
        ("location @x {} location @x {}", False),
    ],
)
def test_a_path_may_stand_once(tmp_path: Path, locations: str, *, refused: bool) -> None:
    """NGX704: prefixes and exact paths are refused a second time; patterns and names are not."""
    said = said_of(tmp_path, f"server {{ listen 127.0.0.1:18080; {locations} }}")
    assert said == ('duplicate location "/x"' if refused else "")


@pytest.mark.parametrize(
    ("path", "host", "answer"),
    [
        ("/order/deep", "files", "first"),
        ("/named/", "files", "first"),
        ("/a.html", "closed", "prefix"),
        ("/a.html", "half", "prefix"),
        ("/files/a.html", "half", "regex"),
    ],
)
def test_which_location_is_taken(nginx: Nginx, path: str, host: str, answer: str) -> None:
    """NGX704: the first pattern counts, and none where the longest prefix has ^~."""
    assert text_of(nginx, path, host) == answer


def test_a_rewrite_of_everything_is_a_return(nginx: Nginx) -> None:
    """NGX706: both send the client to the same address, query included."""
    moved, sent = (nginx.get("/a/b?c=d", host)[1]["Location"] for host in ("moved", "sent"))
    assert moved == sent == "https://shop/a/b?c=d"


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (b"Host: late\r\nX_A: seen", b"/a seen"),
        (b"X_A: seen\r\nHost: late", b"/a "),
    ],
)
def test_the_default_server_decides_what_comes_before_the_name(
    nginx: Nginx, lines: bytes, answer: bytes
) -> None:
    """
    NGX708: merge_slashes of another server never counts, for the address comes first.

    underscores_in_headers does from the Host header on, so the rule leaves it alone.
    """
    with socket.create_connection(("127.0.0.1", nginx.port), WAIT) as client:
        client.sendall(b"GET //a HTTP/1.0\r\n" + lines + b"\r\n\r\n")
        whole = b"".join(iter(lambda: client.recv(1000), b""))
    assert whole.rpartition(b"\r\n\r\n")[2] == answer


@pytest.mark.parametrize(
    ("path", "passed"),
    [
        ("/double/a", "//a"),
        ("/doublea", "/a"),
        ("/glued/a", "/v1a"),
        ("/plain/a", "/plain/a"),
        ("/both/a", "/a"),
        ("/rewritten/a", "/a"),
    ],
)
def test_proxy_pass_replaces_what_matched(nginx: Nginx, path: str, passed: str) -> None:
    """NGX709: exactly that part, slash or not."""
    assert text_of(nginx, path, "slashes") == f"app {passed}"
