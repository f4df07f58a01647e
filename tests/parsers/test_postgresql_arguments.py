"""
Settings on the command line of postgres.
"""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model import Location
from advisor.parsers.postgresql import command_line

HERE = Location("compose.yml", 3)


def _settings(command: str) -> list[tuple[str, str]]:
    return [(a.name, a.raw) for a in command_line(shlex.split(command), HERE)]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("postgres -c work_mem=4MB", [("work_mem", "4MB")]),
        ("postgres -cwork_mem=4MB", [("work_mem", "4MB")]),
        ("postgres --work-mem=4MB", [("work_mem", "4MB")]),
        ("postgres -c shared-buffers=1GB -c jit=off", [("shared_buffers", "1GB"), ("jit", "off")]),
        ("-c log_line_prefix='%m = '", [("log_line_prefix", "%m = ")]),
        (
            "/usr/lib/postgresql/15/bin/postgres -N 100 -B16",
            [("max_connections", "100"), ("shared_buffers", "16")],
        ),
        ("docker-entrypoint.sh postgres -p 5433", [("port", "5433")]),
        ("gosu postgres postgres -F", [("fsync", "false")]),
        ("postgres -D /data -Fi", [("fsync", "false"), ("listen_addresses", "*")]),
        (
            "postgres -h db.internal -k /run -S 64MB",
            [
                ("listen_addresses", "db.internal"),
                ("unix_socket_directories", "/run"),
                ("work_mem", "64MB"),
            ],
        ),
        (
            "postgres -l -s -e",
            [("ssl", "true"), ("log_statement_stats", "true"), ("datestyle", "euro")],
        ),
        ("postgres -c auto_explain.log_analyze=on", [("auto_explain.log_analyze", "on")]),
        ("postgres -c search_path=", [("search_path", "")]),
        ("postgres -c broken", []),
        ("postgres -c", []),
        ("postgres -c 'a b=c'", []),
        ("postgres -- -c a=b", []),
        ("postgres extra -c a=b", [("a", "b")]),
        ("redis-server -c a=b", []),
        ("su postgres -c 'postgres -c a=b'", []),
        ("sh -c 'postgres -c a=b'", []),
        ("postgres", []),
        ("", []),
    ],
)
def test_options(command: str, expected: list[tuple[str, str]]) -> None:
    assert _settings(command) == expected


def test_every_assignment_points_at_the_command() -> None:
    (assignment,) = command_line(["postgres", "-c", "work_mem=${WORK_MEM}"], HERE)
    assert assignment.location == HERE
    assert assignment.value_location == HERE
    assert assignment.placeholder
    assert not assignment.quoted


def test_passwords_are_taken_out() -> None:
    words = ["postgres", "-c", "primary_conninfo=host=a password=hunter2"]
    assert "hunter2" not in repr(command_line(words, HERE))


@given(
    st.lists(st.text(max_size=12) | st.sampled_from(["postgres", "-c", "-", "--", "-Fc", "a=b"]))
)
@settings(max_examples=500, deadline=None)
def test_any_words(words: list[str]) -> None:
    for assignment in command_line(words, HERE):
        assert assignment.name


def test_each_setting_has_the_place_of_its_own_word() -> None:
    """The word that holds the value, when the places of the words are known."""
    words = ["postgres", "-c", "fsync=off", "-N100", "--work-mem=4MB"]
    places = [Location("compose.yaml", 1, column) for column in (10, 20, 30, 40, 50)]
    found = command_line(words, places[0], places=places)
    assert [one.location.column for one in found] == [30, 40, 50]
    assert {one.location.column for one in command_line(words, places[0])} == {10}
