"""
Blocks of nodes alone: who pays for children, CTEs and InitPlans.
"""

from __future__ import annotations

from advisor.plans import text
from advisor.plans.buffers import self_buffers
from advisor.plans.model import Buffers
from tests.support.plan_trees import long_hand


def blocks(source: str) -> list[Buffers]:
    (found,) = text.read("x", long_hand(source)).plans
    assert found.problems == ()
    return list(self_buffers(found).values())


def test_children_are_subtracted() -> None:
    sort, scan = blocks("""
Sort @ 2.000 5 1
  Buffers: shared hit=3 read=10, temp read=4 written=4
  ->  Seq Scan on t @ 1.000 5 1
        Buffers: shared hit=1 read=10
""")
    assert sort == Buffers(shared_hit=2, temp_read=4, temp_written=4)
    assert scan == Buffers(shared_hit=1, shared_read=10)


def test_an_init_plan_is_paid_by_its_user_and_a_cte_by_its_scans() -> None:
    found = blocks("""
Hash Join @ 9.000 5 1
  Buffers: shared hit=100
  InitPlan 1 (returns $0)
    ->  Seq Scan on a @ 1.000 1 1
          Buffers: shared hit=20
  CTE big
    ->  Seq Scan on b @ 1.000 9 1
          Buffers: shared hit=30
  ->  Index Scan using i on t @ 3.000 5 1
        Index Cond: (id = $0)
        Buffers: shared hit=70
  ->  CTE Scan on big @ 2.000 9 1
        Buffers: shared hit=30
""")
    assert [one.shared_hit for one in found] == [0, 20, 30, 50, 0]


def test_without_buffers_there_is_nothing_to_tell() -> None:
    assert blocks("Sort @ 2.000 5 1\n  ->  Seq Scan on t @ 1.000 5 1\n") == []


def test_what_contradicts_itself_is_not_below_zero() -> None:
    sort, _ = blocks("""
Sort @ 2.000 5 1
  Buffers: shared hit=3
  ->  Seq Scan on t @ 1.000 5 1
        Buffers: shared hit=5
""")
    assert sort == Buffers()
