"""
Source lines with the places that matter, and changes as lines that go and lines that come.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import Struct, field

from advisor.report.cells import verbatim_lines, width_of
from advisor.report.describe import marks, snippet_of
from advisor.report.masking import mask
from advisor.report.snippet import Role, clusters, rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from advisor.model import Change, Finding, Report
    from advisor.report.snippet import Row

WIDTH = 160
"""Columns of a source line that are shown; the page breaks them where it must."""
MOST_PLACES = 12
"""Snippets of one finding; the other places are counted."""


class SourceLine(Struct):
    """
    One line of a file, in pieces that are marked or not.
    """

    number: int
    text: str
    labels: list[str] = field(default_factory=list)
    columns: set[int] = field(default_factory=set)
    """Columns with a caret below them, from 0 on."""

    @property
    def pieces(self) -> list[tuple[bool, str]]:
        """
        The text, cut where marks begin and end; the blanks it starts with are not marked.
        """
        at, marked = 0, []
        indent = len(self.text) - len(self.text.lstrip())
        for place, char in enumerate(self.text):
            marked.append((at in self.columns and place >= indent, char))
            at += width_of(char)
        groups = groupby(marked, key=lambda pair: pair[0])
        return [(found, "".join(char for _, char in pairs)) for found, pairs in groups]


class Excerpt(Struct, frozen=True):
    """
    Neighbouring lines of one file; none when the file is not at hand.
    """

    place: str
    label: str
    lines: tuple[SourceLine, ...]


def excerpts(finding: Finding, report: Report) -> list[Excerpt]:
    """
    The places of a finding, the first named first.
    """
    places = marks(finding)[:MOST_PLACES]
    return [
        _excerpt(rows(cluster, report.sources, WIDTH))
        for cluster in clusters(places, report.sources)
    ]


def _excerpt(shown: Iterator[Row]) -> Excerpt:
    place = next(shown)
    lines: list[SourceLine] = []
    for row in shown:
        if row.role is Role.SOURCE and row.number is not None:
            lines.append(SourceLine(row.number, row.text))
        elif row.role is Role.CARET:
            start = len(row.text) - len(row.text.lstrip())
            lines[-1].columns.update(range(start, len(row.text)))
            lines[-1].labels += [row.label] if row.label else []
        elif row.role is Role.LABEL:
            lines[-1].labels.append(row.text.strip())
    return Excerpt(place.text, place.label, tuple(lines))


class Patch(Struct, frozen=True):
    """
    Text to copy, and what it stands instead of.
    """

    title: str
    """The file to change, or what the text is."""
    gone: tuple[str, ...]
    come: tuple[str, ...]
    copied: str
    """Empty when it cannot be used as it stands: there is none, or a secret was taken out."""
    signed: bool = True
    """Whether each line bears a sign for going or coming."""


def patches(finding: Finding) -> list[Patch]:
    """
    The changes of a finding by file, then its snippet if that says more.
    """
    here = finding.mark.location.path if finding.mark else ""
    changes = finding.fix.changes if finding.fix else ()
    groups = groupby(changes, key=lambda change: change.path or here)
    found = [_patch(path, list(changes)) for path, changes in groups]
    text = snippet_of(finding)
    if text and finding.fix:
        copied = text if mask(text) == text else ""
        title = f"{finding.fix.language} snippet".lstrip()
        found.append(Patch(title, (), tuple(verbatim_lines(mask(text))), copied, signed=False))
    return found


def _patch(path: str, changes: Sequence[Change]) -> Patch:
    then = "\n".join(change.then for change in changes if change.then)
    return Patch(
        path,
        tuple(line for change in changes for line in _lines(change.now)),
        tuple(line for change in changes for line in _lines(change.then)),
        then if mask(then) == then else "",
    )


def _lines(text: str) -> list[str]:
    return verbatim_lines(mask(text)) if text.strip() else []
