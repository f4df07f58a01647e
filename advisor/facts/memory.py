"""
Memory of a PostgreSQL server, term by term, and sizes that would fit it.

Formulas (sources: "Resource Consumption" in PostgreSQL's documentation for what each setting
bounds; the weights are the advisor's own and stated in the facts' descriptions).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.units import SIZE_UNITS

KB, MB, GB = SIZE_UNITS["kB"], SIZE_UNITS["MB"], SIZE_UNITS["GB"]

BACKEND = 10 * MB
"""Private memory of one connection: catalog caches, plans, stack."""
PER_CPU = 4
"""Backends that work at the same time, per cpu: more than that mostly wait."""
VACUUM_CAP = 1 * GB
"""Before 17 vacuum uses at most this much of its work memory (release notes of 17)."""
WORK_FLOOR, WORK_CAP = 4 * MB, 64 * MB
MAINTENANCE_FLOOR = 64 * MB
SPENDABLE = 0.8
"""Part of the memory that the advice hands out; the rest is the system's and the page cache's."""


def memory_facts(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """
    Facts under ``memory.``, from a server's settings and its planned connections.
    """
    take = _Terms(facts)
    backends = take(lambda planned: planned * BACKEND, "connections.planned")
    maintenance = take(
        _maintenance,
        "pg.autovacuum_max_workers",
        "pg.autovacuum_work_mem",
        "pg.maintenance_work_mem",
        "pg.major",
    )
    active = take(
        lambda planned, cpus: min(planned, PER_CPU * cpus), "connections.planned", "host.cpus"
    )
    factor = take(lambda multiplier: 1 + (multiplier - 1) / 2, "pg.hash_mem_multiplier")
    factor = Value(1, Origin.EVALUATED) if _lacks_multiplier(facts) else factor
    take.more({"active": active, "factor": factor, "backends": backends, "main": maintenance})
    work = take(
        lambda active, cpus, parallel, size, factor: (
            (active + min(parallel, cpus)) * size * factor
        ),
        *("active", "host.cpus", "pg.max_parallel_workers", "pg.work_mem", "factor"),
    )
    worst = take(
        lambda planned, parallel, size, factor: (planned + parallel) * size * factor,
        *("connections.planned", "pg.max_parallel_workers", "pg.work_mem", "factor"),
    )
    take.more({"work": work, "worst": worst})
    names = ("pg.shared_buffers", "backends", "main")
    return {
        "memory.backends": backends,
        "memory.maintenance": maintenance,
        "memory.active": active,
        "memory.work_factor": factor,
        "memory.work_expected": work,
        "memory.work_worst": worst,
        "memory.expected": take(lambda *terms: sum(terms), *names, "work"),
        "memory.worst": take(lambda *terms: sum(terms), *names, "worst"),
    }


def advice_facts(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """
    Facts under ``advice.``: one consistent set of sizes for the server's memory.

    `facts` holds those of `memory_facts` as well.
    """
    take = _Terms(facts)
    shared = take(_shared_buffers, "host.memory")
    maintenance = take(_maintenance_work_mem, "host.memory", "pg.major")
    cache = take(
        lambda memory, shared: _whole(memory * (0.5 if shared else 0.75), GB if memory >= 4 * GB
                                      else 64 * MB),
        "host.memory",
        "host.shared",
    )
    take.more({"shared": shared, "mwm": maintenance})
    work = take(
        _work_mem,
        "host.memory",
        "shared",
        "mwm",
        "pg.autovacuum_max_workers",
        "connections.planned",
        "pg.max_parallel_workers",
        "memory.work_factor",
    )
    return {
        "advice.shared_buffers": shared,
        "advice.effective_cache_size": cache,
        "advice.maintenance_work_mem": maintenance,
        "advice.work_mem": work,
    }


class _Terms:
    """
    Computes facts from facts; one unknown term makes the result unknown, for the same reason.
    """

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self._facts = facts
        self._more: dict[str, Fact] = {}

    def more(self, terms: Mapping[str, Fact]) -> None:
        self._more.update(terms)

    def __call__(self, function: Callable[..., float], *names: str) -> Fact:
        terms = [self._more[name] if name in self._more else self._facts[name] for name in names]
        for name, term in zip(names, terms, strict=True):
            if isinstance(term, Unknown):
                return Unknown(term.reason, term.location, term.needs or (name,))
            if term.value is None:
                return Unknown(f"{name} has no value", needs=(name,))
        origin = max((term.origin for term in terms if isinstance(term, Value)), key=_weakness)
        result = function(*(term.value for term in terms if isinstance(term, Value)))
        return Value(result, Origin.ASSUMED if origin is Origin.ASSUMED else Origin.EVALUATED)


def _weakness(origin: Origin) -> bool:
    return origin is Origin.ASSUMED


def _lacks_multiplier(facts: Mapping[str, Fact]) -> bool:
    """
    Before 13 there is no hash_mem_multiplier: hash nodes are bounded by work_mem alone.
    """
    fact = facts["pg.hash_mem_multiplier"]
    return isinstance(fact, Value) and fact.value is None


def _maintenance(workers: float, autovacuum: float, maintenance: float, major: float) -> float:
    each = maintenance if autovacuum == -1 else autovacuum
    return workers * (each if major >= 17 else min(each, VACUUM_CAP))


def _shared_buffers(memory: float) -> float:
    return max(_whole(memory / 4, 128 * MB if memory >= 4 * GB else 16 * MB), 16 * MB)


def _maintenance_work_mem(memory: float, major: float) -> float:
    cap = 2 * GB if major >= 17 else GB
    return min(max(_whole(memory / 16, 16 * MB), MAINTENANCE_FLOOR), cap)


def _work_mem(
    memory: float,
    shared: float,
    maintenance: float,
    workers: float,
    planned: float,
    parallel: float,
    factor: float,
) -> float:
    """
    Two such operations per query for every planned connection and parallel worker.
    """
    left = SPENDABLE * memory - shared - maintenance * workers - planned * BACKEND
    each = left / ((planned + parallel) * factor * 2)
    return min(max(_whole(each, MB), WORK_FLOOR), WORK_CAP)


def _whole(size: float, step: int) -> int:
    return int(size // step) * step
