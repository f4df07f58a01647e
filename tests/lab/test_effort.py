"""Efforts of plans: what the planner's costs do not tell, for databases in memory."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.lab.clock import Clock, Relation, Sorted
from advisor.lab.effort import effort
from advisor.lab.plan_nodes import Node

ROWS, PAGES = 600_000.0, 10_000.0
LEAVES = 2_000.0
INDEXES = {
    "by_key": Sorted(("key",), 1.0, LEAVES),
    "by_day": Sorted(("day", "price"), 0.0, LEAVES),
}


def clock(counts: dict[str, float] | None = None) -> Clock:
    known = counts or {}

    def count(sql: str) -> float | None:
        return next((rows for part, rows in known.items() if part in sql), None)

    return Clock(
        tables={"public.items": Relation(ROWS, PAGES, 1.0), "public.days": Relation(1e5, 1e3, 1.0)},
        distinct={("public.days", "id"): 100.0},
        orders={("public.days", "id"): 1.0, ("public.days", "other"): 0.0},
        types={("public.days", "id"): "integer", ("public.days", "other"): "numeric(15,2)"},
        index=lambda name: INDEXES.get(name, Sorted()),
        count=count,
    )


def node(kind: str, rows: float, *below: Node, **more: Any) -> Node:  # noqa: ANN401 - JSON
    names = {name.replace("_", " ").title(): value for name, value in more.items()}
    common = {"Node Type": kind, "Plan Rows": rows, "Plan Width": 8, "Total Cost": 100.0}
    return {**common, **names, "Plans": list(below)}


def items(kind: str, rows: float, **more: Any) -> Node:  # noqa: ANN401 - JSON
    return node(kind, rows, relation_name="items", alias="items", schema="public", **more)


def days(kind: str, rows: float, **more: Any) -> Node:  # noqa: ANN401 - JSON
    return node(kind, rows, relation_name="days", alias="days", schema="public", **more)


def loop(outer: Node, inner: Node, **more: Any) -> Node:  # noqa: ANN401 - JSON
    first = {**outer, "Parent Relationship": "Outer"}
    return node("Nested Loop", 1, first, {**inner, "Parent Relationship": "Inner"}, **more)


WHOLE = items("Seq Scan", ROWS)
FETCHING = items("Index Scan", 60_000, index_name="by_day", index_cond="(items.day = 1)")
COVERED = items("Index Only Scan", 60_000, index_name="by_day", index_cond="(items.day = 1)")
IN_ORDER = items("Index Scan", 60_000, index_name="by_key", index_cond="(items.key > 1)")


def test_a_tenth_of_the_rows_through_an_index_is_no_gain_in_memory() -> None:
    """Its costs are a tenth; what it fetches row by row takes as long as the whole table."""
    whole = effort(clock(), WHOLE)

    assert effort(clock(), FETCHING) > whole
    assert effort(clock(), COVERED) < whole / 5
    assert effort(clock(), IN_ORDER) < whole / 3


def test_rows_that_a_filter_throws_away_were_fetched() -> None:
    """The planner is asked how many the condition of the index points to."""
    with_filter = {**FETCHING, "Plan Rows": 10, "Filter": "(items.price > 3)"}
    asked = clock({"items.day = 1": 60_000})

    assert effort(asked, with_filter) == pytest.approx(effort(asked, FETCHING), rel=0.1)
    assert effort(clock(), with_filter) < effort(asked, FETCHING) / 100


def test_conditions_behind_a_range_do_not_shorten_what_is_read() -> None:
    condition = "((items.day > 1) AND (items.price = 3))"
    narrow = {**COVERED, "Plan Rows": 10, "Index Cond": condition}
    fixed = {**narrow, "Index Cond": condition.replace(">", "=")}
    asked = clock({"(items.day > 1)": 300_000})

    assert effort(asked, narrow) > 100 * effort(asked, fixed)


def test_an_index_searched_in_its_order_is_near() -> None:
    """Rows of the outer table that come in the order of the key find the leaf in the cache."""
    inner = items("Index Scan", 1, index_name="by_key", index_cond="(items.key = days.id)")
    ordered = effort(clock(), loop(days("Seq Scan", 1e5), inner))
    other = {**inner, "Index Cond": "(items.key = days.other)"}
    shuffled = effort(clock(), loop(days("Seq Scan", 1e5), other))
    resorted = effort(clock(), loop(node("Sort", 1e5, days("Seq Scan", 1e5)), inner))

    assert shuffled > 1.5 * ordered
    assert resorted > 1.5 * ordered


def test_a_few_searches_in_order_are_as_far_apart_as_any() -> None:
    """Two to each leaf share hardly anything; fifty share nearly all."""
    inner = items("Index Only Scan", 1, index_name="by_key", index_cond="(items.key = days.id)")
    other = {**inner, "Index Cond": "(items.key = days.other)"}

    def ratio(times: float) -> float:
        ordered = {**days("Seq Scan", times), "Filter": "(days.id > 0)"}
        alone = effort(clock(), ordered)
        return (effort(clock(), loop(ordered, other)) - alone) / (
            effort(clock(), loop(ordered, inner)) - alone
        )

    assert 1 < ratio(2 * LEAVES) < 1.3
    assert ratio(50 * LEAVES) > 1.8


def test_what_a_memoize_remembers_is_not_read_again() -> None:
    inner = items("Index Scan", 1, index_name="by_key", index_cond="(items.key = days.id)")
    outer = days("Seq Scan", 1e5)
    plain = effort(clock(), loop(outer, inner))
    kept = effort(clock(), loop(outer, node("Memoize", 1, inner, cache_key="days.id")))

    assert kept < plain / 3


def test_a_subplan_counts_for_each_row_that_it_is_tried_on() -> None:
    below = {**WHOLE, "Parent Relationship": "SubPlan", "Subplan Name": "SubPlan 1"}
    scan = {**days("Seq Scan", 10, filter="(days.id = (SubPlan 1))"), "Plans": [below]}
    hashed = {**scan, "Filter": "(ANY (days.id = (hashed SubPlan 1).col1))"}
    once = {**scan, "Plans": [{**below, "Parent Relationship": "InitPlan"}]}

    assert effort(clock(), scan) > 90_000 * effort(clock(), WHOLE)
    assert effort(clock(), hashed) < 2 * effort(clock(), WHOLE)
    assert effort(clock(), once) < 2 * effort(clock(), WHOLE)


def test_a_semi_join_stops_at_the_first_match() -> None:
    inner = items("Index Only Scan", 5_000, index_name="by_key", index_cond="(items.key = days.id)")
    outer = days("Seq Scan", 1_000)
    every = effort(clock(), loop(outer, inner, join_type="Inner"))
    first = effort(clock(), loop(outer, inner, join_type="Semi"))

    assert first < every / 2


def test_a_limit_ends_what_is_below() -> None:
    limit = {**node("Limit", 1, WHOLE), "Total Cost": 1.0}

    assert effort(clock(), limit) == pytest.approx(effort(clock(), WHOLE) / 100, rel=0.01)


def test_processes_share_a_parallel_scan() -> None:
    parallel = {**WHOLE, "Parallel Aware": True, "Plan Rows": 10}
    gather = node("Gather", 10, parallel, workers_planned=2)

    assert effort(clock(), gather) == pytest.approx(effort(clock(), WHOLE) / 2.4, rel=0.01)


@pytest.mark.parametrize("kind", ["BitmapAnd", "BitmapOr"])
def test_bitmaps_are_put_together(kind: str) -> None:
    """Neither has a number of rows in a plan."""
    leaves = [node("Bitmap Index Scan", rows, index_name="by_day") for rows in (100, 5_000)]
    heap = {**items("Bitmap Heap Scan", 100), "Plans": [node(kind, 0, *leaves)]}
    alone = {**heap, "Plans": [leaves[0]]}

    ratio = effort(clock(), heap) / effort(clock(), alone)
    assert ratio > 20 if kind == "BitmapOr" else ratio < 4


def test_unknown_tables_and_nodes_have_an_effort() -> None:
    unknown = node("Seq Scan", 10, relation_name="t", alias="t")
    plan = node("Hash Join", 10, unknown, node("Hash", 10, node("Foreign Scan", 10)))

    assert 0 < effort(clock(), plan) < 10


def test_the_order_of_an_index_saves_the_hash_table_of_an_aggregate() -> None:
    """An aggregate whose rows come in the order of its groups has nothing to look up."""
    many = {"output": ["items.key", "sum(items.price)"], "group_key": ["items.key"]}
    read = {**IN_ORDER, "Node Type": "Index Only Scan", "Plan Rows": ROWS}
    hashed = effort(clock(), node("Aggregate", 100_000, WHOLE, strategy="Hashed", **many))
    in_order = effort(clock(), node("Aggregate", 100_000, read, strategy="Sorted", **many))
    few = effort(clock(), node("Aggregate", 4, WHOLE, strategy="Hashed", **many))
    having = node("Aggregate", 100_000, WHOLE, strategy="Hashed", filter="(count > 1)", **many)

    assert in_order < hashed / 2
    assert few < 0.8 * hashed
    assert effort(clock(), having) > hashed


def test_a_subplan_is_tried_on_what_cheaper_conditions_leave() -> None:
    below = {**WHOLE, "Parent Relationship": "SubPlan", "Subplan Name": "SubPlan 1"}
    every = {**days("Seq Scan", 10, filter="(days.id = (SubPlan 1))"), "Plans": [below]}
    few = {**every, "Filter": "((days.id = (SubPlan 1)) AND (days.other = 3))"}
    asked = clock({"days.other = 3": 100.0})

    assert effort(asked, few) < effort(asked, every) / 500


def test_conditions_of_entries_cost_less_than_those_of_rows() -> None:
    """What an index throws away by its own keys was never a row."""
    condition = "((items.day > 1) AND (items.price = 3.5))"
    keyed = {**COVERED, "Plan Rows": 10, "Index Cond": condition}
    filtered = {**COVERED, "Plan Rows": 10, "Index Cond": "(items.day > 1)"}
    filtered["Filter"] = "(items.price = 3.5)"
    asked = clock({"(items.day > 1)": 300_000})

    assert effort(asked, keyed) < 0.8 * effort(asked, filtered)


@pytest.mark.parametrize("key", ["days.id", "days.id DESC NULLS LAST", "id", '"id" DESC'])
def test_numbers_are_sorted_faster_than_decimals(key: str) -> None:
    scan = days("Seq Scan", 1e5)

    def sort(text: str) -> float:
        return effort(clock(), node("Sort", 1e5, scan, sort_key=[text])) - effort(clock(), scan)

    assert sort(key) < sort("days.other") / 2
    assert sort("lower(days.id)") == sort("days.other") == sort("unknown.id")
