"""
JUnit XML: what failed, what was not decided, what passed.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model import Finding, Location, Mark, NotEvaluated, Passed, Report, Severity
from advisor.report import RenderOptions, render
from tests.support.report_builders import finding, report
from tests.support.report_strategies import REPORTS
from tests.support.reports import EMPTY, HOSTILE, RICH

ALL = RenderOptions(min_severity=Severity.INFO)


def junit(*reports: Report) -> ET.Element:
    return ET.fromstring(render("junit", reports, ALL).encode())  # noqa: S314 - our own text


def cases(*findings: Finding, **fields: object) -> list[ET.Element]:
    return list(junit(report(*findings, **fields)).iter("testcase"))


def test_a_finding_is_a_failure_in_the_suite_of_its_file() -> None:
    mark = Mark(Location("nginx.conf", 3, 5))
    suites = junit(report(finding(mark=mark), base="deploy"))

    assert [one.attrib for one in suites] == [
        {
            "name": "deploy/nginx.conf",
            "package": "org.advisor",
            "tests": "1",
            "failures": "1",
            "errors": "0",
            "skipped": "0",
        },
        {
            "name": "deploy",
            "package": "org.advisor",
            "tests": "0",
            "failures": "0",
            "errors": "0",
            "skipped": "0",
        },
    ]
    (case,) = suites.iter("testcase")
    assert case.attrib == {
        "name": "org.advisor.PG101",
        "classname": "deploy/nginx",
        "line": "3",
        "column": "5",
    }
    (failure,) = case
    assert failure.attrib == {"type": "medium", "message": "shared_buffers is 128 MB"}
    assert failure.text == (
        "line 3, col 5, shared_buffers is 128 MB\nreads go to the kernel\n"
        "Give it a quarter of the memory"
    )


def test_a_rule_that_passed_is_an_empty_case() -> None:
    (case,) = cases(passed=(Passed("PG1", "db"), Passed("PG1", "replica")))

    assert (case.attrib["name"], list(case)) == ("org.advisor.PG1", [])


def test_a_rule_that_lacks_a_fact_is_skipped_and_says_which() -> None:
    undecided = (
        NotEvaluated("PG1", "db", ("host.memory",), ("",)),
        NotEvaluated("PG1", "replica", ("host.cpus",), ("",)),
        NotEvaluated("PG2", "db", (), ()),
    )
    first, second = cases(not_evaluated=undecided)

    assert first[0].attrib == {"message": "not evaluated: needs host.memory, host.cpus"}
    assert second[0].attrib == {"message": "not evaluated: needs more facts"}


def test_a_rule_that_fired_is_neither_skipped_nor_passed() -> None:
    found = cases(
        finding("PG1", also=("PG2",)),
        not_evaluated=(NotEvaluated("PG1", "x", ("f",), ("",)), NotEvaluated("PG2", "x", (), ())),
        passed=(Passed("PG2", "y"),),
    )

    assert [one.attrib["name"] for one in found] == ["org.advisor.PG1"]


@settings(max_examples=200, deadline=None)
@given(st.lists(REPORTS, max_size=2))
def test_any_report_is_xml_and_its_counts_are_right(reports: list[Report]) -> None:
    suites = junit(*reports)

    for element in (suites, *suites):
        counted = {
            "tests": len(list(element.iter("testcase"))),
            "failures": len(list(element.iter("failure"))),
            "skipped": len(list(element.iter("skipped"))),
            "errors": len(list(element.iter("error"))),
        }
        assert {key: int(element.attrib[key]) for key in counted} == counted
    assert len(list(suites.iter("failure"))) == sum(len(one.findings) for one in reports)


def test_texts_come_back_as_they_were() -> None:
    (failure,) = junit(report(finding(message="a < b & \"c\" > 'd'"))).iter("failure")

    assert failure.attrib["message"] == "a < b & \"c\" > 'd'"


def test_without_findings_what_passed_can_be_seen() -> None:
    suites = junit(EMPTY)

    assert (suites.attrib["tests"], suites.attrib["skipped"]) == ("13", "1")
    assert junit().attrib["tests"] == "0"


def test_hostile_texts_add_no_elements() -> None:
    assert {one.tag for one in junit(HOSTILE, RICH).iter()} == {
        "testsuites",
        "testsuite",
        "testcase",
        "failure",
        "skipped",
    }
