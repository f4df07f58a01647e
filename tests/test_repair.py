"""
Rounds of audit and fix in memory.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor import repair as module
from advisor.audit import audit_found, find
from advisor.fix.plan import NO_FIX
from advisor.model import Given, Severity
from advisor.repair import AGAIN, ROUNDS, Repair, Wanted, repair
from advisor.report import RenderOptions

TWO_SERVERS = """\
worker_processes auto;
events {}
http {
    server {
        listen 80;
        root /srv/www;
        keepalive_requests 10;
    }
    server {
        listen 81;
        root /srv/docs;
        keepalive_requests 10;
    }
}
"""


def repaired(folder: Path, **wanted: bool | RenderOptions) -> Repair:
    return repair(folder, Given(), (), Wanted(**wanted))  # type: ignore[arg-type]  # a table


def test_every_place_is_fixed_in_memory_only(tmp_path: Path) -> None:
    file = tmp_path / "nginx.conf"
    file.write_text(TWO_SERVERS)
    made = repaired(tmp_path, shown=RenderOptions(min_severity=Severity.HIGH))

    assert made.after == {"nginx.conf": TWO_SERVERS.replace(" 10;", " 1000;")}
    assert made.before == {"nginx.conf": TWO_SERVERS}
    assert file.read_text() == TWO_SERVERS
    assert "NGX203" in {one.code for one in made.found.findings}
    assert "NGX203" not in {one.code for one in made.remaining.findings}


def test_what_is_left_says_why(tmp_path: Path) -> None:
    (tmp_path / "gunicorn.conf.py").write_text("workers = 4\nkeepalve = 5\naccesslog = '-'\n")
    made = repaired(tmp_path, shown=RenderOptions(min_severity=Severity.INFO))

    assert NO_FIX in {one.reason for one in made.left}
    assert (made.before, made.after, made.done) == ({}, {}, ())


def test_a_fix_that_does_not_help_is_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A finding that is still there afterwards is left, however often the files are judged.
    """
    (tmp_path / "nginx.conf").write_text(TWO_SERVERS)
    calls: list[object] = []

    def stubborn(*arguments: object) -> object:
        calls.append(arguments)
        return first if calls[1:] else audit_found(*arguments)  # type: ignore[arg-type]  # passed on

    first = audit_found(tmp_path, find(tmp_path), Given(), ())
    monkeypatch.setattr(module, "audit_found", stubborn)
    made = repaired(tmp_path)

    assert {one.reason for one in made.left if one.finding.code == "NGX203"} == {AGAIN}
    assert len(calls) <= ROUNDS + 1


def test_the_files_are_those_that_were_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A file that changes during the run is planned as it was, so that writing can refuse it.
    """
    file = tmp_path / "nginx.conf"
    file.write_text(TWO_SERVERS)

    def meddle(*arguments: object) -> object:
        file.write_text("events {}\n")
        return audit_found(*arguments)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(module, "audit_found", meddle)
    made = repaired(tmp_path)

    assert made.before == {"nginx.conf": TWO_SERVERS}
