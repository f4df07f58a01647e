"""
Files that stand inside another file, for example under a key of a ConfigMap.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from advisor import regex
from advisor.model import Location
from advisor.model.discreet import Discreet
from advisor.parsers.yaml_nodes import ScalarNode

_BLOCK = regex.lazy(r"(?:[&!]\S*[ \t]+)*\|")
_LINE_BREAK = regex.lazy(r"\r\n|[\n\r\x85\u2028\u2029]")
_BLANKS = regex.lazy(r"[ \t]*")


class Embedded(Discreet, frozen=True):
    """
    The text of a file, and where its lines stand in the file around it.
    """

    untold: ClassVar[frozenset[str]] = frozenset({"text"})

    path: str
    """The file around it."""
    text: str
    lines: Sequence[int]
    """For each line of the text, the line around it; those that follow stand on the last one."""
    indent: int = 0
    """Columns by which every line is moved to the right."""
    columns: Sequence[int] = ()
    """
    For each line of the text, the column around it that a place on it starts at. Empty where lines
    stand as they are, moved by `indent`.
    """

    def locate(self, place: Location) -> Location:
        """
        A place in the text as a place in the file around it.
        """
        at = self._index(place.line)
        if self.columns:
            return Location(self.path, self.lines[at], self.columns[at])
        end = self.lines[self._index(place.end_line)] if place.end_line else 0
        end_column = place.end_column + self.indent if place.end_column else 0
        return Location(self.path, self.lines[at], place.column + self.indent, end, end_column)

    def _index(self, number: int) -> int:
        return min(max(number, 1), len(self.lines)) - 1


def of_rows(path: str, rows: Sequence[tuple[str, Location]]) -> Embedded:
    """
    A file whose every line stands for a value of the file around it.
    """
    own = [place for _, place in rows if place.path == path]
    first = own[0] if own else Location(path, 1, 1)
    places = [place if place.path == path else first for _, place in rows]
    return Embedded(
        path,
        "".join(f"{one_line(text)}\n" for text, _ in rows),
        tuple(place.line for place in places),
        columns=tuple(place.column for place in places),
    )


def one_line(text: str) -> str:
    """
    A text without line breaks.
    """
    return " ".join(_LINE_BREAK.split(text))


def quoted(text: str) -> str:
    """
    A text as postgresql.conf quotes it.
    """
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def embedded(node: ScalarNode, lines: Sequence[str]) -> Embedded:
    """
    The file that a value holds; `lines` are those of the file around it.

    Line by line for a literal block (``|``). Any other notation may break lines elsewhere, so its
    places are all the line of the value.
    """
    place = node.location
    start = place.line
    count = max(1, node.text.count("\n") + (not node.text.endswith("\n")))
    written = lines[start - 1][place.column - 1 :] if start <= len(lines) else ""
    if not _BLOCK.match(written):
        return Embedded(place.path, node.text, (start,), columns=(place.column,))
    return Embedded(
        place.path, node.text, range(start + 1, start + 1 + count), _indent(node.text, lines, start)
    )


def _indent(text: str, lines: Sequence[str], start: int) -> int:
    for inner, outer in zip(text.split("\n"), lines[start:], strict=False):
        if inner.strip():
            return max(0, _width(outer) - _width(inner))
    return 0


def _width(line: str) -> int:
    blanks = _BLANKS.match(line)
    return len(blanks[0]) if blanks else 0
