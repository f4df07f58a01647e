"""
From a request to one consistent set of values: a pure function.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.facts.advice import SPENDABLE
from advisor.tune import postgresql, web
from advisor.tune.crew import Crew, application_memory, crew_of, database_memory
from advisor.tune.memory import Server
from advisor.tune.model import Check, InfeasibleError, Layer, Request, Solution
from advisor.tune.pools import Need, Pools, candidates, need_of, refusal
from advisor.tune.timeouts import BALANCER, WORKER, Timeouts, idle, order, timeouts
from advisor.units import format_size

LEAST_TIMEOUT, MOST_TIMEOUT = 12, 3600
"""Seconds a worker may take: below there is no room for the timeouts inside of it."""


def solve(request: Request) -> Solution:
    """
    Values for every layer that hold together.

    First the processes, which the cpus and the load decide; then the first way to connect them to
    the database that its memory allows; then sizes and timeouts. Raises `InfeasibleError` when
    nothing meets all that was stated.
    """
    times = _times(request)
    crew = crew_of(request)
    memory, terms = database_memory(request, crew)
    need = need_of(request, crew)
    pools, server = _connected(request, crew, need, memory)
    layers = _layers(request, crew, need, pools, times)
    database = postgresql.layer(request, pools, server, terms)
    layers = (*layers, database, web.role_layer(times))
    if request.redis:
        layers = (*layers, web.redis_layer(request))
    return Solution(
        request,
        layers,
        checks=tuple(_checks(request, crew, pools, server, times)),
        database_memory=memory,
        shared_memory=postgresql.shared_memory(server),
        notes=tuple(_notes(request, crew, need, pools, times)),
    )


def _times(request: Request) -> Timeouts:
    worker = request.keep.get("timeout", WORKER)
    if not LEAST_TIMEOUT <= worker <= MOST_TIMEOUT:
        raise InfeasibleError(
            f"a worker timeout of {worker:.0f} s leaves no room for the timeouts inside of it",
            hint=f"keep between {LEAST_TIMEOUT} and {MOST_TIMEOUT} s",
        )
    return timeouts(int(worker))


def _connected(request: Request, crew: Crew, need: Need, memory: int) -> tuple[Pools, Server]:
    """
    The first way whose worst case leaves a fifth of the memory; on small hosts, one that fits it.
    """
    tight: tuple[Pools, Server] | None = None
    for pools in candidates(request, crew, need):
        server = postgresql.sized(postgresql.server_of(request, pools, memory))
        worst = server.worst
        if worst <= SPENDABLE * memory:
            return pools, server
        if tight is None and worst <= memory:
            tight = pools, server
    if tight is None:
        raise refusal(request, crew, need)
    return tight


def _layers(
    request: Request, crew: Crew, need: Need, pools: Pools, times: Timeouts
) -> tuple[Layer, ...]:
    pooler = (web.pgbouncer_layer(request, pools, times),) if pools.server_pool else ()
    return (
        web.nginx_layer(request, crew, times),
        web.gunicorn_layer(request, crew, times),
        web.engine_layer(crew, need, pools, times),
        *pooler,
    )


def _checks(
    request: Request, crew: Crew, pools: Pools, server: Server, times: Timeouts
) -> Iterator[Check]:
    usable = pools.max_connections - 3
    asked = pools.server_pool or pools.demand
    each = f"{crew.phrase} × {pools.kept + pools.overflow} = {pools.demand}"
    who = f"PgBouncer's pool of {asked}" if pools.server_pool else each
    yield Check("connections", f"{who} ≤ 0.8 × {usable}", asked <= SPENDABLE * usable)
    worst, memory = server.worst, server.memory
    roomy = worst <= SPENDABLE * memory
    share = "80 % of " if roomy else ""
    yield Check(
        "memory of PostgreSQL",
        f"worst case {format_size(worst)} ≤ {share}{format_size(memory)}",
        roomy or worst <= memory,
    )
    yield _memory(request, crew, server)
    yield order(times, pooler=bool(pools.server_pool))
    yield idle(reuses=request.load.worker != "sync")


def _memory(request: Request, crew: Crew, server: Server) -> Check:
    """
    Whether what shares a memory fits into it.
    """
    parts = application_memory(request, crew.workers)
    if request.one_host:
        parts.append((f"PostgreSQL {format_size(server.memory)}", server.memory))
    text = " + ".join(name for name, _ in parts)
    memory = request.application.memory
    fits = sum(size for _, size in parts) <= memory
    what = "memory of the host" if request.one_host else "memory of each copy of the application"
    return Check(what, f"{text} ≤ {format_size(memory)}", fits)


def _notes(
    request: Request, crew: Crew, need: Need, pools: Pools, times: Timeouts
) -> Iterator[str]:
    if times.balancer > BALANCER:
        yield f"a load balancer in front has to wait {times.balancer} s"
    if pools.server_pool:
        yield (
            f"{crew.phrase} × {pools.kept + pools.overflow} = {pools.demand} connections are more "
            "than the server should hold: PgBouncer stands in between"
            if request.pooler == "auto"
            else "PgBouncer stands in between because it was asked for"
        )
        busy = crew.concurrency * request.load.database_share
        if busy > pools.server_pool:
            yield (
                f"about {busy:.0f} requests want the database at once and {pools.server_pool} get "
                "it: the others wait in PgBouncer, which is faster than serving all at once"
            )
    elif pools.kept + pools.overflow < need.wanted:
        yield (
            f"{need.wanted} connections for each process would be enough nearly always; "
            f"{pools.kept + pools.overflow} is what fits"
        )
