"""The connection budget: what pools may open, what the server serves, what would fit."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model import Origin
from advisor.model.subject import Fact
from tests.support.deployments import facts_of, known, origin, subjects, unknown

UVICORN = "worker_class = 'uvicorn_worker.UvicornWorker'\n"
MAIN = ("peak", "steady", "formula", "processes")


def engine(arguments: str = "", url: str = "postgresql://db/shop") -> str:
    return (
        "from sqlalchemy import create_engine\n"
        "from sqlalchemy.pool import NullPool, SingletonThreadPool, StaticPool\n"
        "from shop.pools import OwnPool\n"
        f"engine = create_engine('{url}'{', ' if arguments else ''}{arguments})\n"
    )


def stack(conf: str, arguments: str = "", **files: str) -> dict[str, str]:
    """gunicorn, one engine and PostgreSQL 16 with 100 connections, as files on their own."""
    return {
        "gunicorn.conf.py": conf,
        "app/db.py": engine(arguments),
        "postgresql.conf": "max_connections = 100\n",
        **files,
    }


def summary(files: dict[str, str], **host: object) -> tuple[object, ...]:
    facts = facts_of(files, "stack.database", host=host, target={"postgresql": 16})
    return tuple(known(facts, f"connections.{name}") for name in MAIN)


class TestDemand:
    @pytest.mark.parametrize(
        ("conf", "arguments", "expected"),
        [
            ("workers = 4\n", "pool_size=20", (4, 4, "4 workers × 1", 4)),
            ("workers = 4\nthreads = 3\n", "pool_size=20", (12, 12, "4 workers × 3", 4)),
            ("workers = 4\nthreads = 3\n", "pool_size=2", (12, 8, "4 workers × 3", 4)),
            ("worker_class = 'gthread'\nthreads = 40\n", "", (15, 5, "1 worker × 15", 1)),
            (UVICORN + "workers = 9\n", "pool_size=20", (270, 180, "9 workers × 30", 9)),
            (UVICORN + "workers = 9\n", "", (135, 45, "9 workers × 15", 9)),
            ("worker_class = 'gevent'\nworkers = 2\n", "", (30, 10, "2 workers × 15", 2)),
            ("workers = 4\n", "poolclass=NullPool", (4, 0, "4 workers × 1", 4)),
            ("workers = 4\nthreads = 3\n", "poolclass=NullPool", (12, 0, "4 workers × 3", 4)),
            (UVICORN, "poolclass=StaticPool", (1, 1, "1 worker × 1", 1)),
            ("workers = 4\n", "max_overflow=-1", (4, 4, "4 workers × 1", 4)),
            ("workers = 4\nthreads = 8\n", "pool_size=0", (32, 32, "4 workers × 8", 4)),
            (
                "workers = 4\nthreads = 8\n",
                "pool_size=3, max_overflow=-1",
                (32, 12, "4 workers × 8", 4),
            ),
        ],
    )
    def test_by_worker_class_and_pool(
        self, conf: str, arguments: str, expected: tuple[object, ...]
    ) -> None:
        """1 per synchronous process, one per thread, the whole pool for an event loop."""
        assert summary(stack(conf, arguments)) == expected

    @pytest.mark.parametrize(
        ("arguments", "reason"),
        [
            ("poolclass=NullPool", "the pool has no upper bound"),
            ("max_overflow=-1", "the pool has no upper bound"),
            ("poolclass=SingletonThreadPool", "the pool class keeps no fixed number"),
            ("poolclass=OwnPool", "the pool class keeps no fixed number"),
            ("pool=make()", "a pool made elsewhere is passed"),
            ("pool_size=settings.size", ""),
            ("**options", "arguments come from elsewhere"),
        ],
    )
    def test_what_an_event_loop_opens_may_be_unknown(self, arguments: str, reason: str) -> None:
        files = stack(UVICORN + "workers = 4\n", arguments)
        facts = facts_of(files, "stack.database", target={"postgresql": 16})

        assert unknown(facts, "connections.peak").reason.startswith(reason)
        assert unknown(facts, "budget.demand")
        assert known(facts, "connections.processes") == 4
        assert known(facts, "connections.planned") == 100
        assert known(facts, "budget.bound") == 77

    def test_unknown_workers_need_the_cpus(self) -> None:
        conf = UVICORN + "import multiprocessing\nworkers = multiprocessing.cpu_count()\n"
        facts = facts_of(stack(conf), "stack.database")

        for name in MAIN:
            assert unknown(facts, f"connections.{name}").needs == ("host.cpus",)
        assert unknown(facts, "budget.workers").needs == ("host.cpus",)
        assert summary(stack(conf), cpus=4) == (60, 20, "4 workers × 15", 4)

    @pytest.mark.parametrize("conf", ["from x import *\n", "threads = load()\n"])
    def test_an_unknown_kind_of_worker(self, conf: str) -> None:
        """It may be synchronous: the whole pool would be too much."""
        facts = facts_of(stack("workers = 4\n" + conf), "stack.database")

        assert unknown(facts, "connections.peak")

    def test_two_engines_of_one_application(self) -> None:
        files = stack(UVICORN + "workers = 2\n", "pool_size=4, max_overflow=1")
        files["app/reports.py"] = engine("pool_size=1, max_overflow=2")

        assert summary(files) == (16, 10, "2 workers × 8", 2)

    def test_two_engines_of_a_synchronous_one(self) -> None:
        """A request may hold one connection of each."""
        files = stack("workers = 4\n")
        files["app/reports.py"] = engine()

        assert summary(files) == (8, 8, "4 workers × 2", 4)

    def test_several_applications_and_replicas(self) -> None:
        files = {
            "compose.yaml": """\
services:
  web: {build: web, command: gunicorn -k uvicorn_worker.UvicornWorker -w 2 app, scale: 3}
  api: {build: api, command: gunicorn -w 5 app}
  db: {image: "postgres:16"}
""",
            "web/db.py": engine("pool_size=3, max_overflow=0"),
            "api/db.py": engine(),
        }
        assert summary(files) == (23, 23, "3 replicas × 2 workers × 3 + 5 workers × 1", 11)

    def test_every_server_has_its_own(self) -> None:
        files = {
            "compose.yaml": """\
services:
  web: {build: web, command: gunicorn -w 2 app}
  one: {image: "postgres:16"}
  two: {image: "postgres:16"}
""",
            "web/a.py": engine(url="postgresql://one/x"),
            "web/b.py": engine(url="postgresql://two/x"),
        }
        found = subjects(files, "stack.database")

        assert [(one.name, known(one.facts, "connections.peak")) for one in found] == [
            ("service one", 2),
            ("service two", 2),
        ]

    def test_no_application(self) -> None:
        facts = facts_of({"postgresql.conf": "max_connections = 50\n"}, "postgresql")

        for name in MAIN:
            assert unknown(facts, f"connections.{name}").reason.startswith("no application")
        assert known(facts, "connections.planned") == 50
        assert known(facts, "connections.pooler") is False
        assert known(facts, "connections.unbounded") is False

    def test_a_pooler_decides(self) -> None:
        files = stack(UVICORN + "workers = 9\n", "pool_size=90")
        files["app/db.py"] = engine("pool_size=90", "postgresql://x:6432/shop")
        facts = facts_of(files, "stack.database")

        assert known(facts, "connections.pooler") is True
        assert known(facts, "engine.through_pooler") is True
        assert unknown(facts, "connections.peak").reason == "a pooler opens them"
        assert known(facts, "connections.planned") == 100

    def test_direct_connections_beside_a_pooler(self) -> None:
        files = stack(UVICORN + "workers = 2\n")
        files["app/other.py"] = engine("pool_size=90", "postgresql://x:6432/shop")

        assert summary(files) == (30, 10, "2 workers × 15", 2)


class TestUsable:
    @pytest.mark.parametrize(
        ("conf", "major", "usable"),
        [
            ("max_connections = 100\n", 16, 97),
            ("max_connections = 100\nreserved_connections = 7\n", 16, 90),
            ("max_connections = 100\nreserved_connections = 7\n", None, 90),
            ("max_connections = 100\nsuperuser_reserved_connections = 10\n", 15, 90),
            ("max_connections = 100\n", 15, 97),
            ("max_connections = 100\n", None, 97),
            ("max_connections = 5\nsuperuser_reserved_connections = 5\n", 16, 0),
        ],
    )
    def test_what_is_left_for_applications(self, conf: str, major: int | None, usable: int) -> None:
        target = {"postgresql": major} if major else {}
        facts = facts_of({"postgresql.conf": conf}, "postgresql", target=target)

        assert known(facts, "connections.usable") == usable

    @pytest.mark.parametrize(
        "line", ["max_connections = {{ many }}", "reserved_connections = {{ few }}"]
    )
    def test_what_is_not_known(self, line: str) -> None:
        facts = facts_of(stack("", **{"postgresql.conf": line}), "stack.database")

        assert unknown(facts, "connections.usable")
        assert unknown(facts, "budget.bound")


class TestAssumptions:
    def test_values_that_are_sure(self) -> None:
        facts = facts_of(stack(UVICORN + "workers = 2\n"), "stack.database")

        for name in (*MAIN, "planned", "usable"):
            assert origin(facts, f"connections.{name}") is Origin.EVALUATED

    @pytest.mark.parametrize(
        ("conf", "arguments"),
        [
            ("import os\nworkers = int(os.getenv('N', '2'))\n", ""),
            ("import os\nthreads = int(os.getenv('N', '2'))\n", ""),
            ("", "pool_size=int(os.getenv('SIZE', '5'))"),
            ("", "max_overflow=int(os.getenv('SIZE', '5'))"),
        ],
    )
    def test_defaults_of_variables(self, conf: str, arguments: str) -> None:
        files = stack(conf, arguments)
        files["app/db.py"] = "import os\n" + files["app/db.py"]
        facts = facts_of(files, "stack.database", host={"cpus": 4})

        for name in ("peak", "steady", "formula", "planned"):
            assert origin(facts, f"connections.{name}") is Origin.ASSUMED
        assert origin(facts, "budget.demand") is Origin.ASSUMED

    @pytest.mark.parametrize(
        "service",
        [
            "command: 'gunicorn -w ${N:-2} app'",
            "command: gunicorn app, environment: {WEB_CONCURRENCY: '${N:-2}'}",
            "command: gunicorn app, environment: {GUNICORN_CMD_ARGS: '-w ${N:-2}'}",
            "command: gunicorn -w 2 app, environment: {SIZE: '${N:-2}'}",
            "command: gunicorn -w 2 app, scale: '${N}'",
            "command: gunicorn -w $(nproc) app, cpus: '${N:-2}'",
        ],
    )
    def test_defaults_of_compose(self, service: str) -> None:
        files = {
            "compose.yaml": f"services: {{web: {{build: ., {service}}}, db: {{image: postgres}}}}",
            "db.py": "import os\n" + engine("pool_size=int(os.environ.get('SIZE', '1'))")
            if "SIZE" in service
            else engine(),
        }
        facts = facts_of(files, "stack.database")

        assert known(facts, "gunicorn.workers") == 2
        assert origin(facts, "connections.peak") is Origin.ASSUMED


class TestBudget:
    def test_the_guide(self) -> None:
        conf = UVICORN + "workers = 9\n"
        files = stack(conf, "pool_size=20, max_overflow=10")
        files["postgresql.conf"] = "max_connections = 200\n"
        facts = facts_of(files, "stack.database", host={"cpus": 4}, target={"postgresql": 16})
        budget = {name: known(facts, f"budget.{name}") for name in NAMES}

        assert budget == {
            "bound": 157,
            "workers": 4,
            "pool_size": 20,
            "max_overflow": 10,
            "demand": 120,
            "kept_pool_size": 12,
            "kept_max_overflow": 5,
            "kept_demand": 153,
        }

    def test_fewer_workers_where_no_pool_is_small_enough(self) -> None:
        files = stack("workers = 300\n")
        facts = facts_of(files, "stack.database", target={"postgresql": 16})

        assert known(facts, "budget.workers") == 77
        assert known(facts, "budget.demand") == 77
        assert unknown(facts, "budget.kept_demand").reason.startswith("even one connection")

    def test_other_applications_keep_theirs(self) -> None:
        facts = self.two(20, 30)

        assert known(facts, "engine.pool_size") == 30
        assert known(facts, "budget.demand") == 56

    def test_unless_they_leave_nothing(self) -> None:
        facts = self.two(50, 60)

        assert known(facts, "connections.peak") == 220
        assert known(facts, "budget.demand") == 42

    def two(self, first: int, second: int) -> Mapping[str, Fact]:
        files = {
            "compose.yaml": """\
services:
  web: {build: web, command: gunicorn -k uvicorn_worker.UvicornWorker -w %s app}
  api: {build: api, command: gunicorn -k uvicorn_worker.UvicornWorker -w 2 app}
  db: {image: "postgres:16"}
"""
            % (1 if first == 20 else 2),
            "web/db.py": engine(f"pool_size={first}, max_overflow=0"),
            "api/db.py": engine(f"pool_size={second}, max_overflow=0"),
        }
        return facts_of(files, "stack.database")


NAMES = (
    "bound",
    "workers",
    "pool_size",
    "max_overflow",
    "demand",
    "kept_pool_size",
    "kept_max_overflow",
    "kept_demand",
)


@given(
    st.integers(1, 300),
    st.integers(1, 4),
    st.integers(1, 60),
    st.integers(0, 60),
    st.integers(5, 400),
    st.sampled_from(["sync", "gthread", "uvicorn_worker.UvicornWorker"]),
)
@settings(max_examples=150, deadline=None)
def test_no_advice_is_more_than_today_or_too_much(
    workers: int, threads: int, size: int, overflow: int, connections: int, kind: str
) -> None:
    """Whatever the numbers: never more than today, and within the bound where that is possible."""
    conf = f"workers = {workers}\nthreads = {threads}\nworker_class = '{kind}'\n"
    files = stack(conf, f"pool_size={size}, max_overflow={overflow}")
    files["postgresql.conf"] = f"max_connections = {connections}\n"
    facts = facts_of(files, "stack.database", host={"cpus": 2}, target={"postgresql": 16})
    found: dict[str, int] = {}
    for name in NAMES[:5]:
        value = known(facts, f"budget.{name}")
        assert isinstance(value, int)
        found[name] = value
    peak = known(facts, "connections.peak")
    assert isinstance(peak, int)

    assert 1 <= found["workers"] <= workers
    assert 0 <= found["pool_size"] <= size
    assert 0 <= found["max_overflow"] <= overflow
    assert found["pool_size"] + found["max_overflow"] >= 1
    assert found["demand"] <= peak
    assert found["demand"] <= found["bound"] or found["demand"] == 1
    used = found["pool_size"] + found["max_overflow"]
    most = {"sync": 1 if threads == 1 else threads, "gthread": threads}.get(kind, used)
    assert found["demand"] == found["workers"] * min(used, most)
