"""
GitLab's code quality report: findings in merge requests.

Format: docs.gitlab.com, "Code Quality", "Code Quality report format".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.fingerprints import mixed
from advisor.model import Severity
from advisor.report.cells import one_line
from advisor.report.json import dumped
from advisor.report.places import all_placed, seen, unique

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from advisor.model import Report
    from advisor.report.options import RenderOptions

_SEVERITIES: Mapping[Severity, str] = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}


def render(reports: Sequence[Report], options: RenderOptions) -> str:
    """
    Print one array for the run, ``[]`` when there is no finding.
    """
    return dumped([*_entries(reports, options)]) + "\n"


def _entries(reports: Sequence[Report], options: RenderOptions) -> Iterator[dict[str, Any]]:
    taken: set[str] = set()
    for report in reports:
        if report.error:
            yield _failed(report, taken)
    for report, one in all_placed(reports, options):
        finding = one.finding
        yield {
            "description": one_line(f"{finding.code}: {finding.message}"),
            "check_name": finding.code,
            # GitLab shows only one of two entries with the same fingerprint.
            "fingerprint": unique(finding.fingerprint, report, taken),
            "severity": _SEVERITIES[finding.severity],
            "location": {"path": one.path, "lines": {"begin": one.line}},
        }


def _failed(report: Report, taken: set[str]) -> dict[str, Any]:
    """
    A deployment that could not be audited: the format knows nothing but findings.
    """
    return {
        "description": one_line(f"could not be audited: {report.error}"),
        "check_name": "advisor",
        "fingerprint": unique(mixed("error", report.root), report, taken),
        "severity": "blocker",
        "location": {"path": seen("", report), "lines": {"begin": 1}},
    }
