"""
Reports read by what others use to read them.
"""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif

from advisor.model import Report, Severity
from advisor.report import RenderOptions, render
from tests.support.reports import EMPTY, FAILED, HOSTILE, RICH

ALL = RenderOptions(min_severity=Severity.INFO)
RUNS = [[], [EMPTY], [RICH], [HOSTILE], [FAILED], [RICH, EMPTY, FAILED, HOSTILE]]


@pytest.mark.parametrize("reports", RUNS)
def test_sarif_is_what_the_standard_says(reports: list[Report]) -> None:
    """
    The classes are made from the schema of the standard itself; they refuse what it does not know.
    """
    log = Sarif.model_validate_json(render("sarif", reports, ALL))

    found = [len(run.results or []) for run in log.runs]
    assert found == ([len(one.findings) for one in reports] or [0])


def test_the_standard_is_really_asked() -> None:
    log = json.loads(render("sarif", [RICH], ALL))
    log["runs"][0]["results"][0]["level"] = "fatal"

    with pytest.raises(ValueError, match="level"):
        Sarif.model_validate(log)


@pytest.mark.parametrize("reports", RUNS)
def test_junit_is_read_by_a_library_of_test_results(reports: list[Report]) -> None:
    text = render("junit", reports, ALL)
    found = JUnitXml.fromstring(text.encode())
    kinds = [type(one) for suite in found for case in suite for one in case.result]

    assert kinds.count(Failure) == sum(len(one.findings) for one in reports)
    assert kinds.count(Error) == sum(bool(one.error) for one in reports)
    root = ET.fromstring(text.encode())  # noqa: S314 - our own text
    assert kinds.count(Skipped) == int(root.attrib["skipped"])
