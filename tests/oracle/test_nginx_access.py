"""
Who nginx lets in, asked of nginx itself: the reasons of the rules about access and headers.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator

import pytest

from tests.support.nginx_servers import NGINX, WAIT, free_ports, running

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]

TEXT = """
    server {
        listen 127.0.0.1:PORT;
        root www;
        add_header X-Frame-Options DENY;
        add_header X-Content-Type-Options nosniff always;
        location = /denied { deny all; }
        location = /returned { deny all; return 200 secret; }
        location = /password { auth_basic staff; auth_basic_user_file users; return 200 secret; }
        location = /allowed { allow 10.0.0.1; }
        location = /closed { allow 10.0.0.1; deny all; }
        location = /exception {
            satisfy any;
            allow 10.0.0.1;
            auth_basic staff;
            auth_basic_user_file users;
        }
        location = /limited { limit_except GET { deny all; } proxy_pass http://127.0.0.1:PORT/200; }
        location = /limitless { limit_except GET { } proxy_pass http://127.0.0.1:PORT/200; }
        location = /200 { return 200 x; }
        default_type text/plain;
        location = /types { add_header Content-Type text/html; return 200 x; }
        set_real_ip_from 0.0.0.0/0;
        real_ip_header X-Forwarded-For;
        location = /address { return 200 $remote_addr; }
        location = /office { allow 10.0.0.1; deny all; }
    }
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("access")
    (folder / "www").mkdir()
    for name in ("denied", "allowed", "closed", "exception", "office", "returned", "password"):
        (folder / "www" / name).write_text("secret")
    (folder / "users").write_text("")
    (number,) = free_ports(1)
    with running(folder, TEXT.replace("PORT", str(number)), number):
        yield number


def ask(port: int, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    """The answer to one request over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT)
    try:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=names)
        answer = connection.getresponse()
        answer.read()
        return answer
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/denied", 403),
        ("/returned", 200),
        ("/password", 200),
        ("/allowed", 200),
        ("/closed", 403),
        ("/exception", 401),
    ],
)
def test_who_gets_in(port: int, path: str, status: int) -> None:
    """NGX610 and NGX611: only deny keeps anybody out, and return is done before it is asked."""
    assert ask(port, path).status == status


def test_a_limit_without_a_rule_lets_every_method_through(port: int) -> None:
    """NGX648."""
    assert ask(port, "/limited", "POST").status == 403
    assert ask(port, "/limitless", "POST").status == 200


def test_error_pages_carry_only_headers_with_always(port: int) -> None:
    """NGX649."""
    found, missing = ask(port, "/200"), ask(port, "/nowhere")
    assert (found.status, missing.status) == (200, 404)
    assert found.headers["X-Frame-Options"] == "DENY"
    assert missing.headers["X-Frame-Options"] is None
    assert missing.headers["X-Content-Type-Options"] == "nosniff"


def test_an_added_type_is_a_second_one(port: int) -> None:
    """NGX625."""
    assert ask(port, "/types").headers.get_all("Content-Type") == ["text/plain", "text/html"]


def test_who_trusts_everybody_believes_everybody(port: int) -> None:
    """NGX636: the client picks the address that allow looks at."""
    assert ask(port, "/office").status == 403
    assert ask(port, "/office", X_Forwarded_For="10.0.0.1").status == 200
