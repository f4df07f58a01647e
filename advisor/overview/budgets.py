"""
What is asked for beside what there is: connections and memory, term by term.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from msgspec.structs import replace

from advisor.deployment.model import (
    Application,
    Database,
    DatabaseEdge,
    Deployment,
    Pooler,
    PoolerEdge,
)
from advisor.deployment.places import located
from advisor.facts.connections import demand_of
from advisor.facts.memory import BACKEND
from advisor.model import Budget, BudgetKind, BudgetTerm, Location, Unknown, Value
from advisor.model.subject import Fact
from advisor.units import format_number, format_size

Edges: TypeAlias = "Sequence[DatabaseEdge | PoolerEdge]"
Facts: TypeAlias = Mapping[str, Fact]


def budgets(deployment: Deployment) -> Iterator[Budget]:
    """
    For each server its connections and its memory, before it the clients of its pooler.
    """
    for budget in _budgets(deployment):
        yield replace(budget, terms=tuple(_outside(one, deployment) for one in budget.terms))


def _outside(term: BudgetTerm, deployment: Deployment) -> BudgetTerm:
    return replace(term, location=located(term.location, deployment.embedded))


def _budgets(deployment: Deployment) -> Iterator[Budget]:
    for pooler in deployment.poolers:
        edges = [one for one in deployment.pooler_edges if one.pooler is pooler]
        if edges:
            yield _of_pooler(deployment, pooler, edges)
    for database in deployment.databases:
        yield from _of_database(deployment, database)


def application_terms(edges: Edges) -> Iterator[BudgetTerm]:
    """
    What each application opens through its engines' pools.
    """
    for application in {one.application.name: one.application for one in edges}.values():
        yield _application(application, [one for one in edges if one.application is application])


def pooler_term(deployment: Deployment, pooler: Pooler) -> BudgetTerm:
    """
    What a pooler opens on the server behind it. It opens connections when they are asked for.
    """
    from advisor.facts.pgbouncer import pooler_facts  # noqa: PLC0415 - start-up cost

    facts = pooler_facts(deployment, pooler)
    most, how = facts["pgbouncer.server_connections"], facts["pgbouncer.server_formula"]
    words = how.reason if isinstance(how, Unknown) else str(how.value)
    return BudgetTerm(pooler.name, None, _number(most), words, pooler.location)


def _application(application: Application, edges: Edges) -> BudgetTerm:
    demand = demand_of(application, edges)
    if isinstance(demand, Unknown):
        return BudgetTerm(application.name, None, None, demand.reason, application.location)
    return BudgetTerm(
        application.name, demand.steady, demand.peak, demand.formula, application.location
    )


def _of_pooler(deployment: Deployment, pooler: Pooler, edges: Sequence[PoolerEdge]) -> Budget:
    from advisor.facts.pgbouncer import pooler_facts  # noqa: PLC0415 - start-up cost

    each = _number(pooler_facts(deployment, pooler)["pgbouncer.max_client_conn"])
    copies = pooler.replicas.value if isinstance(pooler.replicas, Value) else None
    limit = each * copies if each is not None and copies is not None else None
    how = f"max_client_conn {_count(each)}"
    how = how if copies == 1 else f"{_count(copies)} instances × {how}"
    terms = tuple(application_terms(edges))
    return _summed(BudgetKind.CONNECTIONS, pooler.name, terms, limit, how)


def _of_database(deployment: Deployment, database: Database) -> Iterator[Budget]:
    from advisor.facts.postgresql import database_facts  # noqa: PLC0415 - start-up cost

    facts = database_facts(deployment, database)
    edges = [one for one in deployment.database_edges if one.database is database]
    direct = [one for one in edges if not one.pooler]
    poolers = [one for one in deployment.poolers if one.database is database]
    named = {one.name for one in poolers}
    # A pooler of another make is known by its name alone.
    others = dict.fromkeys(one.pooler for one in edges if one.pooler and one.pooler not in named)
    terms = (
        *application_terms(direct),
        *(pooler_term(deployment, one) for one in poolers),
        *(BudgetTerm(one, None, None, "its pools are not known") for one in others),
    )
    if terms:
        limit = _number(facts["connections.usable"])
        how = _usable_words(facts)
        yield _summed(BudgetKind.CONNECTIONS, database.name, terms, limit, how)
    memory = _memory(database, facts)
    if memory.limit is not None and memory.expected is not None:
        yield memory


def _usable_words(facts: Facts) -> str:
    """
    ``max_connections 200 − 3 reserved``.
    """
    total, usable = _number(facts["pg.max_connections"]), _number(facts["connections.usable"])
    if total is None or usable is None:
        return f"max_connections {_count(total)}"
    return f"max_connections {_count(total)} − {_count(total - usable)} reserved"


def _memory(database: Database, facts: Facts) -> Budget:
    terms = tuple(_memory_terms(facts))
    expected, most = facts["memory.expected"], facts["memory.worst"]
    return Budget(
        BudgetKind.MEMORY,
        database.name,
        terms,
        _number(expected),
        _number(most),
        _number(facts["host.memory"]),
        "host.memory",
    )


def _memory_terms(facts: Facts) -> Iterator[BudgetTerm]:
    """
    The terms of ``memory.expected`` and ``memory.worst``, as `advisor.facts.memory` adds them up.
    """
    shared = facts["pg.shared_buffers"]
    size = _number(shared)
    yield BudgetTerm("shared_buffers", size, size, "as set, always", shared.location)
    opened, planned = _number(facts["memory.open"]), _number(facts["connections.planned"])
    yield BudgetTerm(
        "connections",
        None if opened is None else opened * BACKEND,
        _number(facts["memory.backends"]),
        f"{_either(opened, planned)} × {format_size(BACKEND)}",
    )
    workers = _number(facts["pg.autovacuum_max_workers"])
    vacuum = _number(facts["memory.maintenance"])
    yield BudgetTerm(
        "maintenance",
        None if vacuum is None or not workers else vacuum / workers,
        vacuum,
        f"{_either(1, workers)} autovacuum × {_size(vacuum, workers)}",
        _place(facts["pg.maintenance_work_mem"]),
    )
    yield BudgetTerm(
        "queries",
        _number(facts["memory.work_expected"]),
        _number(facts["memory.work_worst"]),
        _query_words(facts),
        _place(facts["pg.work_mem"]),
    )


def _query_words(facts: Facts) -> str:
    """
    ``(16 busy + 4 parallel, at most 200 + 8) × 50 MB × 1.5``.
    """
    busy, helpers = _number(facts["memory.active"]), _number(facts["memory.parallel"])
    planned, cpus = _number(facts["connections.planned"]), _number(facts["host.cpus"])
    near = None if helpers is None or cpus is None else min(helpers, cpus)
    factor = _number(facts["memory.work_factor"])
    return (
        f"({_count(busy)} busy + {_count(near)} parallel, at most "
        f"{_count(planned)} + {_count(helpers)}) × "
        f"{_size(_number(facts['pg.work_mem']), 1)} × {_count(factor)}"
    )


def _summed(
    kind: BudgetKind, subject: str, terms: tuple[BudgetTerm, ...], limit: float | None, how: str
) -> Budget:
    expected, most = _sum(one.expected for one in terms), _sum(one.most for one in terms)
    return Budget(kind, subject, terms, expected, most, limit, how)


def _sum(numbers: Iterable[float | None]) -> float | None:
    known = [*numbers]
    return None if None in known else sum(one for one in known if one is not None)


def _either(expected: float | None, most: float | None) -> str:
    if expected == most:
        return _count(expected)
    return f"{_count(expected)}, at most {_count(most)},"


def _count(number: float | None) -> str:
    return "?" if number is None else format_number(number)


def _size(size: float | None, parts: float | None) -> str:
    return "?" if size is None or not parts else format_size(size / parts)


def _number(fact: Fact) -> float | None:
    value = fact.value if isinstance(fact, Value) else None
    known = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if known and isinstance(value, (int, float)) else None


def _place(fact: Fact) -> Location | None:
    return fact.location
