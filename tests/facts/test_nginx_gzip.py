"""
What is said of compression, over all levels together.
"""

from __future__ import annotations

import pytest

from tests.support.nginx_facts import UNKNOWN, http, whole

OTHERS = "text/css text/javascript application/json image/svg+xml"
ALL = ("text/css", "application/javascript", "application/json", "image/svg+xml")


def fact(text: str, name: str) -> object:
    """A fact of the whole, with a server in which nothing is set."""
    return whole(http(text))[name]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("gzip on; gzip_types text/plain; server { root /; }", ALL),
        ("gzip on; gzip_types text/css text/javascript; server { root /; }", ALL[2:]),
        (f"gzip on; gzip_types {' '.join(ALL)}; server {{ root /; }}", ()),
        ("gzip on; gzip_types *; server { root /; }", ()),
        ("gzip on; server { root /; }", ()),
        ("gzip on; gzip_types text/html; server { root /; }", ()),
        ("server { gzip on; gzip_types TEXT/CSS; root /; }", ALL[1:]),
        ("server { location /api/ { gzip on; gzip_types application/json; } }", ()),
        (f"types {{ {ALL[1]} js; }} gzip on; gzip_types {OTHERS}; server {{ root /; }}", ALL[1:2]),
        (f"types {{ text/javascript js; }} gzip on; gzip_types {OTHERS}; server {{ root /; }}", ()),
        (
            (
                f"types {{ {ALL[1]} js; }} gzip on; gzip_types {OTHERS}; "
                "server { root /; location / { proxy_pass http://a; } }"
            ),
            (),
        ),
        (f"include mime.types; gzip on; gzip_types {OTHERS}; server {{ root /; }}", ()),
        ("gzip on; gzip_types {{ types }}; server { root /; }", UNKNOWN),
        ("gzip on; gzip_types text/css; server { root /; include x; }", UNKNOWN),
    ],
)
def test_types_that_are_left_out(text: str, missing: object) -> None:
    assert fact(text, "gzip_types_missing") == missing


@pytest.mark.parametrize(
    ("types", "packed"),
    [
        ("image/jpeg image/jpg image/png", ("image/jpeg", "image/jpg", "image/png")),
        ("font/woff2 application/font-woff application/x-font-woff", None),
        ("application/zip application/gzip video/mp4 audio/mpeg", None),
        ("image/svg+xml image/bmp image/x-icon font/ttf application/wasm audio/wav", ()),
        ("application/x-font-ttf application/vnd.ms-fontobject text/css *", ()),
    ],
)
def test_types_in_vain(types: str, packed: tuple[str, ...] | None) -> None:
    text = f"gzip on; gzip_types {types}; server {{ root /; }}"
    expected = tuple(types.split()) if packed is None else packed
    assert fact(text, "gzip_types_packed") == expected


def test_a_list_without_gzip_is_not_in_vain() -> None:
    assert fact("gzip_types image/png; server { root /; }", "gzip_types_packed") == ()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("gzip_types text/html; server { root /; }", True),
        ("server { location / { gzip_types a/b text/html; } }", True),
        ("gzip_types text/css; server { root /; }", False),
        ("server { root /; }", False),
    ],
)
def test_html_is_named(text: str, *, named: bool) -> None:
    assert fact(text, "gzip_html_named") is named


@pytest.mark.parametrize(
    ("text", "lowest"),
    [
        ("gzip on; server { root /; }", 20),
        ("gzip on; gzip_min_length 1k; server { root /; }", 1024),
        ("gzip on; gzip_min_length 1k; server { gzip_min_length 50; root /; }", 50),
        ("gzip_min_length 10; server { gzip on; gzip_min_length 500; root /; }", 500),
    ],
)
def test_the_lowest_length_counts(text: str, lowest: int) -> None:
    assert fact(text, "gzip_min_length") == lowest


@pytest.mark.parametrize(
    ("text", "html_only", "level"),
    [
        ("brotli on; server { root /; }", True, 0),
        ("brotli on; brotli_types a/b; server { root /; }", False, 0),
        ("brotli on; brotli_types a/b; brotli_comp_level 11; server { root /; }", False, 11),
        ("brotli_comp_level 11; server { root /; }", False, 0),
        ("brotli off; brotli_comp_level 11; server { root /; }", False, 0),
        (
            "brotli on; brotli_types *; brotli_comp_level 4; server { brotli_comp_level 9; }",
            False,
            9,
        ),
        ("brotli on; include x; server { root /; }", UNKNOWN, 0),
    ],
)
def test_brotli(text: str, html_only: object, level: int) -> None:
    facts = whole(http(text))
    assert (facts["brotli_html_only"], facts["brotli_level"]) == (html_only, level)


@pytest.mark.parametrize(
    ("text", "behind"),
    [
        ("set_real_ip_from 10.0.0.0/8; server { root /; }", True),
        ("server { set_real_ip_from 10.0.0.0/8; }", True),
        ("server { root /; }", False),
    ],
)
def test_a_proxy_in_front(text: str, *, behind: bool) -> None:
    assert fact(text, "behind_proxy") is behind


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("gzip on; server { gzip off; root /; }", False),
        ("gzip on; server { gzip off; root /; } server { return 301 /; }", False),
        ("gzip on; server { gzip off; root /; } server { root /; }", True),
        ("gzip on; server { gzip off; root /; location /a { gzip on; } }", True),
        ("server { gzip off; root /; }", False),
    ],
)
def test_what_counts_is_what_servers_do(text: str, *, on: bool) -> None:
    assert fact(text, "gzip") is on
