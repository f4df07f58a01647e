"""
The guide's checklist, and signs for the states of its items.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from advisor.model import GuideRow, Report

_SIGNS = {
    "satisfied": "satisfied",
    "violated": "violated",
    "not evaluated": "open",
    "not decidable from files": "outside",
}


def checklist(report: Report) -> dict[str, list[GuideRow]]:
    """
    The sections of the guide under the empty heading, then its checklist by heading.
    """
    groups: dict[str, list[GuideRow]] = {}
    for row in sorted(report.guide, key=lambda row: bool(row.group)):
        groups.setdefault(row.group, []).append(row)
    return groups


def state_sign(state: str) -> str:
    """
    Class of a state's sign.
    """
    return _SIGNS.get(state, "open")
