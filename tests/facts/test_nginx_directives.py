from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalog.nginx import all_names
from advisor.facts.nginx import spelling
from tests.support.nginx_facts import http, reader, shown

LATEST = (1, 31, 5)


def said(
    text: str, *, version: tuple[int, ...] | None = LATEST, path: str = "nginx.conf"
) -> list[tuple[object, ...]]:
    """What is said of the directives of a file: kind, name, and what goes with the kind."""
    found = []
    for subject in reader(text, version=version, path=path).subjects():
        if subject.target == "nginx.directive":
            facts = {name: shown(subject.facts[f"directive.{name}"]) for name in FIELDS}
            extra = EXTRA[str(facts["kind"])]
            found.append((facts["kind"], facts["name"], *(facts[name] for name in extra)))
    return found


EXTRA = {
    "misspelt": ("suggestion",),
    "misplaced": ("level", "allowed"),
    "arguments": ("count", "expected"),
    "newer": ("since",),
    "obsolete": ("since", "obsolete", "gone", "instead"),
    "spelling": ("suggestion",),
}
FIELDS = ("kind", "name", *{name for names in EXTRA.values() for name in names})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("proxy_reed_timeout 5s;", [("misspelt", "proxy_reed_timeout", "proxy_read_timeout")]),
        ("servre { }", [("misspelt", "servre", "server")]),
        ("brotli on; zstd on; subs_filter a b; geoip2 a { }", []),
        ("something_of_a_module on;", []),
        ("http2_pool_size 4k; post_action /a;", []),
        (
            "worker_processes 2;",
            [("misplaced", "worker_processes", "http", "the top level")],
        ),
        (
            "server { upstream a { server b; } }",
            [("misplaced", "upstream", "server", "http and stream")],
        ),
        ("server { location / { if ($a) { gzip on; root /a; } } }", []),
        (
            "server { if ($a) { root /a; } }",
            [
                (
                    "misplaced",
                    "root",
                    "if in server",
                    "http, server, location and if in location",
                )
            ],
        ),
        ("gzip on off;", [("arguments", "gzip", 2, "1 argument")]),
        ("gzip ${A};", []),
        ("server { listen; }", [("arguments", "listen", 0, "at least 1 argument")]),
        ("server { return 301 a b; }", [("arguments", "return", 3, "1 or 2 arguments")]),
        ("server { location / { internal on; } }", [("arguments", "internal", 1, "no arguments")]),
        ("gzip_types a b c d e f g h i j k;", []),
        ("map $a $b { sever_name x y z; }", []),
        ("server { types { a b c; } }", []),
    ],
)
def test_syntax(text: str, expected: list[tuple[object, ...]]) -> None:
    assert said(http(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "events {}\nhttp {\n  sever_name {{ name }};\n}\n",
        "events {}\nhttp {\n  worker_processes 2;\n  server {\n}\n",
    ],
)
def test_templates_and_broken_files_are_left_alone(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("worker_processes 2;\nserver_name a;\n", []),
        ("server { proxy_pass 127.0.0.1:1; }\n", []),
        ("server { listen 80; sever_name a; }\n", [("misspelt", "sever_name", "server_name")]),
        (
            "server { location / { worker_processes 2; } }\n",
            [("misplaced", "worker_processes", "location", "the top level")],
        ),
    ],
)
def test_fragments(text: str, expected: list[tuple[object, ...]]) -> None:
    """Where a fragment stands is a guess, so that nothing follows for its outermost level."""
    assert said(text, path="conf.d/a.conf") == expected


@pytest.mark.parametrize(
    ("text", "version", "expected"),
    [
        ("server { ssl_reject_handshake on; }", (1, 18, 0), [(1, 19, 4)]),
        ("server { ssl_reject_handshake on; }", (1, 19), []),
        ("server { ssl_reject_handshake on; }", (1, 18), [(1, 19, 4)]),
        ("server { ssl_reject_handshake on; }", None, []),
        ("server { ssl_reject_handshake on; }", (1, 19, 4), []),
        ("server { listen 443 quic; }", (1, 24), [(1, 25, 0)]),
        ("upstream a { server b resolve; }", (1, 26, 3), [(1, 27, 3)]),
        ("upstream a { server resolve; }", (1, 30), []),
        ("proxy_http_version 2;", (1, 28), [(1, 29, 4)]),
        ("js_import a.js; max_headers 5; http2 on;", (1, 18, 0), []),
    ],
)
def test_newer(text: str, version: tuple[int, ...] | None, expected: list[tuple[int, ...]]) -> None:
    found = said(http(text), version=version)

    assert [one[2] for one in found if one[0] == "newer"] == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (None, [("obsolete", "ssl", (1, 25, 1), "unknown", "unknown", "listen 443 ssl")]),
        ((1, 14, 0), []),
        ((1, 22, 1), [("obsolete", "ssl", (1, 25, 1), True, False, "listen 443 ssl")]),
        ((1, 25, 1), [("obsolete", "ssl", (1, 25, 1), True, True, "listen 443 ssl")]),
    ],
)
def test_obsolete(version: tuple[int, ...] | None, expected: list[tuple[object, ...]]) -> None:
    assert said(http("server { ssl on; }"), version=version) == expected


def test_spellings() -> None:
    text = http("""
        map $host $Backend { default a; }
        server { set $backend b; set $mode c; set $mode d; set $Mode$x e; return 200 $MODE; }
    """)

    assert said(text) == [("spelling", "set", "$Backend")]


def test_advisories() -> None:
    text = http("server { listen 443 ssl http2; resolver 127.0.0.1; location / { mp4; slice 0; } }")
    found = reader(text, version=(1, 16, 0)).subjects()
    facts = {
        one.name: [shown(one.facts[f"advisory.{name}"]) for name in ("names", "severity", "fixed")]
        for one in found
        if one.target == "nginx.advisory"
    }

    assert facts == {
        "HTTP/2": [
            "CVE-2026-123007, CVE-2019-9511, CVE-2019-9513 and CVE-2019-9516",
            "major",
            "1.30.7 or 1.31.9",
        ],
        "the mp4 module": [
            "CVE-2024-7347, CVE-2022-41741 and CVE-2022-41742",
            "medium",
            "1.26.2 or 1.27.1",
        ],
        "resolver": ["CVE-2021-23017", "medium", "1.20.1 or 1.21.0"],
    }


@pytest.mark.parametrize(
    ("text", "version", "expected"),
    [
        ("server { listen 443 quic; }", (1, 26, 0), {"HTTP/3"}),
        ("ssi on; slice 1m; charset_map a b { }", (1, 30, 2), {"ssi", "slice", "charset_map"}),
        ("ssi off; ssl_verify_client off;", (1, 24, 0), set()),
        ("ssl_verify_client optional;", (1, 24, 0), {"client certificates"}),
        ("ignore_invalid_headers off;", (1, 30, 2), set()),
        ("server { location / { uwsgi_pass a; } }", (1, 30, 0), {"scgi_pass or uwsgi_pass"}),
        ("proxy_set_body a;", (1, 30, 0), set()),
        (
            "proxy_set_body a; proxy_http_version 2;",
            (1, 30, 0),
            {"proxy_set_body with an HTTP/2 backend"},
        ),
        (
            "ignore_invalid_headers off; server { location / { grpc_pass a; } }",
            (1, 30, 2),
            {"ignore_invalid_headers off with an HTTP/2 or gRPC backend"},
        ),
        ("http2 on;", (1, 30, 7), set()),
        ("http2 on;", None, set()),
    ],
)
def test_what_is_in_use(text: str, version: tuple[int, ...] | None, expected: set[str]) -> None:
    subjects = reader(http(text), version=version).subjects()

    assert {one.name for one in subjects if one.target == "nginx.advisory"} == expected


@given(st.text("abc_", max_size=7), st.text("abc_", max_size=7), st.integers(0, 3))
def test_slips_are_the_same_both_ways(one: str, other: str, most: int) -> None:
    there, back = (spelling.slips(*pair, most=most) for pair in ((one, other), (other, one)))

    assert min(there, most + 1) == min(back, most + 1)
    assert (there == 0) == (one == other)


@pytest.mark.parametrize(
    ("written", "meant", "slips"),
    [("abc", "abc", 0), ("ab", "abc", 1), ("acb", "abc", 1), ("abx", "abc", 1), ("xyz", "abc", 3)],
)
def test_slips(written: str, meant: str, slips: int) -> None:
    assert spelling.slips(written, meant, most=3) == slips


def test_no_known_name_is_likely_another() -> None:
    """Only names that nginx does not have are asked for."""
    assert spelling.likely("sub_filte", "http") == "sub_filter"
    assert spelling.likely("subs_filter", "http") is None
    assert spelling.likely("gzip", "server") == "gzip"
    assert "gzip" in all_names()
