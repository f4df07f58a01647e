"""What holds for every solution, and why some requests have none."""

from __future__ import annotations

import math
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from advisor.facts.advice import SPENDABLE
from advisor.facts.connections import HEADROOM
from advisor.tune.model import InfeasibleError, Load, Machine, Request, Solution, Versions
from advisor.tune.pools import RESERVED
from advisor.tune.postgresql import SIZES
from advisor.tune.solve import solve
from advisor.units import SIZE_UNITS, format_size
from tests.support.deployments import known
from tests.support.tune import request, solved, subjects_of, texts

MB, GB = SIZE_UNITS["MB"], SIZE_UNITS["GB"]


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    """From 1 GB and one cpu to 512 GB and 64 cpus; memory is no round number."""
    cpus = draw(st.one_of(st.integers(1, 64), st.sampled_from((0.5, 1.5, 2.5, 7.25))))
    memory = draw(st.integers(1024, 512 * 1024)) * MB
    return Machine(cpus, memory, draw(st.sampled_from((None, "ssd", "hdd", "san"))))


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Anything that may be stated, save for what must not change."""
    database, application, one_host = draw(machines()), draw(machines()), draw(st.booleans())
    load = Load(
        worker=draw(st.sampled_from(("uvicorn", "gthread", "sync"))),
        workload=draw(st.sampled_from(("web", "oltp", "dw", "mixed"))),
        database_share=draw(st.floats(0.01, 1)),
        concurrency=draw(st.one_of(st.none(), st.integers(1, 5000))),
        replicas=draw(st.integers(1, 20)),
    )
    return Request(
        database=database,
        application=database if one_host else application,
        one_host=one_host,
        load=load,
        versions=Versions(draw(st.integers(12, 18))),
        pooler=draw(st.sampled_from(("auto", "always", "never"))),
        redis=draw(st.booleans()),
    )


def of(one: Request) -> Solution | None:
    """The solution, None when there is a reason for none."""
    with suppress(InfeasibleError):
        return solve(one)
    return None


@settings(deadline=None, max_examples=100)
@given(requests())
def test_only_without_a_pooler_or_memory_is_there_none(one: Request) -> None:
    """Where little is stated and each worker has its memory, there always is a solution."""
    roomy = not one.one_host and one.application.memory >= 2 * GB
    if roomy and one.load.worker == "uvicorn" and one.pooler != "never":
        assert solve(one).layers


@settings(deadline=None, max_examples=150)
@given(requests())
def test_everything_that_is_checked_holds(one: Request) -> None:
    solution = of(one)
    if solution is not None:
        assert [check.formula for check in solution.checks if not check.holds] == []


@settings(deadline=None, max_examples=150)
@given(requests())
def test_connections_fit(one: Request) -> None:
    """Computed from the written values alone."""
    solution = of(one)
    if solution is None:
        return
    postgresql, engine = solution["postgresql"], solution["engine"]
    processes = one.load.replicas * solution["gunicorn"].number("workers")
    each = engine.number("pool_size") + engine.number("max_overflow")
    usable = postgresql.number("max_connections") - RESERVED
    if solution.has("pgbouncer"):
        pooler = solution["pgbouncer"]
        assert processes * each <= pooler.number("max_client_conn")
        assert pooler.number("default_pool_size") <= HEADROOM * usable
        assert pooler.number("default_pool_size") <= max(4 * one.database.cpus, 1)
    else:
        assert processes * each <= HEADROOM * usable
    assert one.pooler == "auto" or solution.has("pgbouncer") == (one.pooler == "always")


@settings(deadline=None, max_examples=150)
@given(requests())
def test_memory_fits(one: Request) -> None:
    solution = of(one)
    if solution is None:
        return
    postgresql = solution["postgresql"]
    assert postgresql.number("shared_buffers") <= 0.4 * solution.database_memory
    assert postgresql.number("effective_cache_size") <= 0.75 * solution.database_memory
    assert postgresql.number("min_wal_size") < postgresql.number("max_wal_size")
    assert postgresql.number("work_mem") >= 4 * MB
    workers = solution["gunicorn"].number("workers") * one.load.resident
    if one.one_host:
        whole = solution.database_memory + one.load.replicas * workers
        assert whole <= one.database.memory
    else:
        assert solution.database_memory == one.database.memory
        assert workers <= 0.8 * one.application.memory


@settings(deadline=None, max_examples=50)
@given(requests())
def test_every_value_has_a_reason_and_a_spelling(one: Request) -> None:
    solution = of(one)
    if solution is not None:
        choices = [choice for layer in solution for choice in layer.choices]
        assert all(choice.text and choice.reason for choice in choices)
        for layer in solution:
            names = [choice.setting for choice in layer.choices]
            assert len(names) == len(set(names))


@settings(deadline=None, max_examples=60)
@given(st.integers(12, 3600), st.sampled_from(("uvicorn", "gthread", "sync")))
def test_timeouts_stand_in_their_order(timeout: int, worker: str) -> None:
    solution = solved(worker=worker, keep={"timeout": timeout}, pooler="always")
    chain = (
        solution["engine"].number("connect_timeout"),
        solution["engine"].number("pool_timeout"),
        solution["pgbouncer"].number("query_wait_timeout"),
        solution["role"].number("statement_timeout"),
        solution["gunicorn"].number("timeout"),
        solution["nginx"].number("proxy_read_timeout"),
    )

    assert list(chain) == sorted(set(chain))
    assert solution["gunicorn"].number("graceful_timeout") == timeout


@pytest.mark.parametrize("worker", ["uvicorn", "gthread"])
def test_nginx_closes_idle_connections_first(worker: str) -> None:
    solution = solved(worker=worker)

    upstream = solution["nginx"].number("upstream keepalive_timeout")
    assert upstream < solution["gunicorn"].number("keepalive")
    assert solution["nginx"].number("keepalive_timeout") > 60


def test_sync_workers_keep_no_connection() -> None:
    """nginx 1.30 reuses connections unless told not to."""
    solution = solved(worker="sync")

    assert not solution["gunicorn"].has("keepalive")
    assert texts(solution, "nginx")["keepalive"] == "0"


@pytest.mark.parametrize(
    ("options", "workers", "threads"),
    [
        ({"cpus": 1}, 1, None),
        ({"cpus": 4}, 4, None),
        ({"cpus": 2.5}, 3, None),
        ({"cpus": 4, "replicas": 2}, 2, None),
        ({"cpus": 4, "replicas": 2, "one_host": False}, 4, None),
        ({"cpus": 4, "worker": "sync"}, 9, None),
        ({"cpus": 32, "worker": "sync"}, 12, None),
        ({"cpus": 4, "worker": "gthread"}, 9, 4),
        ({"cpus": 4, "worker": "gthread", "concurrency": 100}, 9, 12),
        ({"cpus": 4, "worker": "gthread", "concurrency": 5}, 9, 2),
        ({"cpus": 64, "memory": "2GB"}, 5, None),
        ({"cpus": 64, "memory": "4GB", "one_host": False}, 21, None),
        ({"keep": {"workers": 3, "threads": 7}, "worker": "gthread"}, 3, 7),
    ],
    ids=str,
)
def test_workers_and_threads(options: dict[str, object], workers: int, threads: int | None) -> None:
    gunicorn = solved(**options)["gunicorn"]

    assert gunicorn.number("workers") == workers
    assert (gunicorn.number("threads") if gunicorn.has("threads") else None) == threads


@pytest.mark.parametrize(
    ("options", "pool"),
    [
        # 100 × 30 % = 30 busy, 8 of each process; 30 + 2√30 = 41, 11 of each.
        ({}, (8, 3)),
        ({"concurrency": 8}, (1, 1)),
        ({"share": 0.05}, (2, 1)),
        ({"worker": "sync"}, (1, 1)),
        ({"worker": "gthread"}, (2, 2)),
        ({"worker": "gthread", "share": 1.0}, (4, 0)),
        ({"keep": {"pool_size": 5}}, (5, 6)),
        ({"keep": {"max_overflow": 10}}, (1, 10)),
        ({"keep": {"pool_size": 20, "max_overflow": 10}}, (20, 10)),
    ],
    ids=str,
)
def test_pools(options: dict[str, object], pool: tuple[int, int]) -> None:
    engine = solved(**options)["engine"]

    assert (engine.number("pool_size"), engine.number("max_overflow")) == pool


def test_pgbouncer_comes_when_connections_do_not_fit() -> None:
    one = solved(replicas=8, one_host=False)
    pooler = texts(one, "pgbouncer")

    assert pooler["pool_mode"] == "transaction"
    assert pooler["default_pool_size"] == "16"
    assert one["postgresql"].number("max_connections") == 30
    assert one.notes == (
        (
            "8 replicas × 4 workers × 9 = 288 connections are more than the server should hold: "
            "PgBouncer stands in between"
        ),
        (
            "about 240 requests want the database at once and 16 get it: the others wait in "
            "PgBouncer, which is faster than serving all at once"
        ),
    )


def test_without_a_pooler_requests_wait_in_smaller_pools() -> None:
    one = solved(replicas=8, one_host=False, pooler="never")
    engine = one["engine"]

    assert not one.has("pgbouncer")
    assert engine.number("pool_size") + engine.number("max_overflow") == 4
    assert one.notes == (
        "9 connections for each process would be enough nearly always; 4 is what fits",
    )


def test_a_pooler_that_was_asked_for_says_so() -> None:
    assert solved(pooler="always").notes[0] == (
        "PgBouncer stands in between because it was asked for"
    )


@pytest.mark.parametrize("name", ["shared_buffers", "work_mem", "maintenance_work_mem"])
def test_sizes_that_are_kept(name: str) -> None:
    choice = next(
        one for one in solved(keep={name: 64 * MB})["postgresql"].choices if one.setting == name
    )

    assert (choice.text, choice.reason) == ("64MB", "kept")


def test_max_connections_that_are_kept_bound_the_pools() -> None:
    wide, narrow = solved(keep={"max_connections": 200}), solved(keep={"max_connections": 50})

    assert wide["postgresql"].number("max_connections") == 200
    assert wide["engine"].number("max_overflow") == 3
    assert narrow["postgresql"].number("max_connections") == 50
    assert narrow["engine"].number("max_overflow") == math.floor(0.8 * 47) // 4 - 8


def test_the_worst_case_leaves_a_fifth_of_the_memory() -> None:
    one = solved()
    check = next(check for check in one.checks if check.what == "memory of PostgreSQL")

    assert SPENDABLE == 0.8
    assert check.formula.endswith("≤ 80 % of 15 GB")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"memory": "256MB"},
            (
                "PostgreSQL needs at least 256 MB of memory, and 256 MB − worker 150 MB "
                "− gunicorn 64 MB − nginx 64 MB leave it 0 B "
                "(fewer replicas or workers, or more memory)"
            ),
        ),
        (
            {"memory": "128MB", "app": Machine(1, GB)},
            (
                "PostgreSQL needs at least 256 MB of memory, and its host has 128 MB "
                "(fewer replicas or workers, or more memory)"
            ),
        ),
        (
            {"app": Machine(1, 128 * MB)},
            (
                "one worker needs 150 MB, more than 80 % of 128 MB without gunicorn itself "
                "(fewer workers or more memory for the application)"
            ),
        ),
        (
            {"app": Machine(4, GB), "keep": {"workers": 8}},
            (
                "8 workers of 150 MB need more than 80 % of 1 GB without gunicorn itself "
                "(fewer workers or more memory for the application)"
            ),
        ),
        (
            {"worker": "sync", "concurrency": 200},
            (
                "200 requests at once are more than 1 × 9 sync workers take on, one request each "
                "(use uvicorn or gthread workers, more replicas or more cpus)"
            ),
        ),
        (
            {"worker": "gthread", "concurrency": 1000},
            (
                "1000 requests at once are more than 1 × 9 gthread workers take on, "
                "32 requests each (use uvicorn or gthread workers, more replicas or more cpus)"
            ),
        ),
        (
            {"keep": {"max_connections": 5}, "pooler": "never"},
            (
                "4 workers need 8 connections, and 80 % of what max_connections = 5 leaves to "
                "applications are 1 (allow PgBouncer, fewer workers or more connections)"
            ),
        ),
        (
            {"keep": {"shared_buffers": 32 * GB}},
            (
                "4 workers need 32 connections, which do not fit the memory of PostgreSQL "
                "beside what must not change "
                "(more memory, fewer workers, or PgBouncer where it is ruled out)"
            ),
        ),
        (
            {"keep": {"shared_buffers": 1024}},
            "PostgreSQL 18 refuses shared_buffers = 1kB (keep a size within its range)",
        ),
        (
            {"keep": {"max_wal_size": 16 * MB}},
            "PostgreSQL 18 refuses max_wal_size = 16MB (keep a size within its range)",
        ),
        (
            {"keep": {"timeout": 5}},
            (
                "a worker timeout of 5 s leaves no room for the timeouts inside of it "
                "(keep between 12 and 3600 s)"
            ),
        ),
    ],
    ids=str,
)
def test_no_solution(options: dict[str, object], message: str) -> None:
    with pytest.raises(InfeasibleError) as caught:
        solved(**options)

    assert str(caught.value) == message


def test_larger_workers_are_fewer() -> None:
    large = request(cpus=16, memory="4GB", one_host=False)
    load = replace(large.load, resident=GB)

    assert solve(replace(large, load=load))["gunicorn"].number("workers") == 3


@pytest.mark.parametrize(
    ("options", "connections"),
    [
        ({"cpus": 1}, 1024),
        ({"cpus": 1, "concurrency": 100}, 4096),
        ({"cpus": 1, "concurrency": 5000}, 16384),
        ({"cpus": 1, "concurrency": 50_000}, 131_072),
    ],
    ids=str,
)
def test_connections_of_nginx(options: dict[str, object], connections: int) -> None:
    """Never fewer than two for each request in progress."""
    nginx = solved(**options)["nginx"]

    assert nginx.number("worker_connections") == connections
    assert nginx.number("worker_rlimit_nofile") == 2 * connections


def test_a_load_balancer_has_to_wait_longer_than_long_requests() -> None:
    assert solved(keep={"timeout": 120}).notes == ("a load balancer in front has to wait 130 s",)
    assert solved(keep={"timeout": 45}).notes == ()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"memory": "1GB", "cpus": 1},
        {"memory": "512GB", "cpus": 64, "workload": "dw"},
        {"replicas": 9, "one_host": False},
        {"worker": "gthread", "versions": Versions(14)},
    ],
    ids=str,
)
def test_the_audit_computes_the_same(options: dict[str, object]) -> None:
    """The advice for the files that were written is what stands in them."""
    solution = solved(**options)
    facts = next(one for one in subjects_of(solution) if one.target == "postgresql").facts
    chosen = {one.setting: one.value for one in solution["postgresql"].choices}

    for name in SIZES:
        assert known(facts, f"advice.{name}") == known(facts, f"pg.{name}") == chosen[name], name
    assert known(facts, "host.memory") == solution.database_memory
    worst = f"worst case {format_size(number(known(facts, 'memory.worst')))} "
    assert any(check.formula.startswith(worst) for check in solution.checks)


def number(value: object) -> float:
    """A value that must be a number."""
    assert isinstance(value, (int, float))
    return value


def test_it_is_a_pure_function() -> None:
    assert solve(request(redis=True)) == solve(request(redis=True))
