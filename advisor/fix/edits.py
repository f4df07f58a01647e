"""
Spans of a text to replace, and the lines and line ends that they have to fit into.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct

from advisor import regex
from advisor.model import Location

_LINE_END = regex.lazy(r"\r\n|\n|\r(?!\n)")
_BOM = "\ufeff"
_ASIDE = regex.lazy(r"( {2,})(?=#)")
"""Blanks before a comment that stands in a column of its own. Tabs align themselves."""


class RefusedError(Exception):
    """
    A change that cannot be made mechanically. The text says why, as the end of a sentence.
    """


class Edit(Struct, frozen=True):
    """
    Characters `start` to `end` of a text become `replacement`; with both equal it is added.
    """

    start: int
    end: int
    replacement: str

    def overlaps(self, other: Edit) -> bool:
        """
        Whether both cannot be made. Insertions side by side can, one inside a span cannot.
        """
        return self.start < other.end and other.start < self.end

    def is_needed(self, text: str) -> bool:
        """
        Whether it changes anything.
        """
        return text[self.start : self.end] != self.replacement


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """
    The text with all edits made; those at the same place in the order in which they are given.

    The edits must not overlap.
    """
    parts: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda one: (one.start, one.end)):
        parts += [text[done : edit.start], edit.replacement]
        done = edit.end
    return "".join([*parts, text[done:]])


class Lines:
    """
    The lines of a text, for places that parsers give: they count without a byte order mark.

    `returns` says whether a lone carriage return ends a line, as it does in Python only.
    """

    def __init__(self, text: str, *, returns: bool = False) -> None:
        self.text = text
        ends = [match for match in _LINE_END.finditer(text) if returns or match[0] != "\r"]
        self._starts = [len(_BOM) if text.startswith(_BOM) else 0, *(one.end() for one in ends)]
        self._ends = [*(one.start() for one in ends), len(text)]
        self.line_end = ends[0][0] if ends else "\n"
        """How the first line ends, and so a new one."""

    def offset(self, line: int, column: int) -> int:
        """
        Where a place is; at the end of the text when there is no such line.
        """
        if not 1 <= line <= len(self._starts):
            return len(self.text)
        return min(self._starts[line - 1] + column - 1, self._ends[line - 1])

    def span(self, place: Location) -> tuple[int, int]:
        """
        First offset and the one after the last of a place whose end is known.
        """
        end_line = place.end_line or place.line
        return self.offset(place.line, place.column), self.offset(end_line, place.end_column)

    def end_of(self, offset: int) -> int:
        """
        Where the line around an offset ends, its line break left out.
        """
        return self._ends[max(bisect_right(self._starts, offset) - 1, 0)]

    def indent_of(self, offset: int) -> str:
        """
        The blanks that the line around an offset begins with.
        """
        start = self._starts[max(bisect_right(self._starts, offset) - 1, 0)]
        line = self.text[start : self.end_of(offset)]
        return line[: len(line) - len(line.lstrip())]

    def leads(self, offset: int) -> bool:
        """
        Whether only blanks stand before an offset in its line.
        """
        start = self._starts[max(bisect_right(self._starts, offset) - 1, 0)]
        return not self.text[start:offset].strip()

    def add_line(self, offset: int, line: str) -> Edit:
        """
        A new line behind the one around `offset`. An empty file gets its line break with it.
        """
        if not self.text.removeprefix(_BOM):
            return Edit(len(self.text), len(self.text), f"{line}{self.line_end}")
        at = self.end_of(offset)
        return Edit(at, at, f"{self.line_end}{line}")

    def append(self, line: str) -> Edit:
        """
        A new last line; the file ends with a line break afterwards if it did before.
        """
        ended = len(self._starts) > 1 and self._starts[-1] == len(self.text)
        return self.add_line(self._starts[-2] if ended else len(self.text), line)


@lru_cache(maxsize=4)
def lines_of(text: str, *, returns: bool = False) -> Lines:
    """
    The lines of a text, which many edits of one file ask for one after the other.
    """
    return Lines(text, returns=returns)


def replace_value(text: str, start: int, end: int, value: str) -> Edit:
    """
    Another value in place of one; a comment behind it keeps its column where blanks allow.
    """
    gap = _ASIDE.match(text, end)
    if gap is None or len(value) == end - start:
        return Edit(start, end, value)
    blanks = max(1, len(gap[1]) - (len(value) - (end - start)))
    return Edit(start, gap.end(), value + " " * blanks)
