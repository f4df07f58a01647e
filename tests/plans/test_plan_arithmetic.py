"""
Times of nodes: who pays for workers, subplans, CTEs and InitPlans.
"""

from __future__ import annotations

import pytest

from advisor.plans import text
from advisor.plans.arithmetic import NodeTimes, account
from advisor.plans.model import Plan
from tests.support.plan_trees import long_hand


def plan(source: str) -> Plan:
    """
    A plan in short hand, read without any problem.
    """
    (found,) = text.read("x", long_hand(source)).plans
    assert found.problems == ()
    return found


def own(found: Plan) -> list[float | None]:
    return [row.self_ms and round(row.self_ms, 6) for row in account(found).values()]


def rows(found: Plan) -> list[NodeTimes]:
    return list(account(found).values())


def test_children_are_subtracted_and_loops_multiplied() -> None:
    found = plan("""
Nested Loop @ 100.000 50 1
  ->  Seq Scan on a @ 20.000 10 1
        Filter: (x = 1)
        Rows Removed by Filter: 90
  ->  Index Scan using i on b @ 5.000 5 10
        Rows Removed by Index Recheck: 2
""")
    loop, outer, inner = rows(found)
    assert own(found) == [30.0, 20.0, 50.0]
    assert [loop.share, outer.share, inner.share] == [0.3, 0.2, 0.5]
    assert (outer.rows_out_total, outer.rows_scanned_total) == (10, 100)
    assert (inner.rows_out_total, inner.rows_removed_total, inner.executions) == (50, 20, 10)
    assert not loop.estimated


def test_a_line_of_an_extension_without_times_passes_on_what_is_below() -> None:
    """Citus prints the plan of a worker below a `Task`, which is not measured itself."""
    (found,) = text.read(
        "x",
        """\
Custom Scan (Citus Adaptive)  (cost=0.00..0.00 rows=9 width=8) (actual time=40.000..40.000 rows=9 loops=1)
  Task Count: 1
  Tasks Shown: All
  ->  Task
        Node: host=localhost port=5432 dbname=postgres
        ->  Limit  (cost=0.00..1.00 rows=9 width=8) (actual time=30.000..30.000 rows=9 loops=1)
              ->  Seq Scan on a_102 a  (cost=0.00..9.00 rows=9 width=8) (actual time=0.010..29.000 rows=9 loops=1)
            Planning Time: 0.085 ms
            Execution Time: 30.098 ms
Planning Time: 1.000 ms
Execution Time: 41.000 ms
""",  # noqa: E501 - lines as psql prints them
    ).plans
    assert found.problems == ()
    assert own(found) == [10.0, 0.0, 1.0, 29.0]
    assert found.execution_ms == 41.0


def test_workers_share_the_wall_time() -> None:
    """Loops per loop of the Gather count, not the workers that were launched."""
    found = plan("""
Gather @ 40.000 30 2
  Workers Planned: 4
  Workers Launched: 4
  ->  Nested Loop @ 30.000 5 6
        ->  Parallel Seq Scan on a @ 10.000 5 6
        ->  Index Scan using i on b @ 4.000 1 30
""")
    gather, loop, scan, index = rows(found)
    assert [row.processes for row in (gather, loop, scan, index)] == [1, 3, 3, 3]
    assert own(found) == [20.0, 0.0, 20.0, 40.0]
    assert loop.total_ms == 60.0
    assert (scan.cpu_ms, scan.total_ms, scan.executions) == (60.0, 20.0, 2.0)


def test_a_node_that_one_of_several_processes_ran_ran_once() -> None:
    found = plan("""
Gather @ 40.000 30 1
  ->  Parallel Hash @ 30.000 5 3
        ->  Parallel Seq Scan on a @ 10.000 5 1
""")
    assert rows(found)[2].executions == 1.0


def test_a_cte_is_paid_by_those_who_read_it() -> None:
    found = plan("""
Hash Join @ 100.000 5 1
  CTE big
    ->  Seq Scan on t @ 60.000 5 1
  ->  CTE Scan on big @ 75.000 5 1
  ->  Hash @ 20.000 5 1
        ->  CTE Scan on big b2 @ 15.000 5 1
""")
    assert own(found) == [5.0, 60.0, 25.0, 5.0, 5.0]


def test_the_nearest_cte_of_a_name_is_the_one_that_is_read() -> None:
    found = plan("""
CTE Scan on c @ 100.000 5 1
  CTE c
    ->  CTE Scan on c c_1 @ 90.000 5 1
          CTE c
            ->  Seq Scan on t @ 70.000 5 1
""")
    assert own(found) == [10.0, 20.0, 70.0]


def test_a_modifying_cte_that_nothing_reads_runs_after_the_root() -> None:
    found = plan("""
Result @ 1.000 1 1
  CTE gone
    ->  Delete on t @ 99.000 0 1
""")
    result, delete = rows(found)
    assert (result.self_ms, delete.self_ms) == (1.0, 99.0)
    assert (result.share, delete.share) == (0.01, 0.99)


def test_what_the_reader_of_a_cte_did_not_wait_for_is_paid_where_the_cte_hangs() -> None:
    """Workers end when the plan is shut down: as PostgreSQL 15 tells it of a parallel CTE."""
    found = plan("""
Hash Join @ 28.112 190 1
  CTE t
    ->  Finalize Aggregate @ 28.033 20 1
  ->  CTE Scan on t x @ 18.131 20 1
  ->  Hash @ 0.017 20 1
        ->  CTE Scan on t y @ 0.011 20 1
""")
    assert own(found) == [0.073, 28.033, 0.0, 0.006, 0.0]
    assert all(row.consistent for row in rows(found))


def test_workers_that_nobody_waited_for_take_no_more_than_their_gather() -> None:
    """EXISTS has its row after 0.34 ms; what workers scan until they are told is no wall time."""
    found = plan("""
Gather @ 0.340 1 1
  Workers Planned: 2
  Workers Launched: 2
  ->  Nested Loop @ 3.180 137 3
        ->  Parallel Seq Scan on uses @ 1.590 137 3
        ->  Seq Scan on t @ 0.010 1 3
""")
    gather, loop, scan, _ = rows(found)
    assert gather.self_ms == 0.0
    assert [loop.total_ms, loop.cpu_ms] == pytest.approx([0.34, 9.54])
    assert [scan.self_ms, scan.cpu_ms] == pytest.approx([0.17, 4.77])
    assert sum(time or 0 for time in own(found)) == pytest.approx(0.34)


@pytest.mark.parametrize(
    ("name", "condition"),
    [
        ("InitPlan 1 (returns $0)", "(x < $0)"),
        ("InitPlan 10 (returns $1,$20)", "(x < $20)"),
        ("InitPlan 20", "(x < (InitPlan 20).col1)"),
        ("InitPlan expr_1", "(x < (InitPlan expr_1).col1)"),
    ],
)
def test_an_init_plan_is_paid_by_its_user(name: str, condition: str) -> None:
    found = plan(f"""
Sort @ 100.000 5 1
  {name}
    ->  Aggregate @ 60.000 1 1
  ->  Seq Scan on t @ 90.000 5 1
        Filter: {condition}
""")
    assert own(found) == [10.0, 60.0, 30.0]


def test_a_gather_above_the_user_pays_because_it_evaluates_parameters() -> None:
    found = plan("""
Finalize Aggregate @ 100.000 1 1
  InitPlan 1 (returns $1)
    ->  Aggregate @ 60.000 1 1
  ->  Gather @ 95.000 3 1
        ->  Partial Aggregate @ 30.000 1 3
              ->  Parallel Seq Scan on t @ 29.000 1 3
                    Filter: (score < $1)
""")
    assert own(found) == [5.0, 60.0, 5.0, 1.0, 29.0]


def test_an_init_plan_that_nothing_names_is_paid_where_it_hangs() -> None:
    found = plan("""
Result @ 100.000 1 1
  InitPlan 1 (returns $0)
    ->  Limit @ 60.000 1 1
""")
    assert own(found) == [40.0, 60.0]


def test_output_handed_up_is_not_use() -> None:
    found = plan("""
Sort @ 100.000 1 1
  Output: t.x, ($0)
  InitPlan 1 (returns $0)
    ->  Limit @ 60.000 1 1
  ->  Seq Scan on t @ 70.000 1 1
        Output: t.x, $0
""")
    assert own(found) == [30.0, 60.0, 10.0]


def test_an_init_plan_used_by_another_is_not_charged_to_a_gather_twice() -> None:
    found = plan("""
Gather @ 100.000 1 1
  InitPlan 1 (returns $0)
    ->  Limit @ 20.000 1 1
  InitPlan 2 (returns $1)
    ->  Result @ 50.000 1 1
          One-Time Filter: ($0 > 1)
  ->  Parallel Seq Scan on t @ 40.000 1 2
        Filter: (x = $1)
""")
    assert own(found) == [10.0, 20.0, 30.0, 40.0]


def test_sub_plans_are_subtracted_where_they_hang() -> None:
    found = plan("""
Seq Scan on a @ 100.000 20 1
  Filter: (x = (SubPlan 1))
  SubPlan 1
    ->  Aggregate @ 4.000 1 20
""")
    assert own(found) == [20.0, 80.0]


def test_what_never_ran_took_no_time() -> None:
    found = plan("""
Nested Loop @ 10.000 0 1
  ->  Seq Scan on a @ 9.000 0 1
  ->  Gather  (cost=0.00..1.00 rows=1 width=4) (never executed)
        ->  Seq Scan on b  (cost=0.00..1.00 rows=1 width=4) (never executed)
""")
    last = rows(found)[3]
    assert (last.total_ms, last.self_ms, last.executions, last.processes) == (0.0, 0.0, 0.0, 1.0)


def test_rounding_below_zero_is_zero_and_more_is_a_warning() -> None:
    found = plan("""
Nested Loop @ 10.000 0 1
  ->  Seq Scan on a @ 0.010 10000 1
  ->  Index Scan using i on b @ 0.001 1 10000
""")
    assert own(found)[0] == 0.0
    assert rows(found)[0].consistent
    odd = plan("Sort @ 10.000 1 1\n  ->  Seq Scan on a @ 15.000 1 1\n")
    assert own(odd) == [-5.0, 15.0]
    assert not rows(odd)[0].consistent
    assert rows(odd)[0].share == 0.0


def test_without_times_shares_are_of_cost_and_rows_are_counted() -> None:
    found = plan("""
Sort  (cost=90.00..100.00 rows=5 width=4) (actual rows=4 loops=1)
  ->  Seq Scan on a  (cost=0.00..80.00 rows=5 width=4) (actual rows=4 loops=1)
        Rows Removed by Filter: 96
""")
    sort, scan = rows(found)
    assert (sort.self_ms, sort.total_ms, sort.estimated) == (None, None, True)
    assert (round(sort.share, 6), scan.share) == (0.2, 0.8)
    assert scan.rows_scanned_total == 100


def estimate(source: str) -> list[NodeTimes]:
    (found,) = text.read("x", source).plans
    return list(account(found).values())


def test_costs_are_handed_down_no_further_than_they_were_spent() -> None:
    limit, sort, scan = estimate("""
Limit  (cost=0.00..10.00 rows=20 width=4)
  ->  Index Scan using i on t  (cost=0.00..1000.00 rows=2000 width=4)
        SubPlan 1
          ->  Seq Scan on u  (cost=0.00..100.00 rows=1 width=4)
""")
    assert limit.share == 0.0
    assert sort.share == 0.0
    assert scan.share == 1.0


def test_the_inner_side_of_a_loop_is_expected_once_a_row() -> None:
    _, _, keep, inner, hashed = estimate("""
Nested Loop  (cost=0.00..1000.00 rows=100 width=4)
  Join Filter: (NOT (hashed SubPlan 1))
  ->  Seq Scan on a  (cost=0.00..100.00 rows=50 width=4)
  ->  Materialize  (cost=0.00..10.00 rows=2 width=4)
        ->  Seq Scan on b  (cost=0.00..9.00 rows=2 width=4)
  SubPlan 1
    ->  Seq Scan on c  (cost=0.00..9.00 rows=2 width=4)
""")
    assert (keep.executions, inner.executions, hashed.executions) == (50, 1, 1)


def test_rows_of_a_scan_are_worked_back_from_its_cost() -> None:
    (scan,) = estimate("Seq Scan on t  (cost=0.00..1734.00 rows=600 width=92)\n  Filter: (a = 1)\n")
    assert scan.rows_scanned_total == pytest.approx(59_451, rel=0.001)
    assert scan.rows_removed_total == scan.rows_scanned_total - 600


def test_the_planner_divides_rows_among_processes() -> None:
    _, scan = estimate("""
Gather  (cost=0.00..1734.00 rows=600 width=4)
  Workers Planned: 2
  ->  Parallel Seq Scan on t  (cost=0.00..1296.50 rows=250 width=4)
        Filter: (a = 1)
""")
    assert scan.processes == 2.4
    assert scan.rows_out_total == 600
    assert scan.rows_scanned_total == pytest.approx(59_000, rel=0.02)


def test_a_plan_without_any_number_has_no_shares() -> None:
    assert [row.share for row in estimate("Sort\n  Sort Key: a\n  ->  Seq Scan on t\n")] == [0, 0]


def test_a_node_without_numbers_is_not_free() -> None:
    """It was not measured; the node above seems to take what it took."""
    (found,) = text.read(
        "x",
        """\
Sort  (cost=1.00..2.00 rows=1 width=4) (actual time=1.000..9.000 rows=1 loops=1)
  ->  Nested Loop  (cost=1.00..2.00 rows=1 width=4) (actual time=0.1 lo
        ->  Seq Scan on t  (cost=1.00..2.00 rows=1 width=4) (actual time=1.0..4.0 rows=1 loops=1)
""",
    ).plans
    assert own(found) == [5.0, None, 4.0]
    assert [row.known for row in rows(found)] == [True, False, True]


@pytest.mark.parametrize("numbers", ["", "(actual rows=1 loops=1)"])
def test_without_times_and_costs_shares_are_not_known(numbers: str) -> None:
    (found,) = text.read("x", f"Sort  {numbers}\n  ->  Seq Scan on t  {numbers}\n").plans
    assert [row.known for row in rows(found)] == [False, False]
