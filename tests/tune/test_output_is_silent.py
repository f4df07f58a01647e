"""No rule has anything to say about what is tuned: not a warning, not even an info."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from advisor.audit import collect_example
from advisor.model.subject import Subject
from advisor.tune.files import render_files
from advisor.tune.model import Machine, Request, Solution, Versions
from advisor.tune.solve import solve
from tests.support.tune import findings_of, request, solved, subjects_of

MACHINES = ((1, "1GB"), (1, "2GB"), (2, "4GB"), (3, "6GB"), (4, "16GB"), (8, "32GB"), (64, "512GB"))
LOADS = tuple(product(("uvicorn", "gthread", "sync"), ("web", "oltp", "dw", "mixed")))
PLACES = ((True, 1), (True, 2), (False, 8))
"""Whether all is on one host, and the replicas."""
VERSIONS = (
    Versions(15, (1, 30), (23, 0)),
    Versions(16, (1, 31), (27, 0)),
    Versions(18, (1, 30), (25, 1)),
)
STORAGE = ("ssd", "hdd", None, "san")


def grid() -> Iterator[Request]:
    """504 machines, loads and places; versions, storage, shares and Redis take turns."""
    for number, (machine, load, place) in enumerate(product(MACHINES, LOADS, PLACES)):
        (cpus, memory), (worker, workload), (one_host, replicas) = machine, load, place
        for half in (0, 1):
            turn = 2 * number + half
            yield request(
                cpus=cpus,
                memory=memory,
                storage=STORAGE[turn % 4],
                worker=worker,
                workload=workload,
                share=(0.1, 0.3, 0.8)[turn % 3],
                one_host=one_host,
                replicas=replicas,
                redis=turn % 5 == 0,
                versions=VERSIONS[turn % 7 % 3],
            )


def test_of_any_machine_and_load() -> None:
    """All are judged together: a rule is compiled once."""
    solutions: list[Solution] = []
    subjects: list[Subject] = []
    for one in grid():
        solution = solve(one)
        solutions.append(solution)
        subjects += subjects_of(solution)

    assert len(solutions) >= 500
    assert [(one.code, one.subject, one.message) for one in findings_of(subjects)] == []


@pytest.mark.parametrize(
    "options",
    [
        {"pooler": "always"},
        {"pooler": "always", "versions": Versions(pgbouncer=(1, 19))},
        {"pooler": "always", "worker": "sync"},
        {"pooler": "always", "worker": "gthread", "replicas": 9},
        {"pooler": "never", "replicas": 9, "one_host": False},
        {"cpus": 0.5, "memory": "1GB"},
        {"cpus": 2.5, "memory": "3GB", "worker": "gthread", "concurrency": 60},
        {"concurrency": 2000},
        {"concurrency": 2000, "replicas": 5, "one_host": False},
        {"app": Machine(16, 8 * 1024**3), "cpus": 2, "memory": "4GB"},
        {"app": Machine(1, 1024**3), "cpus": 32, "memory": "256GB", "replicas": 20},
        {"keep": {"max_connections": 200, "workers": 6}},
        {"keep": {"timeout": 12}, "worker": "sync"},
        {"keep": {"timeout": 60}, "worker": "sync"},
        {"keep": {"shared_buffers": 2 * 1024**3, "work_mem": 8 * 1024**2}},
    ],
    ids=str,
)
def test_of_what_else_may_be_stated(options: dict[str, object]) -> None:
    found = findings_of(subjects_of(solved(**options)))

    assert [(one.code, one.message) for one in found] == []


def test_the_audit_sees_all_layers_and_how_they_are_connected() -> None:
    """Silence means something only where the rules had all of this to look at."""
    direct = {one.target for one in subjects_of(solved())}
    pooled = {one.target for one in subjects_of(solved(pooler="always"))}

    layers = {"nginx", "nginx.upstream", "gunicorn", "engine", "postgresql"}
    assert direct >= layers | {"stack.upstream", "stack.engine", "stack.database"}
    assert pooled >= layers | {"pgbouncer", "stack.pooled"}


def test_a_worse_value_would_be_seen() -> None:
    """The same check finds what is wrong with a file that somebody changed afterwards."""
    files = render_files(solved())
    files["app/db.py"] = files["app/db.py"].replace("pool_size=8", "pool_size=80")
    files["gunicorn.conf.py"] = files["gunicorn.conf.py"].replace("keepalive = 75", "keepalive = 5")
    found = findings_of(collect_example(files, {"workload": "web"}, {"postgresql": "18"}))

    assert {one.code for one in found} >= {"STK001", "STK020"}
