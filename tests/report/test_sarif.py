"""
SARIF as GitHub's code scanning reads it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from advisor.model import Confidence, Finding, Location, Mark, Reference, Report, Severity
from advisor.report import RenderOptions, render
from tests.support.report_builders import finding, report
from tests.support.report_strategies import REPORTS
from tests.support.reports import EMPTY, HOSTILE, RICH

DATA = Path(__file__).parents[1] / "data"
SCHEMA: dict[str, Any] = json.loads((DATA / "sarif-2.1.0.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def sarif(*reports: Report, level: Severity = Severity.INFO) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render("sarif", reports, RenderOptions(min_severity=level)))
    return found


def result(one: Finding, **fields: object) -> dict[str, Any]:
    """The only result of a report."""
    (found,) = sarif(report(one, **fields))["runs"][0]["results"]
    return dict(found)


def rule(one: Finding) -> dict[str, Any]:
    (found,) = sarif(report(one))["runs"][0]["tool"]["driver"]["rules"]
    return dict(found)


class TestSchema:
    def test_it_is_a_schema(self) -> None:
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    @pytest.mark.parametrize("reports", [[], [EMPTY], [RICH], [HOSTILE], [RICH, EMPTY, HOSTILE]])
    def test_reports_are_valid(self, reports: list[Report]) -> None:
        VALIDATOR.validate(sarif(*reports))

    @settings(max_examples=300, deadline=None)
    @given(reports=st.lists(REPORTS, max_size=2), level=st.sampled_from(Severity))
    def test_any_report_is_valid(self, reports: list[Report], level: Severity) -> None:
        VALIDATOR.validate(sarif(*reports, level=level))

    def test_it_refuses_what_code_scanning_refuses(self) -> None:
        """The schema is our own: it has to be able to fail."""
        log = sarif(RICH)
        log["runs"][0]["results"][0]["message"]["text"] = " "

        assert not VALIDATOR.is_valid(log)


def test_every_deployment_is_a_run_in_a_category_of_its_own() -> None:
    other = replace(RICH, base="deploys/other")

    assert [one["automationDetails"]["id"] for one in sarif(RICH, other, EMPTY)["runs"]] == [
        "advisor/fixtures/deploys/guide/",
        "advisor/deploys/other/",
        "advisor/",
    ]


def test_two_files_of_one_folder_are_two_categories() -> None:
    """Code scanning refuses two runs of one category."""
    files = [report(name=name, base="etc") for name in ("a.conf", "b.conf", "b.conf", "b.conf")]

    assert [one["automationDetails"]["id"] for one in sarif(*files)["runs"]] == [
        "advisor/etc/",
        "advisor/etc/b.conf/",
        "advisor/etc/2/",
        "advisor/etc/3/",
    ]


def test_rules_are_listed_once_and_results_point_to_them() -> None:
    first, second = finding("PG1"), finding("PG2")
    run = sarif(report(first, second, first))["runs"][0]

    assert [one["id"] for one in run["tool"]["driver"]["rules"]] == ["PG1", "PG2"]
    assert [one["ruleIndex"] for one in run["results"]] == [0, 1, 0]


@pytest.mark.parametrize(
    ("severity", "level", "problem"),
    [
        (Severity.CRITICAL, "error", "error"),
        (Severity.HIGH, "error", "error"),
        (Severity.MEDIUM, "warning", "warning"),
        (Severity.LOW, "note", "recommendation"),
        (Severity.INFO, "note", "recommendation"),
    ],
)
def test_levels(severity: Severity, level: str, problem: str) -> None:
    one = finding(severity=severity)

    assert result(one)["level"] == rule(one)["defaultConfiguration"]["level"] == level
    assert rule(one)["properties"]["problem.severity"] == problem


@pytest.mark.parametrize(
    ("severity", "low", "high"),
    [
        (Severity.CRITICAL, 9.0, 10.0),
        (Severity.HIGH, 7.0, 8.9),
        (Severity.MEDIUM, 4.0, 6.9),
        (Severity.LOW, 0.1, 3.9),
        (Severity.INFO, 0.1, 3.9),
    ],
)
def test_security_findings_have_a_severity_as_code_scanning_counts(
    severity: Severity, low: float, high: float
) -> None:
    properties = rule(finding(severity=severity, category="security"))["properties"]

    assert low <= float(properties["security-severity"]) <= high
    assert properties["tags"] == ["security"]


def test_other_findings_are_no_security_alerts() -> None:
    properties = rule(finding(category="performance"))["properties"]

    assert "security-severity" not in properties
    assert properties["tags"] == ["performance"]


@pytest.mark.parametrize(
    ("confidence", "precision"),
    [
        (Confidence.CERTAIN, "very-high"),
        (Confidence.LIKELY, "high"),
        (Confidence.POSSIBLE, "medium"),
    ],
)
def test_precision(confidence: Confidence, precision: str) -> None:
    assert rule(finding(confidence=confidence))["properties"]["precision"] == precision


def test_a_rule_says_what_holds_for_all_of_its_findings() -> None:
    one = finding(
        title="shared_buffers is small",
        not_when=("The server is small.",),
        references=(Reference("x", "javascript:alert(1)"), Reference("docs", "https://a.b/c d")),
    )
    found = rule(one)

    assert (
        found["shortDescription"] == found["fullDescription"] == {"text": "shared_buffers is small"}
    )
    assert found["helpUri"] == "https://a.b/c%20d"
    assert found["help"]["text"] == (
        "shared_buffers is small\nDoes not apply when: The server is small.\n"
        "x: javascript:alert(1)\ndocs: https://a.b/c d\nadvisor explain PG101"
    )
    assert found["help"]["markdown"] == (
        "**shared_buffers is small**\n\nDoes not apply when: The server is small.\n\n"
        "- x `javascript:alert(1)`\n\n- [docs](https://a.b/c%20d)\n\nMore: `advisor explain PG101`"
    )


def test_the_first_sentence_is_the_message() -> None:
    one = finding(message="it is small", why="it is slow.", recommendation="Set a\nor: set b")

    assert result(one)["message"]["text"] == "it is small. it is slow. Set a. Or: set b."


def test_a_bracket_is_no_link() -> None:
    text = result(finding(message="see [x](http://evil.example)", why="", recommendation=""))

    assert text["message"]["text"] == "see \\[x](http://evil.example)."


class TestPlaces:
    def test_regions_have_one_line(self) -> None:
        """Pull requests show a result only where all of its lines were changed."""
        mark = Mark(Location("nginx.conf", 3, 5, 9, 2))
        (place,) = result(finding(mark=mark), base="deploy")["locations"]

        assert place["physicalLocation"] == {
            "artifactLocation": {"uri": "deploy/nginx.conf", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 3, "startColumn": 5, "endLine": 3},
        }

    def test_an_end_column_is_exclusive(self) -> None:
        mark = Mark(Location("nginx.conf", 3, 5, 3, 9))
        (place,) = result(finding(mark=mark))["locations"]

        assert place["physicalLocation"]["region"]["endColumn"] == 9

    def test_other_places_are_related_and_have_their_labels(self) -> None:
        marks = tuple(Mark(Location("a.conf", line), label) for line, label in ((2, "x"), (3, "")))
        found = result(finding(mark=Mark(Location("a.conf", 1), "here"), related=marks))

        assert [one.get("message") for one in found["relatedLocations"]] == [{"text": "x"}, None]
        assert [one["id"] for one in found["relatedLocations"]] == [1, 2]
        assert found["properties"]["label"] == "here"

    def test_a_hundred_are_enough(self) -> None:
        related = tuple(Mark(Location("a.conf", line)) for line in range(2, 200))
        found = result(finding(mark=Mark(Location("a.conf", 1)), related=related))

        assert len(found["relatedLocations"]) == 100

    def test_paths_are_addresses(self) -> None:
        (place,) = result(finding(mark=Mark(Location("a b/ä#?.conf", 1))))["locations"]

        assert place["physicalLocation"]["artifactLocation"]["uri"] == "a%20b/%C3%A4%23%3F.conf"

    def test_outside_of_the_working_directory_they_are_absolute(self) -> None:
        one = finding(mark=Mark(Location("a.conf", 1)))
        (place,) = result(one, base="/srv/x")["locations"]

        assert place["physicalLocation"]["artifactLocation"] == {"uri": "file:///srv/x/a.conf"}
