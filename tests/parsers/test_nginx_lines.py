"""
From offsets to lines and columns.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from advisor.model import Location
from advisor.parsers._nginx_lines import MAX_INDENT, Lines


@given(st.text("ab\n\r ", max_size=30), st.data())
def test_any_offset(text: str, data: st.DataObject) -> None:
    """As counting the line breaks before it does."""
    offset = data.draw(st.integers(0, len(text)))
    before = text[:offset]
    line, column = before.count("\n") + 1, offset - before.rfind("\n")
    lines = Lines("a", text)
    assert lines.row(offset) == line - 1
    assert lines.span(offset, offset) == Location("a", line, column, line, column)


def test_span_over_lines() -> None:
    assert Lines("a", "x\n yz\nw").span(3, 7) == Location("a", 2, 2, 3, 2)


def test_indent() -> None:
    lines = Lines("a", "a\n\t b c\n" + " " * MAX_INDENT + "d")
    assert [lines.indent(offset) for offset in (0, 4, 6)] == [0, 2, -1]
    assert lines.indent(8 + MAX_INDENT) == -1
