"""
Sockets, upstreams, and where locations send their requests.
"""

from __future__ import annotations

import pytest

from advisor.parsers.nginx_listen import Address, parse_address
from advisor.parsers.nginx_scope import ProxyTarget, build
from tests.support.nginx_trees import http, read, scope

ANY = "0.0.0.0"  # noqa: S104 - as nginx writes it


@pytest.mark.parametrize(
    ("written", "address", "key"),
    [
        ("80", Address(ANY, 80), "0.0.0.0:80"),
        ("*:80", Address(ANY, 80), "0.0.0.0:80"),
        ("0.0.0.0:80", Address(ANY, 80), "0.0.0.0:80"),
        ("*", Address(ANY, 80), "0.0.0.0:80"),
        ("127.0.0.1", Address("127.0.0.1", 80), "127.0.0.1:80"),
        ("127.0.0.1:8000", Address("127.0.0.1", 8000), "127.0.0.1:8000"),
        ("[::]:443", Address("::", 443), ":::443"),
        ("[::]", Address("::", 80), ":::80"),
        ("LOCALHOST:81", Address("LOCALHOST", 81), "localhost:81"),
        ("unix:/run/a.sock", Address("", None, "/run/a.sock"), "/run/a.sock"),
        ("8000-8010", Address(ANY, None), "0.0.0.0:8000-8010"),
    ],
)
def test_listen_address(written: str, address: Address, key: str) -> None:
    """All ways to write one socket share a key."""
    found = http(f"server {{ listen {written}; }}")
    (listen,) = found.listens(found.servers[0])
    assert (listen.address, listen.key, listen.uncertain) == (address, key, False)


@pytest.mark.parametrize("written", ["${PORT}", "$port", "{{ ip }}:80", "80 {{ tls }}"])
def test_listen_with_placeholders(written: str) -> None:
    found = http(f"server {{ listen {written}; }}")
    (listen,) = found.listens(found.servers[0])
    assert listen.uncertain


def test_listen_parameters() -> None:
    found = http("""
        server { listen 443 ssl http2 default_server reuseport backlog=1024 proxy_protocol; }
        server { listen 443 quic; listen 80 default; listen; }
    """)
    (first,) = found.listens(found.servers[0])
    assert first.ssl
    assert first.http2
    assert first.default_server
    assert first.reuseport
    assert first.proxy_protocol
    assert not first.quic
    assert first.param("backlog") == "1024"
    assert first.param("rcvbuf") is None
    quic, plain = found.listens(found.servers[1])
    assert quic.ssl
    assert quic.quic
    assert quic.key == "udp 0.0.0.0:443"
    assert plain.default_server
    assert not plain.ssl


def test_server_without_listen() -> None:
    found = http("server { }")
    (listen,) = found.listens(found.servers[0])
    assert listen.directive is None
    assert listen.key == "0.0.0.0:80"


def test_default_server() -> None:
    """The one that says so, else the first on the socket."""
    found = http("""
        server { listen 80; listen 81; server_name a; }
        server { listen *:80 default_server; listen 81; server_name b; }
    """)
    assert found.sockets["0.0.0.0:80"].default.label == "server b:80"
    assert found.sockets["0.0.0.0:81"].default.label == "server a:80"
    assert [str(server) for server, _ in found.sockets["0.0.0.0:80"].users] == [
        "<server a:80>",
        "<server b:80>",
    ]


@pytest.mark.parametrize(
    ("servers", "enabled"),
    [
        ("server { listen 443 ssl; }", [False]),
        ("server { listen 443 ssl http2; } server { listen 443 ssl; }", [True, True]),
        ("server { listen 443 ssl http2; } server { listen 444 ssl; }", [True, False]),
        ("server { listen 443 ssl; http2 on; } server { listen 443 ssl; }", [True, False]),
        ("http2 on; server { listen 443 ssl; http2 off; } server { }", [False, True]),
        ("server { listen 443 ssl {{ h2 }}; } server { listen 443; }", [None, None]),
        ("server { listen 443 ssl; http2 ${H2}; }", [None]),
        ("server { listen 443 ssl; include tls.conf; }", [None]),
        ("server { listen 443 ssl; http2 off; include conf.d/*.conf; }", [False]),
        ("server { listen 443 ssl; http2; }", [False]),
    ],
)
def test_http2(servers: str, enabled: list[bool | None]) -> None:
    found = http(servers)
    assert [found.http2_enabled(server) for server in found.servers] == enabled


@pytest.mark.parametrize(
    ("servers", "enabled"),
    [
        ("server { listen 443 ssl; } server { listen 443; }", [True, True]),
        ("server { listen 80; ssl on; } server { listen 81; }", [True, False]),
        ("server { listen 443 quic; }", [True]),
    ],
)
def test_tls(servers: str, enabled: list[bool]) -> None:
    found = http(servers)
    assert [found.tls_enabled(server) for server in found.servers] == enabled


def test_upstream() -> None:
    found = http("""
        upstream app {
            least_conn;
            server 10.0.0.1:8000 weight=5 max_fails=0;
            server unix:/run/app.sock backup;
            server app.local resolve;
            server [::1]:81;
            server;
            keepalive 16;
        }
        upstream plain { server a; }
    """)
    app, plain = found.upstreams
    assert [server.address for server in app.servers] == [
        Address("10.0.0.1", 8000),
        Address("", None, "/run/app.sock"),
        Address("app.local", 80),
        Address("::1", 81),
    ]
    assert app.servers[0].param("weight") == "5"
    assert app.servers[1].param("backup") == ""
    assert app.servers[1].param("weight") is None
    assert str(app.keepalive) == "keepalive 16"
    assert str(app.method) == "least_conn"
    assert plain.keepalive is None
    assert plain.method is None


UPSTREAMS = "upstream App { server a; } upstream other { server b; }"


def tell(target: ProxyTarget) -> str:
    """
    A target in one line: scheme, place, then what holds of it.
    """
    address = target.address
    marks = [
        target.scheme or "?",
        address.socket or f"{address.host or '?'}:{address.port or '?'}",
        "uri" if target.uri else "",
        "variables" if target.has_variables else "",
        f"in {target.upstream.name}" if target.upstream else "",
    ]
    return " ".join(filter(None, marks))


@pytest.mark.parametrize(
    ("directive", "expected"),
    [
        ("proxy_pass http://app", "http app:? in App"),
        ("proxy_pass https://app/", "https app:? uri in App"),
        ("proxy_pass http://app:80", "http app:80"),
        ("proxy_pass http://127.0.0.1:8000", "http 127.0.0.1:8000"),
        ("proxy_pass http://a.com/x/", "http a.com:80 uri"),
        ("proxy_pass https://a.com?x", "https a.com:443 uri"),
        ("proxy_pass http://[::1]:81/", "http ::1:81 uri"),
        ("proxy_pass http://[::1]", "http ::1:80"),
        ("proxy_pass http://unix:/run/a.sock", "http /run/a.sock"),
        ("proxy_pass http://unix:/run/a.sock:/x/", "http /run/a.sock uri"),
        ("proxy_pass http://$host", "http ?:? variables"),
        ("proxy_pass http://$host$request_uri", "http ?:? uri variables"),
        ("proxy_pass http://app$request_uri", "http app:? uri variables in App"),
        ("proxy_pass http://app$is_args$args", "http app:? uri variables in App"),
        ("proxy_pass http://app/$1", "http app:? uri variables in App"),
        ("proxy_pass http://app$suffix", "http ?:? variables"),
        ("proxy_pass http://a.com:$port/", "http a.com:? uri variables"),
        ("proxy_pass $unknown", "? ?:? variables"),
        ("proxy_pass $fixed", "http app2:9000 variables"),
        ("proxy_pass http://$name/x", "http other:? uri variables in other"),
        ("proxy_pass http://${name}", "http other:? variables in other"),
        ("proxy_pass http://${BACKEND}:80", "http ?:80"),
        ("proxy_pass {{ target }}", "? ?:?"),
        ("grpc_pass app", "grpc app:? in App"),
        ("grpc_pass grpcs://a.com", "grpcs a.com:443"),
        ("fastcgi_pass unix:/run/php.sock", "fastcgi /run/php.sock"),
        ("fastcgi_pass php:9000", "fastcgi php:9000"),
        ("fastcgi_pass other", "fastcgi other:? in other"),
        ("uwsgi_pass uwsgi://a:3031", "uwsgi a:3031"),
        ("uwsgi_pass a:3031", "uwsgi a:3031"),
        ("scgi_pass a:4000", "scgi a:4000"),
        ("memcached_pass a:11211", "memcached a:11211"),
    ],
)
def test_target(directive: str, expected: str) -> None:
    found = http(f"""
        {UPSTREAMS}
        server {{
            set $fixed http://app2:9000; set $name other;
            location / {{ {directive}; }}
        }}
    """)
    target = found.proxied(scope(found, "location /"))
    assert target is not None
    assert str(target.directive) == directive
    assert tell(target) == expected


@pytest.mark.parametrize("inner", ["return 200", "root /a", "proxy_pass"])
def test_no_target(inner: str) -> None:
    found = http(f"server {{ location / {{ {inner}; location /a {{ }} }} }}")
    assert [found.proxied(location) for location in found.locations] == [None, None]


def test_uses_of_upstreams() -> None:
    found = http(f"""
        {UPSTREAMS}
        server {{
            location /a {{ proxy_pass http://app; location /a/b {{ fastcgi_pass APP; }} }}
            location /c {{
                proxy_pass http://elsewhere;
                if ($x) {{ proxy_pass http://app/; }}
                if ($y) {{ add_header A b; }}
            }}
        }}
    """)
    uses = found.upstream_uses()
    assert [use.label for use in uses["App"]] == ["location /a", "location /a/b", "if ($x)"]
    assert uses["other"] == ()


def test_first_of_two_upstreams_with_one_name() -> None:
    found = http("upstream a { server x; } upstream A { server y; } "
                 "server { location / { proxy_pass http://a; } }")  # fmt: skip
    target = found.proxied(found.locations[0])
    assert target is not None
    assert target.upstream is found.upstreams[0]


def test_upstream_in_an_included_file() -> None:
    document = read(
        {
            "nginx.conf": "http { include conf.d/*.conf; }",
            "conf.d/a.conf": "server { location / { proxy_pass http://app; } }",
            "conf.d/b.conf": "upstream app { server a; }",
        }
    )
    found = build(document)
    assert [use.label for use in found.upstream_uses()["app"]] == ["location /"]


def test_address_without_port() -> None:
    assert parse_address("a", port=None) == Address("a", None)
    assert parse_address("a:http", port=80) == Address("a", None)
    assert parse_address("a:99999999", port=80) == Address("a", None)
    assert parse_address("", port=80) == Address("", None)
