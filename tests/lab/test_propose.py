"""Candidates beside those of the plans alone, and when plans are compared as in memory."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.indexes import Definition, Key
from advisor.indexes.schema import read_schema
from advisor.lab.planner import Answer
from advisor.lab.pricing import fits_in_memory
from advisor.lab.propose import MOST_INCLUDED, joined, propose
from advisor.lab.record import Column, Index, Record, Table

SCHEMA = """
CREATE TABLE public.orders (id int, day date, total numeric, note text);
CREATE UNIQUE INDEX orders_pkey ON public.orders (id);
"""
RECORD = Record(
    tables=(Table(name="orders", tuples=1e6, pages=10_000),),
    columns=tuple(
        Column(table="orders", name=name, avg_width=4) for name in ("id", "day", "total", "note")
    ),
    indexes=(Index(table="orders", name="orders_pkey", columns=("id",), size=8192 * 3_000),),
)


def index(*keys: str, include: tuple[str, ...] = (), **more: Any) -> Definition:  # noqa: ANN401
    return Definition("public.orders", tuple(Key(name) for name in keys), include=include, **more)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (index("id"), index("id", include=("day",)), None),
        (index("id", include=("day",)), index("id", include=("total",)), ("day", "total")),
        (index("id", include=("day", "total")), index("id", "day"), ("total",)),
        (index("id", "day"), index("id", include=("total",)), None),
        (index("id", include=("day",)), index("day", include=("id",)), None),
        (index("id", include=("day",)), index("id", include=("total",), predicate=("x",)), None),
    ],
)
def test_one_index_for_the_work_of_two(
    one: Definition, other: Definition, both: tuple[str, ...] | None
) -> None:
    found = joined(one, other, RECORD)

    assert (found.include if found else None) == both
    assert found is None or found.keys == other.keys


def test_an_index_carries_no_more_than_it_may() -> None:
    names = [f"c{number}" for number in range(MOST_INCLUDED + 1)]
    one = index("id", include=tuple(names[:-1]))
    other = index("id", include=tuple(names[1:]))

    assert joined(one, other, RECORD) is None


def test_what_a_primary_key_finds_can_be_answered_without_the_table() -> None:
    """A loop looks rows up by key, and goes to the table for one more column of each."""
    scan = {
        "Node Type": "Index Scan",
        "Parent Relationship": "Inner",
        "Relation Name": "orders",
        "Schema": "public",
        "Alias": "o",
        "Index Name": "orders_pkey",
        "Index Cond": "(o.id = w.id)",
        "Startup Cost": 0.4,
        "Total Cost": 1.0,
        "Plan Rows": 1,
        "Plan Width": 8,
    }
    outer = {
        **{name: scan[name] for name in ("Startup Cost", "Total Cost", "Plan Width")},
        "Node Type": "Function Scan",
        "Parent Relationship": "Outer",
        "Alias": "w",
        "Plan Rows": 50_000,
    }
    loop = {
        **outer,
        "Node Type": "Nested Loop",
        "Join Type": "Inner",
        "Total Cost": 50_000.0,
        "Plans": [outer, scan],
    }
    sql = "SELECT o.total FROM wanted() w JOIN orders o ON o.id = w.id"
    found = propose({sql: Answer.of(loop)}, RECORD, read_schema({"schema.sql": SCHEMA}))

    assert index("id", include=("total",)) in found


def proposed(group: list[str], rows: int = 1_000_000) -> list[Definition]:
    """What is proposed for a table that is grouped."""
    costs = {"Startup Cost": 0.0, "Total Cost": rows / 100, "Plan Width": 8}
    scan = {
        **costs,
        "Node Type": "Seq Scan",
        "Parent Relationship": "Outer",
        "Relation Name": "orders",
        "Schema": "public",
        "Alias": "orders",
        "Plan Rows": rows,
        "Output": ["id", "day", "total", "note"],
    }
    aggregate = {
        **costs,
        "Node Type": "Aggregate",
        "Strategy": "Hashed",
        "Group Key": group,
        "Output": [*group, "sum(total)"],
        "Plan Rows": 1_000,
        "Plans": [scan],
    }
    sql = f"SELECT {', '.join(group)}, sum(total) FROM orders GROUP BY {', '.join(group)}"
    return propose({sql: Answer.of(aggregate)}, RECORD, read_schema({"schema.sql": SCHEMA}))


def test_groups_may_come_in_their_order() -> None:
    assert proposed(["orders.day"]) == [index("day", include=("total",))]
    assert proposed(["orders.day", "orders.note"]) == [index("day", "note", include=("total",))]


def test_groups_that_an_index_cannot_order_are_left() -> None:
    """By an expression, by more columns than an index should have, or of a small table."""
    assert proposed(["date_trunc('month'::text, orders.day)"]) == []
    assert proposed(["orders.id", "orders.day", "orders.note", "orders.other"]) == []
    assert proposed(["orders.day"], rows=900) == []


@pytest.mark.parametrize(
    ("size", "fits"),
    [("", True), ("4GB", True), ("64MB", False), ("13000", True), ("12999", False)],
)
def test_what_is_in_memory_is_told_by_the_cache(size: str, *, fits: bool) -> None:
    """Tables and indexes together; the server's unit is pages."""
    assert fits_in_memory(RECORD, {"effective_cache_size": size} if size else {}) is fits
