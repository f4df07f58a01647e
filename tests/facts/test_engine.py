"""Facts of engines: what is written, what SQLAlchemy does without it, what nobody can tell."""

from __future__ import annotations

import pytest

from advisor.model import Origin, Value
from advisor.model.subject import Fact
from tests.support.deployments import facts_of, known, origin, subjects, unknown

HEAD = "import os\nfrom sqlalchemy import create_engine\nfrom sqlalchemy.pool import NullPool\n"


def engine(arguments: str) -> dict[str, Fact]:
    """Facts of one engine."""
    facts = facts_of({"app/db.py": f"{HEAD}engine = create_engine({arguments})\n"}, "engine")
    return {name: facts[name] for name in facts}


class TestSettings:
    def test_defaults(self) -> None:
        facts = engine("'postgresql+psycopg://u:p@db/shop'")

        assert known(facts, "engine.pool_size") == 5
        assert known(facts, "engine.max_overflow") == 10
        assert known(facts, "engine.capacity") == 15
        assert known(facts, "engine.pool_recycle") == -1
        assert known(facts, "engine.pool_pre_ping") is False
        assert origin(facts, "engine.pool_size") is Origin.DEFAULT
        assert known(facts, "engine.poolclass") == "QueuePool"
        assert known(facts, "engine.poolclass_set") is False

    def test_as_written(self) -> None:
        facts = engine("'postgresql://db/x', pool_size=2 * 4, pool_timeout=2.5, pool_pre_ping=1")

        assert known(facts, "engine.pool_size") == 8
        assert known(facts, "engine.pool_timeout") == 2.5
        assert known(facts, "engine.pool_pre_ping") is True
        assert facts["engine.pool_size"].location is not None

    @pytest.mark.parametrize(
        "value", ["'many'", "None", "True", "float('inf')", "10**20", "[1]", "load()"]
    )
    def test_what_is_no_size(self, value: str) -> None:
        facts = engine(f"'postgresql://db/x', pool_size={value}")

        assert unknown(facts, "engine.pool_size")
        assert unknown(facts, "engine.capacity")

    @pytest.mark.parametrize(("value", "on"), [("None", False), ("0", False), ("True", True)])
    def test_switches_as_python_takes_them(self, value: str, *, on: bool) -> None:
        facts = engine(f"'postgresql://db/x', pool_pre_ping={value}")

        assert known(facts, "engine.pool_pre_ping") is on

    def test_arguments_from_elsewhere(self) -> None:
        facts = engine("'postgresql://db/x', pool_size=3, **settings")

        assert known(facts, "engine.pool_size") == 3
        assert unknown(facts, "engine.max_overflow").reason.startswith("arguments come from")
        assert unknown(facts, "engine.poolclass")
        assert known(facts, "engine.resolved") is False

    @pytest.mark.parametrize(
        ("arguments", "capacity", "unbounded"),
        [
            ("pool_size=3, max_overflow=4", 7, False),
            ("pool_size=3, max_overflow=0", 3, False),
            ("max_overflow=-1", None, True),
            ("pool_size=0", None, True),
            ("poolclass=NullPool", None, False),
        ],
    )
    def test_bounds(self, arguments: str, capacity: int | None, *, unbounded: bool) -> None:
        facts = engine(f"'postgresql://db/x', {arguments}")
        fact = facts["engine.capacity"]

        assert (fact.value if isinstance(fact, Value) else None) == capacity
        assert known(facts, "engine.unbounded") is unbounded

    def test_assumed_sizes_make_an_assumed_capacity(self) -> None:
        facts = engine("'postgresql://db/x', pool_size=int(os.getenv('N', '3'))")

        assert origin(facts, "engine.capacity") is Origin.ASSUMED


class TestPools:
    @pytest.mark.parametrize(
        ("arguments", "poolclass", "pooled"),
        [
            ("'sqlite://'", "SingletonThreadPool", False),
            ("'sqlite:///x.db'", "QueuePool", True),
            ("'postgresql://db/x', poolclass=NullPool", "NullPool", False),
        ],
    )
    def test_its_class(self, arguments: str, poolclass: str, *, pooled: bool) -> None:
        facts = engine(arguments)

        assert known(facts, "engine.poolclass") == poolclass
        assert known(facts, "engine.pooled") is pooled

    def test_a_pool_made_elsewhere(self) -> None:
        facts = engine("'postgresql://db/x', pool=make_pool()")

        assert unknown(facts, "engine.poolclass").reason == "a pool made elsewhere is passed"
        assert unknown(facts, "engine.refused_arguments")

    def test_arguments_that_a_class_does_not_take(self) -> None:
        facts = engine("'postgresql://db/x', poolclass=NullPool, pool_size=3, pool_timeout=3")

        assert known(facts, "engine.refused_arguments") == "pool_size and pool_timeout"


class TestUrls:
    @pytest.mark.parametrize(
        ("url", "local"),
        [
            ("postgresql:///shop", True),
            ("postgresql://127.0.0.1/shop", True),
            ("postgresql://LOCALHOST:5432/shop", True),
            ("postgresql://[::1]/shop", True),
            ("postgresql://db/shop", False),
        ],
    )
    def test_near_or_far(self, url: str, *, local: bool) -> None:
        assert known(engine(f"'{url}'"), "engine.local") is local

    def test_a_url_that_is_not_known(self) -> None:
        facts = engine("settings.url")

        assert unknown(facts, "engine.local")
        assert unknown(facts, "engine.dialect")

    @pytest.mark.parametrize(
        ("url", "pooled"),
        [
            ("postgresql://pgbouncer/shop", True),
            ("postgresql://db:6432/shop", True),
            ("postgresql://db:5432/shop", False),
        ],
    )
    def test_poolers_by_name_and_port(self, url: str, *, pooled: bool) -> None:
        assert known(engine(f"'{url}'"), "engine.through_pooler") is pooled

    def test_a_pooler_told_by_its_image(self) -> None:
        files = {
            "compose.yaml": """\
services:
  app: {build: ., command: gunicorn app}
  gate: {image: edoburu/pgbouncer}
  db: {image: "postgres:16"}
""",
            "db.py": HEAD + "engine = create_engine('postgresql://gate/shop')\n",
        }
        for target in ("engine", "stack.engine", "stack.database"):
            assert known(facts_of(files, target), "engine.through_pooler") is True


def test_every_engine_is_a_subject() -> None:
    files = {
        "app/db.py": HEAD + "engine = create_engine('postgresql://db/x')\n",
        "alembic/env.py": HEAD + "engine = create_engine('postgresql://db/x')\n",
    }
    found = subjects(files, "engine")

    assert [known(one.facts, "engine.role") for one in found] == ["migration", "app"]
    assert found[1].name == "engine in app/db.py:4"
