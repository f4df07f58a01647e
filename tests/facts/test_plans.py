"""Facts of plans: the whole, its nodes, its index candidates."""

from __future__ import annotations

import pytest

from tests.support.deployments import facts_of, known, subjects, unknown

ANALYZED = """\
EXPLAIN ANALYZE SELECT * FROM templates WHERE category = 'x' ORDER BY created_at DESC LIMIT 20;
                                QUERY PLAN
 Limit  (cost=90.0..91.0 rows=20 width=4) (actual time=200.0..200.1 rows=20 loops=1)
   ->  Sort  (cost=90.0..92.0 rows=4000 width=4) (actual time=200.0..200.0 rows=20 loops=1)
         Sort Key: created_at DESC
         Sort Method: external merge  Disk: 1024kB
         ->  Seq Scan on templates  (cost=0.0..80.0 rows=400 width=4) (actual %s)
               Filter: (category = 'x'::text)
               Rows Removed by Filter: 96000
 Planning Time: 0.5 ms
 Execution Time: 250.0 ms
""".replace("%s", "time=0.1..150.0 rows=4000 loops=1")
READ = """\
EXPLAIN ANALYZE SELECT sum(amount) FROM jobs t WHERE owner = 5;
 Seq Scan on jobs t  (cost=0.0..9000.0 rows=50 width=8) (actual time=0.0..90.0 rows=8000 loops=1)
   Filter: (owner = 5)
   Rows Removed by Filter: 92000
"""
WRITTEN = """\
EXPLAIN ANALYZE UPDATE jobs SET amount = amount + 1;
 Update on jobs  (cost=0.0..8.0 rows=0 width=0) (actual time=0.1..0.1 rows=0 loops=1)
   ->  Seq Scan on jobs  (cost=0.0..8.0 rows=1 width=6) (actual time=0.0..0.0 rows={rows} loops=1)
"""
FOLLOWED = """\
EXPLAIN ANALYZE SELECT * FROM templates WHERE category = 'x' ORDER BY created_at DESC LIMIT 20;
 Limit  (cost=0.4..91.0 rows=20 width=4) (actual time=200.0..200.1 rows=20 loops=1)
   ->  Index Scan Backward using by_time on templates  (cost=0.4..92.0 rows=4000 width=4) (actual \
time=0.1..200.0 rows=20 loops=1)
         Filter: (category = 'x'::text)
         Rows Removed by Filter: 96000
 Execution Time: 250.0 ms
"""
PLANNED = """\
 Seq Scan on templates  (cost=0.00..80.0 rows=400 width=4)
   Filter: (category = 'x'::text)
"""


def node(title: str) -> dict[str, object]:
    """Facts of one node, by name."""
    (found,) = (one for one in subjects({"a.plan": ANALYZED}, "plan.node") if one.name == title)
    return {name: known(found.facts, name) for name in found.facts if name.startswith("node.")}


class TestPlan:
    def test_the_whole(self) -> None:
        facts = facts_of({"a.plan": ANALYZED}, "plan")

        assert known(facts, "plan.analyzed") is True
        assert known(facts, "plan.execution_time") == 0.25
        assert known(facts, "plan.planning_time") == 0.0005
        assert known(facts, "plan.max_rows") == 100_000
        assert known(facts, "plan.max_rows_node") == "Seq Scan on templates"
        assert known(facts, "plan.slowest_node") == "Seq Scan on templates"
        assert known(facts, "plan.indexable") is True

    def test_a_long_statement_is_shortened(self) -> None:
        text = known(facts_of({"a.plan": ANALYZED}, "plan"), "plan.query")

        assert isinstance(text, str)
        assert len(text) <= 80
        assert text.startswith("SELECT * FROM templates")

    def test_without_analyze(self) -> None:
        facts = facts_of({"a.plan": PLANNED}, "plan")

        assert known(facts, "plan.analyzed") is False
        assert unknown(facts, "plan.execution_time").reason.startswith("the plan was made without")
        assert unknown(facts, "plan.query").reason == "the file does not hold the statement"


class TestNodes:
    def test_a_scan(self) -> None:
        facts = node("Seq Scan on templates")

        assert facts["node.sequential"] is True
        assert (facts["node.rows_scanned"], facts["node.rows_kept"]) == (100_000, 4000)
        assert facts["node.removed_share"] == 0.96
        assert facts["node.misestimate"] == 10
        assert facts["node.filter"] == "(category = 'x'::text)"

    def test_a_sort_on_disk(self) -> None:
        facts = node("Sort")

        assert facts["node.disk_size"] == 1024 * 1024
        assert facts["node.sequential"] is False

    def test_without_actual_rows(self) -> None:
        facts = facts_of({"a.plan": PLANNED}, "plan.node")

        assert unknown(facts, "node.misestimate").reason == "the plan holds no actual rows"
        assert unknown(facts, "node.self_time")
        assert known(facts, "node.loops") == 1

    def test_a_node_that_is_cut_off(self) -> None:
        """A name for every node, even where the file ends in the middle of a line."""
        text = ANALYZED[: ANALYZED.index("Seq Scan")]

        assert all(one.name for one in subjects({"a.plan": text}, "plan.node"))


class TestIndexes:
    def test_a_candidate(self) -> None:
        facts = facts_of({"a.plan": ANALYZED}, "plan.index")

        assert known(facts, "index.table") == "templates"
        assert known(facts, "index.sorted") is True
        assert known(facts, "index.measured") is True
        share = known(facts, "index.share")
        assert isinstance(share, float)
        assert 0 < share <= 1

    @pytest.mark.parametrize(
        ("rows", "expected"),
        [
            (1, "set amount: they can no longer be HOT updates, which is less than what reading"),
            (90_000, "with amount it would answer alone, but statements of this workload set that"),
        ],
    )
    def test_columns_that_statements_set_have_their_price_told(
        self, rows: int, expected: str
    ) -> None:
        files = {"read.plan": READ, "write.plan": WRITTEN.format(rows=rows)}
        costs = known(facts_of(files, "plan.index"), "index.costs")
        assert isinstance(costs, str)
        assert expected in costs

    def test_an_index_is_followed_or_all_is_sorted(self) -> None:
        assert known(facts_of({"a.plan": ANALYZED}, "plan.index"), "index.walked") is False
        facts = facts_of({"a.plan": FOLLOWED}, "plan.index")
        assert known(facts, "index.walked") is True
        assert known(facts, "index.columns") == "category, created_at"

    def test_times_add_up(self) -> None:
        facts = facts_of({"a.plan": ANALYZED}, "plan.index")
        now, then, saving = (
            known(facts, f"index.{name}") for name in ("time_now", "time_then", "saving")
        )
        assert isinstance(now, float)
        assert isinstance(then, float)

        assert now - then == pytest.approx(saving)
        assert 0 < then < now

    def test_without_times(self) -> None:
        text = PLANNED.replace("rows=400", "rows=4").replace("80.0", "80000.0")
        for subject in subjects({"a.plan": text}, "plan.index"):
            assert unknown(subject.facts, "index.saving")
            assert known(subject.facts, "index.measured") is False


class TestSchema:
    SQL = """\
CREATE TABLE templates (id int PRIMARY KEY, category text, created_at timestamptz);
CREATE INDEX one ON templates (category);
CREATE INDEX two ON templates (category);
"""

    def test_flaws_of_a_schema_without_plans(self) -> None:
        (found,) = subjects({"schema.sql": self.SQL}, "schema.index")

        assert found.name == "table templates"
        assert known(found.facts, "flaw.kind") == "duplicate"
        assert known(found.facts, "flaw.index") == "two"
        assert known(found.facts, "flaw.other") == "one"

    def test_costs_of_an_index(self) -> None:
        facts = facts_of({"a.plan": ANALYZED, "schema.sql": self.SQL}, "plan.index")

        assert known(facts, "index.columns") == "category, created_at"
        assert known(facts, "index.method") == "btree"
        assert str(known(facts, "index.costs")).endswith(
            "every INSERT and every UPDATE of category, created_at writes to it"
        )

    def test_an_index_is_told_once_for_each_plan_that_it_serves(self) -> None:
        found = subjects({"a.plan": ANALYZED, "b.plan": ANALYZED}, "plan.index")

        assert [known(one.facts, "index.plans") for one in found] == [2, 2]
        assert len({known(one.facts, "index.statement") for one in found}) == 1

    def test_an_index_of_trigrams_has_no_known_size(self) -> None:
        text = ANALYZED.replace("category = 'x'", "category ~~ '%abc%'").replace("Limit", "Unique")
        facts = facts_of({"a.plan": text}, "plan.index")

        assert unknown(facts, "index.size").reason == "the size depends on what the column holds"
        assert str(known(facts, "index.costs")).startswith("the extension pg_trgm; ")

    def test_what_cannot_be_read_of_a_schema_is_said(self) -> None:
        (found,) = subjects({"schema.sql": "CREATE TABLE t (\n  id int, ???\n);"}, "file")

        assert found.location is not None
        assert found.location.line == 1
        assert known(found.facts, "problem.kind") == "schema"
        assert "not understood in CREATE TABLE t" in str(known(found.facts, "problem.message"))


PARALLEL_SORT = """\
Gather Merge  (actual time=10.0..100.0 rows=9 loops=1)
  ->  Sort  (actual time=10.0..90.0 rows=9 loops=3)
        Sort Method: {leader}
        Worker 0:  Sort Method: external merge  Disk: 4096kB
        Worker 1:  Sort Method: external merge  Disk: 1024kB
        ->  Parallel Seq Scan on t  (actual time=0.1..9.0 rows=9 loops=3)
"""


class TestProcesses:
    @pytest.mark.parametrize(
        ("leader", "size"),
        [("external merge  Disk: 2048kB", 7), ("quicksort  Memory: 2048kB", 5)],
    )
    def test_a_sort_writes_what_all_of_its_processes_write(self, leader: str, size: int) -> None:
        found = subjects({"a.plan": PARALLEL_SORT.format(leader=leader)}, "plan.node")
        facts = next(one.facts for one in found if one.name == "Sort")

        assert known(facts, "node.disk_size") == size * 1024 * 1024
        assert known(facts, "node.disk_most") == 4 * 1024 * 1024


class TestWhatIsNotKnown:
    def test_a_part_of_a_plan_does_not_tell_what_the_statement_returns(self) -> None:
        text = "  ->  Seq Scan on t  (actual time=0.1..9.0 rows=96069 loops=1)\n"

        facts = facts_of({"a.plan": text}, "plan")
        assert unknown(facts, "plan.rows").reason == "the plan starts below its root"

    @pytest.mark.parametrize(
        "text",
        [
            "Limit (actual rows=2 loops=1)\n  ->  Seq Scan on t (actual rows=2 loops=1)\n",
            (
                "Limit (actual time=1..2 rows=2 loops=1)\n"
                "->  Seq Scan on t (actual time=1..2 rows=2 loops=1)\n"
                "->  Seq Scan on u (actual time=1..2 rows=2 loops=1)\n"
            ),
        ],
        ids=["neither times nor costs", "a tree that is a guess"],
    )
    def test_shares_that_nobody_knows(self, text: str) -> None:
        facts = facts_of({"a.plan": text}, "plan")
        assert unknown(facts, "plan.slowest_share")

        found = subjects({"a.plan": text}, "plan.node")
        names = ("node.share", "node.self_time", "node.below_share", "node.below_time")
        assert all(unknown(one.facts, name) for one in found for name in names)

    def test_a_node_without_measurements(self) -> None:
        text = "Sort (actual time=1..2 rows=2 loops=1)\n  ->  Seq Scan on t\n"

        _, scan = subjects({"a.plan": text}, "plan.node")
        assert unknown(scan.facts, "node.share")
        assert known(scan.facts, "plan.slowest_share") == 1


class TestTriggers:
    def test_the_slowest_with_its_table_and_the_other_slow_ones(self) -> None:
        text = (
            "Delete on t (actual time=1..2 rows=0 loops=1)\n"
            "Trigger for constraint a_fkey on t: time=2.6 calls=1\n"
            "Trigger for constraint b_fkey on u: time=16122.0 calls=2401\n"
            "Trigger for constraint c_fkey on u: time=3788.6 calls=2401\n"
            "Execution Time: 19982.5 ms\n"
        )

        facts = facts_of({"a.plan": text}, "plan")
        assert known(facts, "plan.trigger") == "b_fkey on u"
        assert known(facts, "plan.other_triggers") == "c_fkey on u (3,789 ms)"
        place = facts["plan.trigger_time"].location
        assert place is not None
        assert place.line == 3
