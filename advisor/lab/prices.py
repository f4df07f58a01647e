"""
The planner with a memory, and what statements and indexes count in a search.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import log

import msgspec
from msgspec import Struct

OVERHEAD = 50.0
"""Cost that every statement has besides its plan, its way through the network for one: from 2 to 1
nothing is gained."""
RESERVE = 0.03
"""Part of the storage that is left free: sizes are estimates."""
MOST_CALLS = 4_000
"""Questions to the planner; some more are asked before and beside the search."""


class Priced(Struct, frozen=True):
    """
    Cost of one statement with a set of indexes, and which of them its plan uses.
    """

    cost: float
    """What is made small."""
    used: frozenset[int]
    planned: float = 0.0
    """What the planner made small when it chose the plan."""


Planner = Callable[[int, frozenset[int]], Priced]
"""Number of the statement and numbers of candidates → what the planner says."""

Pairs = Mapping[int, tuple[int, int]]
"""Candidates that do the work of two others."""


class Option(Struct, frozen=True):
    """
    A candidate for the search.
    """

    number: int
    table: str
    size: int


class Weight(Struct, frozen=True):
    """
    How much a statement counts, as parts of the whole.
    """

    part: float
    """Of the factors by which statements become cheaper."""
    share: float
    """Of the cost of all: what is left of a dear statement soon matters no more than others."""

    def loss(self, now: float, then: float, base: float) -> float:
        """
        What is lost when a statement that once cost `base` costs more than now.
        """
        factor = log((then + OVERHEAD) / (now + OVERHEAD))
        return self.part * factor + self.share * (then - now) / (base + OVERHEAD)


class Limits(Struct, frozen=True):
    """
    What the chosen indexes may take together.
    """

    storage: int | None = None
    indexes: int | None = None


class Prices(Struct):
    """
    The planner with a memory.

    An index that a plan does not use can be taken away without changing it, so one answer holds for
    all sets between what it used and what it was asked with.
    """

    planner: Planner
    tables: Sequence[frozenset[str]]
    """Tables of each statement: other indexes do not matter to it."""
    options: dict[int, Option]
    known: dict[int, list[tuple[frozenset[int], Priced]]] = msgspec.field(default_factory=dict)
    calls: int = 0
    most: int = MOST_CALLS
    guesses: int = 0

    def ask(self, query: int, chosen: Collection[int]) -> Priced:
        """
        What a statement costs with these indexes.
        """
        tables = self.tables[query]
        wanted = frozenset(one for one in chosen if self.options[one].table in tables)
        for asked, priced in self.known.get(query, ()):
            if priced.used <= wanted <= asked:
                return priced
        if self.calls >= self.most and query in self.known:
            return self.at_most(query, wanted)
        self.calls += 1
        priced = self.planner(query, wanted)
        self.known.setdefault(query, []).append((wanted, priced))
        return priced

    def base(self, query: int) -> float:
        """
        What a statement costs without any.
        """
        return self.ask(query, ()).cost

    def at_most(self, query: int, wanted: Collection[int]) -> Priced:
        """
        The best known plan that these indexes allow, when no more may be asked: no plan is dearer.
        """
        self.guesses += 1
        allowed = (one for _, one in self.known[query] if one.used.issubset(wanted))
        return min(allowed, key=lambda priced: priced.planned)


def users(prices: Prices) -> dict[int, set[int]]:
    """
    Statements whose plans use an index in one of the known answers.
    """
    found: dict[int, set[int]] = {}
    for query, known in prices.known.items():
        for _, priced in known:
            for one in priced.used:
                found.setdefault(one, set()).add(query)
    return found


def dearer(
    prices: Prices, weights: Sequence[Weight], now: Collection[int], then: Collection[int]
) -> float:
    """
    What is lost with one set instead of another.
    """
    return sum(
        weight.loss(prices.ask(query, now).cost, prices.ask(query, then).cost, prices.base(query))
        for query, weight in enumerate(weights)
    )


def fits(prices: Prices, chosen: Collection[int], limits: Limits) -> bool:
    """
    Whether a set is within the limits.
    """
    size = sum(prices.options[one].size for one in chosen)
    return (limits.storage is None or size <= limits.storage * (1 - RESERVE)) and (
        limits.indexes is None or len(chosen) <= limits.indexes
    )
