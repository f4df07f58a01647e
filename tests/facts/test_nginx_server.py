"""
Servers of nginx: sockets, TLS, HTTP/2 and the connections of clients.
"""

from __future__ import annotations

import pytest

from advisor.model import Value
from tests.support.nginx_facts import NEW, OLD, UNKNOWN, Facts, http, reader, server, shown


class TestServer:
    def test_a_tls_server(self) -> None:
        facts = server("server { listen 443 ssl; server_name shop.example.com; }")
        expected = {
            "name": "shop.example.com",
            "tls": True,
            "serves": True,
            "local": False,
            "http2": False,
            "http2_off": False,
            "http2_listen": False,
            "http2_directive": False,
            "listen_line": "listen 443 ssl;",
            "http2_line": "http2 on;",
            "ssl_session_cache": "none",
            "session_cache_shared": False,
            "session_cache_size": None,
            "ssl_session_timeout": 300,
            "ssl_session_tickets": True,
            "ticket_key": False,
            "keepalive_timeout": 75,
            "keepalive_requests": 1000,
            "keepalive_requests_block": "http",
            "hardened": False,
        }
        assert facts.only(expected) == expected

    @pytest.mark.parametrize(
        ("text", "serves"),
        [
            ("root /srv/www;", True),
            ("location / { proxy_pass http://app; }", True),
            ("location /a { return 404; } location /b { root /srv; }", True),
            ("location / { return 301 /; location /b { root /srv; } }", True),
            ("return 301 https://$host$request_uri;", False),
            ("if ($host = a) { return 301 /; } return 404;", False),
            ("rewrite ^(.*)$ https://a$1 permanent;", False),
            ("rewrite ^/old /new permanent;", True),
            ("ssl_reject_handshake on;", False),
            ("location / { return 301 /; }", False),
            ("location / { deny all; }", False),
            ("location / { allow 10.0.0.1; deny all; }", True),
            ("location /status { stub_status; }", False),
            (
                "location /.well-known/acme-challenge/ { root /a; } location / { return 301 /; }",
                False,
            ),
            ("location / { return 301 /; } include more.conf;", UNKNOWN),
        ],
    )
    def test_redirects_serve_nothing(self, text: str, serves: object) -> None:
        assert server(f"server {{ listen 80; {text} }}")["serves"] == serves

    @pytest.mark.parametrize(
        ("listen", "local"),
        [
            ("listen 127.0.0.1:80;", True),
            ("listen 127.1.2.3:80; listen [::1]:80;", True),
            ("listen unix:/run/a.sock;", True),
            ("listen localhost:80;", True),
            ("listen localhost.example.com:80;", False),
            ("listen 127.0.0.1:80; listen 80;", False),
            ("", False),
            ("listen 127.0.0.1:80; include more.conf;", UNKNOWN),
        ],
    )
    def test_local_servers(self, listen: str, local: object) -> None:
        assert server(f"server {{ {listen} }}")["local"] == local

    def test_tls_of_one_server_holds_for_its_socket(self) -> None:
        text = "server { listen 443 ssl http2; } server { listen 443; server_name b; }"
        facts = server(text)
        assert facts["tls"] is True
        assert facts["http2"] is True
        assert facts["http2_listen"] is False
        assert facts["listen_line"] == "listen 443;"

    def test_the_old_ssl_directive_is_tls(self) -> None:
        assert server("server { listen 443; ssl on; }", version=OLD)["tls"] is True

    def test_http3_alone_is_no_tls_over_tcp(self) -> None:
        assert server("server { listen 443 quic; }")["tls"] is False

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("listen 443 ssl; http2 on;", (True, False, True)),
            ("listen 443 ssl; http2 off;", (False, True, True)),
            ("listen 443 ssl; http2 ${HTTP2};", (UNKNOWN, False, True)),
            ("listen 443 ssl ${HTTP2};", (UNKNOWN, False, False)),
            ("listen 443 ssl; include more.conf;", (UNKNOWN, False, False)),
        ],
    )
    def test_http2(self, text: str, expected: tuple[object, ...]) -> None:
        facts = server(f"server {{ {text} }}")
        assert (facts["http2"], facts["http2_off"], facts["http2_directive"]) == expected

    def test_http2_of_a_fragment_may_stand_around_it(self) -> None:
        facts = Facts(next(reader("server { listen 443 ssl; }").servers()), "server")
        assert facts["http2"] == UNKNOWN
        assert facts["tls"] is True

    def test_sockets_of_a_location_fragment_are_not_known(self) -> None:
        one = reader("location / { root /srv; }", path="snippets/static.conf")
        facts = Facts(next(one.servers()), "server")
        assert facts["tls"] == UNKNOWN
        assert facts["http2_listen"] == UNKNOWN

    @pytest.mark.parametrize(
        ("version", "line"),
        [
            (NEW, "http2 on;"),
            (OLD, "listen 443 ssl http2; listen [::]:443 ssl http2;"),
            (
                None,
                (
                    "http2 on;  # before nginx 1.25.1: "
                    "listen 443 ssl http2; listen [::]:443 ssl http2;"
                ),
            ),
        ],
    )
    def test_how_http2_is_switched_on(self, version: tuple[int, ...] | None, line: str) -> None:
        facts = server("server { listen 443 ssl http2; listen [::]:443 ssl; }", version=version)
        assert facts["http2_line"] == line
        assert facts["listen_line"] == "listen 443 ssl; listen [::]:443 ssl;"

    def test_switching_it_off_is_not_answered_by_switching_it_on(self) -> None:
        facts = server("server { listen 443 ssl; http2 off; }", version=OLD)
        assert facts["http2_line"] == "listen 443 ssl;"

    def test_without_a_listen_the_lines_are_those_of_a_new_one(self) -> None:
        assert server("server { ssl on; }", version=OLD)["listen_line"] == "listen 443 ssl;"

    def test_the_session_cache_is_that_of_the_default_server(self) -> None:
        text = """
            server { listen 443 ssl; ssl_session_cache shared:A:512k; ssl_session_timeout 1h; }
            server { listen 443 ssl; server_name b; ssl_session_cache off; }
        """
        facts = server(text)
        assert facts["ssl_session_cache"] == "shared:A:512k"
        assert facts["session_cache_shared"] is True
        assert facts["session_cache_size"] == 512 * 1024
        assert facts["ssl_session_timeout"] == 3600
        fact = list(reader(http(text)).servers())[-1].facts["server.ssl_session_cache"]
        assert isinstance(fact, Value)
        assert fact.note == "of server *:443, the default server of the socket"

    def test_an_unknown_cache_stays_unknown(self) -> None:
        facts = server("include missing.conf; server { listen 443 ssl; }")
        assert facts["session_cache_shared"] == UNKNOWN
        assert facts["session_cache_size"] == UNKNOWN

    def test_limits_and_resets_together_are_hardening(self) -> None:
        resets = "reset_timedout_connection on;"
        assert server(f"server {{ {resets} limit_conn a 1; }}")["hardened"] is True
        assert server(f"server {{ {resets} limit_req zone=a; }}")["hardened"] is True
        assert server(f"server {{ {resets} }}")["hardened"] is False
        assert server("server { limit_conn a 1; }")["hardened"] is False

    def test_the_default_of_old_versions_points_at_the_http_block(self) -> None:
        one = next(reader(http("server {}"), version=(1, 18, 0)).servers())
        assert shown(one.facts["server.keepalive_requests"]) == 100
        place = one.facts["server.keepalive_requests_block"].location
        assert place is not None
        assert place.line == 2

    def test_a_number_that_is_none_is_not_understood(self) -> None:
        assert server("server { keepalive_requests many; }")["keepalive_requests"] == UNKNOWN
        assert server("server { keepalive_requests; }")["keepalive_requests"] == UNKNOWN


def test_a_zone_that_stands_twice_is_not_grown_in_one_place() -> None:
    """nginx does not start with one zone of two sizes."""
    one = "server { listen 443 ssl; ssl_session_cache shared:SSL:256k; }"
    grown = "ssl_session_cache shared:SSL:10m;\nssl_session_timeout 1d;"
    assert server(one)["session_cache_lines"] == grown
    assert server(one + one.replace("443", "444"))["session_cache_lines"] == UNKNOWN
