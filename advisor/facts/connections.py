"""
Connections: what the pools of all applications may open, and what the server serves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.deployment.model import (
    Application,
    Database,
    DatabaseEdge,
    Deployment,
    PoolerEdge,
)
from advisor.facts.background import background_facts
from advisor.facts.common import computed, first_unknown, holds, number, origin_of
from advisor.facts.engine import engine_facts
from advisor.facts.gunicorn import gunicorn_facts
from advisor.facts.uses import Shape, Use, use_of
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.engines import exclusive

if TYPE_CHECKING:
    from advisor.parsers.engines import Engine

HEADROOM = 0.8
"""Part of the usable connections that pools should take at most."""
_ONE_PER_THREAD = ("sync", "gthread")
"""Worker classes whose threads hold at most one connection of each engine at a time."""
_SUMS = ("peak", "steady", "formula")
_BUDGET = ("workers", "pool_size", "max_overflow", "demand")
_KEPT = ("kept_pool_size", "kept_max_overflow", "kept_demand")
_PHRASES = {
    "django": "max_size={size} in the pool of Django",
    "psycopg_pool": "max_size={size}",
    "asyncpg": "max_size={size}",
    "psycopg2": "maxconn={size}",
}
"""How to write the size of a pool, by library; SQLAlchemy's has two parts."""


class Demand(Struct, frozen=True):
    """
    What one application opens on one server.
    """

    workers: int
    replicas: int
    uses: tuple[Use, ...]
    """One for each of its engines."""
    sure: bool
    """False when a value rests on an assumption."""

    @property
    def processes(self) -> int:
        """
        Processes with pools of their own.
        """
        return self.workers * self.replicas

    @property
    def most(self) -> int:
        """
        Connections of one process at most.
        """
        return sum(use.most for use in self.uses)

    @property
    def peak(self) -> int:
        """
        Connections of all processes at most.
        """
        return self.processes * self.most

    @property
    def steady(self) -> int:
        """
        Connections that all processes keep open.
        """
        return self.processes * sum(use.kept for use in self.uses)

    @property
    def formula(self) -> str:
        """
        How `peak` comes about: ``2 replicas × 9 workers × 30``.
        """
        copies = f"{self.replicas} replicas × " if self.replicas != 1 else ""
        noun = "worker" if self.workers == 1 else "workers"
        return f"{copies}{self.workers} {noun} × {self.most}"


def connection_facts(
    deployment: Deployment, database: Database, pg: Mapping[str, Fact]
) -> dict[str, Fact]:
    """
    Facts under ``connections.`` for one server.
    """
    edges = [edge for edge in deployment.database_edges if edge.database is database]
    direct = [edge for edge in edges if not edge.pooler]
    nobody = Unknown("a pooler opens them" if edges else "no application could be matched to it")
    demands = _demands(direct) if direct else nobody
    return {
        "connections.usable": _usable(pg),
        "connections.pooler": computed(bool(edges) and not direct),
        "connections.unbounded": computed(any(map(is_unbounded, direct))),
        "connections.planned": _planned(pg["pg.max_connections"], demands),
        "connections.processes": _processes(direct) if direct else nobody,
        **_sums(demands),
        **background_facts(deployment, direct),
    }


def budget_facts(edge: DatabaseEdge, connections: Mapping[str, Fact]) -> dict[str, Fact]:
    """
    Facts under ``budget.``: workers and pool of one application that fit the server.

    Nothing is ever more than today. What the other pools of the server take is left to them,
    unless they leave nothing: then everybody is to give up the same part.
    """
    usable, peak = connections["connections.usable"], connections["connections.peak"]
    bound: Fact = usable
    if isinstance(usable, Value):
        bound = Value(int(HEADROOM * number(usable)), origin_of(usable))
    demand = demand_of(edge.application, [edge])
    if isinstance(demand, Unknown):
        return {"budget.bound": bound, **_undecided(demand)}
    if unknown := first_unknown(bound, peak):
        return {"budget.bound": bound, **_undecided(unknown)}
    room = number(bound) - (number(peak) - demand.peak)
    if room < demand.replicas:
        room = number(bound) * demand.peak // max(number(peak), 1)
    recommended = gunicorn_facts(edge.application)["gunicorn.recommended_workers"]
    known = isinstance(recommended, Value)
    wanted = number(recommended) if known else demand.workers
    origin = origin_of(bound, peak, *((recommended,) if known else ()))
    facts = _budget(demand, room, wanted, origin)
    (use,) = demand.uses
    pairs = {"pool": ("pool_size", "max_overflow"), "kept_pool": _KEPT[:2]}
    phrases = {
        f"budget.{name}": _said(use, edge, facts, parts[0], parts[1])
        for name, parts in pairs.items()
    }
    return {"budget.bound": bound, **facts, **phrases}


def _said(
    use: Use, edge: DatabaseEdge, facts: Mapping[str, Fact], size: str, overflow: str
) -> Fact:
    first, second = facts[f"budget.{size}"], facts[f"budget.{overflow}"]
    if unknown := first_unknown(first, second):
        return unknown
    return _phrase(use, str(edge.engine.library), number(first), number(second))


def _undecided(unknown: Unknown) -> dict[str, Fact]:
    return {f"budget.{name}": unknown for name in (*_BUDGET, *_KEPT, "pool", "kept_pool")}


def _phrase(use: Use, library: str, size: int, overflow: int) -> Fact:
    """
    A pool of that size as its library writes it.
    """
    if use.shape is Shape.THREADS:
        return computed("1 thread each" if size == 1 else f"{size} threads each")
    if use.shape is Shape.POOL:
        return computed(_PHRASES[library].format(size=size))
    return computed(f"pool_size={size} and max_overflow={overflow}")


def _budget(demand: Demand, room: int, wanted: int, origin: Origin) -> dict[str, Fact]:
    """
    Numbers for `room` connections, with at most `wanted` workers and with those of today.
    """
    (use,) = demand.uses
    copies = max(demand.replicas, 1)
    workers = max(min(demand.workers, wanted, room // copies), 1)
    size, overflow, each = use.fit(room // (workers * copies))
    values = (workers, size, overflow, workers * copies * each)
    facts: dict[str, Fact] = {
        f"budget.{name}": Value(value, origin) for name, value in zip(_BUDGET, values, strict=True)
    }
    allowed = room // max(demand.processes, 1)
    if allowed < 1:
        unknown = Unknown("even one connection for each of today's workers is too much")
        return {**facts, **{f"budget.{name}": unknown for name in _KEPT}}
    size, overflow, each = use.fit(allowed)
    kept = zip(_KEPT, (size, overflow, demand.processes * each), strict=True)
    return {**facts, **{f"budget.{name}": Value(value, origin) for name, value in kept}}


def largest(edges: Sequence[DatabaseEdge]) -> DatabaseEdge:
    """
    The edge that means most to the server: a direct one, an unbounded pool, the largest demand.
    """
    applications = {edge.application.name: edge.application for edge in edges}
    facts = {name: gunicorn_facts(one) for name, one in applications.items()}

    def weight(edge: DatabaseEdge) -> tuple[bool, bool, int]:
        demand = _demand(facts[edge.application.name], edge.application.replicas, [edge])
        peak = 0 if isinstance(demand, Unknown) else demand.peak
        return not edge.pooler, is_unbounded(edge), peak

    return max(edges, key=weight)


def is_unbounded(edge: DatabaseEdge) -> bool:
    """
    Whether the pool of an engine surely has no upper bound.
    """
    return holds(engine_facts(edge.engine)["engine.unbounded"])


def _usable(pg: Mapping[str, Fact]) -> Fact:
    """
    max_connections − superuser_reserved_connections − reserved_connections (16 and newer).
    """
    total, first = pg["pg.max_connections"], pg["pg.superuser_reserved_connections"]
    second = pg["pg.reserved_connections"]
    if isinstance(second, Unknown) and second.location is None:
        # Nobody set it, so it is 0 where a version has it at all.
        second = Value(0, Origin.DEFAULT)
    unknown = first_unknown(total, first, second)
    if unknown is not None:
        return unknown
    left = number(total) - number(first) - number(second)
    return Value(max(left, 0), origin_of(total, first, second))


def _planned(limit: Fact, demands: Sequence[Demand] | Unknown) -> Fact:
    if isinstance(limit, Unknown) or isinstance(demands, Unknown):
        return limit
    peak = sum(demand.peak for demand in demands)
    return Value(min(peak, number(limit)), _origin(demands))


def _processes(edges: Sequence[DatabaseEdge]) -> Fact:
    """
    Workers × replicas of every application, however large their pools are.
    """
    applications = {edge.application.name: edge.application for edge in edges}.values()
    workers = [gunicorn_facts(one)["gunicorn.workers"] for one in applications]
    unknown = first_unknown(*workers)
    if unknown is not None:
        return unknown
    pairs = zip(workers, applications, strict=True)
    count = sum(number(one) * number(application.replicas) for one, application in pairs)
    return Value(count, origin_of(*workers, *(one.replicas for one in applications)))


def _demands(edges: Sequence[DatabaseEdge]) -> list[Demand] | Unknown:
    """
    One demand per application; unknown when one of them is.
    """
    demands: list[Demand] = []
    for application in {edge.application.name: edge.application for edge in edges}.values():
        own = [edge for edge in edges if edge.application is application]
        demand = demand_of(application, own)
        if isinstance(demand, Unknown):
            return demand
        demands.append(demand)
    return demands


def demand_of(
    application: Application, edges: Sequence[DatabaseEdge | PoolerEdge]
) -> Demand | Unknown:
    """
    What one application opens through the engines of these edges.
    """
    return _demand(gunicorn_facts(application), application.replicas, edges)


def _demand(
    facts: Mapping[str, Fact],
    replicas: Value[int],
    edges: Sequence[DatabaseEdge | PoolerEdge],
) -> Demand | Unknown:
    workers, threads = facts["gunicorn.workers"], _threads(facts)
    if isinstance(workers, Unknown):
        return workers
    if isinstance(threads, Unknown):
        return threads
    uses: list[tuple[Engine, Use]] = []
    for edge in edges:
        use = use_of(edge.engine, threads)
        if isinstance(use, Unknown):
            return use
        _count(uses, edge.engine, use)
    given = (workers, replicas, *((threads,) if threads else ()))
    sure = origin_of(*given) is not Origin.ASSUMED
    held = tuple(use for _, use in uses)
    sure = sure and all(use.origin is not Origin.ASSUMED for use in held)
    return Demand(number(workers), number(replicas), held, sure)


def _count(uses: list[tuple[Engine, Use]], engine: Engine, use: Use) -> None:
    """
    Add a pool; of pools in different branches of one ``if`` only the largest counts.
    """
    for position, (other, known) in enumerate(uses):
        if exclusive(engine, other):
            if use.most > known.most:
                uses[position] = (engine, use)
            return
    uses.append((engine, use))


def _threads(facts: Mapping[str, Fact]) -> Fact | None:
    """
    Requests that one process works on at once, None when it takes on as many as arrive.
    """
    kind = facts["gunicorn.class"]
    if isinstance(kind, Unknown):
        return kind
    return facts["gunicorn.concurrency"] if kind.value in _ONE_PER_THREAD else None


def _sums(demands: Sequence[Demand] | Unknown) -> dict[str, Fact]:
    if isinstance(demands, Unknown):
        return dict.fromkeys((f"connections.{name}" for name in _SUMS), demands)
    origin = _origin(demands)
    return {
        "connections.peak": Value(sum(one.peak for one in demands), origin),
        "connections.steady": Value(sum(one.steady for one in demands), origin),
        "connections.formula": Value(" + ".join(one.formula for one in demands), origin),
    }


def _origin(demands: Sequence[Demand]) -> Origin:
    return Origin.EVALUATED if all(one.sure for one in demands) else Origin.ASSUMED
