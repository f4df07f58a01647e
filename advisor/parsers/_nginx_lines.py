"""
From offsets in a text to lines and columns.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from advisor.model import Location

MARK = "\ufeff"
"""The byte order mark, which editors do not count as a column."""
MAX_INDENT = 200
"""What stands further right is taken to have other words before it."""


class Lines:
    """
    The lines of one file.
    """

    __slots__ = ("path", "starts", "text")

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        ends = map(re.Match.end, re.finditer("\n", text))
        self.starts = [len(MARK) if text.startswith(MARK) else 0, *ends, len(text) + 1]
        """Offsets of the first characters of all lines, and of one that would follow."""

    def row(self, offset: int) -> int:
        """
        Index of the line that holds the character, from 0.
        """
        return bisect_right(self.starts, offset) - 1

    def span(self, start: int, end: int) -> Location:
        """
        The place of a piece of the text.
        """
        first, last = self.row(start), self.row(end)
        column, end_column = start - self.starts[first], end - self.starts[last]
        return Location(self.path, first + 1, column + 1, last + 1, end_column + 1)

    def indent(self, offset: int) -> int:
        """
        Width of the blanks before a word, -1 when other words stand before it on its line.
        """
        line = self.starts[self.row(offset)]
        width = offset - line
        return width if width < MAX_INDENT and not self.text[line:offset].strip() else -1
