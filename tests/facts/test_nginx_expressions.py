"""
What clients can make of variables and expressions, and where nothing is said of them.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.facts.namespaces import scope_of
from advisor.facts.nginx.expressions import events, subjects
from advisor.facts.nginx.expressions.event import Event, What
from advisor.facts.nginx.expressions.origins import bypass
from advisor.facts.nginx.expressions.values import (
    is_host,
    is_line,
    is_path,
    names,
    pieces,
)
from advisor.parsers.pcre.pattern import pattern
from tests.support.nginx_facts import http, reader, shown


def found(text: str, what: What) -> list[Event]:
    """The events of one kind in the inside of an http block."""
    return [one for one in events(reader(http(text)).config) if one.what is what]


def lines(text: str, what: What) -> list[str]:
    """The directives of those events."""
    return [str(one.directive) for one in found(text, what)]


def server(text: str) -> str:
    """A server around its inside."""
    return f"server {{ {text} }}"


ALLOW = "add_header Access-Control-Allow-Origin"
WITH_COOKIES = "add_header Access-Control-Allow-Credentials true;"


class TestTexts:
    def test_pieces(self) -> None:
        assert list(pieces("a$b${c}d$1x")) == [("a", "b"), ("", "c"), ("d", "1"), ("x", "")]
        assert names("https://$host$uri $ 5") == {"host", "uri"}

    @pytest.mark.parametrize(
        ("text", "path", "line", "host"),
        [
            (b"/a/b", True, True, False),
            (b"/a\nb", True, False, False),
            (b"//a", False, True, False),
            (b"/a/../b", False, True, False),
            (b"/a../b", True, True, False),
            (b"/a\0", False, False, False),
            (b"shop.example", False, True, True),
            (b"127.0.0.1", False, True, True),
            (b"Shop", False, True, False),
            (b"/", True, True, False),
            (b"/a/", True, True, False),
        ],
    )
    def test_what_requests_may_hold(
        self, text: bytes, *, path: bool, line: bool, host: bool
    ) -> None:
        assert (is_path(text), is_line(text), is_host(text)) == (path, line, host)


class TestLineBreaks:
    @pytest.mark.parametrize(
        "text",
        [
            "return 301 https://$host$uri;",
            "return https://$host$uri;",
            "return 302 https://$host${document_uri};",
            "location / { return 308 /login?next=$uri; }",
            "location /a { add_header X-Path $uri; root /srv; }",
            "location ~ ^/a/([^/]*) { return 301 /b/$1; }",
            "location ~ ^/a/(?<rest>[^/]*) { return 301 /b/$rest; }",
            r"location ~ ^/a/([^\r]*) { return 301 /b/$1; }",
            r"location ~ \.php { return 301 https://$host$uri; }",
            "if ($scheme = http) { return 301 https://$host$uri; }",
            "if ($uri ~ ^/a/([^/]+)) { return 301 /b/$1; }",
            "rewrite ^ https://$host$uri permanent;",
            "rewrite ^/(?<rest>[^/]*)$ https://shop.example/$rest redirect;",
            "set $a $uri; set $b x$a; return 301 https://$host$b;",
            "location /a { set $u /; if ($arg_u) { set $u $uri; } return 301 https://h$u; }",
            "location @other { return 301 https://$host$uri; }",
            "location / { proxy_pass http://app$uri; }",
            "location / { proxy_set_header X-Path $uri; proxy_pass http://app; }",
            "location ~ ^/a/([^/]*)$ { proxy_pass http://app/$1; }",
        ],
    )
    def test_a_break_gets_into_a_header(self, text: str) -> None:
        assert len(found(server(text), What.LINE_BREAK)) == 1

    @pytest.mark.parametrize(
        "text",
        [
            "return 301 https://$host$request_uri;",
            "return 200 $uri;",
            "return 404;",
            "set $u $uri; set $u /a; return 301 https://$host$u;",
            "location = /a { return 301 https://$host$uri; }",
            r"location ~ ^/[a-z]+\z { return 301 https://$host$uri; }",
            "location ~ ^/a/(.*)$ { return 301 /b/$1; }",
            r"location ~ ^/a/(\w+) { return 301 /b/$1; }",
            r"location ~ ^/a/([^/\s]+) { return 301 /b/$1; }",
            "location ~ ^/(?!x)([^/]+)[[.a.]] { return 301 /b/$1; }",
            "rewrite ^/([^/]*)$ https://shop.example/$1 permanent;",
            "rewrite ^/([^/]*)$ /b/$1 last;",
            "if ($http_user_agent ~ ([^/]+)) { return 301 /b/$1; }",
            "if ($uri ~ [[:cntrl:]]) { return 400; } return 301 https://$host$uri;",
            "if ($request_uri ~ %0[ad]) { return 403; } return 301 https://$host$uri;",
            "if ($uri = /a) { return 301 https://$host$uri; }",
            "location /a { internal; return 301 https://$host$uri; }",
            "location ~ ^/([^/]*)$ { rewrite ^/a /b; return 301 /c/$1; }",
            "location / { proxy_pass http://app; }",
            "location / { fastcgi_param X $uri; fastcgi_pass unix:/run/a; }",
            "return 301 https://$host{{ path }}$uri;",
            "server_name ~^([^.]+)\\.a$; return 301 https://$1.b$request_uri;",
        ],
    )
    def test_no_break_gets_into_a_header(self, text: str) -> None:
        assert found(server(text), What.LINE_BREAK) == []

    @pytest.mark.parametrize(
        ("entries", "number"),
        [
            ("default $uri;", 1),
            ("default /; /a $uri;", 0),
            ("default /; ~^/a/([^/]*)$ /b/$1;", 1),
            ("default /; ~^/a/(.*)$ /b/$1;", 0),
            ("default /; ~^/a/(?<rest>[^/]*)$ /b/$rest;", 1),
            ("include more.map;", 0),
            ("/a /b;", 0),
        ],
    )
    def test_by_way_of_a_map(self, entries: str, number: int) -> None:
        text = f"map $uri $new {{ {entries} }} server {{ return 301 https://h$new; }}"
        assert len(found(text, What.LINE_BREAK)) == number

    def test_a_map_may_tell_odd_paths(self) -> None:
        text = "map $request_uri $odd { default 0; ~%0 1; }"
        guard = "if ($odd) { return 403; }"
        assert (
            found(f"{text} {server(f'{guard} return 301 https://h$uri;')}", What.LINE_BREAK) == []
        )
        assert len(found(f"{text} {server('return 301 https://h$uri;')}", What.LINE_BREAK)) == 1

    def test_the_example_is_a_request(self) -> None:
        (one,) = found(server("location /a/ { return 301 https://h$uri?$args; }"), What.LINE_BREAK)
        assert (one.example, one.part) == ("GET /a/%0D%0AX-Injected:1", "$uri")
        assert one.better == "return 301 https://h$request_uri;"

    def test_what_geo_and_split_clients_set_is_not_the_clients(self) -> None:
        text = "split_clients $uri $uri_group { 50% a; * b; } geo $uri_zone { default c; }"
        use = server("return 301 https://h/$uri_group$uri_zone;")
        assert found(f"{text} {use}", What.LINE_BREAK) == []


class TestTargets:
    @pytest.mark.parametrize(
        ("text", "example"),
        [
            ("location / { proxy_pass http://$arg_h; }", "GET /?h=127.0.0.1"),
            ("location / { proxy_pass $arg_url; }", "GET /?url=127.0.0.1"),
            ("location / { proxy_pass http://$http_x_a:8000; }", "X-A: 127.0.0.1"),
            ("location / { proxy_pass http://${cookie_b}/x; }", "Cookie: b=127.0.0.1"),
            ("location / { fastcgi_pass $arg_a; }", "GET /?a=127.0.0.1"),
            ("location / { proxy_pass http://$arg_a.b.c; }", "GET /?a=127.0.0.1:80/"),
            ("location ~ ^/p/([^/]+) { proxy_pass http://$1; }", "GET /p/127.0.0.1"),
            ("location ~ ^/p/(?<h>[0-9.]+)/ { proxy_pass http://$h; }", "GET /p/127.0.0.1/"),
            (
                r"server_name ~^(?<app>.+)\.a$; location / { proxy_pass http://$app:80; }",
                "Host: 127.0.0.1.a",
            ),
            ("location / { set $a $arg_a; proxy_pass http://$a; }", "GET /?a=127.0.0.1"),
            (
                "location / { if ($request_method = GET) { return 204; } proxy_pass $arg_a; }",
                "GET /?a=127.0.0.1",
            ),
        ],
    )
    def test_the_client_chooses(self, text: str, example: str) -> None:
        assert [one.example for one in found(server(text), What.CHOSEN_HOST)] == [example]

    @pytest.mark.parametrize(
        "text",
        [
            "location / { proxy_pass http://app; }",
            "location / { proxy_pass http://app-$arg_h; }",
            "location / { proxy_pass http://127.0.0.1:$arg_port; }",
            "location / { proxy_pass http://app/$arg_q; }",
            "location / { proxy_pass http://app?u=$arg_q; }",
            "location / { proxy_pass http://$host; }",
            "location / { proxy_pass http://$proxy_host; }",
            "location ~ ^/p/(a|b) { proxy_pass http://$1; }",
            "location ~ ^/p/([a-z]+) { proxy_pass http://$1; }",
            r"location ~ ^/p/([\w.-]+)/ { proxy_pass http://$1.shop.example; }",
            r"server_name ~^(?<app>\w+)\.a$; location / { proxy_pass http://$app:80; }",
            "location / { internal; proxy_pass http://$arg_h; }",
            "location / { deny all; proxy_pass http://$arg_h; }",
            "auth_basic a; location / { proxy_pass http://$arg_h; }",
            "listen 127.0.0.1:80; location / { proxy_pass http://$arg_h; }",
            "listen unix:/run/a; location / { proxy_pass http://$arg_h; }",
            "location / { if ($arg_h != a) { return 403; } proxy_pass http://$arg_h; }",
            "location / { if ($allowed = 0) { return 403; } proxy_pass http://$arg_h; }",
            "location / { set $a app; if ($arg_a = b) { set $a $arg_a; } proxy_pass http://$a; }",
            "location ~ ^/p/([^/]+) { if ($uri ~ ^/p/(a|b)) { set $x 1; } proxy_pass http://$1; }",
        ],
    )
    def test_the_client_does_not(self, text: str) -> None:
        assert found(server(text), What.CHOSEN_HOST) == []

    def test_a_client_that_shows_who_it_is_may(self) -> None:
        text = "auth_basic off; location / { proxy_pass http://$arg_h; }"
        assert len(found(server(text), What.CHOSEN_HOST)) == 1

    @pytest.mark.parametrize(
        ("value", "grave"),
        [
            ("$http_host", [False]),
            ("${http_host}", [False]),
            ("$http_host:80", [False]),
            ("$http_x_forwarded_host", [True]),
            ("$arg_host", [True]),
            ("$cookie_host", [True]),
            ("$host", []),
            ("$proxy_host", []),
            ("$server_name", []),
            ("shop.example", []),
            ("''", []),
        ],
    )
    def test_the_host_that_the_application_is_told(self, value: str, grave: list[bool]) -> None:
        text = server(f"location / {{ proxy_set_header Host {value}; proxy_pass http://app; }}")
        assert [one.grave for one in found(text, What.SPOOFED_HOST)] == grave

    @pytest.mark.parametrize(
        ("other", "number"),
        [
            ("server { listen 80 default_server; return 444; }", 0),
            ("server { listen 80 default_server; ssl_reject_handshake on; }", 0),
            ("server { listen 80 default_server; root /srv; }", 1),
            ("server { listen 81 default_server; return 444; }", 1),
        ],
    )
    def test_a_default_server_may_refuse_strange_hosts(self, other: str, number: int) -> None:
        own = "listen 80; proxy_set_header Host $http_host;"
        assert len(found(f"{other} {server(own)}", What.SPOOFED_HOST)) == number


class TestOrigins:
    @pytest.mark.parametrize(
        ("text", "example"),
        [
            (r"^https?://(www\.)?shop\.example$", None),
            (r"https?://(www\.)?shop\.example", b"http://shop.example.evil.example"),
            (r"shop\.example$", b"https://evilshop.example"),
            (r"^https://.*shop\.example$", b"https://evilshop.example"),
            (r"^https://.*\.shop\.example$", None),
            (r"(^|\.)shop\.example$", None),
            (r"^https://shop\.example(:\d+)?$", None),
            (r"^https://shop\.example(/|$)", None),
            (r"^https?://localhost", None),
            (r"^http://192\.168\.", b"http://192.168.evil.example"),
            ("", None),
            (".*", None),
            ("(?R)", None),
        ],
    )
    def test_origins_of_strangers(self, text: str, example: bytes | None) -> None:
        assert bypass(pattern(text), origin=True) == example

    def test_a_referer_may_hold_the_name_in_its_arguments(self) -> None:
        one = pattern(r"\.shop\.example$")
        assert bypass(one, origin=False) == b"https://evil.example/?https://.shop.example"

    @pytest.mark.parametrize(
        ("text", "number"),
        [
            (f"if ($http_origin ~ shop\\.example) {{ {ALLOW} $http_origin; }}", 1),
            (f"if ($http_origin ~ a\\.bc) {{ {ALLOW} $http_origin; }}", 0),
            ("if ($http_origin !~ a\\.bc) { return 403; }", 0),
            ("if ($http_origin !~ shop\\.example) { return 403; }", 1),
            ("if ($http_origin ~ shop\\.example) { return 403; }", 0),
            ("if ($http_referer !~ shop\\.example) { return 403; }", 1),
            ("if ($http_referer !~ shop\\.example) { set $x 1; }", 0),
            ("if ($http_user_agent !~ shop\\.example) { return 403; }", 0),
        ],
    )
    def test_only_checks_that_let_pass(self, text: str, number: int) -> None:
        assert len(found(server(text), What.LOOSE_ORIGIN)) == number

    @pytest.mark.parametrize(
        ("text", "grave"),
        [
            (f"{ALLOW} $http_origin;", [False]),
            (f"{ALLOW} $http_origin; {WITH_COOKIES}", [True]),
            (f"set $o $http_origin; {ALLOW} $o;", [False]),
            (f"{ALLOW} *;", []),
            (f"{ALLOW} https://$host;", []),
            ("add_header X-Origin $http_origin;", []),
            (f"if ($http_origin ~ ^https://a$) {{ return 204; }} {ALLOW} $http_origin;", []),
            (f"if ($ok) {{ {ALLOW} $http_origin; }}", []),
        ],
    )
    def test_origins_that_are_sent_back(self, text: str, grave: list[bool]) -> None:
        assert [one.grave for one in found(server(text), What.REFLECTED_ORIGIN)] == grave


class TestPaths:
    @pytest.mark.parametrize(
        ("text", "what"),
        [
            ("location /i { alias /d/i/; }", What.TRAVERSAL),
            ("location ^~ /i { alias /d/i/; }", What.TRAVERSAL),
            ("location /i { alias $document_root/i/; }", What.TRAVERSAL),
            ("location ~ ^/i(.*)$ { alias /d/i/$1; }", What.TRAVERSAL),
            ("location ~ ^/i(?<f>.*)$ { alias /d/i/$f; }", What.TRAVERSAL),
            (r"location ~ ^/i(.*\.png)$ { alias /d/i/$1; }", What.TRAVERSAL),
            ("location /i { alias /d/i; }", What.SIBLING),
            ("location /i/ { alias /d/i/; }", None),
            ("location /i { alias /d/$host; }", None),
            ("location = /i { alias /d/i/; }", None),
            ("location ~ ^/i/(.*)$ { alias /d/i/$1; }", None),
            ("location ~ ^/i(.*)$ { alias /d/i$1; }", None),
            (r"location ~ ^/i(\w+)$ { alias /d/i/$1; }", None),
            ("location /i { alias /d/i/; return 404; }", None),
            ("location /i { alias /d/i/; internal; }", None),
            ("location /{{ name }} { alias /d/i/; }", None),
        ],
    )
    def test_aliases(self, text: str, what: What | None) -> None:
        all_found = events(reader(http(server(text))).config)
        paths = [one.what for one in all_found if one.what in (What.TRAVERSAL, What.SIBLING)]
        assert paths == ([what] if what else [])

    @pytest.mark.parametrize(
        ("prefix", "target", "grave"),
        [
            ("/api", "http://app/", [True]),
            ("/api", "http://app/v1/", [True]),
            ("/api/", "http://app/v1", [False]),
            ("/api/", "http://app/", []),
            ("/api", "http://app/v1", []),
            ("/api", "http://app", []),
            ("/", "http://app/", []),
            ("/api/", "http://app/?x=", []),
            ("/api/", "http://app/x=", []),
            ("= /api", "http://app/", []),
            ("/api", "http://unix:/run/a.sock:/", []),
            ("/api", "http://app$request_uri", []),
        ],
    )
    def test_prefixes_and_the_path_of_proxy_pass(
        self, prefix: str, target: str, grave: list[bool]
    ) -> None:
        text = server(f"location {prefix} {{ proxy_pass {target}; }}")
        assert [one.grave for one in found(text, What.JOINED)] == grave

    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("location ~ ^/a/(.*)$ { proxy_pass http://app/$1; }", 1),
            (r"location ~ ^/a/(\S*)$ { proxy_pass http://app/$1; }", 0),
            (r"location ~ ^/a/(\d+)$ { proxy_pass http://app/$1; }", 0),
            # That one takes line breaks as well, which is said already.
            ("location ~ ^/a/([^/]*)$ { proxy_pass http://app/$1; }", 0),
        ],
    )
    def test_decoded_captures(self, text: str, number: int) -> None:
        assert len(found(server(text), What.DECODED)) == number


class TestPatterns:
    @pytest.mark.parametrize(
        "text",
        [
            "server { location ~ ^/(a+)+$ { root /srv; } }",
            "server { if ($http_user_agent ~ '^(a+)+$') { return 403; } }",
            "server { rewrite ^/(a+)+$ /b; }",
            "server { server_name '~^(a+)+$'; }",
            "map $http_cookie $x { '~*^(a+)+$' 1; }",
        ],
    )
    def test_everywhere(self, text: str) -> None:
        (one,) = found(text, What.SLOW)
        assert (one.part.lstrip("^/"), one.grave, one.result) == ("(a+)+$", True, "exponential")

    @pytest.mark.parametrize(
        "text",
        [
            "map $server_port $x { '~^(a+)+$' 1; }",
            "map $http_a$http_b $x { '~^(a+)+$' 1; }",
            "server { location ~ ^/(a|b)+$ { root /srv; } }",
            "server { location ~ ^/(?R)(a+)+$ { root /srv; } }",
        ],
    )
    def test_nothing_is_said_of_what_clients_do_not_send(self, text: str) -> None:
        assert found(text, What.SLOW) == []

    @pytest.mark.parametrize(
        ("location", "what"),
        [
            (r"~ \.php", What.OPEN_ENDED),
            (r"~* \.(css|js)", What.OPEN_ENDED),
            (r"~* \.(?:jpe?g|png)", What.OPEN_ENDED),
            (r"~ [.]php", What.OPEN_ENDED),
            (r"~ \.php$", None),
            (r"~ \.php(/|$)", None),
            (r"~ /\.git", None),
            ("~ ^/blog", None),
            ("/x.php", None),
            ("~ ^/health$", What.EXACT),
            (r"~ ^/a/b\.txt$", What.EXACT),
            ("~ ^/robots.txt$", What.EXACT),
            ("~ ^/robots.$", None),
            ("~ ^/robots.+$", None),
            ("~* ^/health$", None),
            ("~ ^/(health)$", None),
            ("= /health", None),
        ],
    )
    def test_shapes_of_locations(self, location: str, what: What | None) -> None:
        text = server(f"location {location} {{ root /srv; }}")
        assert [one.what for one in events(reader(http(text)).config)] == ([what] if what else [])


class TestCaptures:
    @pytest.mark.parametrize(
        ("text", "part"),
        [
            ("rewrite ^/(a) /$2;", "$2"),
            ("rewrite ^/(a)(b) /$2;", None),
            ("location ~ ^/(a) { return 301 /$2; }", "$2"),
            ("location /a { return 301 /$1; }", "$1"),
            ("location ~ ^/(a) { if ($host ~ (b)(c)) { return 301 /$2; } }", None),
            ("rewrite ^/(a)(b) /c; location /c { return 301 /$2; }", None),
            ("server_name ~(a)(b); location / { return 301 /$2; }", None),
            ("include more.conf; location / { return 301 /$1; }", None),
            ("location ~ ^/(?R)(a) { return 301 /$2; }", None),
            ("rewrite ^/(?R)(a) /$2;", None),
        ],
    )
    def test_numbers_without_a_group(self, text: str, part: str | None) -> None:
        assert [one.part for one in found(server(text), What.NO_GROUP)] == ([part] if part else [])

    def test_groups_of_maps_count(self) -> None:
        text = "map $uri $x { ~(a)(b) 1; } server { location / { return 301 /$x$2; } }"
        assert found(text, What.NO_GROUP) == []
        assert lines("map $uri $x { ~(a) $2; }", What.NO_GROUP) == ["~(a) $2"]

    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("rewrite ^/(.*) /b?c; set $x $1;", 1),
            ("rewrite ^/(.*) /b?c; if ($arg_a = $1) { return 403; }", 1),
            ("rewrite ^/(.*) /b?c last; set $x $1;", 0),
            ("rewrite ^/(.*) /b; set $x $1;", 0),
            ("set $x $1; rewrite ^/(.*) /b?c;", 0),
            ("rewrite ^/(.*) https://b/?c; set $x $1;", 0),
            ("rewrite ^/(?<x>.*) /b?c; set $y $x;", 0),
        ],
    )
    def test_arguments_that_leak(self, text: str, number: int) -> None:
        one = server(f"location / {{ {text} }}")
        assert len(found(one, What.ARGUMENTS_LEAK)) == number

    @pytest.mark.parametrize(
        ("text", "part"),
        [
            ("rewrite ^/((.*)) /b/$1$2 redirect;", "$1 and $2"),
            ("rewrite ^/((.*)) /b?$1$2;", "$1 and $2"),
            ("rewrite ^/((.*)) /b/$1$2 last;", None),
            ("rewrite ^/((.*)) /b/$1 redirect;", None),
            ("rewrite ^/((.*)) /b/$1$2$arg_a redirect;", None),
            ("rewrite ^/(a)(b) /b/$1$2 redirect;", None),
        ],
    )
    def test_groups_inside_groups(self, text: str, part: str | None) -> None:
        assert [one.part for one in found(server(text), What.OVERLAPPING)] == (
            [part] if part else []
        )


def test_a_subject_has_every_fact_of_its_namespace() -> None:
    one = reader(http(server("return 301 https://$host$uri;")))
    (subject,) = subjects(one.config, one.nginx_facts())
    assert set(subject.facts) >= {
        name for name in scope_of("nginx.expression") if name.startswith("expression.")
    }
    assert subject.target == "nginx.expression"
    assert subject.name == "return in server *:80"


VARIABLES = st.sampled_from(
    ["$uri", "$1", "$2", "$arg_a", "$x", "${y}", "$http_origin", "$host", "/a"]
)
REGEXES = st.sampled_from(
    ["^/(a+)+$", "^/a(.*)$", "(?<x>[^/]*)", "[", "(?R)", r"\.php", "^/b$", "$"]
)
LINES = st.one_of(
    st.builds("return 301 https://h{};".format, VARIABLES),
    st.builds("set $x {};".format, VARIABLES),
    st.builds("set $y {}$x;".format, VARIABLES),
    st.builds("add_header Access-Control-Allow-Origin {};".format, VARIABLES),
    st.builds("proxy_pass http://{}/{};".format, VARIABLES, VARIABLES),
    st.builds("proxy_set_header Host {};".format, VARIABLES),
    st.builds("alias /d/{};".format, VARIABLES),
    st.builds("rewrite '{}' /b?{} {};".format, REGEXES, VARIABLES, st.sampled_from(["", "last"])),
    st.just("return; set; rewrite; alias; proxy_pass; add_header; internal;"),
)
BLOCKS = st.recursive(
    LINES,
    lambda inner: st.builds(
        "{} {{ {} }}".format,
        st.one_of(
            st.builds("location ~ '{}'".format, REGEXES),
            st.builds("if ({} ~ '{}')".format, VARIABLES, REGEXES),
            st.sampled_from(["location /a", "location = /b", "if ($x)", "if ()", "location"]),
        ),
        st.lists(inner, max_size=3).map(" ".join),
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(BLOCKS, max_size=4), REGEXES, VARIABLES, VARIABLES)
def test_any_configuration_is_judged(
    blocks: list[str], regex: str, source: str, value: str
) -> None:
    """Whatever stands where, there is an answer, and the facts of each event have their types."""
    text = f"map {source} $y {{ default $x; '~{regex}' {value}; }} {server(' '.join(blocks))}"
    for subject in subjects(reader(http(text)).config, {}):
        assert shown(subject.facts["expression.what"]) in {str(what) for what in What}


def test_a_reader_has_the_events_among_its_subjects() -> None:
    one = reader(http(server("return 301 https://$host$uri;")))
    assert [found.target for found in one.subjects()].count("nginx.expression") == 1


def test_a_snippet_alone_is_judged_as_far_as_it_goes() -> None:
    one = reader("location / { return 301 https://$host$uri; }", path="snippets/https.conf")
    assert [event.what for event in events(one.config)] == [What.LINE_BREAK]
