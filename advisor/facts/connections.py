"""
Connections: what the pools of all applications may open, and what the server serves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from advisor.deployment.model import Application, Database, DatabaseEdge, Deployment
from advisor.facts.engine import engine_facts
from advisor.facts.gunicorn import gunicorn_facts
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact

HEADROOM = 0.8
"""Part of the usable connections that pools should take at most."""
_ONE_PER_THREAD = ("sync", "gthread")
"""Worker classes whose threads hold at most one connection each at a time."""


@dataclass(frozen=True, slots=True)
class Demand:
    """
    What one application opens on one server.
    """

    application: Application
    processes: int
    """Workers × replicas."""
    workers: int
    replicas: int
    kept: int
    """Connections one process keeps open."""
    most: int
    """Connections one process opens at most."""
    sure: bool
    """False when a value rests on an assumption."""

    @property
    def peak(self) -> int:
        """
        Connections of all processes at most.
        """
        return self.processes * self.most

    @property
    def formula(self) -> str:
        """
        How `peak` comes about: ``2 replicas × 9 workers × 30``.
        """
        copies = f"{self.replicas} replicas × " if self.replicas > 1 else ""
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
    usable = _usable(pg)
    demands = _demands(direct)
    poolers = Value(bool(edges) and not direct, Origin.EVALUATED)
    endless = Value(any(_unbounded(edge) for edge in direct), Origin.EVALUATED)
    if isinstance(demands, Unknown):
        unknown = dict.fromkeys(("peak", "steady", "formula", "processes"), demands)
        facts: dict[str, Fact] = {f"connections.{name}": fact for name, fact in unknown.items()}
    else:
        facts = _sums(demands)
    return {
        "connections.usable": usable,
        "connections.pooler": poolers,
        "connections.unbounded": endless,
        "connections.planned": _planned(pg["pg.max_connections"], demands),
        **facts,
    }


def budget_facts(edge: DatabaseEdge, connections: Mapping[str, Fact]) -> dict[str, Fact]:
    """
    Facts under ``budget.``: workers and pool of one application that fit the server.

    What the other applications of the server take is left to them.
    """
    demand = _demand(edge.application, [edge])
    usable, peak = connections["connections.usable"], connections["connections.peak"]
    for fact in (demand, usable, peak):
        if isinstance(fact, Unknown):
            return {f"budget.{name}": fact for name in _BUDGET}
    return _budget(edge, demand, int(usable.value), int(peak.value))  # type: ignore[arg-type, union-attr]  # unknown ones are gone


_BUDGET = (
    "bound",
    "workers",
    "pool_size",
    "max_overflow",
    "demand",
    "kept_pool_size",
    "kept_max_overflow",
    "kept_demand",
)


def _budget(edge: DatabaseEdge, demand: Demand, usable: int, peak: int) -> dict[str, Fact]:
    engine, gunicorn = engine_facts(edge.engine), gunicorn_facts(edge.application)
    bound = int(HEADROOM * usable)
    room = bound - (peak - demand.peak)
    recommended = gunicorn["gunicorn.recommended_workers"]
    wanted = int(recommended.value) if isinstance(recommended, Value) else demand.workers  # type: ignore[arg-type]  # a number by schema
    workers = min(demand.workers, wanted)
    size, overflow = (_number(engine[f"engine.{name}"]) for name in ("pool_size", "max_overflow"))
    fitted = _fit(size, overflow, room // (workers * demand.replicas))
    kept = _fit(size, overflow, room // demand.processes)
    numbers = {
        "bound": bound,
        "workers": workers,
        "pool_size": fitted[0],
        "max_overflow": fitted[1],
        "demand": workers * demand.replicas * sum(fitted),
        "kept_pool_size": kept[0],
        "kept_max_overflow": kept[1],
        "kept_demand": demand.processes * sum(kept),
    }
    origin = Origin.EVALUATED if demand.sure else Origin.ASSUMED
    return {f"budget.{name}": Value(number, origin) for name, number in numbers.items()}


def peak_of(edge: DatabaseEdge) -> int:
    """
    Connections that one application opens through one engine at most; 0 when not known.
    """
    demand = _demand(edge.application, [edge])
    return 0 if isinstance(demand, Unknown) else demand.peak


def _fit(size: int, overflow: int, capacity: int) -> tuple[int, int]:
    """
    The pool as it is where it fits, else two thirds kept and the rest as overflow.
    """
    if size + overflow <= capacity:
        return size, overflow
    capacity = max(capacity, 1)
    kept = max(min(size, (capacity * 2 + 2) // 3), 1)
    return kept, capacity - kept


def _usable(pg: Mapping[str, Fact]) -> Fact:
    """
    max_connections − superuser_reserved_connections − reserved_connections (16 and newer).
    """
    total, first = pg["pg.max_connections"], pg["pg.superuser_reserved_connections"]
    second = pg["pg.reserved_connections"]
    for fact in (total, first):
        if isinstance(fact, Unknown):
            return fact
    reserved = _number(first) + (_number(second) if isinstance(second, Value) else 0)
    return Value(max(_number(total) - reserved, 0), Origin.EVALUATED)


def _planned(limit: Fact, demands: list[Demand] | Unknown) -> Fact:
    if isinstance(limit, Unknown) or isinstance(demands, Unknown) or not demands:
        return limit
    peak = sum(demand.peak for demand in demands)
    return Value(min(peak, _number(limit)), Origin.EVALUATED)


def _demands(edges: list[DatabaseEdge]) -> list[Demand] | Unknown:
    """
    One demand per application; unknown when one of them is.
    """
    demands: list[Demand] = []
    applications = {edge.application.name: edge.application for edge in edges}
    for application in applications.values():
        own = [edge for edge in edges if edge.application is application]
        demand = _demand(application, own)
        if isinstance(demand, Unknown):
            return demand
        demands.append(demand)
    return demands


def _demand(application: Application, edges: list[DatabaseEdge]) -> Demand | Unknown:
    facts = gunicorn_facts(application)
    workers, concurrency = facts["gunicorn.workers"], facts["gunicorn.concurrency"]
    if isinstance(workers, Unknown):
        return workers
    engines = [engine_facts(edge.engine) for edge in edges]
    for engine in engines:
        for name in ("engine.pool_size", "engine.capacity"):
            fact = engine[name]
            if isinstance(fact, Unknown):
                return fact
    most = sum(_number(engine["engine.capacity"]) for engine in engines)
    kept = sum(_number(engine["engine.pool_size"]) for engine in engines)
    if _class(facts) in _ONE_PER_THREAD and isinstance(concurrency, Value):
        most, kept = min(most, _number(concurrency)), min(kept, _number(concurrency))
    sure = all(_is_sure(fact) for fact in (workers, *_sizes(engines)))
    copies = _number(application.replicas)
    count = _number(workers)
    return Demand(application, count * copies, count, copies, kept, most, sure)


def _sums(demands: list[Demand]) -> dict[str, Fact]:
    if not demands:
        unknown = Unknown("no application could be matched to this server")
        return {f"connections.{name}": unknown for name in ("peak", "steady", "formula", "processes")}
    origin = Origin.EVALUATED if all(one.sure for one in demands) else Origin.ASSUMED
    return {
        "connections.peak": Value(sum(one.peak for one in demands), origin),
        "connections.steady": Value(sum(one.processes * one.kept for one in demands), origin),
        "connections.formula": Value(" + ".join(one.formula for one in demands), origin),
        "connections.processes": Value(sum(one.processes for one in demands), origin),
    }


def _sizes(engines: list[Mapping[str, Fact]]) -> Iterator[Fact]:
    for engine in engines:
        yield engine["engine.pool_size"]
        yield engine["engine.max_overflow"]


def _unbounded(edge: DatabaseEdge) -> bool:
    fact = engine_facts(edge.engine)["engine.unbounded"]
    return isinstance(fact, Value) and bool(fact.value)


def _class(facts: Mapping[str, Fact]) -> object:
    fact = facts["gunicorn.class"]
    return fact.value if isinstance(fact, Value) else None


def _is_sure(fact: Fact) -> bool:
    return isinstance(fact, Value) and fact.origin is not Origin.ASSUMED


def _number(fact: object) -> int:
    value = fact.value if isinstance(fact, Value) else 0
    return int(value) if isinstance(value, (int, float)) else 0
