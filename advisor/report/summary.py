"""
What the formats share: counts, the verdict, and what could not be judged for lack of a fact.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.model import Finding, Report, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from advisor.report.options import RenderOptions

HOW_TO_GIVE: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "host.memory": ("--host memory=", ("16GB",)),
    "host.cpus": ("--host cpus=", ("4",)),
    "host.storage": ("--host storage=", ("ssd", "hdd")),
    "host.workload": ("--host workload=", ("web", "oltp", "dw", "mixed")),
    "nginx.version": ("--target nginx=", ("1.30",)),
    "pg.major": ("--target postgresql=", ("16",)),
    "gunicorn.version": ("--target gunicorn=", ("27",)),
}
"""Fact → the option that states it, and values to choose from. Other facts are only named."""


class Tally(Struct, frozen=True):
    """
    How many findings there are, how many of them are shown, and whether a build would fail.
    """

    counts: Mapping[Severity, int]
    """Findings that are sure enough, shown or not; every severity has an entry."""
    min_severity: Severity
    fail_on: Severity | None
    unsure: int = 0
    """Findings that are not."""

    @property
    def shown(self) -> dict[Severity, int]:
        """
        The counts of the severities that are shown, worst first.
        """
        return {key: n for key, n in self.counts.items() if key.at_least(self.min_severity)}

    @property
    def hidden(self) -> dict[Severity, int]:
        """
        The counts of the severities that are not shown, without zeros.
        """
        return {
            key: n for key, n in self.counts.items() if n and not key.at_least(self.min_severity)
        }

    @property
    def failing(self) -> int:
        """
        How many findings, shown or not, are bad enough to fail a build.
        """
        if self.fail_on is None:
            return 0
        return sum(n for key, n in self.counts.items() if key.at_least(self.fail_on))


def tally(findings: Iterable[Finding], options: RenderOptions) -> Tally:
    """
    Count findings by severity.
    """
    seen: Counter[Severity] = Counter()
    unsure = 0
    for finding in findings:
        if options.sure(finding):
            seen[finding.severity] += 1
        else:
            unsure += 1
    counts = {severity: seen[severity] for severity in Severity}
    return Tally(counts, options.min_severity, options.fail_on, unsure)


def fails(reports: Iterable[Report], options: RenderOptions) -> bool:
    """
    Whether a finding of any report is bad and sure enough to fail a build, shown or not.
    """
    return tally((one for report in reports for one in report.findings), options).failing > 0


def shown(report: Report, options: RenderOptions) -> tuple[Finding, ...]:
    """
    The findings that are severe and sure enough to be shown.
    """
    return tuple(finding for finding in report.findings if options.shows(finding))


def count_words(counts: Mapping[Severity, int]) -> str:
    """
    For example ``3 high, 5 medium``.
    """
    return ", ".join(f"{number} {severity}" for severity, number in counts.items())


def plural(number: int, noun: str) -> str:
    """
    For example ``1 finding`` or ``12 findings``.
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def hidden_words(count: Tally) -> str:
    """
    For example ``6 info not shown (--min-severity info)``; empty when everything is shown.
    """
    parts = []
    if count.hidden:
        parts.append(f"{count_words(count.hidden)} not shown (--min-severity {max_hidden(count)})")
    if count.unsure:
        parts.append(f"{count.unsure} not sure enough (--min-confidence possible)")
    return " · ".join(parts)


def max_hidden(count: Tally) -> Severity:
    """
    The option value that would show every finding.
    """
    return max(count.hidden, key=lambda severity: severity.value)


class RuleCounts(Struct, frozen=True):
    """
    What became of the rules; a rule counts once, whatever the number of its subjects.
    """

    tried: int
    fired: int
    passed: int
    """Decided for every subject, and nothing wrong anywhere."""
    not_evaluated: int
    """Could not be decided for at least one subject."""

    @property
    def not_applicable(self) -> int:
        """
        Rules about things that this deployment does not have.
        """
        return max(0, self.tried - self.fired - self.passed - self.not_evaluated)

    def words(self) -> str:
        """
        For example ``212 rules passed, 5 were not evaluated, 3 do not apply``.
        """
        parts = [f"{plural(self.passed, 'rule')} passed"]
        if self.not_evaluated:
            verb = "was" if self.not_evaluated == 1 else "were"
            parts.append(f"{self.not_evaluated} {verb} not evaluated")
        if self.not_applicable:
            verb = "does" if self.not_applicable == 1 else "do"
            parts.append(f"{self.not_applicable} {verb} not apply")
        return ", ".join(parts)


def rule_counts(report: Report) -> RuleCounts:
    """
    Sort the rules of a report into fired, not evaluated and passed, in this order.
    """
    fired = fired_codes(report)
    undecided = {item.code for item in report.not_evaluated} - fired
    passed = passed_codes(report)
    tried = max(report.rules, len(fired) + len(undecided) + len(passed))
    return RuleCounts(tried, len(fired), len(passed), len(undecided))


def passed_codes(report: Report) -> list[str]:
    """
    The rules that were decided for every subject and found nothing wrong, sorted by code.
    """
    undecided = {item.code for item in report.not_evaluated}
    return sorted({item.code for item in report.passed} - undecided - fired_codes(report))


def fired_codes(report: Report) -> set[str]:
    """
    Codes of all findings, also of those that somebody has decided about.
    """
    every = (*report.findings, *(one.finding for one in report.suppressed))
    return {code for finding in every for code in (finding.code, *finding.also)}


class Missing(Struct, frozen=True):
    """
    A fact that nobody knows, and the rules that wait for it.
    """

    fact: str
    codes: tuple[str, ...]
    reasons: tuple[str, ...]
    """Why it is unknown, each reason once."""

    @property
    def how(self) -> str:
        """
        The option that states the fact, with its choices; empty when there is none.
        """
        option, values = HOW_TO_GIVE.get(self.fact, ("", ()))
        return option + "|".join(values)

    @property
    def example(self) -> str:
        """
        The option with one value, ready to be pasted into a shell; empty when there is none.
        """
        option, values = HOW_TO_GIVE.get(self.fact, ("", ()))
        return option + "".join(values[:1])


def missing(report: Report) -> list[Missing]:
    """
    Group what was not evaluated by the missing fact, the most wanted fact first.

    A rule that lacks two facts stands under both: giving one of them is not enough.
    """
    codes: dict[str, dict[str, None]] = {}
    reasons: dict[str, dict[str, None]] = {}
    for item in report.not_evaluated:
        for place, fact in enumerate(item.needs or ("more facts",)):
            codes.setdefault(fact, {})[item.code] = None
            reason = item.reasons[place] if place < len(item.reasons) else ""
            reasons.setdefault(fact, {}).update({reason: None} if reason else {})
    found = [Missing(fact, tuple(sorted(codes[fact])), tuple(reasons[fact])) for fact in codes]
    return sorted(found, key=lambda group: (-len(group.codes), group.fact))
