"""
The order that a LIMIT wants: through joins, and where an index is followed only for its order.
"""

from __future__ import annotations

import pytest

from advisor.indexes import IndexCandidate, Query, advise
from advisor.indexes.schema import read_schema
from advisor.plans.read import read_plans
from tests.support.plan_trees import long_hand

SCHEMA = """
CREATE TABLE orders (id int PRIMARY KEY, customer_id int, tenant_id int, at timestamptz);
CREATE TABLE customers (id int PRIMARY KEY, name text);
CREATE INDEX orders_at ON orders (at);
CREATE INDEX orders_tenant_at ON orders (tenant_id, at, id);
"""


def advised(source: str, *, schema: str = "", query: str = "") -> list[IndexCandidate]:
    head = f"EXPLAIN ANALYZE {query};\n" if query else ""
    (plan,) = read_plans("x.txt", head + long_hand(source)).plans
    assert plan.problems == ()
    known = read_schema({"s.sql": schema}) if schema else None
    return list(advise([Query("x.txt", plan)], known).candidates)


def columns(found: list[IndexCandidate]) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.table, one.columns) for one in found]


JOINED = """
 Limit @ 520 20 1
   ->  Sort @ 519 20 1
         Sort Key: {keys}
         ->  {join} @ 480 {left} 1
{unique}               Hash Cond: (o.customer_id = c.id)
               ->  Seq Scan on orders o @ 50 {kept} 1
{filter}               ->  Hash @ 140 300000 1
                     ->  Seq Scan on customers c @ 60 300000 1
"""
UNIQUE = "               Inner Unique: true\n"
ONE_TENANT = "                     Filter: (tenant_id = 5)\n"


def joined(
    *,
    keys: str = "o.at DESC",
    join: str = "Hash Join",
    left: int = 200_000,
    kept: int = 200_000,
    unique: str = UNIQUE,
    condition: str = "",
) -> str:
    removed = f"                     Rows Removed by Filter: {200_000 - kept}\n"
    return JOINED.format(
        keys=keys,
        join=join,
        left=left,
        kept=kept,
        unique=unique,
        filter=condition + removed if condition else "",
    )


def test_an_order_is_kept_through_a_join_that_looks_up() -> None:
    """Twenty rows in order and twenty look-ups, instead of both tables."""
    (found,) = advised(joined())
    assert (found.table, found.columns, found.serves) == ("orders", ("at",), "sort")
    assert found.rows_kept == 20
    assert found.self_ms == pytest.approx(520, abs=2)


def test_equality_comes_before_the_order() -> None:
    found = advised(joined(left=2_000, kept=2_000, condition=ONE_TENANT))
    assert columns(found) == [("orders", ("tenant_id", "at"))]


def test_look_ups_cost_as_well() -> None:
    """A row in order and a look-up for each of 20 rows: 20 × 4 + 21 × 10 of 200,000 rows' time."""
    (found,) = advised(joined())
    scan_ms = 50.0
    left_ms = scan_ms * (20 * 4 + 21 * 10) / 200_000
    assert found.self_ms is not None
    assert found.expected_gain_ms == pytest.approx(found.self_ms - left_ms)


def test_rows_that_the_join_drops_are_read_as_well() -> None:
    (found,) = advised(joined(left=120_000))
    assert found.rows_kept == pytest.approx(20 * 200 / 120)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (
            joined(unique="").replace("c.id", "c.code"),
            "nothing says that customers can be looked up",
        ),
        (joined(left=20_000), "the few that the join leaves may come last"),
        (joined(keys="c.name"), "customers are the side that is looked up"),
        (joined(keys="o.at, c.name"), "one index cannot deliver it"),
        (joined(join="Hash Right Join"), "all customers are wanted"),
        (joined(join="Hash Full Join"), "all customers are wanted"),
    ],
)
def test_other_joins_keep_no_order(source: str, why: str) -> None:
    assert advised(source) == [], why


@pytest.mark.parametrize("join", ["Hash Left Join", "Hash Join"])
def test_a_schema_says_that_a_table_can_be_looked_up(join: str) -> None:
    schema = SCHEMA.replace("CREATE INDEX orders_at ON orders (at);\n", "")
    found = advised(joined(unique="", join=join), schema=schema)
    assert columns(found) == [("orders", ("at",))]
    without = schema.replace("customers (id int PRIMARY KEY", "customers (id int")
    assert advised(joined(unique="", join=join), schema=without) == []


def test_what_the_schema_has_is_not_advised() -> None:
    assert advised(joined(), schema=SCHEMA) == []


def test_a_loop_that_looks_up_already() -> None:
    source = """
 Limit @ 39 20 1
   ->  Sort @ 39 20 1
         Sort Key: o.at
         ->  Nested Loop @ 38 2000 1
               ->  Seq Scan on orders o @ 25 2000 1
                     Filter: (tenant_id = 5)
                     Rows Removed by Filter: 198000
               ->  Index Scan using customers_pkey on customers c @ 0.005 1 2000
                     Index Cond: (id = o.customer_id)
"""
    assert columns(advised(source)) == [("orders", ("tenant_id", "at"))]


WALK = """
 Limit @ 27 20 1
   ->  {scan} @ 26 20 1
{cond}         Filter: (tenant_id = 777)
         Rows Removed by Filter: 171981
"""
BACKWARD = "Index Scan Backward using orders_at on orders"
NEWEST = "SELECT * FROM orders WHERE tenant_id = 777 ORDER BY at DESC LIMIT 20"


def test_an_index_followed_for_its_order_gets_the_filter_in_front() -> None:
    """Where the statement or the schema says what the order is."""
    source = WALK.format(scan=BACKWARD, cond="")
    assert columns(advised(source, query=NEWEST)) == [("orders", ("tenant_id", "at"))]
    schema = SCHEMA.replace("CREATE INDEX orders_tenant_at ON orders (tenant_id, at, id);\n", "")
    assert columns(advised(source, schema=schema)) == [("orders", ("tenant_id", "at"))]


def test_an_index_followed_for_an_order_that_is_not_known_is_left_alone() -> None:
    """The LIMIT hides how many rows the filter leaves: an index on it alone may find thousands."""
    assert advised(WALK.format(scan=BACKWARD, cond="")) == []
    assert advised(WALK.format(scan=BACKWARD, cond=""), schema=SCHEMA) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT * FROM orders WHERE tenant_id = 777 LIMIT 20", [("orders", ("tenant_id",))]),
        (
            "SELECT * FROM orders WHERE tenant_id = 777 ORDER BY at, id DESC LIMIT 20",
            [("orders", ("tenant_id", "at", "id DESC"))],
        ),
        ("SELECT * FROM orders WHERE tenant_id = 777 ORDER BY lower(note) LIMIT 20", []),
        ("SELECT id AS at FROM orders WHERE tenant_id = 777 ORDER BY at LIMIT 20", []),
    ],
)
def test_the_statement_says_what_the_order_is(
    query: str, expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert columns(advised(WALK.format(scan=BACKWARD, cond=""), query=query)) == expected


def test_a_condition_that_the_index_serves_stays_in_front() -> None:
    scan = "Index Scan using orders_tenant_at on orders"
    source = WALK.format(scan=scan, cond="         Index Cond: (tenant_id = 777)\n").replace(
        "Filter: (tenant_id = 777)", "Filter: (customer_id = 3)"
    )
    query = "SELECT * FROM orders WHERE tenant_id = 777 AND customer_id = 3 ORDER BY at LIMIT 20"
    (found,) = advised(source, query=query)
    assert set(found.columns[:2]) == {"tenant_id", "customer_id"}
    assert found.columns[2:] == ("at",)


FOLLOWED = """
 Limit  (cost=0.42..1293.88 rows=10 width=98) (actual time=224.1..224.1 rows={got} loops=1)
   ->  Index Scan using articles_pkey on articles  (cost=0.42..462150.49 rows=3573 width=98) \
(actual time=224.1..224.1 rows={got} loops=1)
         Filter: {condition}
         Rows Removed by Filter: 715173
"""
BY_ID = "SELECT * FROM articles WHERE x ORDER BY id LIMIT 10"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("(text @@ '''rare'''::tsquery)", "USING gin (text)"),
        ("(lower(title) ~~ '%rare%'::text)", "USING gin (lower(title) gin_trgm_ops)"),
        ("(tags @> '{rare}'::text[])", "USING gin (tags)"),
        ("(published > now())", "(published)"),
        ("((a = 1) OR (b = 2))", ""),
    ],
)
def test_the_index_that_is_followed_is_not_advised_again(condition: str, expected: str) -> None:
    """The scan came to its end, so that it is known how few rows another index would find."""
    for query in (BY_ID, ""):
        found = advised(FOLLOWED.format(condition=condition, got=3), query=query)
        bodies = [one.statement.partition(" ON articles ")[2] for one in found]
        assert bodies == ([f"{expected};"] if expected else [])


def test_a_limit_that_was_met_hides_how_many_rows_there_are() -> None:
    condition = "(text @@ '''rare'''::tsquery)"
    assert advised(FOLLOWED.format(condition=condition, got=10), query=BY_ID) == []


SORTED = """
 Limit @ 110.8 20 1
   ->  Sort @ 110.7 20 1
         Sort Key: o.created_at DESC
         ->  {join} @ 90.2 {left} 1
               {condition}
               ->  Seq Scan on orders o @ 50.5 99720 1
                     Filter: ((status)::text = 'shipped'::text)
                     Rows Removed by Filter: 400281
               ->  {other}
"""
ORDERED = [("orders", ("status", "created_at"))]
HASHED = "Hash @ 9.2 10000 1\n                     ->  Seq Scan on customers c @ 4.1 10000 1"
RESORTED = HASHED.replace("Hash", "Sort").replace(
    "1\n", "1\n                     Sort Key: c.code\n"
)


@pytest.mark.parametrize(
    ("join", "condition", "other", "expected"),
    [
        ("Hash Join", "Hash Cond: (o.customer_id = c.id)", HASHED, True),
        ("Hash Join", "Hash Cond: (o.customer_code = c.code)", HASHED, False),
        (
            "Merge Join",
            "Merge Cond: (o.customer_code = c.code)",
            "Index Scan using customers_code on customers c @ 9.2 10000 1",
            True,
        ),
        (
            "Merge Join",
            "Merge Cond: (o.customer_code = c.code)",
            RESORTED,
            False,
        ),
    ],
)
def test_a_plan_may_prove_that_the_other_side_can_be_looked_up(
    join: str, condition: str, other: str, *, expected: bool
) -> None:
    source = SORTED.format(join=join, left=99_720, condition=condition, other=other)
    assert (columns(advised(source)) == ORDERED) is expected


def test_partners_that_are_not_unique_prove_nothing() -> None:
    source = SORTED.format(
        join="Hash Join", left=120_000, condition="Hash Cond: (o.customer_id = c.id)", other=HASHED
    )
    assert columns(advised(source)) != ORDERED


def test_loops_above_the_sort_take_rows_in_its_order() -> None:
    source = """
Limit @ 130.0 20 1
  ->  Nested Loop @ 129.9 20 1
        ->  Sort @ 110.7 25 1
              Sort Key: o.created_at DESC
              ->  Seq Scan on orders o @ 50.5 90000 1
                    Filter: ((status)::text = 'shipped'::text)
                    Rows Removed by Filter: 400281
        ->  Index Scan using customers_pkey on customers c @ 0.1 1 25
              Index Cond: (id = o.customer_id)
"""
    (found,) = advised(source)
    assert (found.columns, found.rows_kept) == (("status", "created_at"), 25)


EXISTS = """
Limit @ 1400.0 20 1
  ->  Sort @ 500.0 20 1
        Sort Key: p.at DESC
        ->  Hash Semi Join @ 480.0 900000 1
              Hash Cond: (p.id = s.product_id)
              ->  Seq Scan on products p @ 200.0 900000 1
              ->  Hash @ 100.0 2000000 1
                    ->  Seq Scan on skus s @ 90.0 2000000 1
  SubPlan 1
    ->  Seq Scan on skus s2 @ 40.0 2 20
          Filter: ((price > '0'::numeric) AND (product_id = p.id))
          Rows Removed by Filter: 1999998
"""


def test_an_index_that_is_advised_anyway_serves_the_look_ups() -> None:
    found = columns(advised(EXISTS))
    assert ("products", ("at",)) in found
    assert ("skus", ("product_id",)) in [(table, keys[:1]) for table, keys in found]
    alone = EXISTS.partition("  SubPlan")[0]
    assert advised(alone) == []
