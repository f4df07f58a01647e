"""
GitLab's code quality report: findings in merge requests.

Format: docs.gitlab.com, "Code Quality", "Code Quality report format".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.model import Severity
from advisor.report.cells import one_line
from advisor.report.json import dumped
from advisor.report.places import all_placed, unique

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
    for report, one in all_placed(reports, options):
        finding = one.finding
        yield {
            "description": one_line(f"{finding.code}: {finding.message}"),
            "check_name": finding.code,
            # GitLab shows only one of two entries with the same fingerprint.
            "fingerprint": unique(one.fingerprint, report, taken),
            "severity": _SEVERITIES[finding.severity],
            "location": {"path": one.path, "lines": {"begin": one.line}},
        }
