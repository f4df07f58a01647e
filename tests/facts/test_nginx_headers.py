"""
What to write so that connections are used again and no header is lost by it.
"""

from __future__ import annotations

import pytest

from tests.support.nginx_facts import UNKNOWN, http, location, reader, shown, upstream

APP = "upstream app { server a:1; }"
CONNECTION = 'proxy_set_header Connection "";'
VERSION = "proxy_http_version 1.1;"
REMINDER = "# with the proxy_set_header lines that count there now, if there are any"


def reuse(text: str) -> list[str]:
    """What an upstream's locations lack, line by line."""
    return str(upstream(f"{APP} {text}")["reuse_lines"]).splitlines()


def pooling(around: str, inside: str, target: str = "http://10.0.0.1:80") -> list[str]:
    """What a location needs with an upstream of its own."""
    text = f"server {{ {around} location /a {{ proxy_pass {target}; {inside} }} }}"
    return str(location(text)["pooling_lines"]).splitlines()


@pytest.mark.parametrize(
    ("around", "inside", "lines"),
    [
        ("", "", [CONNECTION, "proxy_set_header Host $host;"]),
        ("", "proxy_set_header Host a;", [CONNECTION]),
        ("", "proxy_set_header Connection ''; proxy_set_header host a;", []),
        (
            "proxy_set_header A 'b;c'; proxy_set_header Host a;",
            "",
            ['proxy_set_header A "b;c";', "proxy_set_header Host a;", CONNECTION],
        ),
        (
            "proxy_set_header Host a; proxy_set_header Connection close;",
            "",
            ["proxy_set_header Host a;", CONNECTION],
        ),
        ("include proxy_params;", "", ["include proxy_params;", CONNECTION]),
        ("", "include proxy_params;", [CONNECTION]),
        (
            "proxy_set_header Host a;",
            "include own.conf;",
            [REMINDER, CONNECTION, "proxy_set_header Host $host;"],
        ),
    ],
)
def test_headers_from_around_are_repeated(around: str, inside: str, lines: list[str]) -> None:
    assert pooling(around, inside) == lines


def test_another_host_keeps_its_name() -> None:
    lines = pooling("", "", "http://api.example.com/v1")
    assert lines[1] == "proxy_set_header Host api.example.com:80;"


def test_websockets_keep_their_header() -> None:
    around = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $upgrade;"
    lines = pooling(around, "")
    assert lines[:2] == [one.strip() + ";" for one in around.split(";")[:2]]
    assert lines[2].startswith("# leave Connection to WebSockets")


def test_a_secret_is_not_repeated() -> None:
    text = """server { proxy_set_header Authorization "Basic c2VjcmV0"; location / {
        proxy_pass http://a:1; } }"""
    assert location(text)["pooling_lines"] == UNKNOWN


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            (
                "server { location / { proxy_pass http://app; } "
                "location /b { proxy_pass http://app; } }"
            ),
            ["# in location / and location /b", VERSION, CONNECTION],
        ),
        (
            "proxy_set_header A 1; server { location / { proxy_pass http://app; } }",
            ["# in http, beside its other headers", VERSION, CONNECTION],
        ),
        (
            """server { proxy_set_header Connection close; location / { proxy_pass http://app; }
               location /b { proxy_pass http://app; proxy_set_header A 1; } }""",
            [
                "# in location /b",
                VERSION,
                CONNECTION,
                "# in server *:80, instead of its Connection header",
                VERSION,
                CONNECTION,
            ],
        ),
        (
            "proxy_set_header A 1; server { location / { include x; proxy_pass http://app; } }",
            ["# in location /", VERSION, REMINDER, CONNECTION],
        ),
    ],
)
def test_the_level_that_sets_the_headers(text: str, lines: list[str]) -> None:
    assert reuse(text) == lines


def test_a_fragment_may_have_headers_around_it() -> None:
    text = f"{APP} server {{ location / {{ proxy_pass http://app; }} }}"
    one = reader(text, path="conf.d/shop.conf")
    facts = one.upstream_facts(one.config.upstreams[0])
    assert REMINDER in str(shown(facts["upstream.reuse_lines"])).splitlines()


@pytest.mark.parametrize(
    ("target", "pool", "passed"),
    [
        ("http://127.0.0.1:8001/", "app-8001", "http://app-8001/"),
        ("http://[::1]:8001", "app-8001", "http://app-8001"),
        ("http://rspamd:11334/auth", "rspamd-11334", "http://rspamd-11334/auth"),
        ("http://10.0.0.5/a?b=1", "app-10-0-0-5-80", "http://app-10-0-0-5-80/a?b=1"),
        ("http://unix:/run/My_App.sock:/x", "app-my-app-sock", "http://app-my-app-sock/x"),
    ],
)
def test_the_name_of_the_pool_and_the_path(target: str, pool: str, passed: str) -> None:
    facts = location(f"server {{ location / {{ proxy_pass {target}; }} }}")
    assert (facts["pool"], facts["pooled_target"]) == (pool, passed)


def test_no_name_twice() -> None:
    text = "upstream app-80 { server a:1; } server { location / { proxy_pass http://127.0.0.1; } }"
    assert location(text)["pool"] == "app-80-pool"


def test_the_lines_that_are_lost() -> None:
    """Those of the nearest level, as they are written there."""
    text = http("""
        proxy_set_header Host $http_host;
        server {
            proxy_set_header X-Real-IP "$remote_addr";
            proxy_set_header Forwarded 'for="$remote_addr";proto=$scheme';
            proxy_set_header X-Forwarded-Host "";
            location / { proxy_pass http://a:1; proxy_set_header X-Own 1; }
        }
    """)
    facts = next(iter(reader(text).locations())).facts
    assert str(shown(facts["location.lost_lines"])).splitlines() == [
        "proxy_set_header Host $http_host;",
        "proxy_set_header X-Real-IP $remote_addr;",
        "proxy_set_header Forwarded 'for=\"$remote_addr\";proto=$scheme';",
    ]


def test_what_the_packaged_file_sets_is_one_line() -> None:
    text = """server { include proxy_params;
        location / { proxy_pass http://a:1; proxy_set_header Host a$b; } }"""
    assert location(text)["lost_lines"] == "include proxy_params;"
