"""
YAML plans: the server's own lines, other programs' spelling of them, and what breaks off.
"""

from __future__ import annotations

import time
from json import dumps

import pytest
import yaml as library

from advisor.plans import json, yaml
from advisor.plans.model import Plan
from tests.support.plan_trees import tree

SOURCE = """
explain (analyze, format yaml) select 1;
- Plan:
    Node Type: "Limit"
    Parallel Aware: false
    Actual Rows: 1.00
    Actual Loops: 1
    Grouping Sets:
      - Sort Key:
          - "a"
        Group Keys:
          - ["a", "b, c"]
          - []
    Plans:
      - Node Type: "Sort"
        Parent Relationship: "Outer"
        Sort Key:
          - "a DESC"
          - "b"
        Filter: "(x = '\\"- y: z\\n')"
        Workers:
          - Worker Number: 0
            Sort Method: "quicksort"
      - Node Type: "Result"
        Parent Relationship: "Inner"
  Planning:
    Shared Hit Blocks: 4
  Settings:
    work_mem: "64kB"
  Planning Time: 0.250
  Triggers:
  Execution Time: 1.125
"""
"""The server itself ends keys without a value with a blank; the stored files have that."""


def plan(source: str) -> Plan:
    """
    The one plan of a text, read without a problem.
    """
    (found,) = yaml.read("x.yaml", source).plans
    assert found.problems == ()
    return found


def test_everything_the_server_prints_is_read() -> None:
    found = plan(SOURCE)
    limit, sort, result = found.walk()
    assert (found.form, found.query, found.location.line) == ("yaml", "select 1", 4)
    assert (found.planning_ms, found.execution_ms) == (0.25, 1.125)
    assert (found.settings, found.details) == (
        {"work_mem": "64kB"},
        {"Planning.Shared Hit Blocks": "4"},
    )
    assert (limit.actual_rows, limit.loops, limit.line) == (1.0, 1.0, 4)
    assert sort.sort_key == ("a DESC", "b")
    assert sort.filter == "(x = '\"- y: z\n')"
    assert sort.workers[0].details == {"Sort Method": "quicksort"}
    assert (sort.line, result.line, result.relationship) == (15, 24, "Inner")
    assert SOURCE.split("\n")[found.location.end_line - 1] == "  Execution Time: 1.125"


def test_other_programs_may_have_written_it_again() -> None:
    """Lists at their key's column, plain scalars and single quotes say the same."""
    again = library.safe_dump(library.safe_load(SOURCE.partition(";")[2]), sort_keys=False)
    assert "'" in again
    assert "\n    Plans:\n    - Node Type: Sort\n" in again
    assert tree(plan(again)) == tree(plan(SOURCE))


def test_several_statements_are_several_plans() -> None:
    source = '- Plan:\n    Node Type: "Result"\n- Plan:\n    Node Type: "Limit"\n'
    first, second = yaml.read("x", f"select 3;\n{source}").plans
    assert (first.root.node_type, first.root.line) == ("Result", 3)
    assert (second.root.node_type, second.root.line) == ("Limit", 5)


def test_a_statement_of_auto_explain_brings_its_query() -> None:
    source = (
        'Query Text: "EXPLAIN SELECT\\n 1;"\nQuery Parameters: "$1 = \'a: b\'"\n'
        'Plan: \n  Node Type: "Result"\n'
    )
    found = plan(source)
    assert found.query == "SELECT\n 1"
    assert found.details == {"Query Parameters": "$1 = 'a: b'"}


def test_strings_that_a_terminal_broke_are_joined() -> None:
    source = (
        '- Plan:\n    Node Type: "Result"\n    Filter: "(abc = def AN\nD ghi)"\n    Alias: "t"\n'
    )
    found = plan(source)
    assert (found.root.filter, found.root.alias) == ("(abc = def AND ghi)", "t")


@pytest.mark.parametrize(
    ("line", "message", "column"),
    [
        ("    whatever this is", "not understood as part of the plan: whatever this is", 5),
        ("        Deeper: 1", "not understood as part of the plan: Deeper: 1", 9),
        ('    Filter: "(a', 'a quote is not closed: cut off here: Filter: "(a', 1),
    ],
)
def test_what_cannot_be_read_is_a_problem_with_its_line(
    line: str, message: str, column: int
) -> None:
    source = f'- Plan:\n    Node Type: "Result"\n    Plans:\n      - Node Type: "Sort"\n{line}\n'
    if "Deeper" in line:
        source = f"- Plan:\n    Node Type: Sort\n    Sort Key:\n      - a\n{line}\n"
    (found,) = yaml.read("x", source).plans
    (problem,) = found.problems
    assert (problem.message, problem.location.line) == (message, 5)
    assert problem.location.column == column


def test_yaml_that_is_no_plan_is_left_alone() -> None:
    source = "services:\n  Plan:\n    Node Type: [1, 2]\nPlan: a\n- Plan:\n    x: Node Type: y\n"
    assert yaml.read("x", source).plans == ()


@pytest.mark.parametrize(
    "source",
    [
        "- Plan:\n    Node Type: x\n" + "".join(" " * n + "k:\n" for n in range(5, 3_000)),
        "- Plan:\n    Node Type: x\n    Plans:\n      " + "- " * 50_000,
        "- Plan:\n    Node Type: " + "[" * 100_000,
        '- Plan:\n    Node Type: x\n    Filter: "\n' * 3_000,
        "- Plan:\n" * 50_000 + "Node Type:",
        '    Node Type: "' + '\\"' * 100_000 + "\n- Plan:\n",
    ],
    ids=lambda source: source[-20:],
)
def test_hostile_text_takes_linear_time(source: str) -> None:
    start = time.perf_counter()
    yaml.read("x", source)
    assert time.perf_counter() - start < 5


def test_yaml_and_json_of_the_same_objects_are_the_same() -> None:
    again = library.safe_load(SOURCE.partition(";")[2])
    (other,) = json.read("x", dumps(again)).plans
    assert tree(other) == tree(plan(SOURCE))
