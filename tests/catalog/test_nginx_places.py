from __future__ import annotations

import pytest

from advisor.catalog import nginx, nginx_places
from tools import build_nginx_arguments


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        ("worker_processes", {"main"}),
        ("root", {"http", "server", "location", "if in location"}),
        ("proxy_pass", {"location", "if in location", "limit_except", "stream server"}),
        ("rewrite", {"server", "location", "if in server", "if in location"}),
        ("keepalive", {"upstream"}),
        ("js_set", {"http", "server", "location", "stream", "stream server"}),
        ("no_such_thing", set()),
    ],
)
def test_levels(name: str, levels: set[str]) -> None:
    assert set(nginx_places.levels(name)) == levels


@pytest.mark.parametrize(
    ("name", "level", "counts"),
    [
        ("root", "server", {1}),
        ("root", "events", None),
        ("keepalive_timeout", "http", {1, 2}),
        ("keepalive_timeout", "upstream", {1}),
        ("return", "location", {1, 2}),
        ("return", "stream server", {1}),
        ("internal", "location", {0}),
        ("gzip_types", "http", set(range(1, 9))),
        ("location", "server", {1, 2}),
        ("server", "http", {0}),
        ("server", "upstream", set(range(1, 9))),
        ("auth_jwt", "server", None),
        ("js_set", "http", None),
    ],
)
def test_arguments(name: str, level: str, counts: set[int] | None) -> None:
    """Of names that modules outside nginx have as well, nothing is known."""
    assert nginx_places.arguments(name, level) == counts


def test_every_row_is_of_the_reference() -> None:
    rows = nginx_places._arguments()

    assert len(rows) > 550
    assert set(rows) <= set(nginx.all_names())
    for name, counts in rows.items():
        for numbers, levels in counts.items():
            assert set(map(int, numbers.split())) <= set(range(nginx_places.MOST + 1))
            assert set(levels) <= set(nginx_places.levels(name))


@pytest.mark.parametrize(
    ("name", "level", "step"),
    [
        ("http2", "server", (1, 25, 1)),
        ("keepalive_timeout", "http", None),
        ("keepalive_timeout", "upstream", (1, 15, 3)),
        ("resolver", "http", None),
        ("resolver", "upstream", (1, 27, 3)),
        ("no_such_thing", "http", None),
    ],
)
def test_since(name: str, level: str, step: tuple[int, ...] | None) -> None:
    assert nginx_places.since(name, level) == step


def test_obsolete_directives_are_given_up_in_this_order() -> None:
    for one in nginx_places.OBSOLETE.values():
        assert one.gone is None or one.since < one.gone


def test_answers_of_several_builds_are_merged() -> None:
    old = {"http": {1}, "server": {1}}
    new = {"http": {1, 2}, "location": {2}}

    assert build_nginx_arguments.merged([old, new]) == {
        "http": {1, 2},
        "server": {1},
        "location": {2},
    }


def test_rendered_table() -> None:
    found = {"b": {"http": {1}, "server": {1}, "upstream": {0, 2}}, "a": {}}

    assert build_nginx_arguments.rendered(found) == (
        '{\n"b": {"1": ["http", "server"], "0 2": ["upstream"]}\n}\n'
    )
