"""
What levels take over and what they lose, asked of nginx: each test is the reason of a rule.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.nginx_servers import NGINX, WAIT, Nginx, check, free_ports, running, version

ADD_HEADER_INHERIT = (1, 29, 3)

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]

LEVELS = """
    limit_req_zone $binary_remote_addr zone=client:1m rate=1r/m;
    limit_req_zone $server_name zone=site:1m rate=1000r/s;
    server {
        listen 127.0.0.1:PORT;
        server_name headers;
        add_header A 1;
        add_header B 2;
        location /none { return 200 x; }
        location /own { add_header C 3; return 200 x; }
        location /if { if ($arg_d) { add_header D 4; return 200 x; } return 200 y; }
        location /nested { add_header C 3; location /nested/deep { return 200 x; } }
        MERGE
    }
    server {
        listen 127.0.0.1:PORT;
        server_name lists;
        root www;
        deny all;
        error_page 403 /denied;
        location = /denied { internal; return 200 denied; }
        location /closed/ { alias www/; }
        location /open/ { alias www/; deny 192.0.2.1; }
        location /pages/ { alias www/; error_page 404 /denied; }
    }
    server {
        listen 127.0.0.1:PORT;
        server_name limits;
        limit_req zone=client;
        limit_req_status 429;
        location /limited/ { alias www/; }
        location /other/ { alias www/; limit_req zone=site burst=9 nodelay; }
    }
"""
MERGE = """
        location /merge { add_header_inherit merge; add_header C 3; return 200 x; }
        location /off { add_header_inherit off; return 200 x; }
"""


@pytest.fixture(scope="module")
def release() -> tuple[int, ...]:
    return version()


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory, release: tuple[int, ...]) -> Iterator[Nginx]:
    folder = tmp_path_factory.mktemp("levels")
    (folder / "tmp").mkdir()
    (folder / "www").mkdir()
    (folder / "www" / "page.html").write_text("page")
    (port,) = free_ports(1)
    merge = MERGE if release >= ADD_HEADER_INHERIT else ""
    text = LEVELS.replace("MERGE", merge).replace(":PORT", f":{port}")
    with running(folder, text, port) as server:
        yield server


def status(nginx: Nginx, path: str, host: str) -> int:
    client = http.client.HTTPConnection("127.0.0.1", nginx.port, timeout=WAIT)
    try:
        client.request("GET", path, headers={"Host": host})
        return client.getresponse().status
    finally:
        client.close()


def letters(nginx: Nginx, path: str) -> str:
    """The response headers of one letter."""
    _, headers = nginx.get(path, "headers")
    return "".join(sorted(name for name in headers if len(name) == 1))


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/none", "AB"),
        ("/own", "C"),
        ("/if?d=1", "D"),
        ("/if", "AB"),
        ("/nested/deep", "C"),
    ],
)
def test_headers_of_the_outer_level_are_replaced(nginx: Nginx, path: str, sent: str) -> None:
    """NGX605: one add_header hides all outer ones, in an if and in nested locations as well."""
    assert letters(nginx, path) == sent


@pytest.mark.parametrize(("path", "sent"), [("/merge", "ABC"), ("/off", "")])
def test_headers_are_merged_or_left_out_on_request(
    nginx: Nginx, release: tuple[int, ...], path: str, sent: str
) -> None:
    """NGX605: add_header_inherit says what becomes of the outer ones, from 1.29.3 on."""
    assert release < ADD_HEADER_INHERIT or letters(nginx, path) == sent


def test_a_denial_opens_what_the_outer_level_closes(nginx: Nginx) -> None:
    """NGX705: allow and deny are one list; error_page of another code loses the outer one."""
    assert nginx.get("/closed/page.html", "lists")[0] == b"denied"
    assert nginx.get("/open/page.html", "lists")[0] == b"page"
    assert b"403 Forbidden" in nginx.get("/pages/page.html", "lists")[0]


def test_another_zone_replaces_the_limit(nginx: Nginx) -> None:
    """NGX705: the zone of the outer level does not count any more."""
    assert [status(nginx, "/limited/page.html", "limits") for _ in range(3)] == [200, 429, 429]
    assert [status(nginx, "/other/page.html", "limits") for _ in range(3)] == [200, 200, 200]


def test_off_is_a_file_for_error_log(tmp_path: Path) -> None:
    """NGX503: the word means nothing to error_log."""
    (tmp_path / "tmp").mkdir()
    server = "server { listen 127.0.0.1:18080; error_log off; }"
    assert check(tmp_path, f"events {{}}\nhttp {{ {server} }}\n") == ""
    assert (tmp_path / "off").is_file()


def test_a_log_with_a_variable_takes_no_buffer(tmp_path: Path) -> None:
    """NGX504: nginx refuses it."""
    (tmp_path / "tmp").mkdir()
    line = "access_log logs/$host.log combined buffer=32k;"
    said = check(tmp_path, f"events {{}}\nhttp {{ server {{ listen 127.0.0.1:18080; {line} }} }}\n")
    assert said == "buffered logs cannot have variables in name"
