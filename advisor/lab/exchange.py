"""
Giving up one or two indexes for another, when there is no room for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from msgspec import Struct

from advisor.lab.prices import Limits, Pairs, Priced, Prices, Weight, dearer, fits, users

MOST_EXCHANGES = 100
"""Tried in one search."""
MOST_SHRUNK = 20
"""Exchanges for a smaller index after which something is put into the room."""
MOST_GUESSES = 500_000
"""Plans looked up among the known ones for that: a few seconds."""
MIN_EXCHANGED = 0.001
"""Of the logarithm of the weighted factor."""


class Move(Struct, frozen=True):
    """
    Indexes that are given up for others.
    """

    gone: frozenset[int]
    new: frozenset[int]
    gain: float
    """Estimated."""

    def of(self, chosen: set[int]) -> set[int]:
        """
        The set after it.
        """
        return chosen - self.gone | self.new


def exchange(prices: Prices, weights: Sequence[Weight], limits: Limits, chosen: set[int]) -> None:
    """
    Give up one or two indexes for another as long as that makes the statements cheaper, or one for
    a smaller one and another that fits into the room.

    Which exchange may be worth a question is told by the plans that are known already.
    """
    failed: set[tuple[frozenset[int], frozenset[int]]] = set()
    for _ in range(MOST_EXCHANGES):
        now = [prices.at_most(query, chosen) for query in range(len(weights))]
        moves = _Board(prices, weights, limits, chosen, now, users(prices)).moves()
        left = (one for one in moves if (one.gone, one.new) not in failed)
        best = max(left, key=lambda one: one.gain, default=None)
        if best is None or prices.calls >= prices.most:
            return
        then = best.of(chosen)
        if dearer(prices, weights, chosen, then) < -MIN_EXCHANGED:
            chosen.clear()
            chosen |= then
            failed.clear()
        else:
            failed.add((best.gone, best.new))


class _Board(Struct):
    """
    A set, and what is known of the sets beside it.
    """

    prices: Prices
    weights: Sequence[Weight]
    limits: Limits
    chosen: set[int]
    now: Sequence[Priced]
    """Each statement with it."""
    seen: Mapping[int, set[int]]
    """Statements whose plans use an index."""

    def moves(self) -> Iterator[Move]:
        """
        Those that may be worth it.
        """
        smaller: list[Move] = []
        for move in self._plain():
            if move.gain > MIN_EXCHANGED:
                yield move
            if self._room(move) > 0:
                smaller.append(move)
        smaller.sort(key=lambda one: -one.gain)
        for one in smaller[:MOST_SHRUNK]:
            for other in self.seen.keys() - self.chosen - one.new:
                both = self._move(one.gone, one.new | {other})
                if both is not None and both.gain > max(one.gain, 0.0) + MIN_EXCHANGED:
                    yield both

    def _plain(self) -> Iterator[Move]:
        """
        One or two indexes for another.
        """
        options = self.prices.options
        for new in self.seen.keys() - self.chosen:
            near = [one for one in self.chosen if options[one].table == options[new].table]
            alone = [frozenset[int](), *(frozenset({one}) for one in self.chosen)]
            for gone in (*alone, *map(frozenset, combinations(near, 2))):
                move = self._move(gone, frozenset({new}))
                if move is not None:
                    yield move

    def _room(self, move: Move) -> int:
        """
        What a move within one table leaves.
        """
        options = self.prices.options
        if len({options[one].table for one in (*move.gone, *move.new)}) > 1:
            return 0
        return sum(options[one].size for one in move.gone) - sum(
            options[one].size for one in move.new
        )

    def _move(self, gone: frozenset[int], new: frozenset[int]) -> Move | None:
        """
        A move with what it may gain; None when it is not allowed, or enough was looked up.
        """
        prices, then = self.prices, self.chosen - gone | new
        if prices.guesses >= MOST_GUESSES or not fits(prices, then, self.limits):
            return None
        gain = 0.0
        for query, (weight, now) in enumerate(zip(self.weights, self.now, strict=True)):
            if now.used & gone or any(query in self.seen[one] for one in new):
                cost = prices.at_most(query, then).cost
                gain -= weight.loss(now.cost, cost, prices.base(query))
        return Move(gone, new, gain)


def acquaint(prices: Prices, pairs: Pairs) -> None:
    """
    Ask what each index does alone, so that the known plans tell what may be exchanged.
    """
    seen = users(prices)
    for new, origins in pairs.items():
        seen[new] = set().union(*(seen.get(one, ()) for one in (new, *origins)))
    for one, queries in seen.items():
        for query in sorted(queries):
            prices.ask(query, [one])
