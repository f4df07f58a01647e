"""
Directives that are written again say the same to nginx.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.facts.nginx.writing import as_written, is_whole, quoted
from advisor.model import Location
from advisor.parsers.nginx import Directive
from tests.support.nginx_trees import parsed

TEXTS = st.text(st.sampled_from("ab$#;{}()\"'\\ \t\n\rtn-"), max_size=12)


@pytest.mark.parametrize(
    "line",
    [
        "add_header A b;",
        'add_header A "b c" always;',
        'add_header A "";',
        "add_header A 'say \"x\"; then';",
        'add_header A "it\'s \\"x\\"";',
        'add_header A "back\\\\slash";',
        'add_header A "first\\nsecond";',
        'add_header A "#1" b#2;',
    ],
)
def test_a_line_is_written_as_it_may_be_read(line: str) -> None:
    assert as_written(parsed(line).directives[0]) == line


@given(st.lists(TEXTS, max_size=3))
def test_it_is_read_as_the_same(args: list[str]) -> None:
    """
    And it is one line, whatever stands in it.
    """
    line = as_written(Directive("add_header", tuple(args), Location("nginx.conf", 1, 1)))

    assert "\n" not in line
    assert [(one.name, list(one.args)) for one in parsed(line).directives] == [("add_header", args)]


def test_words_without_quotes_stay_without() -> None:
    assert [quoted(one) for one in ("$host", "a:b", "/x/?y=(1|2)$", "a#b")] == [
        "$host",
        "a:b",
        "/x/?y=(1|2)$",
        "a#b",
    ]


@pytest.mark.parametrize(
    ("args", "whole"),
    [(("A", "b c"), True), (("A", "***"), False), (("A", "b\u200bc"), False), (("A", "é"), True)],
)
def test_what_is_known_to_the_letter(args: tuple[str, ...], *, whole: bool) -> None:
    place = Location("nginx.conf", 1, 1)
    assert is_whole(Directive("add_header", args, place)) is whole
