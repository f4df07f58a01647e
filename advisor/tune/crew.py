"""
Workers and threads, and how one memory is divided among the programs on it.
"""

from __future__ import annotations

import math

from msgspec import Struct

from advisor.facts.gunicorn import recommended_workers
from advisor.tune.model import InfeasibleError, Machine, Request
from advisor.units import SIZE_UNITS, format_percent, format_size

MB, GB = SIZE_UNITS["MB"], SIZE_UNITS["GB"]

PROXY = 64 * MB
"""Memory for nginx and PgBouncer."""
ARBITER = 64 * MB
"""Memory for the process of gunicorn that starts the workers."""
CACHE_SHARE = 16
"""Redis gets a sixteenth of the memory that it shares with others …"""
CACHE_LEAST = 64 * MB
"""… and at least this much."""
DATABASE_SHARE = 0.5
"""Part of one memory that PostgreSQL keeps before more than one worker is started."""
DATABASE_LEAST = 256 * MB
"""With less memory not even PostgreSQL's defaults and ten connections fit."""
APPLICATION_SHARE = 0.8
"""Part of a memory of their own that workers may take."""
THREADS = 4
"""Threads of a worker when no concurrency is stated."""
MOST_THREADS = 32
"""More threads than this mostly wait for Python's lock."""
PER_LOOP = 25
"""Requests in progress that one event loop takes on when no concurrency is stated."""


class Crew(Struct, frozen=True):
    """
    The processes of the application, and what they take on.
    """

    workers: int
    """Of one replica."""
    workers_terms: str
    threads: int
    """Of one worker; 1 for sync and for event loops."""
    threads_terms: str
    concurrency: int
    """Requests in progress at once over all replicas."""
    replicas: int

    @property
    def processes(self) -> int:
        """
        Processes with pools of their own.
        """
        return self.workers * self.replicas

    @property
    def phrase(self) -> str:
        """
        ``2 replicas × 4 workers``.
        """
        copies = f"{self.replicas} replicas × " if self.replicas > 1 else ""
        return f"{copies}{self.workers} worker{'s' if self.workers > 1 else ''}"


def crew_of(request: Request) -> Crew:
    """
    Workers by the rule of their kind, as many as the memory holds, and threads for the load.

    Raises `InfeasibleError` where the memory or the kind of worker does not allow it.
    """
    workers, terms = _workers(request)
    load = request.load
    processes = workers * load.replicas
    threads, why, concurrency = _threads(request, processes)
    if load.worker == "uvicorn":
        concurrency = load.concurrency or PER_LOOP * processes
    elif load.concurrency is not None and load.concurrency > processes * threads:
        count = f"{load.replicas} × {workers} {load.worker} workers"
        each = "one request" if threads == 1 else f"{threads} requests"
        raise InfeasibleError(
            f"{load.concurrency} requests at once are more than {count} take on, {each} each",
            hint="use uvicorn or gthread workers, more replicas or more cpus",
        )
    return Crew(workers, terms, threads, why, concurrency, load.replicas)


def cache_size(machine: Machine, *, wanted: bool) -> int:
    """
    Memory for Redis beside the other programs, 0 without one.
    """
    if not wanted:
        return 0
    return max(machine.memory // CACHE_SHARE // (16 * MB) * 16 * MB, CACHE_LEAST)


def database_memory(request: Request, crew: Crew) -> tuple[int, str]:
    """
    Memory of PostgreSQL in whole steps, and how it comes about.

    Raises `InfeasibleError` when too little is left of a shared one.
    """
    whole = request.database.memory
    if not request.one_host:
        if whole < DATABASE_LEAST:
            raise _too_little(f"its host has {format_size(whole)}")
        return whole, ""
    parts = application_memory(request, crew.workers)
    terms = " − ".join((format_size(whole), *(name for name, _ in parts)))
    left = whole - sum(size for _, size in parts)
    if left < DATABASE_LEAST:
        raise _too_little(f"{terms} leave it {format_size(max(left, 0))}")
    step = GB if left >= 8 * GB else 256 * MB if left >= GB else 16 * MB
    return left // step * step, f"{terms}, rounded down"


def _too_little(what: str) -> InfeasibleError:
    return InfeasibleError(
        f"PostgreSQL needs at least {format_size(DATABASE_LEAST)} of memory, and {what}",
        hint="fewer replicas or workers, or more memory",
    )


def application_memory(request: Request, workers: int) -> list[tuple[str, int]]:
    """
    What is on the host of the application besides PostgreSQL: names with their sizes, and bytes.
    """
    copies = request.load.replicas if request.one_host else 1
    parts = [
        _times(workers * copies, "worker", request.load.resident),
        _times(copies, "gunicorn", ARBITER),
    ]
    if request.one_host:
        parts.append(_times(1, "nginx", PROXY))
    if request.redis:
        parts.append(_times(1, "Redis", cache_size(request.application, wanted=True)))
    return [part for part in parts if part[1]]


def _times(count: int, name: str, size: int) -> tuple[str, int]:
    number = f"{count} × " if count > 1 else ""
    return f"{number}{name} {format_size(size)}", count * size


def _workers(request: Request) -> tuple[int, str]:
    """
    Workers of one replica: kept, else by the rule of their kind, as far as the memory allows.
    """
    load = request.load
    each = format_size(load.resident)
    most, room = _room(request)
    kept = request.keep.get("workers")
    least = 1 if kept is None else int(kept)
    if least > most and not request.one_host:
        noun = f"{least} workers of {each} need" if least > 1 else f"one worker needs {each},"
        raise InfeasibleError(
            f"{noun} more than {room}", hint="fewer workers or more memory for the application"
        )
    if kept is not None:
        return least, "kept"
    cpus = max(1, math.ceil(request.application.cpus))
    wanted = recommended_workers(load.worker, cpus)
    formula = f"{cpus} cpus" if load.worker == "uvicorn" else f"min(2 × {cpus} cpus + 1, 12)"
    if request.one_host and load.replicas > 1:
        wanted = max(1, wanted // load.replicas)
        formula += f" / {load.replicas} replicas on one host"
    if most < wanted:
        # On one host PostgreSQL then gets less than its half.
        return max(most, 1), f"{room} / {each} a worker, at least 1 = {max(most, 1)}"
    return wanted, f"{formula} = {wanted}"


def _room(request: Request) -> tuple[int, str]:
    """
    Workers of one replica that the memory holds, and the memory meant.
    """
    one_host = request.one_host
    memory = request.application.memory
    share = 1 - DATABASE_SHARE if one_host else APPLICATION_SHARE
    others = sum(size for _, size in application_memory(request, workers=0))
    copies = request.load.replicas if one_host else 1
    most = (int(memory * share) - others) // (request.load.resident * copies)
    rest = "the other programs" if one_host or request.redis else "gunicorn itself"
    return most, f"{format_percent(share)} of {format_size(memory)} without {rest}"


def _threads(request: Request, processes: int) -> tuple[int, str, int]:
    """
    Threads of a worker, why, and the requests that all of them take on.
    """
    load = request.load
    if load.worker != "gthread":
        return 1, "", min(load.concurrency or processes, processes)
    kept = request.keep.get("threads")
    if kept is not None:
        return int(kept), "kept", load.concurrency or int(kept) * processes
    if load.concurrency is None:
        return THREADS, f"{THREADS} when no concurrency is stated", THREADS * processes
    threads = min(max(math.ceil(load.concurrency / processes), 2), MOST_THREADS)
    terms = f"{load.concurrency} requests / {processes} workers, 2 to {MOST_THREADS} = {threads}"
    return threads, terms, load.concurrency
