"""
Budgets as bars: what is kept and what may be taken at most, beside the limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.report.bars import amount, budget_words, kept_words, known_amount
from advisor.report.masking import mask

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from advisor.model import Budget, BudgetTerm, Location

COLOURS = 6
"""How many of them the style sheet has; further terms start again with the first."""
_NOT_KNOWN = "not known"


class Segment(Struct, frozen=True):
    """
    A term's part of a bar. Places and widths are in percent of the bar.
    """

    colour: int
    start: float
    width: float
    words: str


class TermRow(Struct, frozen=True):
    """
    A term in words.
    """

    colour: int
    name: str
    kept: str
    most: str
    how: str
    location: Location | None


class BudgetChart(Struct, frozen=True):
    """
    One budget. Bars are empty when nothing is known of their terms.
    """

    title: str
    words: str
    exceeded: bool
    kept_head: str
    kept: tuple[Segment, ...]
    most: tuple[Segment, ...]
    limit_place: float | None
    """Percent of the bar; None when the limit is not known."""
    beyond: float
    """Percent of the bar that may be taken beyond the limit."""
    limit: str
    limit_how: str
    terms: tuple[TermRow, ...]
    kept_sum: str
    most_sum: str


def budget_chart(budget: Budget) -> BudgetChart:
    """
    Everything that draws on one limit, to scale.
    """
    kept = [known_amount(term.expected) for term in budget.terms]
    most = [known_amount(term.most) for term in budget.terms]
    limit = known_amount(budget.limit)
    whole = max(_sum(kept), _sum(most), limit or 0)
    return BudgetChart(
        title=f"{str(budget.kind).capitalize()} of {budget.subject}",
        words=budget_words(budget).replace(" ⚠", ""),
        exceeded=budget.exceeded,
        kept_head=kept_words(budget.kind),
        kept=tuple(_segments(budget, kept, whole)),
        most=tuple(_segments(budget, most, whole)),
        limit_place=None if limit is None or not whole else round(limit / whole * 100, 2),
        beyond=round(max(0.0, _sum(most) - limit) / whole * 100, 2)
        if limit is not None and whole
        else 0.0,
        limit=_amount(budget, budget.limit),
        limit_how=budget.limit_how,
        terms=tuple(_row(budget, term, place) for place, term in enumerate(budget.terms)),
        kept_sum=_amount(budget, budget.expected),
        most_sum=_amount(budget, budget.most),
    )


def _segments(budget: Budget, numbers: Sequence[float | None], whole: float) -> Iterator[Segment]:
    start = 0.0
    for place, number in enumerate(numbers):
        if not number or not whole:
            continue
        width = number / whole * 100
        words = f"{budget.terms[place].name}: {_amount(budget, number)}"
        yield Segment(place % COLOURS, round(start, 2), round(width, 2), words)
        start += width


def _row(budget: Budget, term: BudgetTerm, place: int) -> TermRow:
    return TermRow(
        place % COLOURS,
        term.name,
        _amount(budget, term.expected),
        _amount(budget, term.most),
        mask(term.how),
        term.location,
    )


def _amount(budget: Budget, number: float | None) -> str:
    return amount(budget.kind, number) or _NOT_KNOWN


def _sum(numbers: Sequence[float | None]) -> float:
    return sum(number for number in numbers if number)
