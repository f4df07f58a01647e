"""
Connections: pools of the processes, what the server allows, and whether a pooler has to be between.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from msgspec import Struct

from advisor.facts.connections import HEADROOM
from advisor.tune.crew import Crew
from advisor.tune.model import InfeasibleError, Request
from advisor.units import format_percent

RESERVED = 3
"""superuser_reserved_connections, PostgreSQL's default."""
FEWEST = 20
"""max_connections that leaves room for people and jobs beside any pool …"""
FEWEST_POOLED = 10
"""… and where PgBouncer is the only client."""
MOST, PER_CPU = 200, 10
"""
More connections than both, the latter for each cpu, are a pooler's: PG324 reports them.
"""
BUSY_PER_CPU = 4
"""Busy connections that one cpu of the server keeps up with: STK013 reports more."""


class Pools(Struct, frozen=True):
    """
    One way to spread the connections.
    """

    kept: int
    """pool_size: connections that one process keeps."""
    overflow: int
    """max_overflow: further ones at the same moment."""
    max_connections: int
    demand: int
    """Connections of all processes at most."""
    server_pool: int = 0
    """default_pool_size of PgBouncer; 0 without one."""

    @property
    def planned(self) -> int:
        """
        Connections of the server that may be open at once, as an audit counts them.
        """
        return self.max_connections if self.server_pool else min(self.demand, self.max_connections)


class Need(Struct, frozen=True):
    """
    What the load asks of the pool of one process.
    """

    mean: int
    """Connections busy on average, of one process."""
    least: int
    """Connections that one process must be able to open."""
    wanted: int
    """Connections that are enough nearly always."""
    terms: str


def need_of(request: Request, crew: Crew) -> Need:
    """
    Little's law: requests in progress × the share of their time with a connection are busy ones.

    Arrivals vary, so two standard deviations (2√n) come on top. A thread gets a connection of its
    own, for it waits with everything else that it holds; a second one of a sync worker keeps
    a request that opens two sessions from waiting for itself.
    """
    busy = crew.concurrency * request.load.database_share
    mean = max(1, math.ceil(busy / crew.processes))
    if request.load.worker == "sync":
        return Need(1, 2, 2, "one request at a time, and one more for a second session")
    if request.load.worker == "gthread":
        kept = min(mean, crew.threads)
        return Need(kept, crew.threads, crew.threads, f"one for each of {crew.threads} threads")
    peak = busy + 2 * math.sqrt(busy)
    wanted = max(2, math.ceil(peak / crew.processes))
    share = format_percent(request.load.database_share)
    terms = (
        f"{crew.concurrency} requests × {share} = {busy:.1f} busy, "
        f"+ 2√{busy:.1f} = {peak:.1f}, over {crew.processes} processes = {wanted}"
    )
    kept = min(mean, wanted)
    return Need(kept, max(kept, 2), wanted, terms)


def candidates(request: Request, crew: Crew, need: Need) -> Iterator[Pools]:
    """
    Ways to spread the connections, the best first: the memory decides which one can be had.

    Directly with all that is wanted, directly with less (but never less than are busy on average),
    then through PgBouncer with fewer and fewer connections of the server.
    """
    if request.pooler != "always":
        yield from _direct(request, crew, need)
    if request.pooler != "never":
        yield from _pooled(request, crew, need)


def refusal(request: Request, crew: Crew, need: Need) -> InfeasibleError:
    """
    Why there is no way.
    """
    demand = crew.processes * sum(_split(request, need, _least(request, need)))
    limit, name = _limit(request)
    text = f"{crew.phrase} need {demand} connections"
    if demand > _bound(limit):
        return InfeasibleError(
            f"{text}, and 80 % of what {name} leaves to applications are {_bound(limit)}",
            hint="allow PgBouncer, fewer workers or more connections",
        )
    return InfeasibleError(
        f"{text}, which do not fit the memory of PostgreSQL beside what must not change",
        hint="more memory, fewer workers, or PgBouncer where it is ruled out",
    )


def _direct(request: Request, crew: Crew, need: Need) -> Iterator[Pools]:
    limit, _ = _limit(request)
    for each in range(need.wanted, _least(request, need) - 1, -1):
        size, overflow = _split(request, need, each)
        demand = crew.processes * (size + overflow)
        if demand <= _bound(limit):
            most = _kept(request, "max_connections")
            yield Pools(size, overflow, most or _max_connections(demand, FEWEST), demand)


def _least(request: Request, need: Need) -> int:
    """
    Connections that one process cannot do without; where there is no pooler, the rest may wait.
    """
    return min(2, need.least) if request.pooler == "never" else need.least


def _pooled(request: Request, crew: Crew, need: Need) -> Iterator[Pools]:
    size, overflow = _split(request, need, need.wanted)
    demand = crew.processes * (size + overflow)
    most = _kept(request, "max_connections")
    largest = max(1, math.floor(BUSY_PER_CPU * request.database.cpus))
    for pool in range(min(largest, demand), 0, -1):
        if most is None or pool <= _bound(most):
            allowed = most or _max_connections(pool, FEWEST_POOLED)
            yield Pools(size, overflow, allowed, demand, pool)


def _split(request: Request, need: Need, each: int) -> tuple[int, int]:
    """
    pool_size and max_overflow of a pool with `each` connections, unless they must not change.
    """
    size, overflow = _kept(request, "pool_size"), _kept(request, "max_overflow")
    if size is not None and overflow is not None:
        return size, overflow
    if size is not None:
        return size, max(each - size, 0)
    if overflow is not None:
        return max(each - overflow, 1), overflow
    kept = min(need.mean, each)
    return kept, each - kept


def _limit(request: Request) -> tuple[int, str]:
    """
    The largest max_connections there may be, and what it is called.
    """
    kept = _kept(request, "max_connections")
    if kept is not None:
        return kept, f"max_connections = {kept}"
    most = max(MOST, math.floor(PER_CPU * request.database.cpus))
    return most, f"max_connections = {most}, the most for {request.database.cpus:g} cpus,"


def _kept(request: Request, name: str) -> int | None:
    value = request.keep.get(name)
    return None if value is None else int(value)


def _bound(max_connections: int) -> int:
    """
    Connections that all pools together may open.
    """
    return math.floor(HEADROOM * max(max_connections - RESERVED, 0))


def _max_connections(demand: int, fewest: int) -> int:
    """
    The smallest whole ten that keeps pools with this demand within their part.
    """
    needed = math.ceil(demand / HEADROOM) + RESERVED
    return max(math.ceil(needed / 10) * 10, fewest)
