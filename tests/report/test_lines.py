"""
Formats of one line or entry per finding: concise, GitHub's commands, GitLab's array, JSON lines.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from advisor.model import Evidence, Finding, Location, Mark, Origin, Report, Severity
from advisor.report import RenderOptions, render
from advisor.report.json import to_json
from tests.support.report_builders import finding, fix, report
from tests.support.report_strategies import REPORTS
from tests.support.reports import EMPTY, HOSTILE, RICH

ALL = RenderOptions(min_severity=Severity.INFO)
HERE = Mark(Location("nginx.conf", 3, 5, 3, 9))


def lines(name: str, *findings: Finding, **fields: object) -> list[str]:
    return render(name, [report(*findings, **fields)], ALL).splitlines()


def gitlab(*reports: Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(render("gitlab", reports, ALL))
    return found


@pytest.mark.parametrize(("name", "nothing"), [("gitlab", "[]\n"), ("concise", ""), ("jsonl", "")])
def test_without_findings_the_document_is_valid_and_empty(name: str, nothing: str) -> None:
    assert render(name, [], ALL) == render(name, [EMPTY], ALL) == nothing


@pytest.mark.parametrize("name", ["concise", "github", "jsonl"])
@settings(max_examples=200, deadline=None)
@given(reports=st.lists(REPORTS, max_size=2))
def test_a_finding_is_one_line(name: str, reports: list[Report]) -> None:
    """Line breaks in messages and paths must not look like further findings."""
    printed = render(name, reports, ALL)

    lines = sum(len(one.findings) + bool(one.error) for one in reports)
    if name == "jsonl" and len(reports) > 1:
        lines += sum(not one.error for one in reports) + 1
    suppressed = sum(len(one.suppressed) for one in reports)
    assert printed.count("\n") == lines + (name == "github" and suppressed > 0)


@pytest.mark.parametrize("name", ["concise", "github", "gitlab", "jsonl", "sarif", "junit"])
def test_what_is_not_severe_enough_is_left_out(name: str) -> None:
    low, high = finding("PG1", severity=Severity.LOW), finding("PG2", severity=Severity.HIGH)
    printed = render(name, [report(low, high)], RenderOptions(min_severity=Severity.MEDIUM))

    assert "PG2" in printed
    assert "PG1" not in printed


class TestConcise:
    def test_line(self) -> None:
        assert lines("concise", finding(mark=HERE), base="deploy") == [
            "deploy/nginx.conf:3:5: medium[PG101] shared_buffers is 128 MB"
        ]

    def test_a_star_means_that_it_can_be_fixed(self) -> None:
        assert lines("concise", finding(mark=HERE, fix=fix()), finding(fix=fix(changes=()))) == [
            "nginx.conf:3:5: medium[PG101] [*] shared_buffers is 128 MB",
            ".:1:1: medium[PG101] shared_buffers is 128 MB",
        ]


class TestPlaces:
    """Shared by all formats; concise shows them best."""

    FACT = Evidence("pg.x", "1", Origin.LITERAL, Location("fact.conf", 7, 2))

    @pytest.mark.parametrize(
        ("one", "place"),
        [
            (finding(related=(HERE,), evidence=(FACT,)), "nginx.conf:3:5"),
            (finding(evidence=(FACT,), fix=fix()), "fact.conf:7:2"),
            (finding(fix=fix()), "postgresql.conf:5:1"),
            (finding(), ".:1:1"),
            (finding(mark=Mark(Location("a.conf", 0, 0))), "a.conf:1:1"),
        ],
    )
    def test_the_nearest_thing_to_a_place(self, one: Finding, place: str) -> None:
        assert lines("concise", one)[0].startswith(f"{place}: ")

    def test_a_finding_without_any_place_stands_for_the_folder(self) -> None:
        assert lines("concise", finding(), base="deploy")[0].startswith("deploy:1:1: ")


class TestGithub:
    def test_command(self) -> None:
        assert lines("github", finding(mark=HERE), base="deploy") == [
            (
                "::warning file=deploy/nginx.conf,line=3,endLine=3,col=5,endColumn=9,"
                "title=PG101 shared-buffers-too-small::shared_buffers is 128 MB"
                "%0AGive it a quarter of the memory"
            )
        ]

    def test_what_would_end_a_property_or_a_command_is_escaped(self) -> None:
        one = finding(
            name="a,b:c%",
            mark=Mark(Location("a,b:c.conf", 1)),
            message="50 %\n::error::no",
            recommendation="",
        )

        assert lines("github", one) == [
            (
                "::warning file=a%2Cb%3Ac.conf,line=1,endLine=1,col=1,title=PG101 a%2Cb%3Ac%25"
                "::50 %25 ::error::no"
            )
        ]

    def test_the_worst_of_all_deployments_come_first(self) -> None:
        """GitHub shows ten of a kind and drops the rest."""
        low, high = finding(severity=Severity.LOW), finding(severity=Severity.HIGH)
        printed = render("github", [report(low, high), report(high, low)], ALL)

        assert [one.split(" ")[0] for one in printed.splitlines()] == [
            "::error",
            "::error",
            "::notice",
            "::notice",
        ]

    @settings(max_examples=200, deadline=None)
    @given(REPORTS)
    def test_no_text_adds_a_command(self, item: Report) -> None:
        commands = ("::error ", "::warning ", "::notice ")

        assert all(one.startswith(commands) for one in render("github", [item], ALL).splitlines())


class TestGitlab:
    def test_entry(self) -> None:
        (entry,) = gitlab(report(finding(mark=HERE), base="deploy"))

        assert len(entry.pop("fingerprint")) == 16
        assert entry == {
            "description": "PG101: shared_buffers is 128 MB",
            "check_name": "PG101",
            "severity": "major",
            "location": {"path": "deploy/nginx.conf", "lines": {"begin": 3}},
        }

    @pytest.mark.parametrize(
        ("severity", "word"),
        [
            (Severity.CRITICAL, "blocker"),
            (Severity.HIGH, "critical"),
            (Severity.MEDIUM, "major"),
            (Severity.LOW, "minor"),
            (Severity.INFO, "info"),
        ],
    )
    def test_severities(self, severity: Severity, word: str) -> None:
        assert gitlab(report(finding(severity=severity)))[0]["severity"] == word

    def test_the_same_finding_of_two_deployments_is_two_entries(self) -> None:
        """GitLab would show only one of two with the same fingerprint."""
        first, second = report(finding(), root="a"), report(finding(), root="b")
        marks = [one["fingerprint"] for one in gitlab(first, second, second)]

        assert len(set(marks)) == 3
        assert marks[0] == gitlab(first)[0]["fingerprint"]

    @settings(max_examples=200, deadline=None)
    @given(st.lists(REPORTS, max_size=3))
    def test_no_two_entries_have_the_same_fingerprint(self, reports: list[Report]) -> None:
        marks = [one["fingerprint"] for one in gitlab(*reports)]

        assert len(set(marks)) == len(marks)


class TestJsonLines:
    def test_a_line_is_a_finding_of_json_v1_and_its_deployment(self) -> None:
        printed = [json.loads(one) for one in render("jsonl", [RICH], ALL).splitlines()]
        whole = to_json(RICH, ALL)["findings"]

        assert printed == [{"deployment": RICH.root, "base": RICH.base, **one} for one in whole]

    def test_characters_that_end_lines_elsewhere_are_escaped(self) -> None:
        one = replace(HOSTILE.findings[0], message="a\u2028b\x85c")

        assert len(render("jsonl", [report(one)], ALL).splitlines()) == 1
