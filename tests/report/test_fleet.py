"""
Many deployments at a glance, and the one that could not be audited, in every format.
"""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

from advisor.model import Report, Severity
from advisor.report import FORMATS, RenderOptions, render
from advisor.report.fleet import fleet_words, often, often_words, standing, worst_first
from tests.support.report_builders import finding, report
from tests.support.reports import FAILED, FAILED_ERROR, RICH

OPTIONS = RenderOptions()


def deployment(root: str, *severities: Severity, error: str = "") -> Report:
    findings = (finding(f"PG{level.value}", severity=level) for level in severities)
    return report(*findings, name=root, root=root, error=error)


FLEET = [
    deployment("a", Severity.LOW, Severity.LOW),
    deployment("b"),
    deployment("c", Severity.HIGH),
    deployment("d", error="d: no such file or folder"),
    deployment("e", Severity.HIGH, Severity.LOW),
]
STANDINGS = [standing(one, OPTIONS) for one in FLEET]


def test_what_failed_comes_first_then_the_worst() -> None:
    assert [one.root for one in worst_first(STANDINGS)] == ["d", "e", "c", "a", "b"]


def test_a_rule_counts_once_a_deployment() -> None:
    assert often(STANDINGS) == [("PG1", 2), ("PG3", 2)]
    assert often_words(STANDINGS) == "PG1 in 2 deployments, PG3 in 2"
    assert often_words([]) == ""


def test_what_is_not_shown_is_not_counted_as_frequent() -> None:
    high = RenderOptions(min_severity=Severity.HIGH)

    assert often([standing(one, high) for one in FLEET]) == [("PG1", 2)]


def test_words() -> None:
    assert fleet_words(STANDINGS) == (
        "5 deployments: 2 would fail (--fail-on high), 1 could not be audited"
    )
    never = RenderOptions(fail_on=None)
    assert fleet_words([standing(one, never) for one in FLEET[:2]]) == "2 deployments"
    assert fleet_words(STANDINGS * 300).startswith("1,500 deployments: 600 would fail")


def test_text_lists_only_those_with_findings() -> None:
    printed = render("text", FLEET, OPTIONS)
    block = printed[printed.index("5 deployments: 2") :].split("\n\n")[0]

    assert block.splitlines() == [
        "5 deployments: 2 would fail (--fail-on high), 1 could not be audited",
        "  d  could not be audited",
        "  e  1 high, 1 low",
        "  c  1 high",
        "  a  2 low",
        "most often: PG1 in 2 deployments, PG3 in 2",
    ]


def test_of_very_many_the_worst_are_listed() -> None:
    many = [deployment(f"d{number:03}", Severity.LOW) for number in range(100)]
    printed = render("text", many, OPTIONS)

    assert "  d039  1 low\n  and 60 more with findings (-f jsonl lists them all)\n" in printed
    assert "  d040  " not in printed


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_what_could_not_be_audited(name: str) -> None:
    assert "Permission denied" in render(name, [FAILED], OPTIONS)
    assert "Permission denied" in render(name, [RICH, FAILED], OPTIONS)


def test_markdown_has_a_table_above_several() -> None:
    printed = render("markdown", [RICH, FAILED], OPTIONS)

    assert printed.startswith("# 2 deployments: 1 would fail (--fail-on high), 1 could not")
    assert printed.index("| `deploys/broken` |") < printed.index("# Tuning report: guide")
    assert not render("markdown", [RICH], OPTIONS).startswith("# 1 deployment")


def test_jsonl_says_when_a_deployment_is_done() -> None:
    lines = [json.loads(line) for line in render("jsonl", FLEET, OPTIONS).splitlines()]
    ends = [one for one in lines if "summary" in one or "error" in one]

    assert [one["deployment"] for one in ends] == ["a", "b", "c", "d", "e"]
    assert ends[3]["error"] == "d: no such file or folder"
    assert ends[2]["summary"]["fails"] is True
    assert lines[-1] == {
        "fleet": {
            "deployments": 5,
            "failing": 2,
            "errors": 1,
            "rules": [{"rule": "PG1", "deployments": 2}, {"rule": "PG3", "deployments": 2}],
        }
    }


def test_jsonl_of_one_deployment_holds_findings_only() -> None:
    lines = [json.loads(line) for line in render("jsonl", FLEET[:1], OPTIONS).splitlines()]

    assert [one["rule"] for one in lines] == ["PG3", "PG3"]


def test_the_json_has_the_sentence() -> None:
    document = json.loads(render("json", [FAILED, RICH], OPTIONS))

    assert [one["error"] for one in document["deployments"]] == [FAILED_ERROR, None]
    assert document["summary"]["errors"] == 1


def test_in_junit_it_is_an_error_and_no_failure() -> None:
    suites = ET.fromstring(render("junit", [FAILED], OPTIONS).encode())  # noqa: S314 - our own

    assert (suites.attrib["errors"], suites.attrib["failures"]) == ("1", "0")
    (error,) = suites.iter("error")
    assert error.attrib["message"] == FAILED_ERROR


def test_in_sarif_the_run_was_not_successful() -> None:
    (run,) = json.loads(render("sarif", [FAILED], OPTIONS))["runs"]

    assert run["results"] == []
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    (told,) = invocation["toolExecutionNotifications"]
    assert (told["level"], told["message"]["text"]) == ("error", FAILED_ERROR)


def test_github_and_gitlab_show_it_among_the_findings() -> None:
    assert render("github", [FAILED], OPTIONS) == (
        f"::error title=deploys/broken could not be audited::{FAILED_ERROR}\n"
    )
    (entry,) = json.loads(render("gitlab", [FAILED], OPTIONS))
    assert entry["severity"] == "blocker"
    assert entry["location"] == {"path": "deploys/broken", "lines": {"begin": 1}}
