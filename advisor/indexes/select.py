"""
Which of all candidates are worth having: as few as serve all plans.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from math import log

import msgspec
from msgspec import Struct

from advisor.indexes.costs import Model
from advisor.indexes.model import Access, Definition

MIN_SHARE = 0.08
"""
Part of what is left of some plan's time or cost below which an index, or what it carries besides,
is not worth its writes.
"""
MIN_OF_ALL = 0.04
"""The same of the plan as it is today."""
MOST_PER_TABLE = 10
"""Indexes advised for one table; every one of them makes its writes slower."""
_PER_KEY = 0.05
"""What a further key must gain, as a part of what the index gains, to be taken along."""
MIN_FACTOR = 2.0
"""Or by how much what is left of a plan becomes faster, when that is at least `MIN_SAVED_MS`."""
MIN_SAVED_MS = 1.0
_LEAST_LEFT = 1e-5
"""Of a plan, however good its indexes are."""

Scan = tuple[int, int]
"""Number of the plan and of its node."""
Gains = dict[Scan, float]


class Candidates(Struct, frozen=True):
    """
    All definitions, and what each gains for each scan.
    """

    gains: Mapping[Definition, Gains]
    existing: Gains
    """What the indexes that are there could do; where the planner passes them by, it knows why."""
    times: Mapping[int, float] = msgspec.field(default_factory=dict)
    """Milliseconds of each plan; 0 when it was not executed."""


def gains(model: Model, accesses: Iterable[Access], definition: Definition) -> Gains:
    """
    What an index saves of each scan's plan; scans that it does not serve are left out.
    """
    found: Gains = {}
    for access in accesses:
        share = model.gain(access, definition).share
        where = (access.query, access.node.id)
        if share > found.get(where, 0.0):
            found[where] = share
    return found


def choose(candidates: Candidates) -> list[Definition]:
    """
    Take the index that gains most beside those already taken, until none is worth it.

    What counts is the factor by which each plan becomes faster, so that one slow plan does not hide
    the others. Prefixes of others, and orders of equality columns that serve fewer plans, lose by
    themselves.
    """
    chosen: list[Definition] = []
    reached = dict(candidates.existing)
    left = {one: gained for one, gained in candidates.gains.items() if gained}
    tables: Counter[str] = Counter()
    while left:
        plans = _left(reached)
        rated = {one: _score(one, candidates, reached, plans) for one in left}
        best = max(rated, key=rated.__getitem__)
        if rated[best] <= 0:
            break
        chosen.append(best)
        reached = joined(reached, left.pop(best))
        tables[best.table] += 1
        left = {
            one: gained
            for one, gained in left.items()
            if rated[one] > 0 and tables[one.table] < MOST_PER_TABLE
        }
    return _pruned(chosen, candidates)


def remaining(candidates: Candidates, chosen: Iterable[Definition]) -> Mapping[int, float]:
    """
    What remains of each plan when all chosen indexes are there, at least a trace.
    """
    reached: Gains = {}
    for one in chosen:
        reached = joined(reached, candidates.gains[one])
    left = {query: max(share, _LEAST_LEFT) for query, share in _left(reached).items()}
    return defaultdict(lambda: 1.0, left)


def _left(reached: Gains) -> dict[int, float]:
    """
    What remains of each plan.
    """
    plans: dict[int, float] = defaultdict(lambda: 1.0)
    for (query, _), share in reached.items():
        plans[query] -= share
    return plans


def _score(
    definition: Definition, candidates: Candidates, reached: Gains, plans: Mapping[int, float]
) -> float:
    """
    Sum of the logarithms of the factors; 0 when no plan gains enough.
    """
    factors, is_worthy = 0.0, False
    for query, more in _more(candidates.gains[definition], reached).items():
        before = max(plans[query], _LEAST_LEFT)
        after = max(before - more, _LEAST_LEFT)
        factors += log(before / after)
        saved = more * candidates.times.get(query, 0.0)
        is_large = more >= MIN_OF_ALL and more >= MIN_SHARE * before
        is_worthy = (
            is_worthy or is_large or (before >= MIN_FACTOR * after and saved >= MIN_SAVED_MS)
        )
    return factors * (1 - _PER_KEY * _extra(definition)) if is_worthy else 0.0


def _extra(definition: Definition) -> int:
    """
    Keys that must be worth their space. One that the predicate holds at one value says nothing; a
    predicate makes the index small.
    """
    constant = any(key.column in text for key in definition.keys for text in definition.predicate)
    return len(definition.keys) - 1 + 2 * constant - 2 * bool(definition.predicate)


def _more(gained: Gains, reached: Gains) -> dict[int, float]:
    """
    What each plan gains besides; partitions of one plan count together.
    """
    plans: dict[int, float] = defaultdict(float)
    for (query, node), share in gained.items():
        if (more := share - reached.get((query, node), 0.0)) > 0:
            plans[query] += more
    return plans


def joined(one: Gains, other: Gains) -> Gains:
    """
    The better of two for each scan.
    """
    return {scan: max(one.get(scan, 0.0), other.get(scan, 0.0)) for scan in (*one, *other)}


def _pruned(chosen: list[Definition], candidates: Candidates) -> list[Definition]:
    """
    Without indexes that later ones made superfluous.
    """
    kept = list(chosen)
    for one in chosen:
        others = dict(candidates.existing)
        for other in kept:
            if other is not one:
                others = joined(others, candidates.gains[other])
        if _score(one, candidates, others, _left(others)) <= 0:
            kept.remove(one)
    return kept
