"""
From many findings to the few that matter: one per root cause, most important first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from advisor.model import Evidence, Finding, Location, Mark


def triage(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """
    Merge findings with equal root causes and put the most important first.
    """
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.root_cause, []).append(finding)
    merged = (_merge(sorted(group, key=importance)) for group in groups.values())
    return tuple(sorted(merged, key=importance))


_HARM = ("durability", "correctness", "security", "capacity", "compatibility", "performance")
"""Categories, worst first: what loses data or fails comes before what is slow."""


def importance(finding: Finding) -> tuple[int, int, float, int, str, int, int, str, str]:
    """
    Sort key: severity, what is harmed, measured impact, confidence, place, code, subject.

    A measured impact is the share of one statement or node, so it ranks findings about speed among
    themselves; it does not put a slow statement before connections that are refused.
    """
    place = finding.mark.location if finding.mark else Location("", 0, 0)
    return (
        finding.severity.value,
        _HARM.index(finding.category) if finding.category in _HARM else len(_HARM),
        -finding.impact,
        finding.confidence.value,
        *_start(place),
        finding.code,
        finding.subject,
    )


def _merge(group: list[Finding]) -> Finding:
    """
    The most important finding, with the codes, places, facts and guide sections of the others.

    One with a measured impact names the node and its remedy, so it speaks for those that only say
    how slow the whole is; it is as severe as the worst of them.
    """
    first = next((one for one in group if one.impact), group[0])
    rest = [one for one in group if one is not first]
    if not rest:
        return first
    codes = dict.fromkeys(code for one in rest for code in (one.code, *one.also))
    return replace(
        first,
        severity=group[0].severity,
        related=_related(first, group),
        evidence=_evidence(group),
        fix=next((one.fix for one in group if one.fix), None),
        guide=tuple(dict.fromkeys(anchor for one in group for anchor in one.guide)),
        also=tuple(code for code in codes if code != first.code),
    )


def _related(first: Finding, group: list[Finding]) -> tuple[Mark, ...]:
    """
    Every place once, but for the primary one.
    """
    marks: dict[tuple[str, int, int], Mark] = {}
    for mark in _marks(group):
        marks.setdefault(_start(mark.location), mark)
    if first.mark:
        marks.pop(_start(first.mark.location), None)
    return tuple(marks.values())


def _marks(group: list[Finding]) -> Iterator[Mark]:
    for finding in group:
        if finding.mark:
            yield finding.mark
        yield from finding.related


def _evidence(group: list[Finding]) -> tuple[Evidence, ...]:
    rows: dict[tuple[str, str, Location | None], Evidence] = {}
    for finding in group:
        for row in finding.evidence:
            rows.setdefault((row.fact, row.value, row.location), row)
    return tuple(rows.values())


def _start(place: Location) -> tuple[str, int, int]:
    return place.path, place.line, place.column
