from __future__ import annotations

import pytest

from advisor.errors import StatisticsError
from advisor.lab import workload
from advisor.lab.record import Record, Statement


def sqls(found: object) -> list[str]:
    return [one.sql for one in found]  # type: ignore[attr-defined]


def test_a_script_gives_what_has_a_plan() -> None:
    text = "-- report\nSET x = 1;\nEXPLAIN (ANALYZE, BUFFERS) SELECT 1;\nUPDATE t SET a = ';';\n"
    found = list(workload.of_script("q.sql", text))

    assert [(one.name, one.sql) for one in found] == [
        ("q.sql:3", "SELECT 1"),
        ("q.sql:4", "UPDATE t SET a = ';'"),
    ]


def test_declarations_are_no_workload() -> None:
    text = "CREATE TABLE t (a int);\nCREATE INDEX ON t (a);\nDO $$ BEGIN PERFORM 1; END $$;\n"

    assert list(workload.of_script("s.sql", text)) == []


@pytest.mark.parametrize(
    "text",
    [
        'query,calls,total_exec_time\n"SELECT * FROM t\nWHERE a = $1",7,12.5\nBEGIN,9,1\n',
        '[{"query": "SELECT * FROM t\\nWHERE a = $1", "calls": 7, "total_exec_time": 12.5}]',
        (
            '{"query": "SELECT * FROM t\\nWHERE a = $1", "calls": 7, "total_exec_time": 12.5}\n'
            '{"query": "COMMIT", "calls": 7}\n'
        ),
    ],
)
def test_exports_are_read_in_every_form(text: str) -> None:
    (found,) = workload.of_export("x", text)

    assert found.sql == "SELECT * FROM t\nWHERE a = $1"
    assert (found.calls, found.total_ms) == (7, 12.5)


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "[]", "[1]", "{", '{"a": 1}'])
def test_another_table_is_no_export(text: str) -> None:
    with pytest.raises(StatisticsError, match="no column “query”"):
        list(workload.of_export("x.csv", text))


def test_a_type_before_a_parameter_becomes_a_cast() -> None:
    rows = Record(
        statements=[
            Statement(query="SELECT * FROM t WHERE d < date $1 - interval $2;", calls=3),
            Statement(query="SELECT * FROM pg_stat_activity", calls=300),
        ]
    )

    assert sqls(workload.of_record("s.json", rows)) == [
        "SELECT * FROM t WHERE d < $1::date - $2::interval"
    ]


def test_statements_of_plans_carry_their_calls() -> None:
    text = (
        "EXPLAIN ANALYZE SELECT * FROM t;\n"
        "Seq Scan on t  (cost=0.00..1.00 rows=1 width=4) (actual time=0.01..0.02 rows=1 loops=1)\n"
        "Execution Time: 2.500 ms\n"
    )
    (found,) = workload.of_plans("p.txt", text)

    assert found.sql.endswith("SELECT * FROM t")
    assert found.total_ms == 2.5


def test_the_same_statement_counts_together() -> None:
    found = workload.together(
        [
            workload.Statement("a", "SELECT  1", 2, 1),
            workload.Statement("b", "SELECT 2", 1, 9),
            workload.Statement("c", "SELECT\n1", 3, 4),
        ]
    )

    assert [(one.name, one.calls, one.total_ms) for one in found] == [("b", 1, 9), ("a", 5, 5)]
