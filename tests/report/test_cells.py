from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.report.cells import escape, fold, lines_of, one_line, width_of


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("日本語 → 80\u00a0%", "日本語 → 80\u00a0%"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\tb\r", "a\\x09b\\x0d"),
        ("\x85\x9b", "\\x85\\x9b"),
        ("user\u202etxt", "user\\u202etxt"),
        ("\udc80", "\\udc80"),
        ("\U000e0041", "\\U000e0041"),
        ("\u2028", "\\u2028"),
    ],
)
def test_escape(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_one_line_joins_lines_with_single_spaces() -> None:
    assert one_line("  a\r\n\r\n b\t c ") == "a b c"


def test_lines_of_keeps_the_indentation_and_drops_the_blank_ends() -> None:
    assert lines_of("\n\nserver {\r\n\tlisten 80;\n\n}\n\n") == [
        "server {",
        "    listen 80;",
        "",
        "}",
    ]


@pytest.mark.parametrize("text", ["", " \n\t\n"])
def test_lines_of_nothing(text: str) -> None:
    assert lines_of(text) == []


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("ａ", 2), ("→ä", 2)]
)
def test_width_of(text: str, columns: int) -> None:
    assert width_of(text) == columns


def test_fold_breaks_between_words() -> None:
    assert fold("the quick brown fox", 10) == ["the quick", "brown fox"]


def test_fold_counts_columns_not_characters() -> None:
    assert fold("日本 日本 日本", 9) == ["日本 日本", "日本"]


def test_fold_never_cuts_a_word() -> None:
    assert fold("see /a/very/long/path now", 5) == ["see", "/a/very/long/path", "now"]


@given(text=st.text(alphabet="ab 日", max_size=60), width=st.integers(1, 20))
def test_folded_lines_hold_the_same_words_in_the_width(text: str, width: int) -> None:
    lines = fold(text, width)

    assert " ".join(lines) == text
    assert all(width_of(line) <= width or " " not in line for line in lines)
