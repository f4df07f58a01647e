"""
Many deployments at a glance: how each of them stands, and which rules fire most often.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct, field

from advisor.report.summary import Tally, plural, tally
from advisor.report.suppressed import counts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from advisor.model import Report
    from advisor.report.options import RenderOptions

OFTEN = 5
"""Rules that a summary names."""


class Standing(Struct, frozen=True):
    """
    One deployment without its details: all that is kept where reports are written as they come.
    """

    root: str
    count: Tally
    rules: tuple[str, ...]
    """Codes of the rules that are shown as having fired, each once."""
    error: str = ""
    """Why it could not be audited."""
    suppressed: Mapping[str, int] = field(default_factory=dict)
    """Findings that somebody has decided about, as `suppressed.counts` has them."""

    @property
    def fails(self) -> bool:
        """
        Whether its findings would fail a build.
        """
        return self.count.failing > 0


def standing(report: Report, options: RenderOptions) -> Standing:
    """
    How one deployment stands.
    """
    codes = tuple(dict.fromkeys(one.code for one in report.findings if options.shows(one)))
    count, hidden = tally(report.findings, options), counts([report], options)
    return Standing(report.root, count, codes, report.error, hidden)


def worst_first(standings: Sequence[Standing]) -> list[Standing]:
    """
    Those that could not be audited, then by findings; equals stay in the order they were given.
    """
    return sorted(standings, key=lambda one: (not one.error, *(-n for n in _numbers(one))))


def _numbers(one: Standing) -> tuple[int, ...]:
    return tuple(one.count.counts.values())


def often(standings: Sequence[Standing]) -> list[tuple[str, int]]:
    """
    The rules that fired, and in how many deployments, the most frequent first.
    """
    seen = Counter(code for one in standings for code in one.rules)
    return sorted(seen.items(), key=lambda item: (-item[1], item[0]))


def fleet_words(standings: Sequence[Standing]) -> str:
    """
    For example ``1,000 deployments: 12 would fail (--fail-on high), 3 could not be audited``.
    """
    number = len(standings)
    failing = sum(one.fails for one in standings)
    errors = sum(bool(one.error) for one in standings)
    lowest = next((one.count.fail_on for one in standings), None)
    parts = [f"{failing:,} would fail (--fail-on {lowest})"] if lowest else []
    parts += [f"{errors:,} could not be audited"] if errors else []
    total = plural(number, "deployment") if number < 1000 else f"{number:,} deployments"
    return f"{total}: {', '.join(parts)}" if parts else total


def often_words(standings: Sequence[Standing]) -> str:
    """
    For example ``GUN003 in 8 deployments, PG303 in 7``; empty when nothing fired.
    """
    first, *others = [*often(standings)[:OFTEN], ("", 0)]
    if not first[0]:
        return ""
    named = [f"{first[0]} in {plural(first[1], 'deployment')}"]
    return ", ".join([*named, *(f"{code} in {number}" for code, number in others if code)])
