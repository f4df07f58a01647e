"""The guide's sections and what an audit says about each."""

from __future__ import annotations

from msgspec.structs import replace

from advisor.catalog.guide import GUIDE, TARGETS
from advisor.guide import (
    NOT_DECIDABLE,
    NOT_EVALUATED,
    SATISFIED,
    VIOLATED,
    guide_rows,
    target_rows,
)
from advisor.model import Finding, GuideRow, NotEvaluated, Outcome, Passed
from advisor.rules.catalogue import Head, open_book
from tests.support.report_builders import finding

ANCHOR = "worker-process-configuration.workers"


def fired(code: str, *also: str) -> Finding:
    return replace(finding(), code=code, also=also)


def row(rules: list[Head], findings: list[Finding], outcomes: list[Outcome]) -> GuideRow:
    (found,) = (one for one in guide_rows(rules, findings, outcomes) if one.section == ANCHOR)
    return found


def two() -> list[Head]:
    """Two rules of the section, under short codes."""
    first, second, *_ = (rule for rule in open_book().heads if ANCHOR in rule.guide)
    return [replace(first, code="A"), replace(second, code="B")]


class TestStates:
    def test_violated_by_a_finding(self) -> None:
        assert row(two(), [fired("B")], [Passed("A", "x")]) == GuideRow(
            ANCHOR, GUIDE[ANCHOR].title, VIOLATED, ("B",)
        )

    def test_violated_by_a_finding_that_was_merged_into_another(self) -> None:
        assert row(two(), [fired("C", "A")], []).state == VIOLATED

    def test_satisfied_by_what_passed(self) -> None:
        found = row(two(), [], [Passed("A", "x"), NotEvaluated("B", "x", (), ())])

        assert (found.state, found.codes) == (SATISFIED, ("A",))

    def test_passed_for_one_and_undecided_for_another(self) -> None:
        found = row(two(), [], [Passed("A", "x"), NotEvaluated("A", "y", ("host.cpus",), ("",))])

        assert (found.state, found.codes) == (NOT_EVALUATED, ("A",))

    def test_nothing_was_there_to_judge(self) -> None:
        for rules in ([], two()):
            found = row(rules, [], [])
            assert (found.state, found.codes) == (NOT_EVALUATED, ())


def test_every_section_in_the_guides_order() -> None:
    rows = guide_rows(open_book().heads, [], [])

    assert [one.section for one in rows] == list(GUIDE)
    for one in rows:
        assert one.title == GUIDE[one.section].title
        assert (one.state == NOT_DECIDABLE) is not GUIDE[one.section].decidable


def test_what_no_file_shows_stays_so() -> None:
    """Whatever a rule claims: a section that files cannot decide is never satisfied."""
    anchor = next(name for name, item in GUIDE.items() if not item.decidable)
    rule = replace(two()[0], guide=(anchor,))
    rows = {one.section: one for one in guide_rows([rule], [fired("A")], [Passed("A", "x")])}

    assert rows[anchor].state == NOT_DECIDABLE


def test_the_checklist_comes_last_and_under_its_three_headings() -> None:
    rows = guide_rows(open_book().heads, [], [])
    groups = [one.group for one in rows]

    assert groups == sorted(groups, key=["", *dict.fromkeys(filter(None, groups))].index)
    assert [groups.count(one) for one in dict.fromkeys(groups) if one] == [6, 6, 6]
    assert all(bool(one.group) is one.section.startswith("checklist.") for one in rows)


def test_every_target_waits_for_a_measurement() -> None:
    rows = target_rows()

    assert [one.metric for one in rows] == [one.metric for one in TARGETS]
    assert {(one.state, one.measured) for one in rows} == {(NOT_DECIDABLE, "")}
