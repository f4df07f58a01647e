"""
Long logs: grouped by statement, totalled and ranked, in bounded memory.
"""

from __future__ import annotations

import pytest

from advisor.plans import workload
from advisor.plans.log import Record
from advisor.plans.skim import skim
from advisor.plans.workload import Workload, of_records, query_of

TEXT = "Query Text: SELECT *\nFROM t WHERE id = %d\nSeq Scan on t  (cost=0.00..1.00 rows=1 width=4)"
BODIES = {
    "text": TEXT,
    "parameters": TEXT.replace("\nSeq", "\nQuery Parameters: $1 = '7'\nSeq"),
    "json": '{\n  "Query Text": "SELECT *\\nFROM t WHERE id = %d",\n  "Plan": {}\n}',
    "yaml": 'Query Text: "SELECT *\\nFROM t WHERE id = %d"\nPlan: \n  Node Type: "Seq Scan"',
    "xml": "<explain>\n  <Query-Text>SELECT *\nFROM t WHERE id = %d</Query-Text>\n</explain>",
}


def record(text: str, ms: float = 1.0, line: int = 1) -> Record:
    return Record(line, ms, line + 1, line + 1, text)


@pytest.mark.parametrize("form", BODIES)
def test_the_statement_is_found_without_reading_the_plan(form: str) -> None:
    assert query_of(record(BODIES[form] % 7)) == "SELECT *\nFROM t WHERE id = 7"


def test_runs_are_totalled_and_ranked() -> None:
    found = of_records(
        [
            record(TEXT % 1, 5.0, 10),
            record(TEXT.replace("FROM t", "FROM u") % 2, 9.0, 20),
            record(TEXT % 3, 7.0, 30),
        ]
    )
    first, second = found.ranked()
    assert (first.calls, first.total_ms, first.slowest.line) == (2, 12.0, 30)
    assert (second.calls, second.total_ms, second.slowest.line) == (1, 9.0, 20)
    assert (found.records, found.total_ms) == (3, 21.0)


def test_without_a_statement_the_plan_itself_tells_runs_apart() -> None:
    found = of_records([record("Seq Scan on a"), record("Seq Scan on b"), record("Seq Scan on a")])
    assert [one.calls for one in found.ranked()] == [2, 1]


def test_memory_does_not_grow_with_the_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workload, "MOST_STATEMENTS", 100)
    monkeypatch.setattr(workload, "MOST_TEXT", 5_000)
    found = Workload()
    for number in range(2_000):
        found.take(record(TEXT.replace("FROM t", f"FROM t{number}") % number, float(number)))
        assert len(found.statements) <= 100
        assert found.size <= 5_000
        assert found.size == sum(len(one.slowest.text) for one in found.statements.values())
    assert found.records == 2_000
    assert found.let_go == 2_000 - len(found.statements)
    assert found.ranked()[0].total_ms == 1_999.0


def test_a_hundred_thousand_plans_are_a_few_statements() -> None:
    block = "".join(
        f"2026-01-01 LOG:  duration: {n}.500 ms  plan:\n\tQuery Text: TABLE t{n % 3} -- {n}\n"
        "\tSeq Scan on t  (cost=0.00..1.00 rows=1 width=4)\n"
        for n in range(1_000)
    ).encode()
    found = of_records(skim(block for _ in range(100)))
    assert found.records == 100_000
    assert [one.calls for one in found.ranked()] == [33_400, 33_300, 33_300]
    assert found.ranked()[0].slowest.duration_ms == 999.5
