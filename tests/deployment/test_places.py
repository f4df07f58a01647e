"""What is reported points to files that exist, whatever it was read from."""

from __future__ import annotations

from pathlib import Path

from advisor.audit import audit_path, facts_of
from advisor.model import Finding, Given, Location, Report

MANIFEST = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: db}
data:
  postgresql.conf: |
    work_mem = 4MB
    fsync = off
    shared_bufers = 1GB
  gunicorn.conf.py: "timeout = 0\\nworkers = 3\\n"
  nginx.conf: |
    events {}
    http {
      server { listen 80 }
    }
"""


def audited(tmp_path: Path) -> Report:
    (tmp_path / "db.yaml").write_text(MANIFEST)
    return audit_path(tmp_path, Given())


def finding(report: Report, code: str) -> Finding:
    return next(one for one in report.findings if code in (one.code, *one.also))


def test_every_place_is_in_the_manifest(tmp_path: Path) -> None:
    report = audited(tmp_path)
    places = [one.mark.location for one in report.findings if one.mark]
    places += [mark.location for one in report.findings for mark in one.related]
    places += [e.location for one in report.findings for e in one.evidence if e.location]
    places += [row.location for row in report.facts if row.location]

    assert {place.path for place in places} == {"db.yaml"}
    assert set(report.sources) == {"db.yaml"}


def test_lines_of_blocks_and_of_quoted_texts(tmp_path: Path) -> None:
    report = audited(tmp_path)
    found = {code: finding(report, code).mark for code in ("PG101", "PG002", "GUN016")}

    assert {code: str(mark.location) for code, mark in found.items() if mark} == {
        "PG101": "db.yaml:7",
        "PG002": "db.yaml:8",
        "GUN016": "db.yaml:9",
    }


def test_a_change_says_what_stands_there_now(tmp_path: Path) -> None:
    fix = finding(audited(tmp_path), "PG101").fix

    assert fix is not None
    assert (fix.changes[0].now, fix.changes[0].path) == ("fsync = off", "db.yaml")
    assert fix.changes[0].location == Location("db.yaml", 7, 5, 7, 16)


def test_broken_files_are_found_at_their_line(tmp_path: Path) -> None:
    mark = finding(audited(tmp_path), "NGX001").mark

    assert mark is not None
    assert str(mark.location) == "db.yaml:13"


def test_facts_have_their_place(tmp_path: Path) -> None:
    (tmp_path / "db.yaml").write_text(MANIFEST)
    places = {str(row.location) for row in facts_of(tmp_path, Given()) if row.location}

    assert "db.yaml:6" in places
    assert {place.partition(":")[0] for place in places} == {"db.yaml"}
