"""
Memory of a PostgreSQL server, term by term.

What each setting bounds: "Resource Consumption" in PostgreSQL's documentation. The weights (10 MB a
backend, 4 busy backends a cpu, half of the queries with a hash) are the advisor's own and stated in
the facts' descriptions.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.facts.terms import Terms
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.units import SIZE_UNITS

MB, GB = SIZE_UNITS["MB"], SIZE_UNITS["GB"]

BACKEND = 10 * MB
"""Private memory of one connection: catalog caches, plans, stack."""
PER_CPU = 4
"""Backends that work at the same time, per cpu: more than that mostly wait."""
VACUUM_CAP = 1 * GB
"""Before 17 vacuum uses at most this much of its work memory (release notes of 17)."""
UNCAPPED_VACUUM = 17
_VERSION = ("pg.major",)


def memory_facts(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """
    Facts under ``memory.``, from a server's settings and its planned connections.

    When the version is not known, terms that depend on it take the smallest value of any version
    and count as assumed; ``memory.exact`` is unknown then.
    """
    sheet = Terms(facts)
    _connections(sheet)
    _maintenance(sheet)
    _work(sheet)
    sheet.add(
        "memory.expected",
        lambda opened, vacuum, workers, *sizes: opened * BACKEND + vacuum / workers + sum(sizes),
        *("memory.open", "memory.maintenance", "pg.autovacuum_max_workers"),
        *("pg.shared_buffers", "memory.work_expected"),
    )
    sheet.add(
        "memory.worst",
        lambda *sizes: sum(sizes),
        *("memory.backends", "memory.maintenance", "pg.shared_buffers", "memory.work_worst"),
    )
    _dynamic(sheet)
    sheet.put("memory.exact", _exact(sheet))
    return sheet.added


def _connections(sheet: Terms) -> None:
    """
    Planned, busy and open connections.

    max_connections alone says how many may be open, not how many are: where no pool is known, only
    the busy ones are expected.
    """
    sheet.add("memory.backends", lambda planned: planned * BACKEND, "connections.planned")
    sheet.add(
        "memory.active",
        lambda planned, cpus: min(planned, PER_CPU * cpus),
        *("connections.planned", "host.cpus"),
    )
    known = isinstance(sheet["connections.peak"], Value)
    opened = "connections.planned" if known else "memory.active"
    sheet.add("memory.open", lambda count: count, opened)


def _maintenance(sheet: Terms) -> None:
    cap = VACUUM_CAP if (sheet.number("pg.major") or 0) < UNCAPPED_VACUUM else None
    sheet.add(
        "memory.maintenance",
        lambda workers, own, shared: workers * _capped(shared if own == -1 else own, cap),
        *("pg.autovacuum_max_workers", "pg.autovacuum_work_mem", "pg.maintenance_work_mem"),
    )


def _capped(size: float, cap: int | None) -> float:
    return size if cap is None else min(size, cap)


def _work(sheet: Terms) -> None:
    sheet.put("memory.work_factor", _factor(sheet))
    sheet.add(
        "memory.parallel",
        lambda planned, each, parallel, workers: min(planned * each, parallel, workers),
        "connections.planned",
        "pg.max_parallel_workers_per_gather",
        "pg.max_parallel_workers",
        "pg.max_worker_processes",
    )
    sheet.add(
        "memory.work_expected",
        lambda busy, helpers, cpus, size, factor: (busy + min(helpers, cpus)) * size * factor,
        *("memory.active", "memory.parallel", "host.cpus", "pg.work_mem", "memory.work_factor"),
    )
    sheet.add(
        "memory.work_worst",
        lambda planned, helpers, size, factor: (planned + helpers) * size * factor,
        *("connections.planned", "memory.parallel", "pg.work_mem", "memory.work_factor"),
    )


def _factor(sheet: Terms) -> Fact:
    """
    Half of the queries sort in work_mem, half hash in hash_mem_multiplier times as much.
    """
    multiplier = sheet["pg.hash_mem_multiplier"]
    if isinstance(multiplier, Unknown):
        if multiplier.needs == _VERSION:
            return Value(1, Origin.ASSUMED, note="at least 1 in every version")
        return multiplier
    if not isinstance(multiplier.value, (int, float)):
        return Value(1, Origin.EVALUATED, note="no hash_mem_multiplier before 13")
    return Value(1 + (multiplier.value - 1) / 2, Origin.EVALUATED)


def _dynamic(sheet: Terms) -> None:
    """
    What a parallel hash join keeps in shared memory, where all its processes fill one table.

    Each may bring in work_mem × hash_mem_multiplier (documentation of hash_mem_multiplier;
    ``ExecChooseHashTableSize`` of nodeHash.c), and the leader is one of them.
    """
    sheet.put("memory.room", _room(sheet))
    sheet.add(
        "memory.parallel_hash",
        lambda size, factor, *workers: size * (2 * factor - 1) * _processes(min(workers)),
        *("pg.work_mem", "memory.work_factor", "pg.max_parallel_workers_per_gather"),
        *("pg.max_parallel_workers", "pg.max_worker_processes"),
    )


def _processes(workers: int) -> int:
    return workers + 1 if workers > 0 else 0


def _room(sheet: Terms) -> Fact:
    """
    ``/dev/shm`` of the container, and what the server sets aside when it starts (from 14 on).
    """
    shm = sheet["host.shm"]
    if isinstance(shm, Unknown) or not isinstance(shm.value, (int, float)):
        return shm
    aside = sheet.number("pg.min_dynamic_shared_memory") or 0
    return Value(shm.value + aside, shm.origin, shm.location, shm.note)


def _exact(sheet: Terms) -> Fact:
    """
    Unknown where an unknown version stands behind one of the terms.
    """
    if isinstance(sheet["pg.major"], Value):
        return Value(value=True, origin=Origin.EVALUATED)
    own, shared = (sheet.number(f"pg.{name}_work_mem") for name in ("autovacuum", "maintenance"))
    each = shared if own == -1 else own
    if isinstance(sheet["pg.hash_mem_multiplier"], Value) and each and each <= VACUUM_CAP:
        return Value(value=True, origin=Origin.EVALUATED)
    return Unknown("what a query may use depends on the version", needs=_VERSION)
