from __future__ import annotations

import pytest

from advisor.catalog import nginx
from advisor.catalog.nginx import Form
from tools import build_nginx_catalog


def test_table_is_complete() -> None:
    """Every directive of the reference is there, and every row is well formed."""
    names = list(nginx._rows())
    assert len(names) > 800
    assert names == sorted(names)
    for name in names:
        for spec in nginx.find(name):
            assert spec.name == name
            assert spec.module
            assert spec.since is None or len(spec.since) == 3


def test_directive_of_several_modules() -> None:
    assert {spec.module for spec in nginx.find("keepalive_timeout")} == {
        "http_core_module",
        "http_upstream_module",
    }
    assert nginx.contexts("keepalive_timeout") == {"http", "server", "location", "upstream"}


def test_unknown_directive() -> None:
    assert nginx.find("no_such_thing") == ()
    assert nginx.contexts("no_such_thing") == frozenset()
    assert nginx.form("no_such_thing") is None
    assert nginx.default("no_such_thing") is None
    assert nginx.default_for("no_such_thing", (1, 25)) is None


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("internal", Form.NONE),
        ("root", Form.ONE),
        ("listen", Form.MANY),
        ("location", Form.BLOCK),
        ("server", None),
    ],
)
def test_form(name: str, form: Form | None) -> None:
    """A name that is a block in one module and none in another has no one form."""
    assert nginx.form(name) == form


def test_default_depends_on_context() -> None:
    assert nginx.default("keepalive_timeout") == "75s"
    assert nginx.default("keepalive_timeout", "upstream") == "60s"
    assert nginx.default("keepalive_timeout", "events") is None
    assert nginx.default("server_name", "server") == ""
    assert nginx.default("proxy_pass", "location") is None


@pytest.mark.parametrize(
    ("name", "version", "expected"),
    [
        ("gzip", None, "off"),
        ("keepalive_requests", (1, 18, 0), "100"),
        ("keepalive_requests", (1, 19, 10), "1000"),
        ("keepalive_requests", (1, 19), None),
        ("keepalive_requests", None, None),
        ("keepalive", (1, 29, 6), "0"),
        ("keepalive", (1, 29, 7), "32 local"),
        ("keepalive", (1, 29), None),
        ("keepalive", (1, 30), "32 local"),
        ("proxy_http_version", (1, 28), "1.0"),
        ("proxy_http_version", (1, 31, 5), "1.1"),
        ("proxy_set_header Connection", (1, 22, 1), "close"),
        ("proxy_set_header Connection", (1, 29, 7), ""),
        ("ssl_protocols", (1, 8), "SSLv3 TLSv1 TLSv1.1 TLSv1.2"),
        ("ssl_protocols", (1, 22, 1), "TLSv1 TLSv1.1 TLSv1.2"),
        ("ssl_protocols", (1, 27, 2), "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"),
        ("ssl_protocols", (1, 27, 3), "TLSv1.2 TLSv1.3"),
        ("accept_mutex", (1, 10), "on"),
        ("accept_mutex", (1,), None),
        ("sendfile_max_chunk", (2,), "2m"),
    ],
)
def test_default_of_a_version(
    name: str, version: tuple[int, ...] | None, expected: str | None
) -> None:
    """A version that is unknown, or too short to decide, gives no default."""
    assert nginx.default_for(name, version) == expected


def test_newest_step_agrees_with_the_reference() -> None:
    for name, steps in nginx.VERSION_DEFAULTS.items():
        contexts = nginx.contexts(name)
        if contexts:
            assert nginx.default(name, min(contexts)) == steps[-1][1]


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("1.30", (1, 30)),
        ("1.27.3", (1, 27, 3)),
        (" 1.27.3-alpine3.20 ", (1, 27, 3)),
        ("v1.25", (1, 25)),
        ("1", (1,)),
        ("stable", None),
        ("latest", None),
        ("alpine", None),
        ("mainline-alpine", None),
        ("1.2x", None),
        ("", None),
    ],
)
def test_parse_version(text: str, version: tuple[int, ...] | None) -> None:
    assert nginx.parse_version(text) == version


@pytest.mark.parametrize(
    ("version", "step", "reached"),
    [
        ((1, 29), (1, 29, 0), True),
        ((1, 29), (1, 29, 7), None),
        ((1, 29, 7), (1, 29, 7), True),
        ((1, 30), (1, 29, 7), True),
        ((1, 28), (1, 29, 7), False),
        ((), (1, 29, 7), None),
        (None, (1, 29, 7), None),
    ],
)
def test_at_least(
    version: tuple[int, ...] | None, step: tuple[int, ...], *, reached: bool | None
) -> None:
    assert nginx.at_least(version, step) is reached


def test_suggestion() -> None:
    assert nginx.suggest("gzip_type") == "gzip_types"
    assert nginx.suggest("Proxy_Pass") == "proxy_pass"
    assert nginx.suggest("gzip") is None
    assert nginx.suggest("entirely_else") is None


@pytest.mark.parametrize(
    ("syntax", "form"),
    [
        (["(condition) {...}"], "block"),
        ([""], "none"),
        (["on | off"], "one"),
        (["time"], "one"),
        (["path", "off"], "one"),
        (["number size"], "many"),
        (["name ..."], "many"),
        (["timeout [header_timeout]"], "many"),
    ],
)
def test_builder_knows_forms(syntax: list[str], form: str) -> None:
    """The maintainer's script reads the form off the documented syntax."""
    assert build_nginx_catalog.form(syntax) == form


def test_builder_keeps_an_empty_default_apart_from_none() -> None:
    entry: build_nginx_catalog.Entry = {
        "module": "ngx_http_core_module",
        "contexts": ["server", ""],
        "default": '""',
        "since": None,
        "syntax": ["name ..."],
    }
    assert build_nginx_catalog.compact(entry) == [
        "http_core_module",
        ["server"],
        "",
        None,
        "many",
    ]
    assert build_nginx_catalog.compact({**entry, "default": ""})[2] is None
