"""
JSON plans: shapes other than the server's own array, and documents that are broken.
"""

from __future__ import annotations

import json
import time

import pytest

from advisor.plans import json as reader
from advisor.plans.build import MAX_DEPTH


def nested(depth: int) -> str:
    return '[{"Plan": ' + '{"Node Type": "Sort", "Plans": [' * depth + "]}" * depth + "}]"


def test_an_object_of_auto_explain_brings_its_query() -> None:
    source = json.dumps(
        {"Query Text": "EXPLAIN (ANALYZE) SELECT 1;", "Plan": {"Node Type": "Result"}}, indent=1
    )
    (plan,) = reader.read("x", f"LOG:  duration: 1.2 ms  plan:\n{source}\n").plans
    assert plan.query == "SELECT 1"
    assert plan.root.line == 5


def test_the_statement_above_is_the_query() -> None:
    source = 'explain (format json)\nselect 2;\n[{"Plan": {"Node Type": "Result"}}]\n'
    (plan,) = reader.read("x", source).plans
    assert plan.query == "select 2"


def test_a_rewritten_statement_has_several_plans() -> None:
    source = '[{"Plan": {"Node Type": "Result"}},\n {"Plan": {"Node Type": "Limit"}}]'
    first, second = reader.read("x", source).plans
    assert [first.root.line, second.root.line] == [1, 2]


def test_node_lines_follow_the_text_when_children_come_first() -> None:
    source = '{"Plan": {"Plans": [\n{"Node Type": "Sort"}],\n"Node Type": "Limit"}}'
    (plan,) = reader.read("x", source).plans
    assert [(node.node_type, node.line) for node in plan.walk()] == [("Limit", 3), ("Sort", 2)]


def test_a_node_type_inside_a_literal_is_no_node() -> None:
    inner = {"Node Type": "Seq Scan", "Filter": 'x = \'"Node Type": "y"\'', "Plans": []}
    source = json.dumps([{"Plan": {"Node Type": "Limit", "Plans": [inner]}}], indent=1)
    (plan,) = reader.read("x", source).plans
    assert [source.split("\n")[node.line - 1].strip() for node in plan.walk()] == [
        '"Node Type": "Limit",',
        '"Node Type": "Seq Scan",',
    ]


def test_details_are_flat_texts() -> None:
    top = {"Node Type": "Result", "A": {"B": {"C": True}}, "D": [1, {"E": 2}], "F": None, "G": 1.5}
    (plan,) = reader.read("x", json.dumps({"Plan": top})).plans
    assert plan.root.details == {"A.B.C": "true", "D": "1, …", "G": "1.5"}


def test_numbers_no_server_prints_are_unknown() -> None:
    source = (
        '{"Plan": {"Node Type": "Result", "Plan Rows": 1e400, "Total Cost": NaN,'
        ' "Plan Width": "wide", "Actual Rows": true, "Heap Fetches": 1e30}}'
    )
    root = reader.read("x", source).plans[0].root
    found = (root.plan_rows, root.total_cost, root.plan_width, root.actual_rows, root.heap_fetches)
    assert found == (None,) * 5


def test_jit_of_17_and_triggers_are_read() -> None:
    source = {
        "Plan": {"Node Type": "Result"},
        "JIT": {
            "Functions": 3,
            "Timing": {"Generation": {"Deform": 0.1, "Total": 0.2}, "Total": 2},
        },
        "Triggers": [{"Trigger Name": "t", "Relation": "r", "Time": 1.5, "Calls": 2}, 7],
        "Serialization": {"Time": 0.5, "Output Volume": 1, "Format": "text"},
    }
    (plan,) = reader.read("x", json.dumps(source)).plans
    assert plan.jit is not None
    assert (plan.jit.functions, plan.jit.total_ms) == (3, 2)
    assert [(t.name, t.relation, t.time_ms, t.calls) for t in plan.triggers] == [("t", "r", 1.5, 2)]
    assert plan.serialization_ms == 0.5


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ('[\n {\n  "Plan": {\n   "Node Type": "Sort",\n', 5),
        ('[\n {\n  "Plan": {\n   "Node Type" "Sort"\n}}]\n', 4),
        ('[{"Plan": {"Node Type": "Sort", "Plan Rows": ' + "9" * 5_000 + "}}]", 1),
        (nested(3_000), 1),
    ],
)
def test_a_broken_plan_is_a_problem(source: str, line: int) -> None:
    document = reader.read("x", source)
    assert document.plans == ()
    (problem,) = document.problems
    assert "the JSON plan" in problem.message
    assert problem.location.line == line


def test_other_documents_are_none_of_its_business() -> None:
    source = '{"a": 1}\n[2024-01-01] LOG\n{"Plan": 7}\n{"Plan": {"x": 1}}\n"Node Type"\n'
    document = reader.read("x", source)
    assert (document.plans, document.problems) == ((), ())


def test_nesting_is_cut_at_a_depth_no_server_prints() -> None:
    (plan,) = reader.read("x", nested(MAX_DEPTH + 50)).plans
    assert sum(1 for _ in plan.walk()) == MAX_DEPTH
    assert "nested too deeply" in plan.problems[0].message


@pytest.mark.parametrize(
    "source",
    [
        "[\n" * 100_000 + '"Node Type"',
        '{"a": [1,\n' * 50_000 + '"Node Type"',
        ('{"x": "' + "y" * 1_000 + '",\n') * 2_000 + '"Node Type"',
        '[{"Plan": {"Node Type": "Sort"\n' * 5_000,
    ],
    ids=["arrays", "objects", "long", "cut"],
)
def test_hostile_documents_take_linear_time(source: str) -> None:
    start = time.process_time()
    reader.read("x", source)
    assert time.process_time() - start < 5
