"""
Spans and lines.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.fix.edits import Edit, Lines, apply_edits, replace_value
from advisor.model import Location


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        (Edit(0, 3, "a"), Edit(3, 5, "b"), False),
        (Edit(0, 3, "a"), Edit(2, 5, "b"), True),
        (Edit(0, 3, "a"), Edit(0, 3, "a"), True),
        (Edit(1, 1, "a"), Edit(0, 3, "b"), True),
        (Edit(0, 0, "a"), Edit(0, 3, "b"), False),
        (Edit(3, 3, "a"), Edit(0, 3, "b"), False),
        (Edit(3, 3, "a"), Edit(3, 3, "b"), False),
    ],
)
def test_overlaps(one: Edit, other: Edit, overlap: bool) -> None:  # noqa: FBT001 - a table
    """
    Neighbours do not, and neither do insertions at one place.
    """
    assert one.overlaps(other) is overlap
    assert other.overlaps(one) is overlap


def test_edits_at_one_place_keep_their_order() -> None:
    edits = [Edit(4, 6, "CD"), Edit(1, 1, "x"), Edit(1, 1, "y")]

    assert apply_edits("abc de", edits) == "axybc CD"


@given(st.text("ab\r\n\f é", max_size=40), st.data())
def test_what_is_not_edited_stays(text: str, data: st.DataObject) -> None:
    """
    Edits that replace spans by themselves change nothing, wherever they are.
    """
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    edits = [Edit(start, end, text[start:end]) for start, end in spans]

    assert apply_edits(text, reversed(edits)) == text
    assert not any(edit.is_needed(text) for edit in edits)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", "x = 1\n"),
        ("\ufeff", "\ufeffx = 1\n"),
        ("a = 1", "a = 1\nx = 1"),
        ("a = 1\n", "a = 1\nx = 1\n"),
        ("a = 1\n\n", "a = 1\n\nx = 1\n"),
        ("a = 1\r\nb = 2\r\n", "a = 1\r\nb = 2\r\nx = 1\r\n"),
        ("\n", "\nx = 1\n"),
        ("# a\fb\n", "# a\fb\nx = 1\n"),
    ],
)
def test_appending_keeps_the_end_of_the_file(text: str, after: str) -> None:
    """
    A last line without a line break still has none, and line ends are those of the file.
    """
    assert apply_edits(text, [Lines(text).append("x = 1")]) == after


def test_two_appended_lines() -> None:
    for text, after in (("a", "a\nx\ny"), ("a\n", "a\nx\ny\n"), ("", "x\ny\n")):
        lines = Lines(text)

        assert apply_edits(text, [lines.append("x"), lines.append("y")]) == after


@given(st.text("ab \r\n\f\ufeff", max_size=30), st.booleans())
def test_places_are_found_again(text: str, returns: bool) -> None:  # noqa: FBT001 - drawn
    """
    Line and column of a character, as parsers count them, lead back to its offset.
    """
    bare = text.removeprefix("\ufeff")
    rows = bare.replace("\r\n", "\n\n" if not returns else "\n").split("\n")
    lines = Lines(text, returns=returns)
    first = next((number for number, row in enumerate(rows, 1) if "a" in row), None)
    if first is None or "\r" in bare:
        return
    column = rows[first - 1].index("a") + 1

    assert text[lines.offset(first, column)] == "a"


def test_places_beyond_the_text_are_its_end() -> None:
    lines = Lines("ab\ncd\n")

    assert [lines.offset(*place) for place in ((1, 99), (2, 3), (9, 1), (0, 1))] == [2, 5, 6, 6]
    assert lines.span(Location("x", 1, 1, 2, 2)) == (0, 4)


@pytest.mark.parametrize(
    ("line", "old", "new", "after"),
    [
        ("a = 128MB    # note", "128MB", "4GB", "a = 4GB      # note"),
        ("a = 1GB    # note", "1GB", "16384MB", "a = 16384MB # note"),
        ("a = 1GB  # note", "1GB", "16384MB", "a = 16384MB # note"),
        ("a = 1GB # note", "1GB", "16GB", "a = 16GB # note"),
        ("a = 1GB\t# note", "1GB", "16GB", "a = 16GB\t# note"),
        ("a = 1GB   ", "1GB", "16GB", "a = 16GB   "),
        ("a = 1GB   # note", "1GB", "2GB", "a = 2GB   # note"),
    ],
)
def test_a_comment_keeps_its_column(line: str, old: str, new: str, after: str) -> None:
    start = line.index(old)
    edit = replace_value(line, start, start + len(old), new)

    assert apply_edits(line, [edit]) == after
