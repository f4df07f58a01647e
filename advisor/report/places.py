"""
Places as code hosts want them: relative to the folder the audit was started in.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from advisor.fingerprints import mixed
from advisor.report.describe import marks
from advisor.report.summary import shown
from advisor.report.suppressed import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from advisor.model import Finding, Location, Report, Suppressed
    from advisor.report.options import RenderOptions


class Placed(Struct, frozen=True):
    """
    A finding that is shown, and where a code host shows it.
    """

    finding: Finding
    path: str
    """As seen from where the audit was started."""
    line: int
    column: int
    end_line: int
    end_column: int
    """Exclusive; 0 where the span ends with its line."""
    decision: Suppressed | None = None
    """Who keeps it from being reported, None for what is."""


def placed(report: Report, options: RenderOptions) -> Iterator[Placed]:
    """
    The findings that are shown, most important first.

    One without any place stands for the audited folder: code hosts refuse results without a path.
    """
    yield from (_placed(finding, report) for finding in shown(report, options))


def placed_suppressed(report: Report, options: RenderOptions) -> Iterator[Placed]:
    """
    The suppressed findings that are asked for.
    """
    for one in listed(report, options):
        yield replace(_placed(one.finding, report), decision=one)


def _placed(finding: Finding, report: Report) -> Placed:
    place = place_of(finding)
    if place is None:
        return Placed(finding, seen("", report), 1, 1, 1, 0)
    return Placed(finding, seen(place.path, report), *span(place))


def all_placed(
    reports: Sequence[Report], options: RenderOptions
) -> Iterator[tuple[Report, Placed]]:
    """
    The findings of all reports, one deployment after the other.
    """
    return ((report, one) for report in reports for one in placed(report, options))


def unique(fingerprint: str, report: Report, taken: set[str]) -> str:
    """
    The fingerprint, or another one when another deployment of the run has the same.
    """
    found = mixed(fingerprint, report.root) if fingerprint in taken else fingerprint
    while found in taken:
        found = mixed(found, report.root)
    taken.add(found)
    return found


def place_of(finding: Finding) -> Location | None:
    """
    Where a finding is shown: its first place, else that of its first fact or change.
    """
    changes = finding.fix.changes if finding.fix else ()
    places = (
        *(mark.location for mark in marks(finding)),
        *(one.location for one in finding.evidence),
        *(one.location for one in changes),
    )
    return next((place for place in places if place), None)


def seen(path: str, report: Report) -> str:
    """
    A path as seen from where the audit was started, with ``/`` separators.
    """
    return posixpath.normpath(posixpath.join(report.base, path))


def span(place: Location) -> tuple[int, int, int, int]:
    """
    Line, column, last line and column behind the end, 0 where the latter is not known.

    Only the first line of a longer span: pull requests show a result where all of its lines were
    changed, and that is rarely so for a whole block.
    """
    line, column = max(place.line, 1), max(place.column, 1)
    one_line = place.end_line <= line
    end = place.end_column if one_line and place.end_column > column else 0
    return line, column, line, end
