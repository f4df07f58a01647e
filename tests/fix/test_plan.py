"""
Which fixes are made together, and which are left.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from advisor.errors import SourceError
from advisor.fix.plan import ADVICE, NO_FIX, REVIEW, WRITTEN, Plan, plan_fixes
from advisor.model import Apply, Change, Finding, Fix, Safety
from advisor.sources.tree import MemoryTree
from tests.support.fixes import change
from tests.support.report_builders import finding

FILES = {
    "postgresql.conf": "work_mem = 50MB\njit = on\n",
    "nginx.conf": "http {\n}\n",
    "gunicorn.conf.py": "workers = 9\n",
}
WORK_MEM = change("postgresql", "work_mem", "6MB", at=(1, 1))
JIT = change("postgresql", "jit", "off", at=(2, 1))
GZIP = change("nginx", "gzip", "on", inside=(1, 1))
WORKERS = change("gunicorn", "workers", "4", at=(1, 1))


def wants(code: str, *changes: Change, safety: Safety = Safety.SAFE) -> Finding:
    """
    A finding with a fix.
    """
    return finding(code, fix=Fix(changes, "", "ini", safety, Apply.RELOAD))


def planned(*findings: Finding, unsafe: bool = False) -> Plan:
    return plan_fixes(findings, MemoryTree(FILES), unsafe=unsafe)


def done(plan: Plan) -> list[str]:
    return [one.finding.code for one in plan.done]


def left(plan: Plan) -> dict[str, str]:
    return {one.finding.code: one.reason for one in plan.left}


def test_fixes_of_several_files() -> None:
    plan = planned(wants("A", WORK_MEM, GZIP), wants("B", JIT))

    assert plan.texts == {
        "postgresql.conf": "work_mem = 6MB\njit = off\n",
        "nginx.conf": "http {\n    gzip on;\n}\n",
    }
    assert [one.paths for one in plan.done] == [
        ("postgresql.conf", "nginx.conf"),
        ("postgresql.conf",),
    ]
    assert plan.left == ()


def test_fixes_that_want_a_review_are_made_on_request() -> None:
    risky = wants("A", WORK_MEM, safety=Safety.REVIEW)

    assert left(planned(risky)) == {"A": REVIEW}
    assert planned(risky).texts == {}
    assert done(planned(risky, unsafe=True)) == ["A"]


def test_a_snippet_is_written_by_its_edits() -> None:
    made = Fix((), "gzip on;", "nginx", Safety.SAFE, Apply.RELOAD, edits=(GZIP,))
    plan = planned(finding("A", fix=made))

    assert plan.texts == {"nginx.conf": "http {\n    gzip on;\n}\n"}


def test_two_findings_that_want_the_same() -> None:
    plan = planned(wants("A", WORK_MEM, GZIP), wants("B", GZIP))

    assert done(plan) == ["A", "B"]
    assert plan.texts["nginx.conf"] == "http {\n    gzip on;\n}\n"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (WORK_MEM, replace(WORK_MEM, value="8MB", then="work_mem = 8MB")),
        (GZIP, replace(GZIP, value="off", then="gzip off;")),
    ],
)
def test_two_findings_that_want_something_else(first: Change, second: Change) -> None:
    """
    The more important one has its way, the other one says who was in it.
    """
    plan = planned(wants("A", first), wants("B", JIT, second))

    assert done(plan) == ["A"]
    assert left(plan) == {"B": "its edit overlaps with that of A"}
    assert "jit = off" not in plan.texts.get("postgresql.conf", "")


def test_one_finding_that_contradicts_itself() -> None:
    other = replace(WORK_MEM, value="8MB", then="work_mem = 8MB")

    assert left(planned(wants("A", WORK_MEM, other))) == {"A": "its edit overlaps with that of A"}


def test_two_new_arguments_of_a_call() -> None:
    """
    They share the comma behind what was the last one, also when two findings ask for them.
    """
    head = "from sqlalchemy import create_engine\n"
    text = f"{head}e = create_engine(\n    url    # where\n)\n"
    size, overflow, ping = (
        wants(name, change("engine", name, value, inside=(2, 5)))
        for name, value in (("pool_size", "5"), ("max_overflow", "1"), ("pool_pre_ping", "True"))
    )
    both = wants("both", *_changes(size), *_changes(overflow))
    plan = plan_fixes([both, ping, size], MemoryTree({"db.py": text}))

    assert plan.texts["db.py"] == (
        f"{head}e = create_engine(\n    url,   # where\n    pool_size=5,\n    max_overflow=1,\n"
        "    pool_pre_ping=True,\n)\n"
    )
    assert done(plan) == ["both", "pool_pre_ping", "pool_size"]


def _changes(found: Finding) -> tuple[Change, ...]:
    return found.fix.changes if found.fix else ()


def test_half_a_fix_is_none() -> None:
    """
    Nothing is written when one of several changes cannot be made.
    """
    plan = planned(wants("A", WORK_MEM, replace(WORKERS, path="settings.py")))

    assert plan.texts == {}
    assert left(plan) == {"A": "there is no file settings.py"}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (finding("A"), NO_FIX),
        (wants("A"), ADVICE),
        (
            wants("A", replace(WORKERS, path="compose.yaml", flag=True)),
            "workers belongs on a command line in compose.yaml",
        ),
        (
            wants("A", replace(WORK_MEM, path="main.tf", flag=True)),
            "work_mem belongs in a block in main.tf",
        ),
        (wants("A", replace(WORKERS, path="")), "the file to set workers in is not known"),
        (wants("A", replace(WORKERS, program="uwsgi")), "the file to set workers in is not known"),
        (wants("A", replace(JIT, value="on", then="jit = on")), WRITTEN),
    ],
)
def test_what_cannot_be_made(given: Finding, reason: str) -> None:
    plan = planned(given)

    assert left(plan) == {"A": reason}
    assert (plan.texts, plan.done) == ({}, ())


def test_what_is_written_already_is_left_out() -> None:
    plan = planned(wants("A", replace(JIT, value="on", then="jit = on"), WORK_MEM))

    assert plan.texts == {"postgresql.conf": "work_mem = 6MB\njit = on\n"}


def test_two_names_of_one_file() -> None:
    """
    Their edits come together in the file itself.
    """
    files = {"conf": FILES["postgresql.conf"]}
    links = [replace(WORK_MEM, path="link"), replace(JIT, path="conf")]
    plan = plan_fixes([wants("A", *links)], MemoryTree(files), real=lambda _: "conf")

    assert plan.texts == {"conf": "work_mem = 6MB\njit = off\n"}


def test_a_file_that_cannot_be_read() -> None:
    class Broken(MemoryTree):
        def read(self, path: str) -> str | None:
            raise SourceError("cannot be read: Permission denied", path=path)

    plan = plan_fixes([wants("A", JIT)], Broken({}))

    assert left(plan) == {"A": "cannot be read: Permission denied"}
