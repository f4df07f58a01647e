"""
Places as code hosts want them: relative to the folder the audit was started in.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor.report.describe import marks
from advisor.report.fingerprints import fingerprints, mixed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from advisor.model import Finding, Location, Report
    from advisor.report.options import RenderOptions


@dataclass(frozen=True, slots=True)
class Placed:
    """
    A finding that is shown, with what a code host needs to know it again.
    """

    finding: Finding
    fingerprint: str
    path: str
    """As seen from where the audit was started."""
    line: int
    column: int
    end_line: int
    end_column: int
    """Exclusive; 0 where the span ends with its line."""


def placed(report: Report, options: RenderOptions) -> Iterator[Placed]:
    """
    The findings that are shown, most important first.

    One without any place stands for the audited folder: code hosts refuse results without a path.
    """
    for finding, fingerprint in identified(report, options):
        place = place_of(finding)
        if place is None:
            yield Placed(finding, fingerprint, seen("", report), 1, 1, 1, 0)
        else:
            yield Placed(finding, fingerprint, seen(place.path, report), *span(place))


def identified(report: Report, options: RenderOptions) -> Iterator[tuple[Finding, str]]:
    """
    The findings that are shown, with their fingerprints.
    """
    pairs = zip(report.findings, fingerprints(report.findings), strict=True)
    return (pair for pair in pairs if pair[0].severity.at_least(options.min_severity))


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
