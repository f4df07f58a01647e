"""
What the audit says about each section of the tuning guide.
"""

from __future__ import annotations

from collections.abc import Iterable

from advisor.catalog.guide import GUIDE, TARGETS, GuideItem
from advisor.model import Finding, GuideRow, NotEvaluated, Outcome, Passed, TargetRow
from advisor.rules.catalogue import Head

SATISFIED, VIOLATED = "satisfied", "violated"
NOT_EVALUATED, NOT_DECIDABLE = "not evaluated", "not decidable from files"


def guide_rows(
    rules: Iterable[Head], findings: Iterable[Finding], outcomes: Iterable[Outcome]
) -> tuple[GuideRow, ...]:
    """
    One row per section in the guide's order, with the codes that decide its state.

    A section is violated by any finding of one of its rules, satisfied when all that were decided
    passed, and not evaluated when nothing was there to judge or facts were missing.
    """
    fired = {code for one in findings for code in (one.code, *one.also)}
    passed = {one.code for one in outcomes if isinstance(one, Passed)}
    lacking = {one.code for one in outcomes if isinstance(one, NotEvaluated)}
    by_section: dict[str, list[str]] = {}
    for rule in rules:
        for anchor in rule.guide:
            by_section.setdefault(anchor, []).append(rule.code)
    return tuple(
        _row(anchor, item, by_section.get(anchor, []), (fired, passed, lacking))
        for anchor, item in GUIDE.items()
    )


def target_rows() -> tuple[TargetRow, ...]:
    """
    The guide's targets. Nothing that the audit reads is a measurement under load.
    """
    return tuple(
        TargetRow(one.metric, one.target, one.critical, "", NOT_DECIDABLE) for one in TARGETS
    )


def _row(
    anchor: str, item: GuideItem, codes: list[str], sets: tuple[set[str], set[str], set[str]]
) -> GuideRow:
    state, decisive = _state(item, codes, sets)
    return GuideRow(anchor, item.title, state, decisive, item.group)


def _state(
    item: GuideItem, codes: list[str], sets: tuple[set[str], set[str], set[str]]
) -> tuple[str, tuple[str, ...]]:
    fired, passed, lacking = sets
    if not item.decidable:
        return NOT_DECIDABLE, ()
    violated = tuple(code for code in codes if code in fired)
    if violated:
        return VIOLATED, violated
    satisfied = tuple(code for code in codes if code in passed and code not in lacking)
    if satisfied:
        return SATISFIED, satisfied
    return NOT_EVALUATED, tuple(code for code in codes if code in lacking)
