"""
Which query plans a report shows.
"""

from __future__ import annotations

from msgspec.structs import replace

from advisor.model import Location, Mark
from advisor.overview import plan_trees
from advisor.plans.model import Plan
from advisor.plans.read import read_plans
from tests.support.report_builders import finding


def plan(line: int, milliseconds: float) -> tuple[str, Plan]:
    """
    A plan of one node that starts at a line.
    """
    text = "\n" * (line - 1) + (
        "Seq Scan on t  (cost=0.00..1.00 rows=1 width=4) (actual time=0.1..1.0 rows=1 loops=1)\n"
        f"Execution Time: {milliseconds:.3f} ms\n"
    )
    (found,) = read_plans("p.txt", text).plans
    return "p.txt", replace(found, location=Location("p.txt", line))


PLANS = [plan(1, 5.0), plan(11, 900.0), plan(21, 1.0), plan(31, 40.0)]


def lines(most: int, *marked: int) -> list[int]:
    """
    Lines of the plans that are shown when findings point at some.
    """
    findings = [finding(mark=Mark(Location("p.txt", line))) for line in marked]
    return [tree.location.line for tree in plan_trees(PLANS, findings, most=most)]


def test_all_are_shown_when_they_are_few() -> None:
    assert lines(4) == [1, 11, 21, 31]


def test_of_many_the_slowest_are_shown_in_their_order() -> None:
    assert lines(2) == [11, 31]


def test_those_with_findings_come_before_slower_ones() -> None:
    assert lines(2, 21) == [11, 21]


def test_a_finding_is_named_at_its_node() -> None:
    (tree, *_) = plan_trees(PLANS, [finding("EXP001", mark=Mark(Location("p.txt", 1)))], most=4)

    assert [row.codes for row in tree.rows] == [("EXP001",)]
