"""
Plans as annotated trees, in all formats.
"""

from __future__ import annotations

import json
from math import inf

import jsonschema
import pytest
from msgspec.structs import replace
from referencing import Registry, Resource

from advisor.model import Location, PlanRow, PlanTree, Report
from advisor.report.json import schema as report_schema
from advisor.report.options import RenderOptions
from advisor.report.plan import PLAN_FORMATS, head_words, render_plans, schema
from tests.support.report_builders import finding
from tests.support.reports import HOSTILE, RICH

EMPTY = Report("x.txt", "x.txt", "1 query plan", (), (), (), (), (), ())


def shown(*trees: PlanTree) -> Report:
    """
    A report about these plans and nothing else.
    """
    return replace(EMPTY, plans=trees)


def row(depth: int, title: str, share: float | None, **given: object) -> PlanRow:
    """
    A row, of which most is not known.
    """
    known = {"self_ms": None, "rows_planned": 10.0, "rows_actual": 10.0, "loops": 1.0, "name": ""}
    location = Location("x.txt", depth + 1)
    return PlanRow(depth=depth, title=title, share=share, location=location, **{**known, **given})  # type: ignore[arg-type]  # tests give what fits


TREE = PlanTree(
    location=Location("x.txt", 1),
    query="SELECT 1\n  FROM t\n WHERE password='secret'",
    form="text",
    planning_ms=0.5,
    execution_ms=1234.56,
    estimated=False,
    rows=(
        row(0, "Limit", 0.0, self_ms=0.001),
        row(1, "Sort", 0.25, self_ms=300.0, rows_planned=1_000.0, rows_actual=0.33, loops=3_000.0),
        row(
            2,
            "Seq Scan on t",
            0.75,
            self_ms=900.25,
            wall_ms=900.25,
            cpu_ms=900.75,
            rows_actual=None,
            codes=("EXP001", "EXP053"),
        ),
        row(1, "Result\x1b[2J", 0.0, rows_actual=None, loops=0.0, name="SubPlan 1"),
    ),
)
TEXT = """\
plan at x.txt:1: executed in 1,234.6 ms, planned in 0.500 ms
  SELECT 1
    FROM t
   WHERE password='***'
            share  self time   rows planned → actual
  ░░░░░░░░░░   0%   0.001 ms                 10 → 10  Limit
  ██░░░░░░░░  25%   300.0 ms    1,000 → 0.33 × 3,000  └─ Sort
  ████████░░  75%   900.2 ms                  10 → ?     └─ Seq Scan on t  ← EXP001, EXP053
  ░░░░░░░░░░   0%             10 → never executed  └─ SubPlan 1: Result\\x1b[2J
"""


def test_text_has_a_line_for_every_node() -> None:
    printed = render_plans("text", [shown(TREE)], RenderOptions())
    tree, _, report = printed.partition("\n\n")
    assert [line.split() for line in tree.split("\n")] == [
        line.split() for line in TEXT.strip("\n").split("\n")
    ]
    columns = {
        line.index(sign)
        for line in tree.split("\n")
        for sign in ("Limit", "└─ Sort", "└─ SubPlan")
        if sign in line
    }
    assert len(columns) == 1
    assert report.startswith("x.txt: 1 query plan\n")


def test_shares_of_cost_are_called_so() -> None:
    rows = (row(0, "Seq Scan on t", 1.0, rows_actual=None, loops=None),)
    tree = PlanTree(Location("x.txt", 1), "", "json", None, None, estimated=True, rows=rows)
    printed = render_plans("text", [shown(tree)], RenderOptions())
    assert printed.split("\n")[:3] == [
        "plan at x.txt:1: not executed",
        "    share of cost  self time  rows planned → actual",
        "  ██████████ 100%                                10  Seq Scan on t",
    ]


def test_markdown_fences_the_tree() -> None:
    printed = render_plans("markdown", [shown(TREE)], RenderOptions())
    assert printed.startswith("```text\nplan at x.txt:1: executed in")
    assert "\\x1b" in printed
    assert printed.count("```") == 2


def test_json_has_numbers() -> None:
    printed = render_plans("json", [shown(TREE)], RenderOptions())
    document = json.loads(printed)
    (file,) = document["files"]
    (plan,) = file["plans"]
    assert document["schema"] == "urn:deploy-advisor:plans-v1"
    assert plan["query"] == "SELECT 1\n  FROM t\n WHERE password='***'"
    assert (plan["execution_ms"], plan["estimated"], plan["location"]["line"]) == (
        1234.56,
        False,
        1,
    )
    assert plan["nodes"][2] == {
        "depth": 2,
        "title": "Seq Scan on t",
        "name": None,
        "line": 3,
        "share": 0.75,
        "self_ms": 900.25,
        "wall_ms": 900.25,
        "cpu_ms": 900.75,
        "rows_planned": 10.0,
        "rows_actual": None,
        "loops": 1.0,
        "findings": ["EXP001", "EXP053"],
    }
    assert "\x1b" not in printed


def test_json_is_valid() -> None:
    registry = Registry().with_resources(
        (one["$id"], Resource.from_contents(one)) for one in (schema(), report_schema())
    )
    validator = jsonschema.Draft202012Validator(schema(), registry=registry)
    validator.check_schema(schema())
    document = json.loads(render_plans("json", [shown(TREE), RICH, HOSTILE], RenderOptions()))
    assert document["schema"] == schema()["$id"]
    validator.validate(document)
    document["files"][0]["plans"][0]["nodes"][0]["share"] = "much"
    assert not validator.is_valid(document)


def test_how_many_plans_are_not_shown_is_said() -> None:
    report = replace(shown(TREE), plans_read=1_234)
    for name in ("text", "markdown", "html"):
        printed = render_plans(name, [report], RenderOptions())
        assert "1 of 1,234 plans are shown: those that findings point into" in printed
    assert "plans are shown" not in render_plans("text", [shown(TREE)], RenderOptions())


def test_html_shows_the_tree_before_the_findings() -> None:
    report = replace(shown(TREE), findings=(finding("EXP001"),))
    printed = render_plans("html", [report], RenderOptions())
    assert printed.index("Seq Scan on t") < printed.index(">Findings</h2>")
    assert ">Findings</h2>" not in render_plans("html", [shown(TREE)], RenderOptions())
    assert "Result\\x1b[2J" in printed
    assert "password=&#39;***&#39;" in printed


def test_numbers_beyond_all_bounds_are_not_known() -> None:
    tree = replace(TREE, rows=(row(0, "Limit", 0.0, rows_planned=inf, loops=inf, self_ms=inf),))
    assert "? → 10 × ?" in render_plans("text", [shown(tree)], RenderOptions())


def test_all_formats_end_with_one_line_break() -> None:
    for name in PLAN_FORMATS:
        printed = render_plans(name, [shown(TREE, TREE), shown(TREE)], RenderOptions())
        assert printed.endswith("\n")
        assert not printed.endswith("\n\n")


def test_what_stands_beside_the_tree_and_both_times_of_processes() -> None:
    rows = (
        row(0, "Gather", 0.1, self_ms=1.0, wall_ms=10.0, cpu_ms=10.0),
        row(1, "Parallel Seq Scan on t", 0.9, self_ms=9.0, wall_ms=9.0, cpu_ms=27.0),
    )
    beside = replace(TREE, jit_ms=2.0, triggers_ms=3.0, serialization_ms=4.0)
    tree = replace(beside, rows=rows, calls=5_123, total_ms=63_000.0)
    printed = render_plans("text", [replace(EMPTY, plans=(tree,))], RenderOptions())
    head, *_, gather, scan = printed.split("\n\n")[0].split("\n")
    assert head.endswith(
        "planned in 0.500 ms, JIT 2.000 ms, triggers 3.000 ms, serialization 4.000 ms,"
        " 5,123 runs of the statement 63,000.0 ms"
    )
    assert gather.endswith("Gather")
    assert scan.endswith("Parallel Seq Scan on t  [27.0 ms of processes in 9.000 ms]")
    page = render_plans("html", [replace(EMPTY, plans=(tree,))], RenderOptions())
    assert page.count("[27.0 ms of processes in 9.000 ms]") == page.count("of processes in") == 1
    (file,) = json.loads(render_plans("json", [shown(tree)], RenderOptions()))["files"]
    (plan,) = file["plans"]
    names = ("jit_ms", "triggers_ms", "serialization_ms", "calls", "total_ms")
    assert [plan[name] for name in names] == [2.0, 3.0, 4.0, 5_123, 63_000.0]
    assert [(one["wall_ms"], one["cpu_ms"]) for one in plan["nodes"]] == [(10.0, 10.0), (9.0, 27.0)]


def test_what_is_not_known_is_a_question_mark() -> None:
    """Not 0: neither the share nor the time of a node without measurements."""
    rows = (
        row(0, "Sort", 1.0, self_ms=9.0, wall_ms=9.0),
        row(1, "Seq Scan on t", None, wall_ms=0.0, rows_actual=None, loops=None),
    )
    tree = PlanTree(Location("x.txt", 1), "", "text", None, None, estimated=False, rows=rows)
    printed = render_plans("text", [shown(tree)], RenderOptions()).split("\n")
    assert [line.split() for line in printed[2:4]] == [
        ["█" * 10, "100%", "9.000", "ms", "10", "→", "10", "Sort"],
        ["?", "?", "10", "└─", "Seq", "Scan", "on", "t"],
    ]
    document = json.loads(render_plans("json", [shown(tree)], RenderOptions()))
    assert [node["share"] for node in document["files"][0]["plans"][0]["nodes"]] == [1.0, None]
    assert '<span class="percent">? %' in render_plans("html", [shown(tree)], RenderOptions())


@pytest.mark.parametrize(
    ("planning", "wall", "words"),
    [
        (None, None, "executed, total not stated"),
        (0.5, 9.0, "executed, total not stated: 9.000 ms in its nodes, planned in 0.500 ms"),
    ],
)
def test_a_plan_that_was_run_says_so_without_its_total(
    planning: float | None, wall: float | None, words: str
) -> None:
    rows = (row(0, "Sort", 1.0, wall_ms=wall),)
    tree = PlanTree(Location("x.txt", 1), "", "text", planning, None, estimated=False, rows=rows)
    assert head_words(tree) == words
