"""
A finding is the same finding as long as rule, file, subject and fact are.
"""

from __future__ import annotations

import re
import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from advisor.audit import audit_path
from advisor.fingerprints import fingerprints, mixed
from advisor.model import Evidence, Finding, Given, Location, Mark, Origin, Report
from tests.support.report_builders import finding
from tests.support.report_strategies import REPORTS

DEPLOYS = Path(__file__).parents[1] / "fixtures" / "deploys"
COMMENTED = (".conf", ".py", ".yaml", ".yml", ".ini", ".env", ".service", "Dockerfile")
"""Endings of files that may begin with comments in ``#``."""
MOVED = {
    name: {
        path.relative_to(DEPLOYS / name).as_posix(): path.read_bytes().decode("utf-8", "replace")
        for path in sorted((DEPLOYS / name).rglob("*"))
        if path.is_file() and path.name != "expected.json"
    }
    for name in ("django", "gunicorn-docs", "guide", "kubernetes", "pgbouncer")
}
"""Texts of deployments about which there is something to say."""
TEXTS = MOVED["guide"]
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
"""An example audits a whole deployment: making a failing one smaller would take minutes."""


def audited(files: dict[str, str]) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "guide"
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, "utf-8")
        return audit_path(root, Given())


def known(report: Report) -> dict[str, str]:
    """Fingerprint → code."""
    return {one.fingerprint: one.code for one in report.findings}


def of(*findings: Finding) -> list[str]:
    return fingerprints(findings)


@cache
def before(name: str) -> dict[str, str]:
    """Of a fixture as it is."""
    return known(audited(MOVED[name]))


@settings(max_examples=25, deadline=None, phases=QUICK)
@given(st.sampled_from(sorted(MOVED)), st.data())
def test_moving_lines_changes_nothing(name: str, data: st.DataObject) -> None:
    """Comments and blank lines above, in every file of real deployments."""
    words = data.draw(st.text("abc é#", max_size=20))
    lines = data.draw(st.lists(st.integers(0, 30), min_size=1, max_size=5))
    moved = {
        path: f"# {words}\n\n" * lines[number % len(lines)] + text
        if path.endswith(COMMENTED)
        else text
        for number, (path, text) in enumerate(MOVED[name].items())
    }

    assert known(audited(moved)) == before(name) != {}


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("postgresql.conf", "maintenance_work_mem = 1GB", "maintenance_work_mem = 768MB"),
        ("gunicorn.conf.py", "keepalive = 5", "keepalive = 7"),
        ("app/db.py", "pool_recycle=3600", "pool_recycle=1800"),
        ("nginx.conf", "keepalive_timeout 65;", "keepalive_timeout 61;"),
        ("compose.yaml", "mem_limit: 16g", "mem_limit: 15g"),
    ],
)
def test_another_value_changes_nothing(path: str, old: str, new: str) -> None:
    """Messages, numbers and evidence differ; what is wrong is still the same."""
    assert old in TEXTS[path]

    after = known(audited({**TEXTS, path: TEXTS[path].replace(old, new)}))

    assert after == before("guide")


_NUMBER = re.compile(r"(?<==)[ \t]*(\d+)(?=[ \t]*(?:MB|GB|s|min)?[ \t]*(?:#.*)?$)", re.MULTILINE)


@settings(max_examples=25, deadline=None, phases=QUICK)
@given(st.sampled_from(sorted(MOVED)), st.data())
def test_findings_that_stay_are_the_same_findings(name: str, data: st.DataObject) -> None:
    """One number becomes another: what is still found about rule and subject keeps its name."""
    files = MOVED[name]
    places = [
        (path, match.span(1)) for path, text in files.items() for match in _NUMBER.finditer(text)
    ]
    if not places:
        return
    path, (start, end) = data.draw(st.sampled_from(places))
    number = int(files[path][start:end]) + data.draw(st.integers(0, 3))

    text = f"{files[path][:start]}{number}{files[path][end:]}"
    after = audited({**files, path: text})

    subjects = {one.fingerprint: (one.code, one.subject) for one in after.findings}
    for one in audited(files).findings:
        same = (_code_and_subject(one), _place(one)) in [
            (_code_and_subject(other), _place(other)) for other in after.findings
        ]
        assert not same or subjects.get(one.fingerprint) == (one.code, one.subject)


def _code_and_subject(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.subject


def _place(finding: Finding) -> tuple[str, int] | None:
    return (finding.mark.location.path, finding.mark.location.line) if finding.mark else None


@settings(max_examples=300, deadline=None)
@given(REPORTS)
def test_no_two_findings_of_a_report_have_the_same(report: Report) -> None:
    marks = fingerprints(report.findings)

    assert len(set(marks)) == len(marks)
    assert marks == [one.fingerprint for one in report.findings]


PLACE = Location("a.conf", 3, 5)
ONE = finding(
    mark=Mark(PLACE, fact="pg.work_mem"),
    subject="location /",
)


@pytest.mark.parametrize(
    "other",
    [
        replace(ONE, code="PG102"),
        replace(ONE, mark=Mark(Location("b.conf", 3, 5), fact="pg.work_mem")),
        replace(ONE, subject="location /api"),
        replace(ONE, mark=Mark(PLACE, fact="pg.jit")),
    ],
)
def test_another_rule_file_subject_or_fact_is_another_finding(other: Finding) -> None:
    assert of(ONE) != of(other)


@pytest.mark.parametrize(
    "other",
    [
        replace(ONE, message="other words", why="", recommendation=""),
        replace(ONE, mark=Mark(PLACE, "label", "pg.work_mem")),
        replace(ONE, mark=Mark(Location("a.conf", 90), fact="pg.work_mem")),
        replace(ONE, related=(Mark(Location("z.conf", 1)),)),
        replace(
            ONE, evidence=(*ONE.evidence, Evidence("pg.jit", "off", Origin.DEFAULT, None, "x"))
        ),
    ],
)
def test_words_and_further_facts_are_not_part_of_it(other: Finding) -> None:
    assert of(ONE) == of(other)


def test_equal_findings_are_numbered_in_the_order_of_their_places() -> None:
    """The report's own order depends on severity and impact."""
    first, second = ONE, replace(ONE, mark=Mark(Location("a.conf", 9), fact="pg.work_mem"))

    assert of(first, second) == [*reversed(of(second, first))]
    assert of(first)[0] == of(first, second)[0]


def test_a_line_number_in_the_subject_is_no_part_of_it() -> None:
    def engine(line: int) -> Finding:
        place = Location("app/db.py", line)
        return finding(mark=Mark(place), subject=f"engine in app/db.py:{line}")

    assert of(engine(5)) == of(engine(50))


def test_a_port_in_the_subject_is() -> None:
    def server(port: int) -> Finding:
        return finding(mark=Mark(PLACE), subject=f"server example.com:{port}")

    assert of(server(80)) != of(server(443))


def test_it_stays_what_it_is() -> None:
    """Baselines and code hosts keep fingerprints: a new way of counting would open every alert."""
    assert of(ONE) == ["5c2b28c79cc47c33"]
    assert mixed("a", "b") == "59b271ae1bbcb1d3"
