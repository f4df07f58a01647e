"""
The layer of PostgreSQL: sizes by the shared formulas, the rest by workload and storage.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from advisor.catalog import postgresql as catalog
from advisor.catalog.postgresql import Rejection
from advisor.facts.memory import GB, MB
from advisor.tune.memory import Server, numeric
from advisor.tune.model import Choice, InfeasibleError, Layer, Request, Setting
from advisor.tune.pools import Pools
from advisor.tune.spell import postgres
from advisor.units import format_size, postgres_size

MIN = 60
SIZES = (
    "shared_buffers",
    "effective_cache_size",
    "maintenance_work_mem",
    "work_mem",
    "max_wal_size",
)
"""Settings whose value is an advice of the facts."""
LEAST_WAL = 32 * MB
"""Two segments of the log: the server does not start with a smaller max_wal_size."""
_COMPRESSING_CPUS = 8
"""PG331: from here on a cpu is free to compress the log."""
_IDLE_TRANSACTION = 5 * MIN


def parallel(request: Request) -> dict[str, float]:
    """
    Workers for parallel queries, by the cpus of the server.
    """
    cpus = max(1, math.floor(request.database.cpus))
    most = 8 if request.load.workload == "dw" else 2
    return {
        "max_worker_processes": max(8, cpus + 4),
        "max_parallel_workers": cpus,
        "max_parallel_workers_per_gather": max(1, min(cpus // 2, most)),
        "max_parallel_maintenance_workers": max(1, min(4, math.ceil(cpus / 2))),
    }


def server_of(request: Request, pools: Pools, memory: int) -> Server:
    """
    The server with these connections, as far as sizes depend on anything else.
    """
    return Server(
        memory=memory,
        cpus=request.database.cpus,
        major=request.versions.postgresql,
        planned=pools.planned,
        settings={**parallel(request), **_kept_sizes(request)},
    )


def sized(server: Server) -> Server:
    """
    The server with all sizes chosen: kept ones, else what the facts advise.
    """
    kept, facts = server.settings, server.facts()
    advised = {name: kept.get(name, numeric(facts, f"advice.{name}")) for name in SIZES}
    return Server(
        memory=server.memory,
        cpus=server.cpus,
        major=server.major,
        planned=server.planned,
        settings={**kept, **advised},
    )


def layer(request: Request, pools: Pools, server: Server, memory_terms: str) -> Layer:
    """
    All settings of a server that is `sized`.
    """
    choices = (
        *_connections(pools),
        *_sizes(request, server, memory_terms),
        *_wal(request, server),
        *_storage(request),
        *_parallel(request),
        *_behaviour(request, server),
        *_logging(),
    )
    return Layer("postgresql", tuple(choices))


def shared_memory(server: Server) -> int:
    """
    What ``/dev/shm`` of a container has to hold: a parallel hash join, or an index build before 17.
    """
    needed = server.number("memory.parallel_hash")
    needed = max(needed, server.settings["maintenance_work_mem"])
    return max(math.ceil(needed / (64 * MB)) * 64 * MB, 64 * MB)


def _kept_sizes(request: Request) -> dict[str, float]:
    """
    Sizes that must not change. Raises `InfeasibleError` for one that the server refuses.
    """
    kept = {name: request.keep[name] for name in SIZES if name in request.keep}
    major = request.versions.postgresql
    for name, size in kept.items():
        guc, text = catalog.find(name, major), postgres_size(size)
        refused = guc is None or isinstance(catalog.canonical(guc, text, major), Rejection)
        if refused or (name == "max_wal_size" and size < LEAST_WAL):
            raise InfeasibleError(
                f"PostgreSQL {major} refuses {name} = {text}", hint="keep a size within its range"
            )
    return kept


def _connections(pools: Pools) -> Iterator[Choice]:
    asked = pools.server_pool or pools.demand
    who = "PgBouncer's pool takes" if pools.server_pool else "all pools together take"
    yield postgres("listen_addresses", "*", "the application runs in another container or host")
    yield postgres(
        "max_connections",
        pools.max_connections,
        f"{who} at most 80 % of what superusers leave",
        f"{asked} ≤ 0.8 × ({pools.max_connections} − 3)",
    )


def _sizes(request: Request, server: Server, memory_terms: str) -> Iterator[Choice]:
    memory = format_size(server.memory)
    have = f"of {memory}" + (f" = {memory_terms}" if memory_terms else "")
    worst = format_size(server.worst)
    reasons = {
        "shared_buffers": ("a quarter of the memory, where PostgreSQL's manual starts", have),
        "effective_cache_size": ("what the system caches as well, three quarters", f"of {memory}"),
        "work_mem": (
            "what 80 % of the memory leaves for each planned query, two sorts each",
            f"{server.planned} connections, worst case {worst} of {memory}",
        ),
        "maintenance_work_mem": ("a sixteenth of the memory, for vacuum and index builds", ""),
    }
    for name, (reason, terms) in reasons.items():
        kept = name in request.keep
        yield postgres(name, server.settings[name], "kept" if kept else reason, terms)


def _wal(request: Request, server: Server) -> Iterator[Choice]:
    most = server.settings["max_wal_size"]
    kept = "max_wal_size" in request.keep
    reason = (
        "kept"
        if kept
        else "twice shared_buffers from 8 GB of memory on, so that checkpoints stay rare"
    )
    yield postgres("max_wal_size", most, reason)
    least = max(most // 4 // (16 * MB) * 16 * MB, LEAST_WAL)
    yield postgres("min_wal_size", least, "files that are recycled instead of created", "a quarter")
    yield postgres("checkpoint_timeout", 15 * MIN, "fewer full pages in the log than at 5 min")
    yield postgres("checkpoint_completion_target", 0.9, "writes are spread over the interval")
    if request.database.cpus >= _COMPRESSING_CPUS:
        yield postgres("wal_compression", "on", "a cpu is free to make full pages smaller")


def _storage(request: Request) -> Iterator[Choice]:
    """
    Costs of storage that is known; of any other the server's own defaults stay.
    """
    storage = request.database.storage
    if storage == "ssd":
        yield postgres("random_page_cost", 1.1, "solid-state storage reads anywhere alike")
    if storage in ("ssd", "san"):
        yield postgres(
            "effective_io_concurrency", 200, "the storage serves many reads at the same time"
        )


def _parallel(request: Request) -> Iterator[Choice]:
    cpus = f"{request.database.cpus:g} cpus"
    reasons = {
        "max_worker_processes": "room for parallel and background workers",
        "max_parallel_workers": "one for each cpu",
        "max_parallel_workers_per_gather": "short queries gain nothing from more",
        "max_parallel_maintenance_workers": "half of the cpus, at most 4, for index builds",
    }
    if request.load.workload == "dw":
        reasons["max_parallel_workers_per_gather"] = "half of the cpus for one large query"
    for name, value in parallel(request).items():
        yield postgres(name, value, reasons[name], cpus)


def _behaviour(request: Request, server: Server) -> Iterator[Choice]:
    yield postgres(
        "idle_in_transaction_session_timeout",
        _IDLE_TRANSACTION,
        "a forgotten transaction ends, and vacuum goes on",
    )
    if request.load.workload in ("web", "oltp"):
        yield postgres("jit", value=False, reason="compiling costs more than short queries gain")
        yield postgres(
            "temp_file_limit",
            max(5 * GB, server.memory // GB * GB),
            "one runaway query does not fill the disk",
            "the memory, at least 5 GB",
        )


def _logging() -> Iterator[Choice]:
    for setting, value, reason in _LOGGED:
        yield postgres(setting, value, reason)


_LOGGED: tuple[tuple[str, Setting, str], ...] = (
    ("shared_preload_libraries", "pg_stat_statements", "which statements take the time"),
    ("track_io_timing", True, "how much of that is spent on reads and writes"),
    ("log_min_duration_statement", 0.5, "slow statements are seen"),
    ("log_lock_waits", True, "waits for locks are seen"),
    ("log_temp_files", 10 * MB, "sorts that do not fit work_mem are seen"),
    ("log_checkpoints", True, "checkpoints that come too early are seen"),
    ("log_autovacuum_min_duration", 600, "long vacuums are seen"),
    ("log_statement", "ddl", "changes of the schema are seen"),
)
