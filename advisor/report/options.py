"""
What the user may ask of every report.
"""

from __future__ import annotations

from msgspec import Struct

from advisor.model import Confidence, Finding, Severity


class RenderOptions(Struct, frozen=True):
    """
    How to show a report; the findings themselves do not depend on it.
    """

    color: bool = False
    """ANSI colours, for a terminal."""
    width: int = 100
    """Columns to fold prose and cut source lines to; below 40 counts as 40."""
    min_severity: Severity = Severity.LOW
    """Findings less severe than this are counted, not shown."""
    fail_on: Severity | None = Severity.HIGH
    """Findings at or above this fail a build; None: nothing does."""
    min_confidence: Confidence = Confidence.POSSIBLE
    """Findings less sure than this are not shown and fail no build."""
    show_suppressed: bool = False
    """Show the findings as well that somebody has decided about."""

    def sure(self, finding: Finding) -> bool:
        """
        Whether a finding is sure enough.
        """
        return finding.confidence.value <= self.min_confidence.value

    def shows(self, finding: Finding) -> bool:
        """
        Whether a finding is severe and sure enough to be shown.
        """
        return finding.severity.at_least(self.min_severity) and self.sure(finding)
