"""
Plans as trees.
"""

from __future__ import annotations

from advisor.model import Location, Mark, PlanRow, PlanTree
from advisor.report import RenderOptions
from advisor.report.html.findings import finding_views
from advisor.report.html.plans import DEEPEST, plan_view
from tests.support.report_builders import finding, report


def tree(*depths: int, codes: tuple[str, ...] = (), query: str = "") -> PlanTree:
    """
    A plan with nodes of these depths, one on each line.
    """
    rows = (
        PlanRow(depth, f"Node {at}", "", 0.5, None, 1, 1, 1, Location("p.txt", at), codes)
        for at, depth in enumerate(depths, 1)
    )
    return PlanTree(Location("p.txt", 1), query, "text", None, None, False, tuple(rows))


def branches(*depths: int) -> list[str]:
    """
    What stands before each node.
    """
    return [node.branch for node in plan_view(tree(*depths), []).nodes]


def test_branches_go_on_as_long_as_something_follows() -> None:
    assert branches(0, 1, 2, 2, 1, 2) == ["", "├─ ", "│  ├─ ", "│  └─ ", "└─ ", "   └─ "]


def test_a_tree_that_is_too_deep_goes_straight_down() -> None:
    found = branches(*range(DEEPEST + 20))

    assert len(found[-1]) == len(found[DEEPEST]) == 3 * DEEPEST


def test_a_mark_leads_to_the_finding_at_the_node() -> None:
    at = {line: Mark(Location("p.txt", line)) for line in (1, 2)}
    item = report(finding("EXP1", mark=at[1]), finding("EXP1", mark=at[2]), finding("EXP2"))
    views = finding_views(item, RenderOptions(), set())
    nodes = plan_view(tree(0, 1, 2, codes=("EXP1", "EXP2", "EXP9")), views).nodes
    first, second, other = (view.id for view in views)

    assert [dict(node.marks) for node in nodes] == [
        {"EXP1": first, "EXP2": other, "EXP9": ""},
        {"EXP1": second, "EXP2": other, "EXP9": ""},
        {"EXP1": first, "EXP2": other, "EXP9": ""},
    ]


def test_statements_are_masked_and_long_ones_folded() -> None:
    view = plan_view(tree(0, query="SET password='x';" + "\n" * 20 + "SELECT 1"), [])

    assert "password='***'" in view.query
    assert view.long
    assert not plan_view(tree(0, query="SELECT 1"), []).long
