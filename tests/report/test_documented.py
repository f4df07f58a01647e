"""
The page about formats is complete and true.
"""

from __future__ import annotations

import re
from pathlib import Path

from advisor.model import Severity
from advisor.report import FORMATS, RenderOptions, render
from advisor.report.github import render as github
from tests.support.report_builders import finding, report

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "formats.md").read_text("utf-8")


def test_every_format_is_described_and_no_other() -> None:
    assert set(re.findall(r"^\| `([\w-]+)` \|", PAGE, re.MULTILINE)) == set(FORMATS)


def test_every_report_of_the_examples_is_a_format() -> None:
    named = [
        name
        for path in (*ROOT.glob("docs/**/*.md"), ROOT / "README.md", ROOT / "ci" / "gitlab.yml")
        for name in re.findall(r"(?:--report |-f )([a-z-]+)", path.read_text("utf-8"))
    ]

    assert len(named) >= 5
    assert set(named) <= set(FORMATS)


def test_severities_are_mapped_as_the_table_says() -> None:
    table = re.findall(r"^\| (\w+) \| (\w+) \| (\w+) \| (\w+) \|$", PAGE, re.MULTILINE)

    for name, sarif, command, quality in table[1:]:
        item = report(finding(severity=Severity[name.upper()]))
        options = RenderOptions(min_severity=Severity.INFO)
        assert f'"level": "{sarif}"' in render("sarif", [item], options)
        assert github([item], options).startswith(f"::{command} ")
        assert f'"severity": "{quality}"' in render("gitlab", [item], options)
    assert [name for name, *_ in table[1:]] == [str(one) for one in Severity]
