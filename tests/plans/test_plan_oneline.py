"""
Plans that lost their line breaks.
"""

from __future__ import annotations

import time

import pytest

from advisor.plans.read import read_plans
from tests.support.plan_trees import outline

PLAN = """\
Hash Join  (cost=1.0..9.0 rows=9 width=4) (actual time=0.1..9.2 rows=9 loops=1)
  Hash Cond: (a.x = b.x)
  Join Filter: (a.y <> 'Filter: -> Sort'::text)
  Rows Removed by Join Filter: 3
  Buffers: shared hit=543 read=8
  I/O Timings: read=0.040
  ->  Seq Scan on a  (cost=1.0..9.0 rows=9 width=4) (actual time=0.1..4.0 rows=9 loops=1)
        Filter: (x > (SubPlan 1))
        Rows Removed by Filter: 7
        SubPlan 1
          ->  Index Scan using i on c  (cost=1.0..9.0 rows=9 width=4) (never executed)
                Index Cond: (z = a.z)
  ->  Hash  (cost=1.0..9.0 rows=9 width=4) (actual time=0.1..5.0 rows=9 loops=1)
        Buckets: 1024  Batches: 1  Memory Usage: 9kB
        ->  Seq Scan on b  (cost=1.0..9.0 rows=9 width=4) (actual time=0.1..4.0 rows=9 loops=1)
Planning Time: 0.1 ms
Execution Time: 9.3 ms
"""


@pytest.mark.parametrize("title", ["", "QUERY PLAN ------------------ "])
def test_a_plan_on_one_line_is_cut_where_the_server_broke_it(title: str) -> None:
    (whole,) = read_plans("x", PLAN).plans
    (found,) = read_plans("x", f"Look:\n{title}{' '.join(PLAN.split())}\nslow!").plans
    assert outline(found) == outline(whole)
    assert (found.root.buffers, found.details) == (whole.root.buffers, whole.details)
    assert (found.planning_ms, found.execution_ms) == (0.1, 9.3)
    assert (found.root.line, found.location.end_line, found.is_guess) == (2, 2, False)


def test_a_condition_with_an_arrow_is_no_plan() -> None:
    source = "Seq Scan on t  (cost=1.0..9.0 rows=9 width=4)\n  Filter: ((a -> 'b') IS NULL)\n"
    (found,) = read_plans("x", source).plans
    assert found.root.filter == "((a -> 'b') IS NULL)"


def test_hostile_lines_take_linear_time() -> None:
    start = time.process_time()
    for name in ("Sort", "whatever", "Filter: '"):
        read_plans("x", f"{name} (cost=1.0..9.0 rows=9 width=4) -> " * 6_000)
    assert time.process_time() - start < 5
