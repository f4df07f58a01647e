"""
Columns that statements of the workload set: an index that carries them makes their UPDATEs dearer.
"""

from __future__ import annotations

import msgspec
import pytest

from advisor.indexes import IndexCandidate, Query, advise
from advisor.indexes.schema import Schema, read_schema
from advisor.indexes.updates import Updates
from advisor.indexes.workload import Workload
from advisor.plans.read import read_plans

WRITER = """
EXPLAIN ANALYZE {statement};
 Update on jobs  (cost=0.00..8.00 rows=0 width=0) (actual time=0.100..0.100 rows=0 loops=1)
   ->  Index Scan using jobs_pkey on jobs  (cost=0.00..8.00 rows=1 width=6) \
(actual time=0.010..0.020 rows={rows} loops=1)
         Index Cond: (id = 5)
"""
READER = """
EXPLAIN ANALYZE SELECT sum(amount) FROM jobs t WHERE owner = 5;
 Seq Scan on jobs t  (cost=0.00..9000.00 rows=50 width=8) \
(actual time=0.010..90.000 rows=8000 loops=1)
   Filter: (owner = 5)
   Rows Removed by Filter: 92000
"""
SCHEMA = "CREATE TABLE jobs (id int PRIMARY KEY, owner int, amount int, state text);"


def writer(statement: str, *, rows: int = 1, calls: int = 1) -> Query:
    """A plan that writes rows, and how often it ran."""
    (plan,) = read_plans("w.txt", WRITER.format(statement=statement, rows=rows)).plans
    return Query("w.txt", msgspec.structs.replace(plan, calls=calls))


def advised(*writers: Query, schema: Schema | None = None) -> IndexCandidate:
    """The index for a statement that reads, beside statements that write."""
    (plan,) = read_plans("r.txt", READER).plans
    (found,) = advise([Query("r.txt", plan), *writers], schema).candidates
    assert found.columns == ("owner",)
    return found


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE shop.jobs j SET state = 'x', (a, b) = (1, 2), tags[1] = 'x'", "a b state tags"),
        ("INSERT INTO jobs (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET n = excluded.m", "n"),
        ("INSERT INTO jobs (id) VALUES (1) ON CONFLICT DO NOTHING", ""),
        ("WITH d AS (UPDATE jobs SET done = true RETURNING id) SELECT * FROM d", "done"),
        ("MERGE INTO jobs USING s ON s.id = jobs.id WHEN MATCHED THEN UPDATE SET x = s.y", "x"),
        ("UPDATE others SET state = 'x'", ""),
        ("UPDATE jobs SET WHERE", ""),
    ],
)
def test_what_a_statement_sets(statement: str, expected: str) -> None:
    found = Updates.of(Workload.of([writer(statement)], None))
    assert " ".join(sorted(column for table, column in found.rows if table == "jobs")) == expected


def test_rows_count_as_often_as_they_are_written() -> None:
    few = writer("UPDATE jobs SET amount = 1", rows=3, calls=10)
    many = writer("UPDATE jobs SET amount = 2, state = 'x'", rows=100)
    found = Updates.of(Workload.of([few, many], None))
    assert found.rows == {("jobs", "amount"): 130.0, ("jobs", "state"): 100.0}


def test_a_column_that_is_often_set_is_left_out_and_the_reason_said() -> None:
    found = advised(writer("UPDATE jobs SET amount = amount + 1 WHERE id = 5", calls=100_000))
    assert found.definition.include == ()
    assert found.left_out == ("amount",)


def test_a_column_that_is_seldom_set_is_carried_along_and_the_price_said() -> None:
    found = advised(writer("UPDATE jobs SET amount = amount + 1 WHERE id = 5"))
    assert found.definition.include == ("amount",)
    assert found.changed == ("amount",)
    assert found.left_out == ()


def test_other_columns_may_be_set() -> None:
    found = advised(writer("UPDATE jobs SET state = 'done' WHERE id = 5", calls=100_000))
    assert (found.definition.include, found.changed, found.left_out) == (("amount",), (), ())


def test_a_column_with_an_index_costs_only_another_entry() -> None:
    """Its UPDATEs write to every index already."""
    often = writer("UPDATE jobs SET amount = amount + 1 WHERE id = 5", calls=50)
    plain = read_schema({"s.sql": SCHEMA})
    assert advised(often, schema=plain).definition.include == ()
    indexed = read_schema({"s.sql": f"{SCHEMA} CREATE INDEX i ON jobs (amount);"})
    assert advised(often, schema=indexed).definition.include == ("amount",)
