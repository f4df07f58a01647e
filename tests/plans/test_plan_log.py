"""
What auto_explain leaves in logs: three kinds of log, four forms of plan, and logs that break off.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.plans import log
from advisor.plans import skim as skim_module
from advisor.plans.model import Plan, PlanDocument
from advisor.plans.read import read_plans, read_slowest
from advisor.plans.skim import skim
from advisor.plans.workload import Statement
from tests.support.plan_trees import outline, tree

DATA = Path(__file__).parent.parent / "data" / "plans"
LOGS = ("auto-explain.log", "auto-explain.csv", "auto-explain.json")
SAMPLES = {name: (DATA / name).read_text(encoding="utf-8") for name in LOGS}
PLAN = (
    "Limit  (cost=0.00..9.00 rows=1 width=4) (actual time=1.000..2.000 rows=1 loops=1)\n"
    "  ->  Seq Scan on t  (cost=0.00..9.00 rows=1 width=4) (never executed)"
)


def stderr(prefix: str, body: str, severity: str = "LOG:  ") -> str:
    """
    A record as the server writes it to its standard error.
    """
    tabbed = body.replace("\n", "\n\t")
    return f"{prefix}{severity}duration: 12.500 ms  plan:\n\t{tabbed}\n"


def only(document: PlanDocument) -> Plan:
    """
    The one plan of a log, read without any problem.
    """
    (plan,) = document.plans
    assert (document.problems, plan.problems) == ((), ())
    return plan


@pytest.mark.parametrize("name", LOGS)
def test_all_kinds_of_log_hold_the_same_plans(name: str) -> None:
    plans = read_plans(name, SAMPLES[name]).plans
    assert [plan.form for plan in plans] == ["text"] * 2 + ["json"] * 2 + ["yaml"] * 2 + ["xml"] * 2
    assert len({outline(plan) for plan in plans[::2]}) == 1
    assert len({outline(plan) for plan in plans[1::2]}) == 1
    assert [plan.execution_ms for plan in plans][:2] == [22.224, 50.083]
    first, second = ({plan.query for plan in plans[start::2]} for start in (0, 1))
    assert first == {
        (
            "PREPARE p AS SELECT *\n  FROM templates t\n WHERE category = $1 -- which\n ORDER BY"
            " created_at DESC LIMIT 20"
        )
    }
    assert second == {
        (
            "SELECT u.*, 'a \"quoted\" \\ text' FROM uses u\n\n JOIN authors a ON a.id = "
            "u.author_id WHERE a.email = E'it''s\n\"odd\"\\\\' OR a.team = 3"
        )
    }


@pytest.mark.parametrize("name", LOGS)
def test_nodes_know_their_lines(name: str) -> None:
    lines = SAMPLES[name].split("\n")
    signs = {"text": ("Limit", "Sort", "Hash", "Seq Scan")}
    for plan in read_plans(name, SAMPLES[name]).plans:
        for node in plan.walk():
            expected = signs.get(plan.form, ("Node Type", "Node-Type"))
            assert any(sign in lines[node.line - 1] for sign in expected)


@pytest.mark.parametrize("size", [1, 1_000, 10**9])
@pytest.mark.parametrize("name", LOGS)
def test_a_stream_gives_the_same_plans_record_by_record(name: str, size: int) -> None:
    """However the bytes are cut into blocks."""
    whole = read_plans(name, SAMPLES[name]).plans
    data = (DATA / name).read_bytes()
    blocks = (data[start : start + size] for start in range(0, len(data), size))
    streamed = [only(one) for one in read_slowest(name, map(Statement, skim(blocks)))]
    assert [tree(plan) for plan in streamed] == [tree(plan) for plan in whole]
    assert [plan.location for plan in streamed] == [plan.location for plan in whole]


def test_a_log_is_not_read_ahead() -> None:
    """A record is there as soon as the line behind it is: memory does not grow."""
    taken = []

    def blocks() -> Iterator[bytes]:
        for number in range(1_000_000):
            taken.append(number)
            yield stderr(f"{number} ", PLAN).encode()

    found = skim(blocks())
    for expected in range(1, 4):
        assert next(found).line == 1 + 3 * (expected - 1)
        assert len(taken) == expected + 1


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "2026-01-02 03:04:05.678 UTC [123] ",
        "2026-01-02 03:04:05 UTC:10.0.0.1(5432):me@db:[123]:",
        "<2026-01-02 03:04:05 CET>me@db psql: [7-1] ",
        'user=me,db=x,app="a: b",client=[local] ',
        "  ",
    ],
)
@pytest.mark.parametrize("severity", ["LOG:  ", "PROTOKOLL:  ", "СООБЩЕНИЕ:  ", "LOG:  00000: "])
def test_any_prefix_and_language_will_do(prefix: str, severity: str) -> None:
    other = f"{prefix}LOG:  statement: CALL work(\n\t 1);\n"
    text = other + stderr(prefix, f"Query Text: SELECT\n 2;\n{PLAN}", severity) + other
    plan = only(read_plans("x.log", text))
    assert (plan.query, plan.execution_ms) == ("SELECT\n 2", 12.5)
    assert [node.line for node in plan.walk()] == [6, 7]


def test_parameters_are_kept() -> None:
    body = f"Query Text: SELECT $1\nQuery Parameters: $1 = 'a -> b'\n{PLAN}"
    plan = only(read_plans("x.log", stderr("", body)))
    assert (plan.query, plan.details) == ("SELECT $1", {"Query Parameters": "$1 = 'a -> b'"})


def test_what_psql_prints_of_it_is_not_indented_and_read_all_the_same() -> None:
    text = f"LOG:  duration: 1.000 ms  plan:\nQuery Text: SELECT 1;\n{PLAN}\n"
    plan = only(read_plans("x", text))
    assert plan.query == "SELECT 1"


def test_several_records_and_plain_plans_may_stand_together() -> None:
    text = f"SELECT 0;\n{PLAN}\n\n{stderr('', PLAN)}{stderr('a ', PLAN)}\nSELECT 3;\n{PLAN}\n"
    plans = read_plans("x", text).plans
    assert [plan.location.line for plan in plans] == [2, 6, 9, 13]
    assert [plan.query for plan in plans] == ["SELECT 0", "", "", "SELECT 3"]


def test_a_record_without_a_plan_is_a_problem_with_its_line() -> None:
    document = read_plans("x.log", f"first\n{stderr('', 'nothing to see')}{stderr('', PLAN)}")
    (problem,) = document.problems
    assert (problem.message, problem.location.line) == ("no plan could be read in the record", 2)
    assert len(document.plans) == 1


def test_problems_within_a_record_have_the_line_of_the_file() -> None:
    text = "first\n" + stderr("", f"{PLAN}\n        whatever this is")
    (plan,) = read_plans("x.log", text).plans
    (problem,) = plan.problems
    assert (problem.location.line, problem.location.column) == (5, 9)


def test_a_csv_record_that_breaks_off_is_a_problem() -> None:
    text = SAMPLES["auto-explain.csv"]
    text = text[: text.index("Rows Removed")]
    document = read_plans("x.csv", text)
    (problem,) = document.problems
    assert problem.message == "the record of a plan is cut off or too long"
    assert [node.node_type for node in document.plans[0].walk()] == ["Limit", "Sort", "Seq Scan"]


def test_a_json_record_that_breaks_off_is_a_problem() -> None:
    entry = json.dumps({"message": f"duration: 3.000 ms  plan:\n{PLAN}"})
    document = read_plans("x.json", f"{entry}\n{entry[:-5]}\n")
    (problem,) = document.problems
    assert (problem.message, problem.location.line) == (
        "the record of a plan is cut off or too long",
        2,
    )
    assert only(PlanDocument(document.plans)).execution_ms == 3.0


def test_a_record_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "MAX_RECORD", 1_000)
    body = PLAN + "\n        Filter: (x = 1)" * 1_000
    monkeypatch.setattr(skim_module, "MAX_RECORD", 1_000)
    (document,) = read_slowest("x", map(Statement, skim([stderr("", body).encode()])))
    assert document.problems[0].message == "the record of a plan is cut off or too long"
    assert [node.node_type for node in document.plans[0].walk()] == ["Limit", "Seq Scan"]
