"""
Which indexes to have: those whose loss would make the statements dearest, within limits.

All candidates that some plan wants are there at first; the one whose loss costs least is taken away
until the limits hold and each that is left is worth it. Indexes that only help together are seen
together, and only statements that use an index are planned again without it. What a statement costs
counts as a factor, so that one dear statement does not hide the others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from math import inf

from msgspec import Struct
from msgspec.structs import replace

from advisor.lab.exchange import acquaint, exchange
from advisor.lab.prices import OVERHEAD, Limits, Pairs, Prices, Weight, dearer, fits, users

MIN_SAVED = 0.1
"""Part of some statement's cost that an index must save beside the others, and that a smaller one
may lose to take its place."""
MIN_OF_ALL = 0.02
"""Or of the weighted cost of all."""
OF_BUDGET = 0.3
"""Part of that when there is a budget of storage, for what is left of it in the end."""
LEAST_SHARE = 0.01
"""Part of statements that is worth a part of such a budget that is no larger; and never less."""
SIZE_POWERS = (1.0, 0.3)
"""How much more a larger index must gain; which is better, depends on what there is."""
ROUNDS = 4
"""How often each statement is planned with what it did not use before."""


def wanted(prices: Prices, queries: int, progress: Callable[[], None]) -> set[int]:
    """
    What plans use when they may use everything, and what they use instead of that.
    """
    found: set[int] = set()
    for query in range(queries):
        prices.ask(query, ())
    for query in range(queries):
        left = frozenset(prices.options)
        for _ in range(ROUNDS):
            used = prices.ask(query, left).used
            if not used:
                break
            found |= used
            left -= used
        progress()
    return found


def choose(
    prices: Prices,
    weights: Sequence[Weight],
    limits: Limits,
    begin: Collection[int],
    pairs: Pairs,
    progress: Callable[[], None],
) -> list[int]:
    """
    Numbers of the candidates worth having, most valuable first.

    There is a weight for each statement; `begin` is what plans want.
    """
    task = Task(prices, weights, limits, pairs, progress)
    found = [_reduced(task, begin, power) for power in SIZE_POWERS]
    chosen = min(found, key=lambda one: dearer(prices, weights, (), one))
    if limits.storage is not None:
        task = replace(task, demand=OF_BUDGET)
        _refill(task, chosen)
    _narrow(task, chosen)
    if limits.storage is not None:
        _refill(task, chosen)
    losses = {one: _loss(task, chosen, one) for one in chosen}
    return sorted(chosen, key=lambda one: -losses[one].total)


class Task(Struct, frozen=True):
    """
    What does not change in a search.
    """

    prices: Prices
    weights: Sequence[Weight]
    limits: Limits
    pairs: Pairs
    progress: Callable[[], None]
    demand: float = 1.0
    """How much an index must save, as a part of what it must save without a budget."""

    def share(self, one: int) -> float:
        """
        Parts of statements that an index must save to be worth its part of what is left to spend.
        """
        if self.demand == 1 or not self.limits.storage:
            return inf
        return max(self.prices.options[one].size / self.limits.storage, LEAST_SHARE)


def _reduced(task: Task, begin: Collection[int], power: float) -> set[int]:
    """
    Take away what is lost least until all is worth it and fits, and then look for better.
    """
    prices, limits = task.prices, task.limits
    chosen = set(begin)
    is_short = False
    while chosen:
        losses = {one: _loss(task, chosen, one) for one in chosen}
        rated = {
            one: loss.total / max(prices.options[one].size, 8192) ** power
            for one, loss in losses.items()
        }
        worst = min(rated, key=lambda one: (rated[one], -prices.options[one].size))
        slack = [one for one in chosen if not losses[one].is_worthy]
        if not slack and fits(prices, chosen, limits):
            break
        is_short = is_short or not slack
        chosen.discard(min(slack, key=lambda one: rated[one]) if slack else worst)
        task.progress()
    _refill(task, chosen)
    if is_short:
        acquaint(prices, task.pairs)
        exchange(prices, task.weights, limits, chosen)
        _refill(task, chosen)
    return chosen


class _Loss(Struct, frozen=True):
    total: float
    is_worthy: bool


def _loss(task: Task, chosen: Collection[int], one: int) -> _Loss:
    """
    What is lost when one index is taken away.
    """
    prices, without = task.prices, frozenset(chosen) - {one}
    total, saved, parts, is_worthy = 0.0, 0.0, 0.0, False
    for query, weight in enumerate(task.weights):
        now = prices.ask(query, chosen)
        if one not in now.used:
            continue
        then, base = prices.ask(query, without).cost, prices.base(query)
        part = 1 - (now.cost + OVERHEAD) / (then + OVERHEAD)
        total += weight.loss(now.cost, then, base)
        saved += (weight.part + weight.share) * part
        parts += part
        is_worthy = is_worthy or part >= MIN_SAVED * task.demand
    is_worthy = is_worthy or saved >= MIN_OF_ALL * task.demand or parts >= task.share(one)
    return _Loss(total, total > 0 and is_worthy)


def _narrow(task: Task, chosen: set[int]) -> None:
    """
    A smaller index that does nearly the same takes the place of a large one.
    """
    prices = task.prices
    for one in sorted(chosen, key=lambda number: -prices.options[number].size):
        option = prices.options[one]
        smaller = [
            other
            for other in set(users(prices)) - chosen
            if prices.options[other].table == option.table
            and prices.options[other].size <= option.size * (1 - MIN_SAVED)
        ]
        for other in sorted(smaller, key=lambda number: prices.options[number].size):
            if prices.calls >= prices.most:
                return
            if _can_replace(task, chosen, (one, other)):
                chosen.remove(one)
                chosen.add(other)
                break


def _can_replace(task: Task, chosen: set[int], pair: tuple[int, int]) -> bool:
    prices, then = task.prices, chosen - {pair[0]} | {pair[1]}
    for query in range(len(task.weights)):
        now = prices.ask(query, chosen)
        if pair[0] not in now.used:
            continue
        most = (now.cost + OVERHEAD) / (1 - MIN_SAVED * task.demand)
        if prices.ask(query, then).cost + OVERHEAD > most:
            return False
    return True


def _refill(task: Task, chosen: set[int]) -> None:
    """
    What was taken away early may fit into the room that is left.
    """
    prices, limits = task.prices, task.limits
    rest = set(users(prices)) - chosen
    while rest and prices.calls < prices.most:
        rated = {}
        for one in rest:
            wider = chosen | {one}
            loss = _loss(task, wider, one) if fits(prices, wider, limits) else None
            if loss is not None and loss.is_worthy:
                size = max(prices.options[one].size, 8192) ** SIZE_POWERS[-1]
                rated[one] = loss.total / size
        if not rated:
            return
        best = max(rated, key=lambda one: rated[one])
        chosen.add(best)
        rest = set(rated) - {best}
        for other in tuple(chosen):
            if not _loss(task, chosen, other).is_worthy:
                chosen.discard(other)
