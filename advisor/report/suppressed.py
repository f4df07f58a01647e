"""
Findings that somebody has decided about: which are shown, and in which words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.model import By
from advisor.report.cells import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from advisor.model import Report, Suppressed
    from advisor.report.options import RenderOptions

COUNTLESS = frozenset({"concise", "jsonl", "gitlab", "sql", "conf"})
"""Formats without a place for the number of suppressed findings."""
_WORDS: Mapping[By, str] = {
    By.COMMENT: "suppressed",
    By.CONFIGURATION: "suppressed",
    By.BASELINE: "in the baseline",
    By.REVISION: "not new",
}


def listed(report: Report, options: RenderOptions) -> tuple[Suppressed, ...]:
    """
    The suppressed findings to show: none unless they are asked for.
    """
    return suppressed(report, options) if options.show_suppressed else ()


def suppressed(report: Report, options: RenderOptions) -> tuple[Suppressed, ...]:
    """
    The suppressed findings that would be shown if nobody had decided about them.
    """
    return tuple(one for one in report.suppressed if options.shows(one.finding))


def counts(reports: Iterable[Report], options: RenderOptions) -> dict[str, int]:
    """
    How many of them there are, by what suppresses them; every cause has an entry.
    """
    found = {str(by): 0 for by in By}
    for report in reports:
        for one in suppressed(report, options):
            found[str(one.by)] += 1
    return found


def words(reports: Iterable[Report], options: RenderOptions) -> str:
    """
    For example ``2 suppressed, 3 in the baseline (--show-suppressed)``; empty when there is none.
    """
    return number_words(counts(reports, options), options)


def number_words(numbers: Mapping[str, int], options: RenderOptions) -> str:
    """
    As `words`, from what `counts` gives.
    """
    found: dict[str, int] = {}
    for by, number in numbers.items():
        if number:
            word = _WORDS[By(by)]
            found[word] = found.get(word, 0) + number
    if not found:
        return ""
    hint = "" if options.show_suppressed else " (--show-suppressed)"
    return ", ".join(f"{number} {word}" for word, number in found.items()) + hint


def how(one: Suppressed) -> str:
    """
    By what and why: ``comment in postgresql.conf:1 until 2027-01-31: a throw-away server``.
    """
    if one.by in (By.BASELINE, By.REVISION):
        return one_line(f"{one.by} {one.reason}")
    place = f" in {one.location}" if one.location else ""
    until = f" until {one.until}" if one.until else ""
    reason = f": {one.reason}" if one.reason else ", no reason given"
    return one_line(f"{one.by}{place}{until}{reason}")


def suppressed_json(one: Suppressed) -> dict[str, Any]:
    """
    The decision, as in ``json-v1``.
    """
    return {"by": str(one.by), "reason": one.reason, "until": one.until or None}
