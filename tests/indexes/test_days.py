"""
Timestamps that are cut to their day before they are compared.
"""

from __future__ import annotations

import pytest

from advisor.indexes.days import Cut, cut_of
from advisor.indexes.schema import Table, read_schema
from advisor.plans.read import read_plans


def cut(condition: str, table: Table | None = None) -> Cut | None:
    text = f"Seq Scan on orders o  (cost=0.00..9.00 rows=1 width=4)\n  Filter: {condition}\n"
    (plan,) = read_plans("x.txt", text).plans
    return cut_of(plan.root, table)


@pytest.mark.parametrize(
    ("condition", "instead"),
    [
        (
            "((created_at)::date = (CURRENT_DATE - 5))",
            "created_at >= (CURRENT_DATE - 5) AND created_at < (CURRENT_DATE - 5) + 1",
        ),
        ("((o.created_at)::date > '2025-01-01'::date)", "o.created_at >= '2025-01-01'::date + 1"),
        ("((created_at)::date >= $1)", "created_at >= $1"),
        ("((created_at)::date <= '2025-01-01'::date)", "created_at < '2025-01-01'::date + 1"),
        (
            "((kind = 1) AND ((created_at)::date < '2025-01-01'::date))",
            "created_at < '2025-01-01'::date",
        ),
        (
            "(date_trunc('month'::text, created_at) = $1)",
            "created_at >= $1 AND created_at < $1 + interval '1 month'",
        ),
    ],
)
def test_a_half_open_range_has_the_same_rows(condition: str, instead: str) -> None:
    found = cut(condition)
    assert found is not None
    assert (found.column, found.instead) == ("created_at", instead)
    assert (
        found.statement == "CREATE INDEX CONCURRENTLY idx_orders_created_at ON orders (created_at);"
    )


@pytest.mark.parametrize(
    "condition",
    [
        "(created_at = '2025-01-01'::date)",
        "((created_at)::date = (shipped_at)::date)",
        "((created_at)::date <> '2025-01-01'::date)",
        "(date_trunc('month'::text, created_at) >= '2025-01-15'::date)",
        "(date_trunc('month'::text, lower(span)) = '2025-01-01'::date)",
        "((x.created_at)::date = '2025-01-01'::date)",
    ],
)
def test_other_conditions_are_no_cuts(condition: str) -> None:
    assert cut(condition) is None


def test_a_schema_knows_the_type_and_the_index() -> None:
    tables = read_schema(
        {
            "s.sql": "CREATE TABLE a (created_at text); CREATE TABLE b (created_at timestamptz);"
            "CREATE INDEX i ON b (created_at);"
        }
    ).tables
    condition = "((created_at)::date = '2025-01-01'::date)"
    assert cut(condition, tables["a"]) is None
    found = cut(condition, tables["b"])
    assert found is not None
    assert found.statement == ""
