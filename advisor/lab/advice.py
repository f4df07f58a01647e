"""
From a record and a workload to a set of indexes that the planner prefers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from math import exp, log
from typing import TypeAlias

import msgspec
from msgspec import Struct

from advisor.indexes import Definition, advise, ddl
from advisor.indexes.advise import extension_of, statements_of
from advisor.indexes.flaws import flaws
from advisor.indexes.schema import Schema, read_schema
from advisor.lab import pricing, rebuild
from advisor.lab.lab import laboratory
from advisor.lab.planner import Answer, Candidate, Note, Planner
from advisor.lab.prices import OVERHEAD, Limits, Prices, Weight
from advisor.lab.pricing import Work
from advisor.lab.propose import propose, queries_of
from advisor.lab.record import Index, Record
from advisor.lab.result import Chosen, Dropped, LabAdvice, QueryCost, Unverified, Writes
from advisor.lab.search import choose, wanted
from advisor.lab.workload import Statement

Progress: TypeAlias = Callable[[str, float], None]
"""What is being done, and which part of it is done."""
_SAME = 1.01
"""Factor up to which a cost counts as unchanged when an index is dropped that nobody reads."""
_NEARLY = 1.25
"""The same when another index does its work, which may be larger."""


def advise_in_lab(
    record: Record,
    statements: Sequence[Statement],
    limits: Limits,
    *,
    settings: Mapping[str, str],
    scripts: Sequence[str] = (),
    progress: Progress = lambda _what, _part: None,
) -> LabAdvice:
    """
    Open a lab, find candidates, and choose.

    Raises `LabError` when there is no server, `StatisticsError` for an unusable record.
    """
    progress("building the lab", 0.0)
    with laboratory(record, settings=settings, scripts=scripts) as lab:
        return advise_with(lab, statements, limits, settings=settings, progress=progress)


def advise_with(
    lab: Planner,
    statements: Sequence[Statement],
    limits: Limits,
    *,
    settings: Mapping[str, str],
    progress: Progress = lambda _what, _part: None,
) -> LabAdvice:
    """
    Find candidates with somebody who plans, and choose.
    """
    start, record = time.monotonic(), lab.record
    schema = read_schema({"record": rebuild.declared(record)})
    work = _begin(lab, schema, statements)
    progress("finding candidates", 0.1)
    _candidates(work)
    if pricing.fits_in_memory(record, settings):
        work.clock = pricing.clock(work)
    else:
        why = "by planner cost alone: the tables are larger than effective_cache_size"
        lab.notes.append(Note("search", why))
    weights = pricing.weights(work)
    prices = pricing.prices(work)
    total = max(len(work.statements) + len(prices.options), 1)
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        progress("asking the planner", min(0.2 + 0.8 * done / total, 1.0))

    begin = wanted(prices, len(weights), step)
    pairs = pricing.pairs(work, prices, begin)
    numbers = choose(prices, weights, limits, begin, pairs, step)
    if prices.calls >= prices.most:
        why = f"ended after {prices.most} questions: a better set may exist"
        lab.notes.append(Note("search", why))
    advice = _advice(work, prices, numbers, weights)
    return msgspec.structs.replace(
        advice, planner=lab.name, planner_calls=lab.calls, seconds=time.monotonic() - start
    )


def _begin(lab: Planner, schema: Schema, statements: Sequence[Statement]) -> Work:
    work = Work(lab, schema)
    for one in statements:
        answer = lab.explain(one.sql)
        if isinstance(answer, Answer):
            work.statements.append(one)
            work.base.append(answer)
        else:
            work.unverified.append(Unverified(f"statement {one.name}", answer.reason))
    return work


def _candidates(work: Work) -> None:
    """
    Those of the plans as they are, then those of the plans that the first ones lead to.
    """
    plans = {s.sql: a for s, a in zip(work.statements, work.base, strict=True)}
    work.lab.add(propose(plans, work.lab.record, work.schema))
    again = {}
    for one in work.statements:
        answer = work.lab.explain(one.sql, work.lab.candidates)
        if isinstance(answer, Answer):
            again[one.sql] = answer
    known = {one.definition for one in work.lab.candidates}
    more = [one for one in propose(again, work.lab.record, work.schema) if one not in known]
    if more:
        work.lab.add(more)
    work.candidates = {one.number: one for one in work.lab.candidates}
    _refused(work, plans)


def _refused(work: Work, plans: Mapping[str, Answer]) -> None:
    """
    Indexes that the plans alone would have advised and that the lab cannot hold.
    """
    for one in advise(queries_of(plans), work.schema).candidates:
        definition = next((d for d in work.lab.refused if d.keys == one.definition.keys), None)
        if definition is not None:
            reason = f"not verified: {work.lab.refused[definition]}"
            work.unverified.append(Unverified(one.statement, reason))


def _advice(
    work: Work, prices: Prices, numbers: Sequence[int], weights: Sequence[Weight]
) -> LabAdvice:
    made = _statements(work, numbers)
    queries: list[QueryCost] = []
    users: dict[int, tuple[str, ...]] = dict.fromkeys(numbers, ())
    for at, one in enumerate(work.statements):
        priced = prices.ask(at, numbers)
        for number in priced.used:
            users[number] = (*users[number], one.name)
        used = [made[number].name for number in sorted(priced.used)]
        before = work.base[at].cost
        queries.append(
            QueryCost(
                one.name,
                one.sql,
                one.calls,
                weights[at].part + weights[at].share,
                before,
                priced.planned,
                used,
            )
        )
    chosen = [_chosen(work, prices, made, one, users[one]) for one in numbers]
    dropped = _dropped(work, numbers, made)
    return LabAdvice(
        queries,
        chosen,
        dropped,
        work.unverified,
        _writes(work, chosen, dropped),
        work.lab.notes,
        len(work.candidates),
        0,
        0.0,
    )


class _Made(Struct, frozen=True):
    name: str
    statement: str
    rollback: str


def _statements(work: Work, numbers: Sequence[int]) -> dict[int, _Made]:
    """
    What creates each index and takes it away, under names that are free.
    """
    taken = {one.name for one in work.lab.record.indexes}
    found: dict[int, _Made] = {}
    for number in numbers:
        definition = work.candidates[number].definition
        for suffix in ("", *(f"_{count}" for count in range(2, 100))):
            made = _made(work.schema, definition, suffix)
            if made.name not in taken:
                break
        taken.add(made.name)
        found[number] = made
    return found


def _made(schema: Schema, definition: Definition, suffix: str) -> _Made:
    statement, rollback = statements_of(schema, definition, (definition.table,), suffix)
    line = statement.partition("\n")[0]
    name = line.partition(" INDEX ")[2].removeprefix("CONCURRENTLY ").partition(" ON ")[0]
    if extension := extension_of(definition):
        statement = f"CREATE EXTENSION IF NOT EXISTS {extension};\n{statement}"
    return _Made(name, statement, rollback)


def _chosen(
    work: Work, prices: Prices, made: Mapping[int, _Made], number: int, users: Sequence[str]
) -> Chosen:
    candidate = work.candidates[number]
    factors = []
    for at, one in enumerate(work.statements):
        if one.name in users:
            without = prices.ask(at, [other for other in made if other != number])
            with_it = prices.ask(at, made)
            factors.append((without.planned + OVERHEAD) / (with_it.planned + OVERHEAD))
    return Chosen(
        made[number].name,
        candidate.definition.table,
        made[number].statement,
        made[number].rollback,
        candidate.size,
        exp(sum(map(log, factors)) / len(factors)) if factors else 1.0,
        users,
        candidate.notes,
    )


def _dropped(work: Work, numbers: Sequence[int], made: Mapping[int, _Made]) -> list[Dropped]:
    """
    Invalid and superfluous indexes, and those that nobody reads; the planner must agree.
    """
    wanted = [work.candidates[one] for one in numbers]
    reasons: dict[str, str] = {}
    for flaw in flaws(_with(work, made)):
        if flaw.kind in ("duplicate", "redundant"):
            reasons[flaw.index] = f"{flaw.kind}: {flaw.other} does its work"
    found = []
    for index in work.lab.record.indexes:
        if _must_stay(index):
            continue
        reason = reasons.get(index.name) or reasons.get(index.qualified)
        most = _NEARLY if reason else _SAME
        if not index.valid:
            reason = "invalid: it is written and never read"
        elif reason is None and index.scans == 0:
            reason = "not read since the statistics were reset, and by no statement here"
        if reason and _is_needless(work, index, wanted, most):
            found.append(_drop(index, reason))
    return found


def _must_stay(index: Index) -> bool:
    bound = index.unique or index.primary or index.constraint or index.referenced
    return bool(bound or index.replica_identity or index.clustered or index.parent)


def _with(work: Work, made: Mapping[int, _Made]) -> Schema:
    """
    The schema with the chosen indexes as if they were there.
    """
    text = rebuild.declared(work.lab.record)
    lines = [one.statement for one in made.values()]
    return read_schema({"record": "\n".join([text, *lines])})


def _is_needless(work: Work, index: Index, wanted: Sequence[Candidate], most: float) -> bool:
    """
    Whether no statement becomes dearer without it than by a factor.
    """
    if not index.valid or index.qualified not in work.lab.existing:
        return not index.valid
    below = [one.qualified for one in work.lab.record.indexes if one.parent == index.name]
    for one in work.statements:
        now = work.lab.explain(one.sql, wanted)
        if not isinstance(now, Answer) or not now.indexes & {index.name, *map(_bare, below)}:
            continue
        then = work.lab.explain(one.sql, wanted, without=[index.qualified, *below])
        if not isinstance(then, Answer) or then.cost + OVERHEAD > (now.cost + OVERHEAD) * most:
            return False
    return True


def _bare(name: str) -> str:
    return name.rpartition(".")[2]


def _drop(index: Index, reason: str) -> Dropped:
    statement = ddl.drop_index(index.name, index.schema, is_partitioned=index.partitioned)
    size = int(index.size or 0)
    table = f"{index.schema}.{index.table}"
    return Dropped(index.name, table, statement, f"{index.definition};", reason, size)


def _writes(work: Work, chosen: Sequence[Chosen], dropped: Sequence[Dropped]) -> list[Writes]:
    found = []
    for table in work.lab.record.tables:
        new = sum(one.table == table.qualified for one in chosen)
        gone = sum(one.table == table.qualified for one in dropped)
        if not new and not gone:
            continue
        now = sum(f"{one.schema}.{one.table}" == table.qualified for one in work.lab.record.indexes)
        found.append(Writes(table.qualified, now, now + new - gone, table.inserted, table.updated))
    return found
