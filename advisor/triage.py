"""
From many findings to the few that matter: one per root cause, most important first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from advisor.model import Finding, Location, Mark


def triage(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """
    Merge findings with equal root causes and put the most important first.
    """
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.root_cause, []).append(finding)
    merged = (_merge(sorted(group, key=importance)) for group in groups.values())
    return tuple(sorted(merged, key=importance))


def importance(finding: Finding) -> tuple[int, float, int, str, int, str]:
    """
    Sort key: severity, measured impact, confidence, path, line, code.
    """
    place = finding.mark.location if finding.mark else None
    return (
        finding.severity.value,
        -finding.impact,
        finding.confidence.value,
        place.path if place else "",
        place.line if place else 0,
        finding.code,
    )


def _merge(group: list[Finding]) -> Finding:
    """
    The first finding, with the codes and places of the others.
    """
    first, *rest = group
    if not rest:
        return first
    marks: dict[Location, Mark] = {}
    for mark in _marks(group):
        marks.setdefault(mark.location, mark)
    primary = first.mark.location if first.mark else None
    evidence = {(row.fact, row.location): row for one in group for row in one.evidence}
    codes = dict.fromkeys(code for one in rest for code in (one.code, *one.also))
    return replace(
        first,
        related=tuple(mark for place, mark in marks.items() if place != primary),
        evidence=tuple(evidence.values()),
        also=tuple(code for code in codes if code != first.code),
    )


def _marks(group: Iterable[Finding]) -> Iterable[Mark]:
    for finding in group:
        if finding.mark:
            yield finding.mark
        yield from finding.related
