"""
One consistent set of sizes for the memory of a PostgreSQL server.

A quarter of the memory for shared_buffers is the starting value of PostgreSQL's documentation
("Resource Consumption"); the other shares are the advisor's own and stated in the facts'
descriptions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor.facts.memory import BACKEND, GB, MB, UNCAPPED_VACUUM
from advisor.facts.terms import Terms
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.units import format_size, postgres_size

SPENDABLE = 0.8
"""Part of the memory that the advice hands out; the rest is the system's and the page cache's."""
BUFFERS_MOST = 0.4
"""More than this is unlikely to work better, says the documentation of shared_buffers."""
MAINTENANCE_MOST = 0.2
"""Part of the memory that all autovacuum workers may take together."""
WORK_FLOOR, WORK_CAP = 4 * MB, 64 * MB
MAINTENANCE_FLOOR = MB
VACUUM_FLOOR = 16 * MB
PER_QUERY = 2
"""Operations with work memory that every query may have at once, for the advised work_mem."""
LARGE_MEMORY = 8 * GB
"""From here on 1 GB of WAL between checkpoints is little."""
WAL_LEAST, WAL_MOST = 4 * GB, 16 * GB
"""More would make the recovery after a crash long and fill small volumes."""
FEWEST = 10
"""Fewer connections than this are no advice."""
WIDEST_FACTOR = 1.5
"""`memory.work_factor` of the newest versions: advice must fit where the version is not known."""


def advice_facts(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """
    Facts under ``advice.``; `facts` holds those of `memory_facts` as well.

    ``work_mem`` and ``connections`` leave room for the other advised sizes, so that following all
    of the advice at once is safe.
    """
    sheet = Terms(facts)
    _sizes(sheet)
    _left(sheet)
    sheet.add("advice.max_wal_size", _max_wal_size, "host.memory", "buffers")
    _work(sheet)
    sheet.put("advice.cure", _cure(sheet))
    return {name: fact for name, fact in sheet.added.items() if name.startswith("advice.")}


def _sizes(sheet: Terms) -> None:
    """
    Sizes that follow from the memory alone.
    """
    # Where the version is not known, what every version can use is advised.
    cap = 2 * GB if (sheet.number("pg.major") or 0) >= UNCAPPED_VACUUM else GB
    sheet.add("advice.shared_buffers", _shared_buffers, "host.memory")
    sheet.add("advice.effective_cache_size", _effective_cache_size, "host.memory", "host.shared")
    sheet.add(
        "advice.maintenance_work_mem",
        lambda memory: min(
            max(_whole(memory / 16, 16 * MB if memory >= GB else MB), MAINTENANCE_FLOOR), cap
        ),
        "host.memory",
    )
    sheet.add(
        "advice.autovacuum_work_mem",
        lambda memory, workers: max(_whole(memory / 8 / workers, 16 * MB), VACUUM_FLOOR),
        *("host.memory", "pg.autovacuum_max_workers"),
    )


def _left(sheet: Terms) -> None:
    """
    Memory for backends and queries: what is set today or advised has its share first, whichever is
    larger; what is excessive or unknown today is not counted.
    """
    sheet.put("buffers now", _or_nothing(sheet["pg.shared_buffers"]))
    sheet.put("vacuum now", _or_nothing(sheet["memory.maintenance"]))
    sheet.add(
        "buffers",
        lambda memory, now, then: then if now > BUFFERS_MOST * memory else max(now, then),
        *("host.memory", "buffers now", "advice.shared_buffers"),
    )
    sheet.add(
        "vacuum then",
        lambda workers, own, shared: workers * (shared if own == -1 else own),
        *("pg.autovacuum_max_workers", "pg.autovacuum_work_mem", "advice.maintenance_work_mem"),
    )
    sheet.add(
        "vacuum",
        lambda memory, now, then: min(max(now, then), MAINTENANCE_MOST * memory),
        *("host.memory", "vacuum now", "vacuum then"),
    )
    sheet.add(
        "left",
        lambda memory, buffers, vacuum: SPENDABLE * memory - buffers - vacuum,
        *("host.memory", "buffers", "vacuum"),
    )


def _or_nothing(fact: Fact) -> Fact:
    return Value(0, Origin.EVALUATED) if isinstance(fact, Unknown) else fact


def _work(sheet: Terms) -> None:
    """
    work_mem for the planned connections, and connections for the work_mem of today.
    """
    factor = sheet["memory.work_factor"]
    assumed = isinstance(factor, Value) and factor.origin is Origin.ASSUMED
    widest = WIDEST_FACTOR if assumed else 1
    sheet.add("factor", lambda factor: max(factor, widest), "memory.work_factor")
    sheet.add(
        "advice.work_mem",
        _work_mem,
        *("connections.planned", "left", "memory.parallel", "factor"),
    )
    sheet.add(
        "advice.lower_work_mem",
        _lower_work_mem,
        *("advice.work_mem", "pg.work_mem", "memory.worst", "memory.work_worst", "host.memory"),
    )
    sheet.add("least", min, "advice.work_mem", "pg.work_mem")
    sheet.add("unit", lambda size, factor: size * factor, "least", "factor")
    sheet.add(
        "fitting",
        # When each uses work_mem once, in whole tens.
        lambda left, helpers, unit: _whole((left - helpers * unit) / (BACKEND + unit), 10),
        *("left", "memory.parallel", "unit"),
    )
    sheet.add(
        "advice.connections",
        lambda planned, fitting: fitting if FEWEST <= fitting < planned else None,
        *("connections.planned", "fitting"),
    )


def _cure(sheet: Terms) -> Fact:
    """
    What brings the worst case into the memory: work_mem alone, or all that is too large.
    """
    for name in ("memory.worst", "host.memory", "fitting"):
        if isinstance(fact := sheet[name], Unknown):
            return Unknown(fact.reason, fact.location, fact.needs or (name,))
    lower = sheet.number("advice.lower_work_mem")
    if lower is None:
        parts = list(_excessive(sheet))
        text = f"Lower {', '.join(parts)}." if parts else "Give the server more memory."
        return Value(text, Origin.EVALUATED)
    work, now = sheet.number("memory.work_worst") or 0, sheet.number("pg.work_mem") or 1
    then = (sheet.number("memory.worst") or 0) - work * (1 - lower / now)
    text = (
        f"work_mem = {postgres_size(lower)} brings the worst case to {format_size(then)}; roles "
        "and statements that need more get it with ALTER ROLE or SET LOCAL."
    )
    return Value(text, Origin.EVALUATED)


def _excessive(sheet: Terms) -> Iterator[str]:
    numbers = {name: sheet.number(name) or 0 for name in _COMPARED}
    memory, fitting = numbers["host.memory"], numbers["fitting"]
    if numbers["pg.shared_buffers"] > BUFFERS_MOST * memory:
        yield f"shared_buffers to {postgres_size(numbers['advice.shared_buffers'])}"
    if numbers["memory.maintenance"] > MAINTENANCE_MOST * memory:
        yield f"autovacuum_work_mem to {postgres_size(numbers['advice.autovacuum_work_mem'])}"
    if numbers["advice.work_mem"] < numbers["pg.work_mem"]:
        yield f"work_mem to {postgres_size(numbers['advice.work_mem'])}"
    if fitting < numbers["connections.planned"]:
        number = f" to about {fitting:.0f}" if fitting >= FEWEST else ""
        yield f"max_connections and the pools{number}, with a pooler in transaction mode if need be"


_COMPARED = (
    "host.memory",
    "pg.shared_buffers",
    "pg.work_mem",
    "connections.planned",
    "memory.maintenance",
    "fitting",
    "advice.shared_buffers",
    "advice.autovacuum_work_mem",
    "advice.work_mem",
)


def _work_mem(planned: float, left: float, helpers: float, factor: float) -> float:
    each = (left - planned * BACKEND) / max(planned + helpers, 1)
    return min(max(_whole(each / factor / PER_QUERY, MB), WORK_FLOOR), WORK_CAP)


def _lower_work_mem(
    advised: float, now: float, worst: float, work_worst: float, memory: float
) -> float | None:
    """
    The advised work_mem, if it is lower than today's and brings the worst case into the memory.
    """
    then = worst - work_worst * (1 - advised / now)
    return advised if advised < now and then <= memory else None


def _shared_buffers(memory: float) -> float:
    return max(_whole(memory / 4, 128 * MB if memory >= 4 * GB else 16 * MB), 16 * MB)


def _effective_cache_size(memory: float, shared: float) -> float:
    size = memory * (0.5 if shared else 0.75)
    step = GB if size >= 8 * GB else 256 * MB if size >= GB else 16 * MB
    return max(_whole(size, step), 16 * MB)


def _max_wal_size(memory: float, buffers: float) -> float:
    """
    It grows with shared_buffers, as the documentation of shared_buffers asks for.
    """
    if memory < LARGE_MEMORY:
        return GB
    return min(max(_whole(2 * buffers, GB), WAL_LEAST), WAL_MOST)


def _whole(size: float, step: int) -> int:
    return int(size // step) * step
