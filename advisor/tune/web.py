"""
The layers before the database: nginx, gunicorn, the pool of each process, PgBouncer and Redis.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from advisor.catalog.nginx import at_least
from advisor.tune.crew import MB, Crew, cache_size
from advisor.tune.model import Choice, Layer, Request
from advisor.tune.pools import Need, Pools
from advisor.tune.spell import nginx, nginx_size, nginx_time, pgbouncer, postgres, python, redis
from advisor.tune.timeouts import CLIENT_IDLE, UPSTREAM_IDLE, WORKER_IDLE, Timeouts
from advisor.units import KIB

CLASSES = {"uvicorn": "uvicorn_worker.UvicornWorker", "gthread": "gthread", "sync": "sync"}
"""worker_class by kind of worker."""
IDLE_CLIENTS = 20
"""Idle client connections beside each request in progress: browsers open several and keep them."""
PREPARED_SINCE = (1, 21)
"""PgBouncer that follows prepared statements in transaction mode."""
_RECYCLE = 1800
_MOST_CONNECTIONS = 16384
"""No more for the sake of idle clients: each takes memory of the kernel."""


def nginx_layer(request: Request, crew: Crew, times: Timeouts) -> Layer:
    """
    Directives whose values depend on the machine or on another layer.
    """
    processes = max(1, math.ceil(request.application.cpus))
    connections = _worker_connections(crew, processes)
    choices = [
        nginx("worker_processes", processes, "one for each cpu that it may use"),
        nginx(
            "worker_rlimit_nofile",
            2 * connections,
            "a client and a connection to the application each",
            f"2 × {connections}",
        ),
        nginx(
            "worker_connections",
            connections,
            f"{crew.concurrency} requests in progress and {IDLE_CLIENTS} idle clients beside each",
            f"{crew.concurrency} × {IDLE_CLIENTS + 2} / {processes}, in powers of two",
        ),
        nginx_time(
            "keepalive_timeout", CLIENT_IDLE, "longer than a load balancer keeps idle connections"
        ),
        nginx("keepalive_requests", 1000, "clients are not sent away amid their work"),
        nginx_size("client_max_body_size", 10 * MB, "larger uploads get a location of their own"),
        nginx_size("client_body_buffer_size", 128 * KIB, "usual bodies never touch the disk"),
        *_upstream(request, crew, processes),
        nginx_time("proxy_connect_timeout", 5, "a host that is gone is noticed soon"),
        nginx_time(
            "proxy_read_timeout",
            times.proxy,
            "longer than a worker may take",
            f"{times.worker} s + 5 s",
        ),
        nginx_time("proxy_send_timeout", times.proxy, "the same in the other direction"),
    ]
    return Layer("nginx", tuple(choices))


def _worker_connections(crew: Crew, processes: int) -> int:
    each = crew.concurrency / processes
    wanted = min(each * (IDLE_CLIENTS + 2), max(each * 2, _MOST_CONNECTIONS))
    return int(max(2 ** math.ceil(math.log2(wanted)), 1024))


def _upstream(request: Request, crew: Crew, processes: int) -> Iterator[Choice]:
    if request.load.worker == "sync":
        if at_least(request.versions.nginx, (1, 29, 7)):
            yield nginx("keepalive", 0, "sync workers close every connection after its response")
        return
    idle = min(max(math.ceil(crew.concurrency / processes), 16), 512)
    yield nginx(
        "keepalive",
        idle,
        "idle connections to the application that each nginx process keeps",
        f"{crew.concurrency} requests / {processes} processes, 16 to 512",
    )
    yield nginx_time(
        "upstream keepalive_timeout",
        UPSTREAM_IDLE,
        "shorter than gunicorn keeps them, so that nginx closes first",
        f"{UPSTREAM_IDLE} s < {WORKER_IDLE} s",
    )


def gunicorn_layer(request: Request, crew: Crew, times: Timeouts) -> Layer:
    """
    Processes and threads, and when a worker is given up.
    """
    return Layer("gunicorn", tuple(_gunicorn(request, crew, times)))


def _gunicorn(request: Request, crew: Crew, times: Timeouts) -> Iterator[Choice]:
    kind = request.load.worker
    yield python("bind", "0.0.0.0:8000", "nginx is in another container or host")
    per = "one event loop fills a cpu" if kind == "uvicorn" else "gunicorn's rule, at most 12"
    yield python("workers", crew.workers, per, crew.workers_terms)
    yield python("worker_class", CLASSES[kind], "the kind of worker that was asked for")
    if kind == "gthread":
        yield python("threads", crew.threads, "requests of one process", crew.threads_terms)
    longest = "the longest request" if kind == "sync" else "a worker that hangs is replaced"
    yield python("timeout", times.worker, longest, f"between {times.statement} and {times.proxy} s")
    yield python("graceful_timeout", times.worker, "requests in progress end before a restart")
    if kind != "sync":
        yield python(
            "keepalive",
            WORKER_IDLE,
            "longer than nginx keeps idle connections",
            f"{WORKER_IDLE} s > {UPSTREAM_IDLE} s",
        )
    if kind != "uvicorn":
        yield python(
            "limit_request_line", 8190, "as long as nginx takes them: large_client_header_buffers"
        )
    yield python("max_requests", 10000, "memory that leaks comes back")
    yield python("max_requests_jitter", 1000, "not all workers restart at once", "a tenth")
    yield python(
        "forwarded_allow_ips", "*", "only nginx reaches the port, which must stay unpublished"
    )
    yield python("worker_tmp_dir", "/dev/shm", "heartbeats never wait for a disk")  # noqa: S108
    yield python("accesslog", "-", "requests are seen")


def engine_layer(crew: Crew, need: Need, pools: Pools, times: Timeouts) -> Layer:
    """
    Keyword arguments of the call that creates the engine.
    """
    choices = (
        python("pool_size", pools.kept, "connections that are busy on average", need.terms),
        python(
            "max_overflow",
            pools.overflow,
            "further ones at the busiest moment",
            f"{crew.phrase} × ({pools.kept} + {pools.overflow}) = {pools.demand}",
        ),
        python("pool_timeout", times.pool, "an overloaded database is noticed early"),
        python(
            "connect_timeout",
            times.connect,
            "a server that is gone is noticed before the pool gives up; psycopg's argument",
            f"{times.connect} s < {times.pool} s",
        ),
        python("pool_recycle", _RECYCLE, "before firewalls forget an idle connection"),
        python("pool_pre_ping", value=True, reason="a connection that died is not handed out"),
    )
    return Layer("engine", choices)


def role_layer(times: Timeouts) -> Layer:
    """
    What belongs to the role of the application: backups and migrations take longer.
    """
    choice = postgres(
        "statement_timeout",
        times.statement,
        "longer than the wait for a connection, shorter than a worker may take",
        f"{times.pool} s < {times.statement} s < {times.worker} s",
    )
    return Layer("role", (choice,))


def pgbouncer_layer(request: Request, pools: Pools, times: Timeouts) -> Layer:
    """
    A pooler in transaction mode, for more clients than the server has connections for.
    """
    return Layer("pgbouncer", tuple(_pgbouncer(request, pools, times)))


def _pgbouncer(request: Request, pools: Pools, times: Timeouts) -> Iterator[Choice]:
    cpus = f"{request.database.cpus:g} cpus"
    clients = math.ceil(pools.demand * 1.25 / 10) * 10
    yield pgbouncer("pool_mode", "transaction", "clients share connections between transactions")
    yield pgbouncer(
        "default_pool_size",
        pools.server_pool,
        "connections that keep the server busy, 4 for each cpu",
        cpus,
    )
    yield pgbouncer(
        "max_db_connections",
        pools.server_pool,
        "a second user shares them",
        f"{pools.server_pool} ≤ 0.8 × ({pools.max_connections} − 3)",
    )
    yield pgbouncer("min_pool_size", 0, "connections are opened when they are needed")
    yield pgbouncer(
        "max_client_conn", clients, "all pools and a quarter more", f"1.25 × {pools.demand}"
    )
    yield pgbouncer(
        "query_wait_timeout",
        times.queue,
        "an overloaded server is noticed early",
        f"between {times.pool} s and {times.statement} s",
    )
    if request.versions.pgbouncer >= PREPARED_SINCE:
        yield pgbouncer("max_prepared_statements", 200, "statements that drivers prepare work")
    yield pgbouncer("server_idle_timeout", 600, "unused connections are closed")
    yield pgbouncer("server_lifetime", 3600, "memory of old connections comes back")


def redis_layer(request: Request) -> Layer:
    """
    A cache beside the application.
    """
    size = cache_size(request.application, wanted=True) // 4 * 3 // MB * MB
    choices = (
        redis("maxmemory", size, "three quarters of its share, as buffers need the rest"),
        redis("maxmemory-policy", "allkeys-lru", "a full cache forgets what is used least"),
        redis("maxclients", 10000, "Redis's own default, far above the workers' connections"),
        redis("timeout", 0, "idle connections of pools stay"),
        redis("tcp-keepalive", 60, "peers that are gone are noticed"),
        redis("save", '""', "a cache needs no snapshots, whose copy would double its memory"),
        redis("appendonly", "no", "nor a log"),
    )
    return Layer("redis", choices)
