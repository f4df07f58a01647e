"""
Whole reports, compared with the files beside them.

After a wanted change: ``UPDATE_GOLDEN=1 pytest tests/report/test_golden.py``, and read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from advisor.model import Report, Severity
from advisor.report import RenderOptions, render
from tests.support.reports import ACCEPTED, EMPTY, FAILED, HOSTILE, RICH

GOLDEN = Path(__file__).parents[1] / "data" / "reports"
ENDINGS = {
    "text": "txt",
    "concise": "concise.txt",
    "markdown": "md",
    "html": "html",
    "json": "json",
    "jsonl": "jsonl",
    "sarif": "sarif",
    "github": "github.txt",
    "gitlab": "gitlab.json",
    "junit": "junit.xml",
}
EVERYTHING = RenderOptions(min_severity=Severity.INFO, fail_on=Severity.CRITICAL, width=72)
CASES = {
    "rich": ((RICH,), RenderOptions()),
    "everything": ((RICH,), EVERYTHING),
    "color": ((RICH,), RenderOptions(color=True)),
    "empty": ((EMPTY,), RenderOptions()),
    "hostile": ((HOSTILE,), RenderOptions()),
    "failed": ((EMPTY, FAILED, RICH), RenderOptions(min_severity=Severity.HIGH)),
    "accepted": ((ACCEPTED,), RenderOptions()),
    "suppressed": ((ACCEPTED,), RenderOptions(show_suppressed=True)),
    "several": ((EMPTY, RICH), RenderOptions(min_severity=Severity.HIGH, fail_on=None)),
}
LISTED = {"accepted", "failed", "hostile", "rich", "suppressed"}
WHOLE = ("text", "markdown", "html", "json")
"""Formats with a file for every case; of the others some show all there is."""
NAMES = [
    (case, name)
    for case in CASES
    for name in ENDINGS
    if name == "text" or (case != "color" and (name in WHOLE or case in LISTED))
]


@pytest.mark.parametrize(("case", "name"), NAMES)
def test_golden(case: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reports: tuple[Report, ...]
    reports, options = CASES[case]
    monkeypatch.setattr("advisor.report.json.__version__", "0.0.0")
    monkeypatch.setattr("advisor.report.sarif.__version__", "0.0.0")
    monkeypatch.setattr("advisor.report.html.__version__", "0.0.0")
    # The style sheet and the script are looked at by a browser.
    monkeypatch.setattr("advisor.report.html.assets._text", lambda name: f"/* {name} */")
    golden = GOLDEN / f"{case}.{ENDINGS[name]}"

    printed = render(name, reports, options).encode()

    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_bytes(printed)
    assert printed == golden.read_bytes()
