from __future__ import annotations

import json
from typing import TYPE_CHECKING
from unicodedata import category

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import __version__
from advisor.model import Finding, Location, Mark, Report, Severity
from advisor.report import RenderOptions, render
from advisor.report.json import SCHEMA, schema, to_document, to_json
from tests.support.report_builders import finding, fix, report
from tests.support.report_strategies import REPORTS
from tests.support.reports import ACCEPTED, EMPTY, HOSTILE, RICH

if TYPE_CHECKING:
    from collections.abc import Iterator

VALIDATOR = jsonschema.Draft202012Validator(schema())


class TestSchema:
    def test_it_is_a_schema(self) -> None:
        jsonschema.Draft202012Validator.check_schema(schema())

    def test_its_name_is_in_every_report(self) -> None:
        assert schema()["$id"] == SCHEMA == to_document([], RenderOptions())["schema"]

    @staticmethod
    def objects(node: object) -> Iterator[dict[str, object]]:
        """
        Every object schema below `node`.
        """
        children = node.values() if isinstance(node, dict) else node
        if isinstance(node, dict) and node.get("type") == "object":
            yield node
        for child in children if isinstance(children, list | type({}.values())) else ():
            yield from TestSchema.objects(child)

    def test_every_object_is_closed_and_every_property_is_described(self) -> None:
        found = list(self.objects(schema()))

        assert len(found) > 12
        for item in found:
            properties = item["properties"]
            assert isinstance(properties, dict)
            assert item["additionalProperties"] is False
            assert item["required"] == list(properties)
            assert all(value.get("description") for value in properties.values())

    def test_properties_stand_in_the_order_of_the_schema(self) -> None:
        document = to_document([RICH], RenderOptions())
        deployment = document["deployments"][0]
        names = schema()["$defs"]

        assert list(document) == schema()["required"]
        assert list(deployment) == names["deployment"]["required"]
        assert list(deployment["findings"][0]) == names["finding"]["required"]
        assert list(deployment["findings"][0]["fix"]) == names["fix"]["required"]


@pytest.mark.parametrize("reports", [[], [EMPTY], [RICH], [HOSTILE], [RICH, EMPTY, HOSTILE]])
def test_reports_are_valid(reports: list[Report]) -> None:
    VALIDATOR.validate(json.loads(render("json", reports, RenderOptions())))


@settings(max_examples=200, deadline=None)
@given(reports=st.lists(REPORTS, max_size=2), level=st.sampled_from(Severity))
def test_any_report_is_valid(reports: list[Report], level: Severity) -> None:
    """
    The text can be written as UTF-8, steers no terminal and satisfies the schema.
    """
    printed = render("json", reports, RenderOptions(min_severity=level))

    printed.encode()
    assert {char for char in printed if category(char) in {"Cc", "Cf", "Cs"}} <= {"\n"}
    VALIDATOR.validate(json.loads(printed))


def test_json_is_another_name_of_json_v1() -> None:
    assert render("json", [RICH], RenderOptions()) == render("json-v1", [RICH], RenderOptions())


def test_an_empty_run_is_a_valid_document() -> None:
    document = json.loads(render("json", [], RenderOptions()))

    assert document["advisor"] == __version__
    assert document["deployments"] == []
    assert document["summary"]["findings"]["critical"] == 0


def test_totals_cover_all_deployments() -> None:
    document = to_document([RICH, HOSTILE], RenderOptions(fail_on=Severity.CRITICAL))
    everything = (*RICH.findings, *HOSTILE.findings)

    assert document["summary"] == {
        "deployments": 2,
        "findings": {"critical": 1, "high": 1, "medium": 2, "low": 2, "info": 1},
        "shown": 6,
        "not_shown": 1,
        "fail_on": "critical",
        "fails": True,
        "failing": 1,
        "errors": 0,
        "rules": [
            {"rule": code, "deployments": 1}
            for code in sorted({one.code for one in everything if shown(one)})
        ],
        "suppressed": {"comment": 0, "configuration": 0, "baseline": 0, "revision": 0},
    }


def shown(one: Finding) -> bool:
    return one.severity.at_least(Severity.LOW)


def test_suppressed_findings_are_counted_and_listed_on_request() -> None:
    counted = to_document([ACCEPTED], RenderOptions())
    listed = to_document([ACCEPTED], RenderOptions(show_suppressed=True))
    number = {"comment": 1, "configuration": 1, "baseline": 1, "revision": 1}

    for document in (counted, listed):
        jsonschema.validate(document, schema())
        assert document["summary"]["suppressed"] == number
        assert document["deployments"][0]["summary"]["suppressed"] == number
    assert counted["deployments"][0]["suppressed"] == []
    assert [one["suppressed"]["by"] for one in listed["deployments"][0]["suppressed"]] == list(
        number
    )
    assert {one["suppressed"] for one in listed["deployments"][0]["findings"]} == {None}


def test_a_hidden_finding_still_fails() -> None:
    """
    What is shown and what fails a build are two questions.
    """
    options = RenderOptions(min_severity=Severity.HIGH, fail_on=Severity.LOW)
    found = to_json(report(finding(severity=Severity.LOW)), options)

    assert found["findings"] == []
    assert found["summary"]["not_shown"] == 1
    assert found["summary"]["fails"] is True


def test_nothing_fails_without_a_threshold() -> None:
    found = to_json(RICH, RenderOptions(fail_on=None))

    assert (found["summary"]["fail_on"], found["summary"]["fails"]) == (None, False)


def test_options_may_be_left_out() -> None:
    assert to_json(RICH) == to_json(RICH, RenderOptions())


def test_locations_count_from_one_and_unknown_ends_are_null() -> None:
    mark = Mark(Location("a.conf", 0, 0), "whole file")
    found = to_json(report(finding(mark=mark)))["findings"][0]

    assert found["location"] == {
        "path": "a.conf",
        "line": 1,
        "column": 1,
        "end_line": 1,
        "end_column": None,
    }
    assert found["label"] == "whole file"


def test_a_finding_without_place_has_none_and_keeps_its_related_places() -> None:
    mark = Mark(Location("a.conf", 2))
    found = to_json(report(finding(related=(mark, mark))))["findings"][0]

    assert found["location"] is None
    assert [item["location"]["line"] for item in found["related"]] == [2]


@pytest.mark.parametrize(
    ("impact", "printed"),
    [(0.98, 0.98), (1.5, 1), (-1.0, 0), (float("nan"), 0), (float("inf"), 0), (1 / 3, 0.3333)],
)
def test_impact_is_a_share(impact: float, printed: float) -> None:
    assert to_json(report(finding(impact=impact)))["findings"][0]["impact"] == printed


def test_an_unknown_fact_has_no_value_and_says_why() -> None:
    facts = {row["name"]: row for row in to_json(RICH)["facts"]}

    assert facts["host.storage"] == {
        "name": "host.storage",
        "subject": "",
        "value": None,
        "origin": None,
        "location": None,
        "note": "nothing says what the disk is",
    }


def test_every_need_has_its_reason() -> None:
    needs = to_json(HOSTILE)["not_evaluated"][0]["needs"]

    assert needs[1] == {"fact": "host.memory", "reason": ""}


def test_a_rule_that_passed_somewhere_and_fired_elsewhere_has_not_passed() -> None:
    assert to_json(RICH)["passed"] == ["PG101", "PG102"]


def test_sums_are_whole_numbers_and_what_is_not_known_is_null() -> None:
    connections, memory, unbounded = to_json(RICH)["budgets"]

    assert (connections["expected"], connections["most"], connections["limit"]) == (None, 290, 197)
    assert (connections["exceeded"], memory["exceeded"], unbounded["exceeded"]) == (
        True,
        False,
        False,
    )
    assert memory["terms"][1]["expected"] == 1536 * 2**20
    assert unbounded["terms"][0]["most"] is None


def test_a_timeout_without_a_limit_has_no_seconds() -> None:
    (chain,) = to_json(RICH)["timeouts"]

    assert [(one["wait"], one["seconds"], one["order"]) for one in chain["steps"]] == [
        ("connect", None, "no limit"),
        ("pool", 90.0, "out of order"),
        ("worker", 30.0, "ends no request"),
        ("proxy", 60.0, "in order"),
        ("load balancer", None, "not known"),
    ]


def test_what_is_shown_does_not_change_fingerprints() -> None:
    """Two equal findings are numbered, and the first may be too harmless to be shown."""
    low, high = finding(severity=Severity.LOW), finding(severity=Severity.HIGH)
    every = to_json(report(low, high), RenderOptions(min_severity=Severity.INFO))["findings"]
    some = to_json(report(low, high), RenderOptions(min_severity=Severity.HIGH))["findings"]

    assert [one["fingerprint"] for one in some] == [every[1]["fingerprint"]]


def test_secrets_in_snippets_are_masked() -> None:
    found = to_json(report(finding(fix=fix(snippet="requirepass hunter2"))))["findings"][0]

    assert found["fix"]["snippet"] == "requirepass ***"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("ä → 日", '"ä → 日"'),
        ("\x1b\x7f\x9b", '"\\u001b\\u007f\\u009b"'),
        ("\u202e", '"\\u202e"'),
        ("\U000e0041", '"\\udb40\\udc41"'),
        ("\udc80", '"\ufffd"'),
    ],
)
def test_characters(text: str, printed: str) -> None:
    assert f'"stack": {printed}' in render("json", [report(stack=text)], RenderOptions())
