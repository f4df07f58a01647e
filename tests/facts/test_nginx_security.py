"""
How exposed a configuration of nginx is, and who is let in where.
"""

from __future__ import annotations

import pytest

from tests.support.nginx_facts import NEW, OLD, UNKNOWN, Facts, http, reader, server, shown, whole

TLS = "listen 443 ssl;"


def access(text: str) -> list[Facts]:
    """Facts of every level on which access is decided."""
    found = reader(http(text)).subjects()
    return [Facts(one, "access") for one in found if one.target == "nginx.access"]


def lines(text: str, name: str) -> list[Facts]:
    """Facts of every line of a name."""
    found = [
        Facts(one, "line") for one in reader(http(text)).subjects() if one.target == "nginx.line"
    ]
    return [one for one in found if one["name"] == name]


class TestProtocols:
    @pytest.mark.parametrize(
        ("text", "version", "expected"),
        [
            ("ssl_protocols TLSv1.2 TLSv1.3;", OLD, ""),
            ("ssl_protocols SSLv3 TLSv1.2;", NEW, "SSLv3"),
            ("", OLD, "TLSv1 and TLSv1.1"),
            ("", (1, 27, 3), ""),
            ("", None, UNKNOWN),
            ("include tls.conf;", NEW, UNKNOWN),
        ],
    )
    def test_old_ones(self, text: str, version: tuple[int, ...] | None, expected: object) -> None:
        facts = server(f"server {{ {TLS} {text} root /srv; }}", version=version)
        assert facts["old_protocols"] == expected

    @pytest.mark.parametrize(
        ("ciphers", "expected"),
        [
            ("HIGH:!aNULL:!MD5", ""),
            ("RC4:DES-CBC3-SHA:HIGH", "RC4 and DES-CBC3-SHA"),
            ("RC4:HIGH:!RC4", ""),
            ("EECDH+AES:@SECLEVEL=0", ""),
            ("ECDHE-RSA-AES128-GCM-SHA256", ""),
            ("eNULL", "eNULL"),
            ("${CIPHERS}", UNKNOWN),
        ],
    )
    def test_broken_ciphers(self, ciphers: str, expected: object) -> None:
        assert server(f"server {{ {TLS} ssl_ciphers {ciphers}; }}")["weak_ciphers"] == expected


class TestHeaders:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("add_header Strict-Transport-Security 'max-age=600';", 600),
            (
                "add_header strict-transport-security 'includeSubDomains; max-age = 600' always;",
                600,
            ),
            ("add_header Strict-Transport-Security $hsts;", UNKNOWN),
            ("location / { add_header Strict-Transport-Security max-age=1; }", 1),
            ("add_header X-A b;", None),
            ("include headers.conf;", UNKNOWN),
        ],
    )
    def test_strict_transport_security(self, text: str, expected: object) -> None:
        assert server(f"server {{ {TLS} {text} }}")["hsts"] == expected

    def test_lines_know_what_stands_beside_them(self) -> None:
        text = """server { add_header Access-Control-Allow-Origin *;
            add_header Access-Control-Allow-Credentials true always;
            location / { add_header X-A "a
            b"; } }"""
        first, second, third = lines(text, "add_header")
        assert (first["always"], second["always"]) == (False, True)
        assert (second["any_origin"], third["any_origin"]) == (True, False)
        assert (second["multiline"], third["multiline"]) == (False, True)
        assert third["label"] == "location /"

    def test_a_name_about_credentials_is_no_secret(self) -> None:
        (line,) = lines("add_header Access-Control-Allow-Credentials true;", "add_header")
        assert line["text"] == "Access-Control-Allow-Credentials true"


class TestAccess:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("allow 10.0.0.1;", True),
            ("allow 10.0.0.1; deny all;", False),
            ("allow 10.0.0.1; deny 10.0.0.2;", False),
            ("allow all;", False),
            ("deny all;", False),
            ("allow ${OFFICE};", UNKNOWN),
            ("allow 10.0.0.1; include deny.conf;", UNKNOWN),
            ("satisfy any; allow 10.0.0.1; auth_basic a;", False),
            ("satisfy all; allow 10.0.0.1; auth_basic a;", True),
            ("satisfy any; allow 10.0.0.1;", True),
        ],
    )
    def test_everybody_else_gets_in(self, text: str, expected: object) -> None:
        assert access(f"server {{ location / {{ {text} }} }}")[-1]["allows_others"] == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("deny all; return 200 a;", True),
            ("auth_basic a; return 301 /;", True),
            ("auth_basic a; return https://a;", True),
            ("deny all; return 404;", False),
            ("auth_basic off; return 200;", False),
            ("allow 10.0.0.1; return 200;", False),
            ("deny all; root /srv;", False),
        ],
    )
    def test_a_return_comes_first(self, text: str, expected: object) -> None:
        assert access(f"server {{ location / {{ {text} }} }}")[-1]["answers_first"] == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [("", True), ("deny all;", False), ("auth_basic a;", False), ("include a.conf;", UNKNOWN)],
    )
    def test_a_limit_without_a_rule(self, text: str, expected: object) -> None:
        found = access(f"server {{ location / {{ limit_except GET {{ {text} }} }} }}")
        assert found[-1]["limits_nothing"] == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("", False),
            ("deny all;", True),
            ("allow 10.0.0.1;", False),
            ("auth_request /auth;", True),
            ("auth_request off;", False),
            ("internal;", True),
            ("ssl_verify_client on;", True),
            ("ssl_verify_client optional;", False),
            ("include guard.conf;", UNKNOWN),
        ],
    )
    def test_who_may_see_the_status_page(self, text: str, expected: object) -> None:
        around = text if "ssl_" in text else ""
        inner = "" if around else text
        found = lines(
            f"server {{ {around} location /s {{ stub_status; {inner} }} }}", "stub_status"
        )
        assert found[0]["guarded"] == expected


class TestServer:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("listen 80; auth_basic a;", True),
            ("listen 80; location / { auth_basic a; }", True),
            ("listen 443 ssl; auth_basic a;", False),
            ("listen 80; auth_basic off;", False),
            ("listen 80;", False),
        ],
    )
    def test_passwords_in_the_clear(self, text: str, expected: object) -> None:
        assert server(f"server {{ {text} }}")["plain_password"] == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("ssl_verify_client optional;", True),
            ("ssl_verify_client optional_no_ca;", True),
            ("ssl_verify_client on;", False),
            ("ssl_verify_client optional; add_header X-V $ssl_client_verify;", False),
            ("ssl_verify_client optional; add_header X-V ${ssl_client_s_dn};", False),
            ("ssl_verify_client optional; include checks.conf;", UNKNOWN),
        ],
    )
    def test_certificates_that_nobody_checks(self, text: str, expected: object) -> None:
        assert server(f"server {{ {TLS} {text} }}")["certificate_unchecked"] == expected

    def test_a_map_may_check_it(self) -> None:
        text = "map $ssl_client_verify $ok { SUCCESS 1; default 0; }"
        facts = server(f"{text} server {{ {TLS} ssl_verify_client optional; }}")
        assert facts["certificate_unchecked"] is False


class TestWhole:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("server { root /srv; }", True),
            ("server_tokens off; server { root /srv; }", False),
            (
                "server_tokens off; server { root /a; } server { server_tokens build; root /b; }",
                True,
            ),
            ("server { return 301 https://a; }", False),
            ("include tokens.conf; server { root /srv; }", UNKNOWN),
        ],
    )
    def test_the_version_is_told(self, text: str, expected: object) -> None:
        assert whole(http(text))["tokens_shown"] == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("resolver 8.8.8.8;", "8.8.8.8"),
            ("resolver 127.0.0.11 1.1.1.1:53 valid=1s;", "1.1.1.1:53"),
            ("resolver [2606:4700:4700::1111];", "[2606:4700:4700::1111]"),
            ("resolver 10.0.0.2;", ""),
            ("server { location / { resolver 9.9.9.9; } }", "9.9.9.9"),
        ],
    )
    def test_resolvers_of_everybody(self, text: str, expected: object) -> None:
        assert whole(http(text))["public_resolver"] == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("limit_req_zone $a zone=a:1m rate=1r/s;", "a"),
            ("limit_req_zone $a zone=a:1m rate=1r/s; server { limit_req zone=a burst=1; }", ""),
            ("limit_conn_zone $a zone=b:1m; server { limit_conn b 1; }", ""),
            ("limit_conn_zone $a zone=b:1m; server { limit_conn c 1; }", "b"),
            ("limit_req_zone $a zone=a:1m rate=1r/s; include missing.conf;", UNKNOWN),
        ],
    )
    def test_zones_that_limit_nothing(self, text: str, expected: object) -> None:
        assert whole(http(text))["unused_zone"] == expected

    @pytest.mark.parametrize(
        ("root", "key", "expected"),
        [
            ("/srv/www", "/srv/www/a.key", "/srv/www/a.key"),
            ("/srv/www/", "/srv/www/tls/a.key", "/srv/www/tls/a.key"),
            ("/srv/www", "/srv/www2/a.key", ""),
            ("$dir", "/srv/www/a.key", ""),
            ("/srv/www", "certs/a.key", ""),
        ],
    )
    def test_keys_that_can_be_downloaded(self, root: str, key: str, expected: str) -> None:
        facts = whole(http(f"server {{ root {root}; ssl_certificate_key {key}; }}"))
        assert facts["readable_key"] == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("server { server_name a; } server { server_name b; }", "0.0.0.0:80"),
            ("server { listen 80 default_server; } server { listen 80; }", ""),
            ("server { listen 80; } server { listen 81; }", ""),
            ("server { listen 80; listen 80; }", ""),
            ("server { listen ${PORT}; } server { listen ${PORT}; }", UNKNOWN),
            ("include missing.conf; server {} server {}", UNKNOWN),
        ],
    )
    def test_sockets_without_a_default(self, text: str, expected: object) -> None:
        assert whole(http(text))["ambiguous_socket"] == expected

    def test_names_that_are_looked_up(self) -> None:
        variable = "server { location / { proxy_pass http://$host; } }"
        upstream = "upstream a { zone a 1m; server b resolve; }"
        found = [whole(http(one))["resolves_targets"] for one in (variable, upstream, "server {}")]
        assert found == [True, True, False]


def test_lines_of_one_name_have_the_name_in_common() -> None:
    subjects = reader(http("root /a; server { root /b; }")).subjects()
    found = [item for item in subjects if item.target == "nginx.line"]
    assert [item.name for item in found] == ["root /a", "root /b"]
    assert found[0].common is found[1].common
    common = found[0].common
    assert common is not None
    assert shown(common["line.name"]) == "root"
    assert shown(common["line.first"]) == UNKNOWN


STREAMED = "proxy_request_buffering off;"


@pytest.mark.parametrize(
    ("text", "streamed"),
    [
        (f"{STREAMED} location / {{ proxy_pass http://a; }} location /s {{ root /srv; }}", True),
        (f"location / {{ proxy_pass http://a; {STREAMED} }}", True),
        (f"{STREAMED} location / {{ fastcgi_pass a:1; }}", False),
        (
            (
                f"location /a {{ proxy_pass http://a; {STREAMED} }} "
                "location / { proxy_pass http://a; }"
            ),
            False,
        ),
        ("location / { proxy_pass http://a; }", False),
        ("location / { root /srv; }", False),
        (
            (
                f"{STREAMED} location / {{ proxy_pass http://a; }} "
                "location /u { fastcgi_pass a:1; client_max_body_size 1m; }"
            ),
            True,
        ),
    ],
)
def test_bodies_that_nginx_does_not_store(text: str, *, streamed: bool) -> None:
    found = lines(f"server {{ client_max_body_size 0; {text} }}", "client_max_body_size")
    assert found[0]["streamed"] is streamed


@pytest.mark.parametrize(
    ("text", "returned"),
    [("return 204;", "204"), ("return https://a;", "302"), ("set $a 1;", ""), ("", "")],
)
def test_what_a_level_returns(text: str, returned: str) -> None:
    text = f"server {{ location / {{ if ($a) {{ add_header A b; {text} }} }} }}"
    assert lines(text, "add_header")[0]["returned"] == returned


@pytest.mark.parametrize(
    ("text", "old"),
    [
        ("ssl_protocols TLSv1 TLSv1.2; include sites/*;", "TLSv1"),
        ("ssl_protocols TLSv1.2;", ""),
        ("ssl_protocols TLSv1; server { listen 443 ssl; }", ""),
        ("", ""),
    ],
)
def test_protocols_of_servers_in_other_files(text: str, old: str) -> None:
    assert whole(http(text))["old_protocols"] == old
