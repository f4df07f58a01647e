"""
Plans as annotated trees, in the three formats.
"""

from __future__ import annotations

import json

from advisor.model import Location, PlanRow, PlanTree, Report
from advisor.report.options import RenderOptions
from advisor.report.plan import PLAN_FORMATS, render_plans

EMPTY = Report("x.txt", "x.txt", "1 query plan", (), (), (), (), (), ())


def row(depth: int, title: str, share: float, **given: object) -> PlanRow:
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
        row(2, "Seq Scan on t", 0.75, self_ms=900.25, rows_actual=None, codes=("EXP001", "EXP053")),
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
    printed = render_plans("text", [((TREE,), EMPTY)], RenderOptions())
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
    printed = render_plans("text", [((tree,), EMPTY)], RenderOptions())
    assert printed.split("\n")[:3] == [
        "plan at x.txt:1: not executed",
        "    share of cost  self time  rows planned → actual",
        "  ██████████ 100%                                10  Seq Scan on t",
    ]


def test_markdown_fences_the_tree() -> None:
    printed = render_plans("markdown", [((TREE,), EMPTY)], RenderOptions())
    assert printed.startswith("```text\nplan at x.txt:1: executed in")
    assert "\\x1b" in printed
    assert printed.count("```") == 2


def test_json_has_numbers() -> None:
    printed = render_plans("json", [((TREE,), EMPTY)], RenderOptions())
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
        "rows_planned": 10.0,
        "rows_actual": None,
        "loops": 1.0,
        "findings": ["EXP001", "EXP053"],
    }
    assert "\x1b" not in printed


def test_all_formats_end_with_one_line_break() -> None:
    for name in PLAN_FORMATS:
        printed = render_plans(name, [((TREE, TREE), EMPTY), ((TREE,), EMPTY)], RenderOptions())
        assert printed.endswith("\n")
        assert not printed.endswith("\n\n")
