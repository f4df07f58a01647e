"""
What the lab advises, really created: the statements run and the costs are as promised.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from advisor.cli import run
from advisor.lab.advice import advise_in_lab
from advisor.lab.prices import MOST_CALLS, Limits
from advisor.lab.record import read_record
from advisor.lab.result import LabAdvice
from advisor.lab.server import PACKAGE
from advisor.lab.workload import Statement
from tests.support import oltp
from tests.support.lab_accuracy import real_server
from tests.support.lab_sources import record_of

pytest.importorskip(PACKAGE, reason="the extra lab is not installed")
pytestmark = pytest.mark.oracle

SETTINGS = {"random_page_cost": "1.1", "work_mem": "8MB"}
USELESS = (
    "CREATE INDEX users_country ON users (country)",
    "CREATE INDEX users_country_too ON users (country, created_at)",
)


class Outcome(NamedTuple):
    real: psycopg.Connection[Any]
    advice: LabAdvice


@pytest.fixture(scope="module")
def outcome() -> Iterator[Outcome]:
    with real_server(*oltp.statements(8_000, 20_000), *USELESS) as real:
        real.execute("VACUUM ANALYZE")
        for name, value in SETTINGS.items():
            real.execute("SELECT set_config(%s, %s, false)", (name, value))
        statements = [Statement(name, sql) for name, sql in oltp.QUERIES.items()]
        record = record_of(real)
        yield Outcome(real, advise_in_lab(record, statements, Limits(), settings=SETTINGS))


def cost(real: psycopg.Connection[Any], sql: str) -> float:
    row = real.execute(f"EXPLAIN (FORMAT JSON) {sql}".encode()).fetchone()
    assert row is not None
    found: float = row[0][0]["Plan"]["Total Cost"]
    return found


def test_promised_costs_are_those_of_the_server(outcome: Outcome) -> None:
    """Before, and after the indexes were created and others dropped."""
    real, advice = outcome
    assert advice.unverified == []
    assert advice.notes == []
    for one in advice.queries:
        assert cost(real, one.sql) == pytest.approx(one.before, rel=1e-4), one.name
    made = [line for one in advice.chosen for line in one.statement.split("\n")]
    gone = [one.statement for one in advice.dropped]
    for line in (*made, *gone):
        real.execute(line.encode())
    close = [cost(real, one.sql) == pytest.approx(one.after, rel=0.05) for one in advice.queries]
    assert sum(close) >= len(close) - 1
    query = (
        "SELECT coalesce(sum(pg_relation_size(relid)), pg_relation_size(%s::regclass))"
        " FROM pg_partition_tree(%s::regclass)"
    )
    for index in advice.chosen:
        row = real.execute(query.encode(), [f"public.{index.name}"] * 2).fetchone()
        assert row is not None
        assert index.size == pytest.approx(int(row[0]), rel=0.2), index.name
    for index in advice.chosen:
        for line in index.rollback.split("\n"):
            real.execute(line.encode())


def test_the_set_is_worth_it_and_small(outcome: Outcome) -> None:
    advice = outcome.advice

    assert advice.ratio < 0.5
    assert advice.after < advice.before * 0.6
    assert 4 <= len(advice.chosen) <= 14
    assert advice.planner_calls <= MOST_CALLS


def test_useless_indexes_are_named(outcome: Outcome) -> None:
    """One is the beginning of another; nobody can see that a constraint's index is not used."""
    dropped = {one.name: one.reason for one in outcome.advice.dropped}

    assert "users_country" in dropped
    assert not any("pkey" in name for name in dropped)


def test_what_collect_writes_is_a_record(outcome: Outcome, tmp_path: Path) -> None:
    """All statistics are in a snapshot: sizes, values, partitions, dependencies, expressions."""
    target, info = tmp_path / "snapshot.json", outcome.real.info
    dsn = f"host={info.host} user={info.user} dbname={info.dbname}"
    assert run(["collect", "--dsn", dsn, "--samples", "-o", str(target)]) == 0
    record = read_record(str(target), target.read_text("utf-8"))
    statements = [Statement(name, sql) for name, sql in oltp.QUERIES.items()]
    found = advise_in_lab(record, statements, Limits(indexes=3), settings=SETTINGS)

    assert any(one.element_count_histogram for one in record.columns)
    assert any(one.expressions for one in record.extended_statistics)
    assert found.unverified == []
    assert found.notes == []
    assert len(found.chosen) == 3
    same = [
        one.before == pytest.approx(known.before, rel=1e-3)
        for one, known in zip(found.queries, outcome.advice.queries, strict=True)
    ]
    # An index that a test above has dropped is not there any more.
    assert sum(same) >= len(same) - 1
