"""
A finding is the same finding as long as rule, file, subject and fact are.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.audit import audit_path
from advisor.model import Evidence, Finding, Given, Location, Mark, Origin, Report
from advisor.report.fingerprints import fingerprints, mixed
from tests.support.report_builders import finding
from tests.support.report_strategies import REPORTS

GUIDE = Path(__file__).parents[2] / "fixtures" / "deploys" / "guide"
TEXTS = {
    name: (GUIDE / name).read_text("utf-8")
    for name in ("compose.yaml", "gunicorn.conf.py", "nginx.conf", "postgresql.conf", "app/db.py")
}


def audited(files: dict[str, str]) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "guide"
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, "utf-8")
        return audit_path(root, Given())


def known(report: Report) -> dict[str, str]:
    """Fingerprint → code."""
    marks = fingerprints(report.findings)
    return dict(zip(marks, (one.code for one in report.findings), strict=True))


def of(*findings: Finding) -> list[str]:
    return fingerprints(findings)


BEFORE = known(audited(TEXTS))


@settings(max_examples=25, deadline=None)
@given(
    lines=st.fixed_dictionaries({name: st.integers(0, 30) for name in TEXTS}),
    words=st.text("abc é\t#", max_size=20),
)
def test_moving_lines_changes_nothing(lines: dict[str, int], words: str) -> None:
    """Comments and blank lines above; compose files and configurations alike."""
    moved = {
        name: "".join(f"# {words}\n\n" for _ in range(lines[name])) + text
        for name, text in TEXTS.items()
    }

    assert known(audited(moved)) == BEFORE


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from(
        [
            ("postgresql.conf", "maintenance_work_mem = 1GB", "maintenance_work_mem = 768MB"),
            ("gunicorn.conf.py", "keepalive = 5", "keepalive = 7"),
            ("app/db.py", "pool_recycle=3600", "pool_recycle=1800"),
            ("nginx.conf", "keepalive_timeout 65;", "keepalive_timeout 61;"),
            ("compose.yaml", "mem_limit: 16g", "mem_limit: 15g"),
        ]
    )
)
def test_another_value_changes_nothing(change: tuple[str, str, str]) -> None:
    """Messages, numbers and evidence differ; what is wrong is still the same."""
    name, old, new = change
    assert old in TEXTS[name]

    after = known(audited({**TEXTS, name: TEXTS[name].replace(old, new)}))

    assert after == BEFORE


@settings(max_examples=300, deadline=None)
@given(REPORTS)
def test_no_two_findings_of_a_report_have_the_same(report: Report) -> None:
    marks = fingerprints(report.findings)

    assert len(set(marks)) == len(marks)


PLACE = Location("a.conf", 3, 5)
ONE = finding(
    mark=Mark(PLACE),
    subject="location /",
    evidence=(Evidence("pg.work_mem", "1", Origin.LITERAL, PLACE),),
)


@pytest.mark.parametrize(
    "other",
    [
        replace(ONE, code="PG102"),
        replace(ONE, mark=Mark(Location("b.conf", 3, 5))),
        replace(ONE, subject="location /api"),
        replace(ONE, evidence=(Evidence("pg.jit", "1", Origin.LITERAL, PLACE),)),
    ],
)
def test_another_rule_file_subject_or_fact_is_another_finding(other: Finding) -> None:
    assert of(ONE) != of(other)


@pytest.mark.parametrize(
    "other",
    [
        replace(ONE, message="other words", why="", recommendation=""),
        replace(ONE, mark=Mark(PLACE, "label")),
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
    first, second = ONE, replace(ONE, mark=Mark(Location("a.conf", 9)), evidence=())
    first = replace(first, evidence=())

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
