"""
Source lines with a gutter and carets under the place that matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from itertools import accumulate

from msgspec import Struct

from advisor.model import Location, Mark
from advisor.report.cells import TAB, escape, fold, one_line, width_of
from advisor.report.masking import STARS, secret_spans

NEAR = 2
"""Marks at most this many lines apart share a snippet."""

CUT = "…"
_GUTTER = 3  # " | "


class Role(Enum):
    """
    What a row of a snippet is, so that it can be coloured.
    """

    PLACE = "place"
    SOURCE = "source"
    CARET = "caret"
    LABEL = "label"


class Row(Struct, frozen=True):
    """
    One row of a snippet. All texts are safe for a terminal.
    """

    role: Role
    text: str = ""
    number: int | None = None
    """Line number for the gutter, None when the gutter is blank."""
    label: str = ""
    """What stands after the carets or after the place."""


Sources = Mapping[str, Sequence[str]]
Cluster = tuple[Mark, ...]


def source_line(location: Location, sources: Sources) -> str | None:
    """
    The line that `location` starts on, without its line break; None when it is not at hand.
    """
    lines = sources.get(location.path, ())
    if not 1 <= location.line <= len(lines):
        return None
    return lines[location.line - 1].rstrip("\r\n")


def clusters(marks: Sequence[Mark], sources: Sources) -> list[Cluster]:
    """
    Put marks on neighbouring lines of one file together, first named first.

    The first mark of a cluster is the one that was named first; a place whose line is not at
    hand stays alone.
    """
    rank = {mark: place for place, mark in reversed(list(enumerate(marks)))}
    found: list[list[Mark]] = []
    for mark in sorted(rank, key=lambda mark: mark.location):
        if found and _near(found[-1][-1], mark, sources):
            found[-1].append(mark)
        else:
            found.append([mark])
    ordered = [tuple(sorted(cluster, key=rank.__getitem__)) for cluster in found]
    return sorted(ordered, key=lambda cluster: rank[cluster[0]])


def _near(one: Mark, other: Mark, sources: Sources) -> bool:
    return (
        one.location.path == other.location.path
        and other.location.line - one.location.line <= NEAR
        and source_line(one.location, sources) is not None
        and source_line(other.location, sources) is not None
    )


def digits(marks: Sequence[Mark]) -> int:
    """
    Columns the line numbers of `marks` take, at least 3.
    """
    return max(3, *(len(str(mark.location.line)) for mark in marks)) if marks else 3


def rows(cluster: Cluster, sources: Sources, width: int) -> Iterator[Row]:
    """
    The place, then its source lines with carets; `width` columns are left for the source.
    """
    head = cluster[0].location
    place = f"{escape(head.path)}:{head.line}:{head.column}"
    if source_line(head, sources) is None:
        yield Row(Role.PLACE, place, label=one_line(cluster[0].label))
        return
    yield Row(Role.PLACE, place)
    yield Row(Role.SOURCE)
    numbers = [mark.location.line for mark in cluster]
    for number in range(min(numbers), max(numbers) + 1):
        here = sorted(
            (mark for mark in cluster if mark.location.line == number),
            key=lambda mark: mark.location,
        )
        text = source_line(Location(head.path, number), sources) or ""
        yield from _line_rows(text, number, here, width - _GUTTER)


def _line_rows(text: str, number: int, marks: list[Mark], width: int) -> Iterator[Row]:
    if not marks:
        yield Row(Role.SOURCE, _view(text, 0, 0, width).text, number)
    shown: _View | None = None
    for mark in marks:
        start, end = _span(mark.location, text)
        if shown is None or not shown.holds(start, text):
            shown = _view(text, start, end, width)
            yield Row(Role.SOURCE, shown.text, number)
        yield from _caret_rows(shown.carets(start, end), one_line(mark.label), width)


def _caret_rows(carets: str, label: str, width: int) -> Iterator[Row]:
    if width_of(carets) + 1 + width_of(label) <= width:
        yield Row(Role.CARET, carets, label=label)
        return
    yield Row(Role.CARET, carets)
    indent = min(len(carets) - len(carets.lstrip()), width // 2)
    for line in fold(label, width - indent):
        yield Row(Role.LABEL, " " * indent + line)


def _span(location: Location, text: str) -> tuple[int, int]:
    """
    The 0-based half-open span of `location` on its first line, inside `text`.
    """
    full = len(text.rstrip())
    start = min(max(location.column - 1, 0), len(text))
    same_line = location.end_line in {0, location.line}
    end = location.end_column - 1 if same_line and location.end_column > 0 else full
    return start, max(start, min(end, len(text)))


class _View(Struct, frozen=True):
    """
    The part of a source line that fits, and the column each of its characters starts in.
    """

    text: str
    first: int
    """Index in the source line of the first character shown."""
    columns: tuple[int, ...]
    """Column of every character shown, and at last the column after them."""

    @property
    def last(self) -> int:
        """
        Index in the source line after the last character shown.
        """
        return self.first + len(self.columns) - 1

    def holds(self, start: int, text: str) -> bool:
        """
        Whether the character at `start` is shown, and not only the mark of the cut.
        """
        return self.first <= start and (start < self.last or self.last == len(text))

    def carets(self, start: int, end: int) -> str:
        """
        Blanks up to the span, and a caret under each of its columns; at least one.
        """
        left = self.columns[start - self.first]
        right = self.columns[max(min(end, self.last), start) - self.first]
        return " " * left + "^" * max(1, right - left)


def _view(text: str, start: int, end: int, width: int) -> _View:
    """
    Cut `text` to `width` columns around the span.
    """
    # A minified file is one line of megabytes: look only at what could be shown.
    low, high = max(0, start - width), min(len(text), start + 2 * width)
    cells = _cells(text, low, high)
    edges = [0, *accumulate(map(width_of, cells))]
    if low == 0 and high == len(text) and edges[-1] <= width:
        return _View("".join(cells).rstrip(), 0, tuple(edges))
    whole_start = low == 0 and edges[min(end, high)] <= width - 2
    first = 0 if whole_start else _first_shown(edges, start - low, width // 3)
    before = CUT if low + first else ""
    last = first
    while last < len(cells) and edges[last + 1] - edges[first] <= width - 2:
        last += 1
    after = CUT if low + last < len(text) else ""
    columns = tuple(edge - edges[first] + len(before) for edge in edges[first : last + 1])
    return _View(before + "".join(cells[first:last]) + after, low + first, columns)


def _first_shown(edges: list[int], start: int, context: int) -> int:
    """
    The first cell to show, at most `context` columns before `start`.
    """
    return next(index for index, edge in enumerate(edges) if edges[start] - edge <= context)


def _cells(text: str, low: int, high: int) -> list[str]:
    """
    What to print for each of the characters `low` to `high`: tabs as spaces, secrets as stars.
    """
    cells = []
    column = 0
    hidden = {
        at: STARS if at == max(start, low) else ""
        for start, end in secret_spans(text)
        for at in range(max(start, low), min(end, high))
    }
    for at in range(low, high):
        char = text[at]
        shown = " " * (TAB - column % TAB) if char == "\t" else escape(char)
        cells.append(hidden.get(at, shown))
        column += width_of(cells[-1])
    return cells
