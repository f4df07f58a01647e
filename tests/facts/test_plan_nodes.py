"""Facts of nodes: what each did, seen from the nodes around it."""

from __future__ import annotations

import pytest

from tests.support.deployments import known, subjects, unknown
from tests.support.plan_trees import long_hand


def nodes(source: str) -> list[dict[str, object]]:
    """The known facts of all nodes, in the order of the plan."""
    found = subjects({"a.plan": long_hand(source)}, "plan.node")
    return [
        {name: known(one.facts, name) for name in one.facts if name.startswith("node.")}
        for one in found
    ]


def test_a_hash_answers_for_the_join_above_it() -> None:
    join, scan, hashed, _ = nodes("""
Hash Join @ 100.000 9 1
  ->  Seq Scan on a @ 10.000 9 1
  ->  Hash @ 40.000 9 1
        Buckets: 1024  Batches: 8  Memory Usage: 900kB
        ->  Seq Scan on b @ 20.000 9 1
""")
    assert (hashed["node.batches"], hashed["node.batch_size"]) == (8, 900 * 1024)
    assert (hashed["node.hash_share"], hashed["node.hash_time"]) == (0.7, 0.07)
    assert hashed["node.hot"] == join["node.key"]
    assert scan["node.batches"] == 0


def test_a_bitmap_that_forgot_its_rows() -> None:
    (scan, _) = nodes("""
Bitmap Heap Scan on a @ 10.000 100 1
  Recheck Cond: (x < 3)
  Rows Removed by Index Recheck: 900
  Heap Blocks: exact=25 lossy=75
  ->  Bitmap Index Scan on i @ 1.000 100 1
        Index Cond: (x < 3)
""")
    assert (scan["node.lossy_share"], scan["node.rechecked"]) == (0.75, 900)


def test_an_index_scan_below_a_loop() -> None:
    _, outer, inner = nodes("""
Nested Loop @ 100.000 9 1
  ->  Index Only Scan using i on a @ 10.000 200 1
        Index Cond: (x < 3)
        Heap Fetches: 50
        Buffers: shared hit=400 read=1600
  ->  Index Scan using j on b @ 0.100 1 200
        Index Cond: (id = a.x)
        Index Searches: 600
""")
    assert (outer["node.heap_fetches"], outer["node.heap_fetch_share"]) == (50, 0.25)
    assert (outer["node.blocks"], outer["node.blocks_per_row"]) == (2000, 10)
    assert (outer["node.probes"], inner["node.probes"], inner["node.searches"]) == (0, 200, 3)


def test_pairs_that_a_join_compares() -> None:
    join, _, _ = nodes("""
Nested Loop @ 100.000 9 2
  Join Filter: ((a.x = b.x) OR (a.y = b.y))
  Rows Removed by Join Filter: 991
  ->  Seq Scan on a @ 10.000 10 2
  ->  Seq Scan on b @ 0.100 100 20
""")
    assert (join["node.join_removed"], join["node.join_or"]) == (1982, True)


def test_a_cache_that_is_too_small() -> None:
    _, _, cache, _ = nodes("""
Nested Loop @ 100.000 9 1
  ->  Seq Scan on a @ 10.000 100 1
  ->  Memoize @ 0.100 1 100
        Cache Key: a.x
        Cache Mode: logical
        Hits: 25  Misses: 75  Evictions: 60  Overflows: 0  Memory Usage: 9kB
        ->  Index Scan using j on b @ 0.100 1 75
""")
    assert (cache["node.cache_hit_share"], cache["node.cache_evictions"]) == (0.25, 60)


def test_subplans_that_run_for_every_row() -> None:
    _, plain, _, hashed = nodes("""
Seq Scan on a @ 100.000 1000 1
  Filter: (NOT (SubPlan 1) AND (NOT (hashed SubPlan 2)))
  SubPlan 1
    ->  Materialize @ 0.050 10 1000
          ->  Seq Scan on b @ 9.000 10 1
  SubPlan 2
    ->  Seq Scan on c @ 9.000 10 1
""")
    assert (plain["node.runs"], plain["node.run_share"], plain["node.not_in"]) == (1000, 0.5, True)
    assert (hashed["node.runs"], hashed["node.not_in"]) == (0, False)


def test_not_in_as_later_majors_print_it() -> None:
    _, first, tenth = nodes("""
Seq Scan on a @ 100.000 1000 1
  Filter: ((NOT (ANY (id = (SubPlan 1).col1))) AND (x < (SubPlan 10)))
  SubPlan 1
    ->  Seq Scan on b @ 0.050 10 1000
  SubPlan 10
    ->  Seq Scan on c @ 0.010 1 1000
""")
    assert (first["node.not_in"], tenth["node.not_in"]) == (True, False)


def test_exists_is_no_not_in() -> None:
    _, subplan = nodes("""
Seq Scan on a @ 100.000 1000 1
  Filter: (NOT EXISTS(SubPlan 1))
  SubPlan 1
    ->  Seq Scan on b @ 0.050 1 1000
""")
    assert (subplan["node.runs"], subplan["node.not_in"]) == (1000, False)


def test_rows_that_an_offset_skips() -> None:
    limit, _ = nodes("Limit @ 100.000 20 1\n  ->  Index Scan using i on a @ 90.000 5020 1\n")
    plain, _ = nodes("Limit @ 100.000 20 1\n  ->  Index Scan using i on a @ 90.000 20 1\n")
    assert (limit["node.offset"], limit["node.offset_share"]) == (5000, 1.0)
    assert (plain["node.offset"], plain["node.offset_share"]) == (0, 0.0)


PARALLEL = """
Limit @ 100.000 20 1
  ->  {gather} @ 90.000 {taken} 1
        Workers Planned: 2
        Workers Launched: 2
        ->  Parallel Seq Scan on a @ 80.000 40000 3
"""


@pytest.mark.parametrize("gather", ["Gather", "Gather Merge"])
def test_a_gather_counts_what_is_taken_from_it(gather: str) -> None:
    """Its workers may read ahead, but what it returned is what LIMIT and OFFSET asked for."""
    limit, *_ = nodes(PARALLEL.format(gather=gather, taken=100_020))
    assert (limit["node.offset"], limit["node.offset_share"]) == (100_000, 1.0)
    limit, *_ = nodes(PARALLEL.format(gather=gather, taken=20))
    assert (limit["node.offset"], limit["node.offset_share"]) == (0, 0.0)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("(a.x = b.y)", True),
        ("((a.x > b.x) AND ((a.y)::text = (b.z)::text))", True),
        ("st_intersects(a.shape, b.shape)", True),
        ("((a.x > b.x) AND (a.x < b.y))", False),
        ("((a.x = b.x) OR (a.y = b.y))", False),
        ("((a.x + b.x) = b.y)", False),
        ("(a.done AND (b.kind = 5))", False),
    ],
)
def test_a_join_filter_with_an_equality_of_its_sides_could_be_hashed(
    condition: str, *, expected: bool
) -> None:
    join, *_ = nodes(f"""
Nested Loop @ 100.000 9 2
  Join Filter: {condition}
  Rows Removed by Join Filter: 991
  ->  Seq Scan on a @ 10.000 10 2
  ->  Seq Scan on b @ 0.100 100 20
""")
    assert join["node.join_keyed"] is expected


def test_a_timestamp_that_is_cut_to_its_day() -> None:
    (scan,) = nodes("""
Seq Scan on a @ 100.000 9 1
  Filter: ((at)::date = '2025-01-01'::date)
  Rows Removed by Filter: 99991
""")
    assert (scan["node.cut"], scan["node.cut_column"]) == ("(at)::date = '2025-01-01'::date", "at")
    assert str(scan["node.cut_lines"]).splitlines() == [
        "-- instead of (at)::date = '2025-01-01'::date:",
        "-- at >= '2025-01-01'::date AND at < '2025-01-01'::date + 1",
        "CREATE INDEX CONCURRENTLY idx_a_at ON a (at);",
    ]


def test_a_whole_table_that_is_counted() -> None:
    whole, *_ = nodes("""
Finalize Aggregate @ 100.000 1 1
  ->  Gather @ 99.000 3 1
        Workers Planned: 2
        Workers Launched: 2
        ->  Partial Aggregate @ 90.000 1 3
              ->  Parallel Seq Scan on a @ 80.000 1000 3
""")
    part, _ = nodes(
        "Aggregate @ 9.000 1 1\n  ->  Seq Scan on a @ 8.000 7 1\n        Filter: (x = 1)\n"
    )
    assert (whole["node.counted"], part["node.counted"]) == (3000, 0)


def test_a_cte_read_once_with_a_filter() -> None:
    scan, _ = nodes("""
CTE Scan on big @ 100.000 10 1
  Filter: (x = 1)
  Rows Removed by Filter: 990
  CTE big
    ->  Seq Scan on a @ 80.000 1000 1
""")
    assert (scan["node.fenced"], scan["node.fenced_share"]) == (990, 1.0)


def test_partitions_that_have_nothing_to_say() -> None:
    append, *_ = nodes("""
Append @ 100.000 5 1
  ->  Seq Scan on p1 @ 30.000 5 1
  ->  Seq Scan on p2 @ 30.000 0 1
  ->  Seq Scan on p3 @ 30.000 0 1
  ->  Seq Scan on p4  (cost=0.00..1.00 rows=1 width=4) (never executed)
""")
    assert (append["node.partitions"], append["node.empty_partitions"]) == (3, 2)
    assert append["node.empty_share"] == 0.6


def test_without_times_shares_are_of_cost_and_times_unknown() -> None:
    cost = "(cost=1.00..9.00 rows=1 width=4)"
    lines = (f"Hash Join  {cost}", f"  ->  Hash  {cost}")
    text = "\n".join(lines)
    facts = subjects({"a.plan": text}, "plan.node")[1].facts
    assert unknown(facts, "node.hash_time")
    assert known(facts, "node.hash_share") == 0.0
