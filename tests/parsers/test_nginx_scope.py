"""
The effective configuration: what each level takes over from the one around it.
"""

from __future__ import annotations

import pytest

from advisor.parsers.nginx_scope import build
from tests.support.nginx_trees import config, http, read, scope


def names(items: tuple[object, ...]) -> list[str]:
    return [str(item) for item in items]


def test_scalar_is_the_nearest() -> None:
    found = http("""
        keepalive_timeout 10; client_max_body_size 1m;
        server {
            keepalive_timeout 20;
            location /a { keepalive_timeout 30; location /a/b { } }
            location /c { if ($x) { keepalive_timeout 40; } }
        }
        server { server_name other; }
    """)
    expected = {
        "http": "10",
        "server *:80": "20",
        "location /a": "30",
        "location /a/b": "30",
        "location /c": "20",
        "if ($x)": "40",
        "server other:80": "10",
    }
    for label, value in expected.items():
        directive = scope(found, label).effective("keepalive_timeout")
        assert directive is not None
        assert directive.args == (value,)
        size = scope(found, label).effective("client_max_body_size")
        assert size is not None
        assert size.location.line == 4
    assert scope(found, "location /a").effective("gzip") is None


def test_main_level_is_inherited() -> None:
    found = config("error_log a; events { } http { server { } }")
    assert str(found.servers[0].effective("error_log")) == "error_log a"


@pytest.mark.parametrize(
    "name",
    [
        "add_header",
        "add_trailer",
        "proxy_set_header",
        "grpc_set_header",
        "fastcgi_param",
        "uwsgi_param",
        "error_page",
        "limit_req",
        "limit_conn",
        "sub_filter",
        "ssl_conf_command",
        "access_log",
        "error_log",
        "index",
        "gzip_types",
        "proxy_redirect",
        "proxy_cookie_path",
        "proxy_cache_valid",
        "proxy_cache_bypass",
        "proxy_no_cache",
        "proxy_hide_header",
        "set_real_ip_from",
        "auth_request_set",
    ],
)
def test_list_is_replaced_as_a_whole(name: str) -> None:
    """One entry on an inner level hides all entries of the outer ones."""
    found = http(f"""
        {name} A 1;
        server {{ {name} B 1; {name} C 1; location /a {{ {name} D 1; }} location /b {{ }} }}
    """)
    assert names(scope(found, "location /a").effective_all(name)) == [f"{name} D 1"]
    assert names(scope(found, "location /b").effective_all(name)) == [f"{name} B 1", f"{name} C 1"]
    assert names(scope(found, "http").effective_all(name)) == [f"{name} A 1"]


def test_allow_and_deny_are_one_list() -> None:
    found = http("""
        deny all;
        server { allow 10.0.0.1; deny 10.0.0.0/8; allow all; location / { } }
    """)
    location = scope(found, "location /")
    assert names(location.effective_all("allow", "deny")) == [
        "allow 10.0.0.1",
        "deny 10.0.0.0/8",
        "allow all",
    ]
    assert names(location.effective_all("deny")) == ["deny 10.0.0.0/8"]
    inner = http("server { deny all; location /a { allow all; } }")
    assert scope(inner, "location /a").effective_all("deny") == ()


def test_root_and_alias_hide_each_other() -> None:
    """Nested locations take ``alias`` over: nginx keeps it with the root."""
    found = http("""
        root /r;
        server { location /a/ { alias /b/; location /a/c { } location /a/d { root /e; } } }
    """)
    nested = scope(found, "location /a/c")
    assert nested.effective("root") is None
    assert str(nested.effective("alias")) == "alias /b/"
    assert scope(found, "location /a/d").effective("alias") is None


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("on", ["C"]), ("off", ["C"]), ("merge", ["C", "B", "A"]), ("", ["C"])],
)
def test_add_header_inherit(mode: str, expected: list[str]) -> None:
    rule = f"add_header_inherit {mode};" if mode else ""
    found = http(f"""
        {rule} add_header A 1;
        server {{ add_header B 1; location / {{ add_header C 1; }} }}
    """)
    headers = scope(found, "location /").effective_all("add_header")
    assert [header.args[0] for header in headers] == expected


def test_add_header_inherit_is_itself_inherited_and_can_be_undone() -> None:
    found = http("""
        add_header_inherit merge; add_header A 1; add_trailer T 1;
        server {
            add_header B 1;
            location /off { add_header_inherit off; location /off/on { add_header_inherit on; } }
            location /on { add_header_inherit on; add_header C 1; add_trailer U 1; }
        }
    """)

    def headers(label: str, name: str = "add_header") -> list[str]:
        return [item.args[0] for item in scope(found, label).effective_all(name)]

    assert headers("location /off") == []
    assert headers("location /off/on") == []
    assert headers("location /on") == ["C"]
    assert headers("location /on", "add_trailer") == ["U"]
    assert headers("server *:80") == ["B", "A"]


def test_headers_more_adds_up() -> None:
    found = http("more_set_headers 'A: 1'; server { more_set_headers 'B: 1'; }")
    assert names(found.servers[0].effective_all("more_set_headers")) == [
        "more_set_headers A: 1",
        "more_set_headers B: 1",
    ]


@pytest.mark.parametrize(
    "name", ["try_files", "rewrite", "return", "set", "stub_status", "proxy_pass", "break"]
)
def test_not_inherited(name: str) -> None:
    found = http(f"server {{ {name} a; location /a {{ {name} b; location /a/b {{ }} }} }}")
    assert scope(found, "location /a/b").effective(name) is None
    assert str(scope(found, "location /a").effective(name)) == f"{name} b"


def test_only_if_and_limit_except_take_the_target_over() -> None:
    found = http("""
        server { location / {
            proxy_pass http://a; try_files x y;
            if ($b) { if ($c) { } }
            limit_except GET { deny all; }
        } if ($d) { return 404; } }
    """)
    for label in ("if ($b)", "if ($c)", "limit_except GET"):
        assert str(scope(found, label).effective("proxy_pass")) == "proxy_pass http://a"
        assert scope(found, label).effective("try_files") is None
    assert scope(found, "if ($d)").effective("proxy_pass") is None


def test_upstream_takes_nothing_over_but_the_resolver() -> None:
    found = http("keepalive_timeout 10; resolver 10.0.0.2; upstream a { server b; }")
    upstream = found.upstreams[0].scope
    assert upstream.effective("keepalive_timeout") is None
    assert str(upstream.effective("resolver")) == "resolver 10.0.0.2"
    assert upstream.hidden("keepalive_timeout") == ()


def test_levels_and_labels() -> None:
    found = config("""
        user a;
        events { worker_connections 10; }
        http {
            upstream app { server a; }
            map $a $b { default c; }
            server {
                listen 8080; listen 443 ssl; server_name "" a.com b.com;
                location = /x { limit_except GET POST { deny all; } }
                location ~ \\.php$ { if ($request_method = POST) { return 405; } }
            }
            server { listen unix:/run/n.sock; }
            server { listen unix:/run/n.sock; server_name c; }
            server { listen [::]:81; }
            server { listen 127.0.0.1; }
            server { listen ${PORT}; }
            server { listen {{ port }}; server_name {% for a in b %} {{ a }} {% endfor %} c; }
            server { listen {{ port }} ssl; }
        }
        stream { server { listen 53; } }
    """)
    assert [item.label for item in found.main.walk()] == [
        "main",
        "events",
        "http",
        "upstream app",
        "server a.com:8080",
        "location = /x",
        "limit_except GET POST",
        "location ~ \\.php$",
        "if ($request_method = POST)",
        "server unix:/run/n.sock",
        "server c on unix:/run/n.sock",
        "server *:81",
        "server *:80",
        "server *:${PORT}",
        "server c",
        "server",
    ]
    assert repr(found.servers[0]) == "<server a.com:8080>"
    assert found.events is not None
    assert str(found.events.effective("worker_connections")) == "worker_connections 10"
    assert found.main.visible
    assert all(item.visible for item in found.main.walk())
    assert found.main.location is None
    location = scope(found, "location = /x")
    assert location.location is not None
    assert location.location.line == 9
    assert location.around("server") is found.servers[0]
    assert location.around("upstream") is None
    assert [item.label for item in found.locations] == ["location = /x", "location ~ \\.php$"]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("server { location / { } }", ["main", "http", "server", "location"]),
        ("listen 80; location / { }", ["main", "http", "server", "location"]),
        ("proxy_pass http://a;", ["main", "http", "server", "location"]),
        ("server a; server b; zone c 64k;", ["main", "http", "upstream"]),
        ("worker_connections 9;", ["main"]),
        ("server { listen 53 udp; proxy_timeout 1s; }", ["main"]),
        ("example.com 1;", ["main"]),
    ],
)
def test_fragments_get_the_levels_around_them(text: str, kinds: list[str]) -> None:
    """They are not visible, since more may be set there than the fragment shows."""
    found = config(text)
    assert [item.kind for item in found.main.walk()] == kinds
    assert not found.main.visible
    assert [item.visible for item in found.main.walk() if item.directive is None] == [
        False for item in found.main.walk() if item.directive is None
    ]
    assert (found.http is None) == (len(kinds) == 1)


def test_fragment_of_a_location_is_its_content() -> None:
    found = config("proxy_pass http://a; add_header A b;")
    assert str(found.locations[0].effective("add_header")) == "add_header A b"
    assert found.servers[0].directives == ()


def test_fragment_of_an_upstream_has_no_name() -> None:
    found = config("server a; server b; zone c 64k;")
    assert found.upstreams[0].name == ""
    assert [server.address.host for server in found.upstreams[0].servers] == ["a", "b"]


def test_unread_includes_hide_what_they_may_hold() -> None:
    document = read(
        {
            "nginx.conf": """
            http {
                include mime.types; include conf.d/*.conf; gzip on;
                server {
                    include tls.conf; include /etc/letsencrypt/options-ssl-nginx.conf;
                    location / { include proxy_params; gzip off; }
                }
            }"""
        }
    )
    found = build(document)
    location = scope(found, "location /")
    server = found.servers[0]
    assert names(location.hidden("proxy_set_header")) == [
        "include proxy_params",
        "include tls.conf",
    ]
    assert location.hidden("gzip") == ()
    assert names(server.hidden("ssl_protocols")) == [
        "include tls.conf",
        "include /etc/letsencrypt/options-ssl-nginx.conf",
    ]
    assert names(server.hidden("gzip")) == ["include tls.conf"]
    assert found.http is not None
    assert found.http.hidden("gzip") == ()
    assert names(found.http.hidden("types")) == ["include mime.types"]


def test_equal_unread_includes_count_once() -> None:
    found = http("server { include a; include a; include mime.types; include /x/mime.types; }")
    assert names(found.servers[0].unread) == ["include a", "include mime.types"]


def test_include_is_met_where_the_snippet_stands() -> None:
    document = read(
        {"nginx.conf": "http { server { include s; } server { include s; } }", "s": "gzip on;"}
    )
    found = build(document)
    assert [str(server.effective("gzip")) for server in found.servers] == ["gzip on"] * 2


def test_map() -> None:
    found = http("""
        map $http_upgrade $connection { default upgrade; '' close; }
        map $a $b { x 1; Y 2; }
        map $a $c { ~^x 1; default 2; y 3; }
        map $a $d { hostnames; default 2; }
        map $a $e { empty; }
        map $odd { default 1; }
        map $a $f { include nothing.map; default 1; }
    """)
    upgrade, plain, regex, hosts, empty, included = found.maps
    assert (upgrade.source, upgrade.variable) == ("$http_upgrade", "$connection")
    assert upgrade.lookup("") == "close"
    assert upgrade.lookup("websocket") == "upgrade"
    assert plain.lookup("y") == "2"
    assert plain.lookup("z") == ""
    assert regex.lookup("Y") == "3"
    assert regex.lookup("xx") is None
    assert hosts.lookup("a.com") is None
    assert empty.lookup("empty") == ""
    assert included.lookup("a") is None


def test_constants() -> None:
    found = http("""
        server {
            set $app http://app:8000; set $twice a; set $same b; set $other $host;
            set $open ${OPEN}; set $odd;
            location / { set $twice c; set $same b; }
        }
    """)
    assert found.constants == {"app": "http://app:8000", "same": "b"}
