from __future__ import annotations

from advisor.model import Change, Finding, Location, Mark, Severity
from advisor.report.steps import first_steps
from tests.support.report_builders import finding, fix

WORKERS = Change("workers", "9", "workers = 4", Location("gunicorn.conf.py", 3), "gunicorn.conf.py")
THREADS = Change("threads", "9", "threads = 1", Location("gunicorn.conf.py", 4), "gunicorn.conf.py")
ADDED = Change("keepalive", "", "keepalive 32;", None, "nginx.conf")


def changing(code: str, *changes: Change, **fields: object) -> Finding:
    return finding(code, fix=fix(changes=changes), **fields)


def codes(*findings: Finding) -> list[tuple[str, ...]]:
    return [step.codes for step in first_steps(findings)]


def test_findings_with_the_same_change_are_one_step() -> None:
    found = first_steps([changing("A", WORKERS), finding("B"), changing("C", WORKERS)])

    assert [step.codes for step in found] == [("A", "C"), ("B",)]
    assert found[0].changes == (WORKERS,)


def test_a_change_more_belongs_to_the_step_and_is_listed() -> None:
    (found,) = first_steps([changing("A", WORKERS), changing("B", WORKERS, THREADS)])

    assert found.changes == (WORKERS, THREADS)


def test_an_overlap_is_not_enough() -> None:
    """
    B is not settled by A's changes, nor A by B's.
    """
    other = Change("preload", "", "preload_app = True", None, "gunicorn.conf.py")

    assert codes(changing("A", WORKERS, THREADS), changing("B", THREADS, other)) == [("A",), ("B",)]


def test_another_value_is_another_step() -> None:
    more = Change("workers", "9", "workers = 5", WORKERS.location, "gunicorn.conf.py")

    assert codes(changing("A", WORKERS), changing("B", more)) == [("A",), ("B",)]


def test_the_same_line_in_another_block_is_another_step() -> None:
    one, other = Mark(Location("nginx.conf", 3)), Mark(Location("nginx.conf", 30))

    assert codes(changing("A", ADDED, mark=one), changing("B", ADDED, mark=other)) == [
        ("A",),
        ("B",),
    ]


def test_a_change_without_any_place() -> None:
    bare = Change("x", "", "x = 1")

    assert codes(changing("A", bare), changing("B", bare)) == [("A", "B")]


def test_findings_without_a_fix_are_never_grouped() -> None:
    assert codes(finding("A"), finding("B")) == [("A",), ("B",)]


def test_merged_findings_are_named() -> None:
    assert codes(finding("A", also=("B", "A"))) == [("A", "B")]


def test_at_most_five() -> None:
    assert len(first_steps([finding(str(n)) for n in range(9)])) == 5


def test_less_than_medium_only_when_there_is_nothing_else() -> None:
    low = finding("L", severity=Severity.LOW)
    info = finding("I", severity=Severity.INFO)

    assert codes(finding("M"), low, info) == [("M",)]
    assert codes(low, info) == [("L",)]
    assert codes(info) == []


def test_a_low_finding_joins_the_step_that_settles_it() -> None:
    low = changing("L", WORKERS, severity=Severity.LOW)

    assert codes(changing("A", WORKERS), low) == [("A", "L")]
