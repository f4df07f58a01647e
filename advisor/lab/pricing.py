"""
What statements are worth with some indexes: the planner chooses, and its plans are compared.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import product

import msgspec
from msgspec import Struct

from advisor.indexes import Definition
from advisor.indexes.schema import Schema
from advisor.lab.clock import Clock, Indexes, Sorted, clock_of
from advisor.lab.effort import effort
from advisor.lab.pages import PAGE
from advisor.lab.plan_nodes import qualified, walk
from advisor.lab.planner import Answer, Candidate, Planner
from advisor.lab.prices import Option, Priced, Prices, Weight
from advisor.lab.propose import joined
from advisor.lab.record import Record
from advisor.lab.result import Unverified
from advisor.lab.workload import Statement
from advisor.units import parse_size

_BY_COST = 0.2
"""Part of all weight that goes by cost."""
_MOST_PAIRS = 300
"""Candidates made of two others."""
_CACHE_PAGES = 524_288
"""effective_cache_size where it is not set."""


class Work(Struct):
    """
    A planner and the statements of a workload that it understands, each with its plan of today.
    """

    lab: Planner
    schema: Schema
    statements: list[Statement] = msgspec.field(default_factory=list)
    base: list[Answer] = msgspec.field(default_factory=list)
    unverified: list[Unverified] = msgspec.field(default_factory=list)
    candidates: dict[int, Candidate] = msgspec.field(default_factory=dict)
    clock: Clock | None = None
    """None when the tables do not fit into memory."""

    def price(self, answer: Answer) -> float:
        """
        What is made small.
        """
        return answer.cost if self.clock is None else effort(self.clock, answer.plan)


def clock(work: Work) -> Clock:
    """
    What compares plans: it asks the same planner how many rows an index returns.
    """
    record = work.lab.record
    indexes = Indexes.of(record)
    known = indexes.existing(record)

    def index(name: str) -> Sorted:
        if name not in known:
            own = next((one for one in work.candidates.values() if name in one.names), None)
            if own is None:
                return Sorted()
            definition = own.definition
            known[name] = indexes.one(definition.table, definition.names, own.size / len(own.names))
        return known[name]

    def count(sql: str) -> float | None:
        answer = work.lab.explain(sql)
        return float(answer.plan["Plan Rows"]) if isinstance(answer, Answer) else None

    return clock_of(record, index, count)


def fits_in_memory(record: Record, settings: Mapping[str, str]) -> bool:
    """
    Whether all tables and indexes fit into effective_cache_size.
    """
    text = settings.get("effective_cache_size", "")
    size = int(text) * PAGE if text.isdecimal() else parse_size(text)
    pages = sum(one.pages or 0 for one in record.tables)
    indexes = sum(one.size or (one.pages or 0) * PAGE for one in record.indexes)
    return pages * PAGE + indexes <= (size or _CACHE_PAGES * PAGE)


def weights(work: Work) -> list[Weight]:
    """
    Most of the weight is the same for each statement, the rest goes by its part of all cost.
    """
    costs = [
        one.calls * work.price(answer)
        for one, answer in zip(work.statements, work.base, strict=True)
    ]
    total, count = sum(costs) or 1.0, max(len(costs), 1)
    return [Weight((1 - _BY_COST) / count, _BY_COST * cost / total) for cost in costs]


def prices(work: Work) -> Prices:
    """
    The planner of the lab, for the search.
    """

    def planner(query: int, chosen: frozenset[int]) -> Priced:
        asked = [work.candidates[number] for number in chosen]
        owners = {name: one.number for one in asked for name in one.names}
        answer = work.lab.explain(work.statements[query].sql, asked)
        if not isinstance(answer, Answer):
            answer = work.base[query]
        used = frozenset(owners[name] for name in answer.indexes if name in owners)
        return Priced(work.price(answer), used, answer.cost)

    options = {number: _option(work, one) for number, one in work.candidates.items()}
    tables = [frozenset(root(work, name) for name in _relations(answer)) for answer in work.base]
    return Prices(planner, tables, options)


def pairs(work: Work, asked: Prices, begin: Collection[int]) -> dict[int, tuple[int, int]]:
    """
    Add candidates that do the work of two that plans want, or of such a one and a third.
    """
    made = _joined([work.candidates[one].definition for one in begin], work.lab.record)
    if not made:
        return {}
    work.lab.add(made)
    for one in work.lab.candidates:
        work.candidates[one.number] = one
        asked.options.setdefault(one.number, _option(work, one))
    known = {one.definition: one.number for one in work.lab.candidates}
    return {
        known[both]: (known[one], known[other])
        for both, (one, other) in made.items()
        if both in known and one in known and other in known
    }


def _joined(
    wanted: Sequence[Definition], record: Record
) -> dict[Definition, tuple[Definition, Definition]]:
    made: dict[Definition, tuple[Definition, Definition]] = {}
    level = wanted
    while level:
        fresh: list[Definition] = []
        for one, other in product(level, wanted):
            for pair in ((one, other), (other, one)):
                both = joined(*pair, record)
                if both is not None and both not in made and len(made) < _MOST_PAIRS:
                    made[both] = pair
                    fresh.append(both)
        level = fresh
    return made


def _option(work: Work, one: Candidate) -> Option:
    return Option(one.number, root(work, one.definition.table), one.size)


def _relations(answer: Answer) -> set[str]:
    return {qualified(node) for node in walk(answer.plan) if node.get("Relation Name")}


def root(work: Work, name: str) -> str:
    """
    The table that a partition belongs to, else the table itself.
    """
    table = work.schema.find(name)
    return work.schema.root(table).name if table is not None else name
