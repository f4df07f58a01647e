"""
What plans say about the columns they need: enough to cover them, or nothing.
"""

from __future__ import annotations

import pytest

from advisor.indexes import Query
from advisor.indexes.needs import Needs
from advisor.indexes.workload import Workload
from advisor.plans.read import read_plans


def needed(plan: str, alias: str) -> set[str] | None:
    (read,) = read_plans("x.txt", plan).plans
    assert read.problems == ()
    (known,) = Workload.of([Query("x.txt", read)], None).accounts
    (node,) = (one for one in read.walk() if one.alias == alias)
    found = Needs.of(known).of_scan(node)
    return None if found is None else set(found)


def test_a_verbose_plan_names_all_columns() -> None:
    """The scan returns whole rows, but the aggregate above picks two of their columns."""
    plan = """
 HashAggregate  (cost=0.00..9.00 rows=1 width=40)
   Output: o.kind, sum((o.amount * 2))
   Group Key: o.kind
   ->  Seq Scan on shop.orders o  (cost=0.00..8.00 rows=9 width=12)
         Output: o.id, o.kind, o.amount, o.note, o.at
         Filter: (o.at > '2025-01-01'::date)
"""
    assert needed(plan, "o") == {"kind", "amount", "at"}


def test_a_plan_of_one_relation_writes_no_alias() -> None:
    plan = """
 HashAggregate  (cost=0.00..9.00 rows=1 width=40)
   Output: kind, sum((amount * 2))
   Group Key: orders.kind
   ->  Seq Scan on shop.orders  (cost=0.00..8.00 rows=9 width=12)
         Output: id, kind, amount, note, at
         Filter: (orders.at > '2025-01-01'::date)
"""
    assert needed(plan, "orders") == {"kind", "amount", "at"}


VERBOSE_JOIN = """
 Hash Join  (cost=0.00..9.00 rows=1 width=40)
   Output: o.id, c.name
   Hash Cond: (o.customer = c.id)
   ->  Seq Scan on shop.orders o  (cost=0.00..8.00 rows=9 width=12)
         Output: o.id, o.customer, o.note{own}
   ->  Hash  (cost=0.00..9.00 rows=1 width=40)
         Output: c.name, c.id
         ->  Seq Scan on shop.customers c  (cost=0.00..8.00 rows=9 width=12)
               Output: c.name, c.id
"""


@pytest.mark.parametrize(
    ("own", "alias", "expected"),
    [
        ("", "o", {"id", "customer"}),
        ("", "c", {"id", "name"}),
        ("\n         Filter: (NOT (hashed SubPlan 1))", "o", None),
        ("\n         Filter: (NOT (hashed SubPlan 1))", "c", {"id", "name"}),
        ("\n         Filter: (o.total > (SubPlan 1))", "o", {"id", "customer", "total"}),
        (
            "\n         Filter: (NOT (ANY (o.total = (hashed SubPlan 1).col1)))",
            "o",
            {"id", "customer", "total"},
        ),
        ("\n         Filter: (o.ctid = '(0,1)'::tid)", "o", None),
        ("\n         Filter: check_row(o.*)", "o", None),
    ],
)
def test_what_a_verbose_plan_hides(own: str, alias: str, expected: set[str] | None) -> None:
    """Up to PostgreSQL 16, NOT IN with a subquery does not name the column it looks for."""
    assert needed(VERBOSE_JOIN.format(own=own), alias) == expected


def test_whole_rows_count_where_a_join_hides_a_column() -> None:
    """The join filter takes a column that nothing names; the scan returns it."""
    plan = VERBOSE_JOIN.format(own="").replace(
        "   Hash Cond", "   Join Filter: (NOT (hashed SubPlan 1))\n   Hash Cond"
    )
    assert needed(plan, "o") == {"id", "customer", "note"}


def test_what_the_top_returns_is_needed() -> None:
    plan = """
 Limit  (cost=0.00..9.00 rows=1 width=8)
   Output: id, amount
   ->  Seq Scan on shop.orders  (cost=0.00..8.00 rows=9 width=8)
         Output: id, amount
         Filter: (orders.at > '2025-01-01'::date)
"""
    assert needed(plan, "orders") == {"id", "amount", "at"}


def test_members_of_an_append_return_what_is_needed() -> None:
    """Above an Append, columns carry the alias of its first member."""
    plan = """
 Aggregate  (cost=0.00..9.00 rows=1 width=8)
   Output: sum(p1.amount)
   ->  Append  (cost=0.00..8.00 rows=9 width=8)
         ->  Seq Scan on shop.p1  (cost=0.00..8.00 rows=9 width=8)
               Output: p1.amount
         ->  Seq Scan on shop.p2  (cost=0.00..8.00 rows=9 width=8)
               Output: p2.amount
               Filter: (p2.at > '2025-01-01'::date)
"""
    assert needed(plan, "p2") == {"amount", "at"}


SEMI = """
 Aggregate  (cost=0.00..9.00 rows=1 width=8)
   ->  {join}  (cost=0.00..8.00 rows=9 width=4)
         Hash Cond: (o.id = i.order_id)
         ->  Seq Scan on orders o  (cost=0.00..8.00 rows=9 width=4)
               Filter: (at > '2025-01-01'::date)
         ->  Hash  (cost=0.00..8.00 rows=9 width=4)
               ->  Seq Scan on items i  (cost=0.00..8.00 rows=9 width=4)
                     Filter: {condition}
"""


@pytest.mark.parametrize(
    ("join", "condition", "alias", "expected"),
    [
        ("Hash Semi Join", "(sent < due)", "i", {"order_id", "sent", "due"}),
        ("Hash Anti Join", "(sent < due)", "i", {"order_id", "sent", "due"}),
        ("Hash Semi Join", "(sent < due)", "o", None),
        ("Hash Join", "(sent < due)", "i", None),
        ("Hash Right Semi Join", "(sent < due)", "i", None),
        ("Hash Right Semi Join", "(sent < due)", "o", {"id", "at"}),
        ("Hash Semi Join", "(hashed SubPlan 2)", "i", None),
    ],
)
def test_semi_joins_return_nothing_of_one_side(
    join: str, condition: str, alias: str, expected: set[str] | None
) -> None:
    assert needed(SEMI.format(join=join, condition=condition), alias) == expected


@pytest.mark.parametrize(("width", "expected"), [(0, {"at"}), (4, None)])
def test_rows_without_width_carry_no_column(width: int, expected: set[str] | None) -> None:
    plan = f"""
 Aggregate  (cost=0.00..9.00 rows=1 width=8)
   ->  Seq Scan on orders o  (cost=0.00..8.00 rows=9 width={width})
         Filter: (at > '2025-01-01'::date)
"""
    assert needed(plan, "o") == expected
