"""
What the user may ask of every report.
"""

from __future__ import annotations

from dataclasses import dataclass

from advisor.model import Severity


@dataclass(frozen=True, slots=True)
class RenderOptions:
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
