"""
Words and code of a Markdown text are told apart, and plain text stays plain.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown import Markdown

from tools.website.prose import cell, edited, escaped, table

FENCED = "words\n\n````text\n```\nCODE\n```\n````\n\nwords `CODE` and ``CO`DE``\n"


def test_only_what_is_outside_of_code_is_edited() -> None:
    assert edited(FENCED, str.upper) == FENCED.replace("words", "WORDS").replace("and", "AND")


@given(st.text(alphabet="ab`~\n <*"))
def test_nothing_is_lost(text: str) -> None:
    assert edited(text, lambda part: part) == text


@pytest.mark.parametrize(
    "text", ["a * b * c", "<b>x</b>", "_x_ and __y__", "pg_stat_all and x < y"]
)
def test_escaped_text_is_shown_as_it_is(text: str) -> None:
    shown = Markdown().convert(escaped(text))

    assert re.sub(r"</?p>", "", shown).replace("&lt;", "<").replace("&gt;", ">") == text


def test_a_cell_stays_one_cell() -> None:
    page = Markdown(extensions=["tables"]).convert(table(("a", "b"), [(cell("x | y\nz"), "1")]))

    assert page.count("<td>") == 2
    assert "x | y z" in page
