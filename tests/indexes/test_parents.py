"""
Partitions whose parent no schema declares, but the plan's aliases or the statement name.
"""

from __future__ import annotations

import pytest

from advisor.indexes import IndexCandidate, Query, advise
from advisor.indexes.schema import read_schema
from advisor.plans.read import read_plans
from tests.support.plan_trees import long_hand

MEMBER = """  ->  Seq Scan on {table} {alias}_{number} @ {number}0.0 10 1
        Filter: (k = 5)
        Rows Removed by Filter: 9990
"""


def advised(
    tables: tuple[str, ...], *, alias: str = "ev", query: str = "", schema: str = ""
) -> tuple[IndexCandidate, ...]:
    members = (
        MEMBER.format(table=table, alias=alias, number=number)
        for number, table in enumerate(tables, start=1)
    )
    head = f"EXPLAIN ANALYZE {query};\n" if query else ""
    text = head + long_hand("Append @ 61.0 30 1\n" + "".join(members))
    (plan,) = read_plans("x.txt", text).plans
    known = read_schema({"s.sql": schema}) if schema else None
    return advise([Query("x.txt", plan)], known).candidates


def test_the_parent_is_indexed_once() -> None:
    (found,) = advised(("ev1", "ev2", "ev3"))
    assert (found.table, found.siblings, found.rows_scanned) == ("ev", (), 30_000)
    assert found.statement.splitlines() == [
        "CREATE INDEX idx_ev_k ON ONLY ev (k);",
        "CREATE INDEX CONCURRENTLY idx_ev1_k ON ev1 (k);",
        "ALTER INDEX idx_ev_k ATTACH PARTITION idx_ev1_k;",
        "CREATE INDEX CONCURRENTLY idx_ev2_k ON ev2 (k);",
        "ALTER INDEX idx_ev_k ATTACH PARTITION idx_ev2_k;",
        "CREATE INDEX CONCURRENTLY idx_ev3_k ON ev3 (k);",
        "ALTER INDEX idx_ev_k ATTACH PARTITION idx_ev3_k;",
    ]
    assert found.rollback == "DROP INDEX IF EXISTS idx_ev_k;"
    assert found.assumptions == ("ev1, ev2, ev3 are all partitions of ev",)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM events e WHERE k = 5",
        'SELECT * FROM public."events" AS e WHERE k = 5',
        "SELECT * FROM users u, events e WHERE k = 5",
    ],
)
def test_the_statement_says_whose_alias_it_is(query: str) -> None:
    (found,) = advised(("ev1", "ev2"), alias="e", query=query)
    assert found.table == "events"


@pytest.mark.parametrize(
    ("tables", "alias"),
    [
        (("ev1", "ev2"), "e"),
        (("ev", "ev1"), "ev"),
        (("old", "new"), "ev"),
        (("evening", "events"), "ev"),
    ],
)
def test_a_parent_that_is_not_sure_is_not_named(tables: tuple[str, ...], alias: str) -> None:
    """An abbreviation; a tree of inheritance, whose root is a table as well; other names."""
    assert {one.table for one in advised(tables, alias=alias)} <= {*tables}


def test_a_schema_has_the_last_word() -> None:
    whole = "CREATE TABLE ev (k int) PARTITION BY RANGE (k);"
    (found,) = advised(("ev1", "ev2"), schema=whole)
    assert found.statement == "CREATE INDEX idx_ev_k ON ev (k);", (
        "which partitions it has, who knows"
    )
    plain = "CREATE TABLE ev (k int);"
    assert {one.table for one in advised(("ev1", "ev2"), schema=plain)} == {"ev1", "ev2"}
