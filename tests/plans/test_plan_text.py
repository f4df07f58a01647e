"""
Text plans line by line: servers, extensions and situations the stored files do not have.
"""

from __future__ import annotations

import re
import time

import pytest

from advisor.plans import text
from advisor.plans.model import Plan
from tests.support.plan_trees import outline


def plan(source: str) -> Plan:
    """
    The one plan of a text.
    """
    (found,) = text.read("plan.txt", source).plans
    return found


def test_a_parenthesis_in_a_nodes_name_is_part_of_it() -> None:
    """TimescaleDB and Citus put their names there; with numbers behind it, or without."""
    found = plan("""
 Custom Scan (ChunkAppend) on public.conditions c  (cost=0.15..9.0 rows=4 width=8)
   Order: c."time"
   Startup Exclusion: true
   Chunks excluded during startup: 2
   ->  Custom Scan (Citus Adaptive)
         Task Count: 4
         Tasks Shown: One of 4
         ->  Task
               Node: host=localhost port=9701 dbname=x
               ->  Seq Scan on conditions_1
""")
    assert [node.title for node in found.walk()] == [
        "Custom Scan (ChunkAppend)",
        "Custom Scan (Citus Adaptive)",
        "Task",
        "Seq Scan",
    ]
    assert found.root.relation == "conditions"
    assert (found.root.schema, found.root.alias) == ("public", "c")
    assert found.root.details["Chunks excluded during startup"] == "2"
    assert found.problems == ()


def test_plans_of_18_are_read() -> None:
    found = plan("""
 Limit  (cost=0.42..3.95 rows=10 width=12) (actual time=0.030..0.052 rows=10.00 loops=1)
   Buffers: shared hit=4
   ->  Nested Loop Right Anti Join  (cost=0.42..9.1 rows=1 width=12) (actual rows=0.33 loops=3)
         Disabled: true
         ->  Index Only Scan using i on t  (actual time=0.028..0.039 rows=3.67 loops=3)
               Index Cond: (x = (InitPlan 1).col1)
               Index Searches: 3
               Heap Fetches: 0
         ->  WindowAgg  (cost=1.0..2.0 rows=1 width=8) (never executed)
               Window: w1 AS (PARTITION BY t.x ROWS UNBOUNDED PRECEDING)
               Storage: Memory  Maximum Storage: 17kB
 Planning:
   Buffers: shared hit=9 read=1
   I/O Timings: shared read=0.250
   Memory: used=24kB  allocated=32kB
 Planning Time: 0.110 ms
 Serialization: time=0.020 ms  output=1kB  format=text
 Execution Time: 0.100 ms
""")
    limit, loop, scan, window = found.walk()
    assert (limit.actual_rows, loop.actual_rows, scan.actual_rows) == (10.0, 0.33, 3.67)
    assert loop.join_type == "Right Anti"
    assert loop.details["Disabled"] == "true"
    assert scan.details["Index Searches"] == "3"
    assert scan.heap_fetches == 0
    assert window.never_executed
    assert window.details["Maximum Storage"] == "17"
    assert found.details["Planning.Shared I/O Read Time"] == "0.250"
    assert found.details["Planning.Memory"] == "used=24kB  allocated=32kB"
    assert found.serialization_ms == 0.02
    assert found.problems == ()


def test_old_servers_are_read() -> None:
    found = plan("""
Hash Join  (cost=1.0..2.0 rows=3 width=4) (actual time=0.1..0.2 rows=3 loops=1)
  Hash Cond: (a.x = b.x)
  ->  Seq Scan on a  (cost=0.0..1.0 rows=3 width=4) (actual time=0.1..0.2 rows=3 loops=1)
        I/O Timings: read=1.500 write=0.250
  ->  Hash  (cost=1.0..1.0 rows=3 width=4) (actual time=0.1..0.1 rows=3 loops=1)
        Buckets: 1024 (originally 512)  Batches: 4 (originally 1)  Memory Usage: 9kB
        ->  Seq Scan on b  (cost=0.0..1.0 rows=3 width=4) (actual time=0.1..0.1 rows=3 loops=1)
Total runtime: 0.345 ms
""")
    _, scan, build, _ = found.walk()
    assert found.execution_ms == 0.345
    assert scan.details == {"I/O Read Time": "1.500", "I/O Write Time": "0.250"}
    assert (build.batches, build.original_batches, build.peak_memory_kb) == (4, 1, 9)


def test_masked_numbers_are_unknown_numbers() -> None:
    found = plan("Seq Scan on t  (cost=N.N..N.N rows=N width=N) (actual rows=N loops=N)\n")
    assert (found.root.relation, found.root.total_cost, found.root.actual_rows) == ("t", None, None)


def test_worker_lines_of_all_versions_are_read() -> None:
    found = plan("""
Sort  (cost=1.0..1.0 rows=1 width=4) (actual time=1.0..1.0 rows=2 loops=3)
  Sort Key: a
  Worker 0:  Sort Method: quicksort  Memory: 25kB
  Worker 1:  actual time=0.5..0.6 rows=1 loops=1
    Sort Method: external merge  Disk: 80kB
    JIT:
      Functions: 2
  ->  Result  (cost=1.0..1.0 rows=1 width=4) (never executed)
""")
    first, second = found.root.workers
    assert first.details["Sort Method"] == "quicksort"
    assert (second.actual_total_ms, second.actual_rows, second.loops) == (0.6, 1, 1)
    assert second.details["Sort Space Type"] == "Disk"
    assert found.root.sort_method == ""
    assert [node.node_type for node in found.walk()] == ["Sort", "Result"]


def test_subplans_and_init_plans_hang_where_they_are_printed() -> None:
    found = plan("""
 CTE Scan on "a b" x
   Filter: ((x.n = (InitPlan expr_1).col1) OR (SubPlan exists_1))
   CTE "a b"
     ->  Result
   InitPlan expr_1
     ->  Aggregate
           ->  Function Scan on pg_catalog.generate_series g
   SubPlan exists_1
     ->  WorkTable Scan on r
""")
    assert outline(found).splitlines() == [
        "CTE Scan a b; as x; no numbers; ((x.n = (InitPlan expr_1).col1) OR (SubPlan exists_1))",
        '  Result; InitPlan CTE "a b"; no numbers',
        "  Aggregate; InitPlan InitPlan expr_1; no numbers",
        "    Function Scan generate_series; as g; Outer; no numbers",
        "  WorkTable Scan r; SubPlan SubPlan exists_1; no numbers",
    ]


def test_nodes_of_statements_that_write_are_read() -> None:
    found = plan("""
 Update on public.events e  (cost=0.00..9.0 rows=0 width=0)
   Update on public.events_1 e_1
   Foreign Update on public.events_2 e_2
   ->  Append  (cost=0.00..9.0 rows=5 width=10)
         ->  Foreign Update on public.events_2 e_2  (cost=0.00..9.0 rows=5 width=10)
               Remote SQL: UPDATE x SET y = 'a -> b' WHERE z
""")
    assert found.root.title == "Update"
    assert "events_1 e_1" in found.root.details["Target Tables"]
    foreign = list(found.walk())[2]
    assert (foreign.node_type, foreign.operation) == ("Foreign Scan", "Update")
    assert foreign.details["Remote SQL"].startswith("UPDATE x")


def test_set_operations_and_grouping_sets_are_read() -> None:
    found = plan("""
 HashSetOp Except All
   ->  MixedAggregate
         Hash Key: a
         Group Key: ()
         ->  GroupAggregate
               Group Key: a, lower(b, 'x, y')
               Group Key: a
               ->  Incremental Sort
                     Sort Key: a, b
                     Presorted Key: a
                     Full-sort Groups: 3  Sort Method: quicksort  Average Memory: 25kB
""")
    setop, mixed, sorted_, sort = found.walk()
    assert (setop.strategy, setop.command) == ("Hashed", "Except All")
    assert mixed.details["Grouping Sets"] == "a, ()"
    assert sorted_.details["Grouping Sets"] == "a, lower(b, 'x, y'), a"
    assert sort.presorted_key == ("a",)
    assert sort.details["Full-sort Groups.Group Count"] == "3"


def test_a_literal_may_look_like_a_plan() -> None:
    found = plan("""
 Seq Scan on t  (cost=0.00..9.00 rows=1 width=4)
   Filter: (note = 'first
->  Hash Join  (cost=1..2 rows=3 width=4)
 (1 row''s) "end'::text)
   Rows Removed by Filter: 7
""")
    assert "\n->  Hash Join  (cost=1..2 rows=3 width=4)\n" in f"{found.root.filter}\n"
    assert found.root.rows_removed_by_filter == 7
    assert found.root.children == ()


def test_lines_that_a_terminal_broke_are_joined() -> None:
    found = plan("""
 Limit  (cost=0.00..9.00 rows=1 width=4) (actual time=0.1..0.2 ro
ws=1 loops=1)
   ->  Seq Scan on t  (cost=0.00..9.00 rows=1
width=4) (never executed)
         Filter: ((a = 1) AND (bcd
ef = 2))
""")
    limit, scan = found.walk()
    assert (limit.actual_rows, scan.plan_width) == (1, 4)
    assert scan.filter == "((a = 1) AND (bcdef = 2))"
    assert found.problems == ()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("Limit  (cost=0.0..9.0 rows=1 width=4)\n  whatever this is\n", "not understood"),
        ("Limit  (cost=0.0..9.0 rows=1 width=4)\n  ->  Seq Scan on t  (cost=0.0", "not closed"),
        ("Limit  (cost=0.0..9.0 rows=1 width=4)\n->  Sort\n->  Sort\n", "indentation is lost"),
        ("  ->  Seq Scan on t  (cost=0.0..9.0 rows=1 width=4)\n", "starts below its root"),
        ("Sort  (cost=0.0..9.0 rows=1 width=4)\n  Sort Key: ('x\n", "not closed"),
        ("Sort  (cost=0.0..9.0 rows=1 width=4)\n  CTE a\n    Filter: b\n", "not understood"),
    ],
)
def test_what_cannot_be_read_is_a_problem_with_its_line(source: str, message: str) -> None:
    found = plan(source)
    assert message in found.problems[0].message
    assert found.problems[0].location.line in (1, 2, 3)


def test_a_node_whose_numbers_are_cut_off_keeps_its_name() -> None:
    found = plan("Limit  (cost=0.0..9.0 rows=1 width=4)\n  ->  Seq Scan on t  (cost=0.0")
    assert found.root.children[0].relation == "t"
    assert found.root.children[0].total_cost is None


def test_summary_lines_may_stand_one_blank_right_of_a_copied_root() -> None:
    """Copying from the first letter on loses the blank that psql puts before every line."""
    found = plan(
        "Sort  (cost=1.0..1.0 rows=1 width=4) (actual time=1.0..1.0 rows=1 loops=1)\n"
        "   Sort Key: a\n"
        "   ->  Result  (cost=1.0..1.0 rows=1 width=4) (actual time=1.0..1.0 rows=1 loops=1)\n"
        " Settings: work_mem = '64kB', search_path = '\"a\"\"b\"'\n"
        " Planning Time: 1.0 ms\n"
        " JIT:\n"
        "   Functions: 3\n"
        "   Options: Inlining false, Optimization true\n"
        "   Timing: Generation 0.2 ms (Deform 0.1 ms), Emission 1.0 ms, Total 1.2 ms\n"
        " Trigger for constraint fk on other: time=8.2 calls=5\n"
        " Trigger RI_x for constraint fk2: calls=6\n"
        " Execution Time: 2.0 ms\n"
    )
    assert found.execution_ms == 2.0
    assert found.settings == {"work_mem": "64kB", "search_path": '"a""b"'}
    assert found.jit is not None
    assert (found.jit.functions, found.jit.total_ms) == (3, 1.2)
    assert found.jit.details["Options.Optimization"] == "true"
    fk, second = found.triggers
    assert (fk.constraint, fk.relation, fk.time_ms, fk.calls) == ("fk", "other", 8.2, 5)
    assert (second.name, second.constraint, second.time_ms) == ("RI_x", "fk2", None)


def test_lines_of_a_future_version_are_kept() -> None:
    found = plan("Result  (cost=0.0..1.0 rows=1 width=4)\nNew Thing: 42\nPlanning Time: 1.0 ms\n")
    assert found.details == {"New Thing": "42"}
    assert found.planning_ms == 1.0


def test_text_behind_a_plan_does_not_belong_to_it() -> None:
    source = "Result  (cost=0.0..1.0 rows=1 width=4)\n\nNote: this was slow.\nReally.\n"
    found = plan(source)
    assert (found.details, found.problems, found.location.end_line) == ({}, (), 1)


@pytest.mark.parametrize(
    "source",
    [
        "".join("  " * depth + "->  Sort\n" for depth in range(3_000)),
        "Sort\n" + "  Filter: ('\n" * 20_000,
        "Sort\n" + "  Filter: (\n" * 20_000,
        "Result  (cost=1..1 rows=1 width=1)\n  Filter: ('\n" * 10_000,
        "Limit  (cost=" + "." * 200_000 + ")\n",
        "Sort\n  Sort Key: " + "(" * 100_000,
        "Sort\n  Buckets: " + " " * 100_000 + "x",
        "Append\n" + "  ->  Seq Scan on t\n" * 20_000,
        "Append  (cost=1..1 rows=1 width=1)\n" + "->  Append\n" * 20_000,
        "Sort  (cost=1..1 rows=1 width=1)\n" + "->  Whatever\nSubPlan 1\n" * 20_000,
        "(" * 100_000 + "cost",
        "Seq Scan on " + '"' * 100_001,
        "x" * 300_000,
        " " * 300_000 + "->",
        "-" * 300_000 + "\n",
    ],
    ids=lambda source: source[:20],
)
def test_hostile_text_takes_linear_time(source: str) -> None:
    start = time.process_time()
    text.read("x", source)
    assert time.process_time() - start < 5


def test_nesting_is_cut_at_a_depth_no_server_prints() -> None:
    source = "Sort\n" + "".join("  " * depth + "->  Sort\n" for depth in range(1, 400))
    found = plan(source)
    depths = {0: 0}
    for node in found.walk():
        depths |= {child.id: depths[node.id] + 1 for child in node.children}
    assert max(depths.values()) < 250
    assert "nested too deeply" in found.problems[0].message


@pytest.mark.parametrize(
    "remark", ["  # slow!", " -- why?", "   <-- 12000 loops (here)", " (slow)", "  # 12000行"]
)
def test_remarks_behind_nodes_are_ignored(remark: str) -> None:
    found = plan(f"""
Limit  (cost=0.0..9.0 rows=1 width=4) (actual time=0.1..0.2 rows=1 loops=1){remark}
  ->  Seq Scan on t  (actual time=0.1..0.2 rows=1.00 loops=1){remark}
Execution Time: 0.3 ms
""")
    assert found.problems == ()
    assert [(node.title, node.relation, node.actual_total_ms) for node in found.walk()] == [
        ("Limit", "", 0.2),
        ("Seq Scan", "t", 0.2),
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "I see Seq Scan on t (cost=0.0..9.0 rows=1 width=4) and wonder",
        "The plan (actual rows and all) is below",
        "Filter: (x = 'Sort (cost=0.0..9.0 rows=1 width=4)'::text)",
        "Node 16386: (actual rows=1 loops=1)",
    ],
)
def test_sentences_with_numbers_are_no_plans(sentence: str) -> None:
    assert text.read("x", sentence).plans == ()


def test_measurements_may_stand_on_a_line_of_their_own() -> None:
    found = plan("""
Sort
  (cost=0.0..9.0 rows=1 width=4)
  (actual time=0.1..9.2 rows=1 loops=1)
  Sort Key: a
  ->  Seq Scan on t  (cost=0.0..9.0 rows=1 width=4)
                     (actual
time=0.1..7.2 rows=5 loops=1)
        Filter: (a = 1)
  ->  Result  (cost=0.0..9.0 rows=1 width=4)
              (never executed)
""")
    sort, scan, result = found.walk()
    assert (sort.total_cost, sort.actual_total_ms, sort.sort_key) == (9.0, 9.2, ("a",))
    assert (scan.actual_total_ms, scan.actual_rows, scan.filter) == (7.2, 5, "(a = 1)")
    assert result.never_executed
    assert found.problems == ()


def test_numbers_that_cannot_be_read_are_not_part_of_the_name() -> None:
    found = plan("""
Sort  (cost=0.0..9.0 rows=1 width=4) (actual time=0.1..9.2 rows=1 loops=1)
  ->  Nested Loop Left Join  (cost=0.0..9.0 rows=1 width=4) (actual time=0,072 rows=0)
        ->  Seq Scan on t  (rows=18.67 loops=3)
        ->  Index Only Scan using t_pkey ... loops=12000
              ->  Task
                    ->  Seq Scan on t_1
""")
    assert [(node.title, node.loops) for node in found.walk()] == [
        ("Sort", 1),
        ("Nested Loop Left Join", None),
        ("Seq Scan", 3),
        ("Index Only Scan", None),
        ("Task", None),
        ("Seq Scan", None),
    ]
    assert [problem.message.partition(":")[0] for problem in found.problems] == [
        "the node's numbers cannot all be read",
        "the node has no measurements, unlike those around it",
    ]
    assert [problem.location.line for problem in found.problems] == [3, 5]


def test_a_plan_that_was_not_run_has_nothing_to_say_about_it() -> None:
    assert plan("Sort  (cost=0.0..9.0 rows=1 width=4)\n  ->  Seq Scan on t\n").problems == ()


def test_properties_at_the_roots_column_are_the_roots() -> None:
    found = plan("Seq Scan on t  (cost=0.0..9.0 rows=1 width=4)\nFilter: (a = 1)\nOdd: 1\n")
    assert (found.root.filter, found.details) == ("(a = 1)", {"Odd": "1"})


def test_triggers_know_their_lines() -> None:
    found = plan("Delete on t  (actual time=1..2 rows=0 loops=1)\nTrigger a on t: time=5 calls=1\n")
    assert [(one.name, one.relation, one.line) for one in found.triggers] == [("a", "t", 2)]


def test_a_plan_below_its_root_is_a_part() -> None:
    assert plan("  ->  Seq Scan on t  (cost=0.0..9.0 rows=1 width=4)\n").is_part
    assert not plan("Seq Scan on t  (cost=0.0..9.0 rows=1 width=4)\n").is_part


@pytest.mark.parametrize("blanks", ["  ", " ", "    "])
def test_properties_on_one_line_may_be_any_number_of_blanks_apart(blanks: str) -> None:
    text = """
Sort  (cost=1.0..9.0 rows=9 width=4)
  Sort Method: external merge  Disk: 23872kB
  ->  HashAggregate  (cost=1.0..9.0 rows=9 width=4)
        Batches: 5  Memory Usage: 4145kB  Disk Usage: 688kB
        ->  Hash  (cost=1.0..9.0 rows=9 width=4)
              Buckets: 1024 (originally 512)  Batches: 4 (originally 1)  Memory Usage: 9kB
"""
    numbers = text.replace("  (cost", " (cost")
    found = plan(re.sub(r"(?<=[a-zB\d)])  (?=[A-Z])", blanks, numbers))
    sort, aggregate, build = found.walk()
    assert (sort.sort_method, sort.sort_space_type) == ("external merge", "Disk")
    assert (sort.sort_space_kb, aggregate.disk_usage_kb, aggregate.batches) == (23872, 688, 5)
    assert (build.batches, build.original_batches, build.peak_memory_kb) == (4, 1, 9)
