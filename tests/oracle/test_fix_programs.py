"""
Fixed files and printed statements, beside the programs that have to take them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from advisor.audit import collect_example
from advisor.model import Finding, Fix, Location, Severity
from advisor.report import RenderOptions, render
from advisor.rules.catalogue import own_entries
from advisor.rules.rule import from_data
from advisor.verdict import judge_all
from tests.support import nginx_servers
from tests.support.fix_strategies import confs, webs
from tests.support.fixes import change, fix_files
from tests.support.postgres_programs import (
    Server,
    installation,
    majors,
    program_of,
    unprivileged,
    unprivileged_folder,
)
from tests.support.report_builders import finding, fix, report

pytestmark = pytest.mark.oracle

EVERYTHING = RenderOptions(min_severity=Severity.INFO)
QUIETLY = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
LISTS = {
    "shared_preload_libraries": "'pg_stat_statements, auto_explain'",
    "search_path": """'"$user", public'""",
    "unix_socket_directories": "'/tmp, /var/tmp'",
    "listen_addresses": "'localhost, 127.0.0.1'",
    "log_destination": "'stderr, csvlog'",
    "log_line_prefix": "'it''s %m \\\\ '",
}
"""Values as postgresql.conf has them."""


@pytest.mark.skipif(nginx_servers.NGINX is None, reason="nginx is not installed")
@QUIETLY
@given(webs())
def test_nginx_takes_what_is_made_of_a_file(tmp_path: Path, text: str) -> None:
    after = fix_files({"nginx.conf": text}, nginx="1.18.0", cpus="4").files["nginx.conf"]

    assert nginx_servers.check(tmp_path, text) == ""
    assert nginx_servers.check(tmp_path, after) == ""


@pytest.mark.parametrize("major", majors())
@QUIETLY
@given(confs())
def test_postgresql_takes_what_is_made_of_a_file(tmp_path: Path, major: int, text: str) -> None:
    server = Server(program_of(major), major, tmp_path)
    stated = {"postgresql": str(major), "memory": "16GB", "cpus": "4", "storage": "ssd"}
    after = fix_files({"postgresql.conf": text}, **stated).files["postgresql.conf"]

    assert server.ask("port", text) == server.ask("port", after) == "5432"


@pytest.mark.parametrize("major", majors())
def test_alter_system(major: int) -> None:
    """
    The server takes every statement that a rule's example leads to, and means the same by it.
    """
    program = program_of(major)
    wanted = [*_findings(major), finding(subject="lists", fix=_lists())]
    sql = render("sql", [report(findings=tuple(wanted))], EVERYTHING)
    statements = [line for line in sql.split("\n") if line.startswith("ALTER SYSTEM")]
    with unprivileged_folder() as folder:
        written = _altered(installation(program, folder), folder, statements)

    assert len(statements) > 50
    for name, value in LISTS.items():
        assert _meaning(written[name]) == _meaning(value)


def _altered(bin_folder: Path, folder: Path, statements: list[str]) -> dict[str, str]:
    """
    Run the statements without starting a server, and give what it wrote down.
    """
    data, script, log = folder / "data", folder / "sql", folder / "log"
    unprivileged(bin_folder / "initdb", "-D", data, "-A", "trust", "--locale=C", "--no-sync")
    script.write_text("".join(f"{line}\n" for line in statements), "utf-8")
    script.chmod(0o644)
    command = f"{bin_folder}/postgres --single -D {data} postgres < {script} > {log} 2>&1"
    unprivileged("sh", "-c", command)
    errors = set(re.findall(r"ERROR:  (.*)", log.read_text("utf-8")))
    # The packages from PyPI come without OpenSSL.
    assert errors <= {"SSL is not supported by this build"}
    lines = (data / "postgresql.auto.conf").read_text("utf-8").splitlines()
    return dict(line.split(" = ", 1) for line in lines if " = " in line)


def _meaning(value: str) -> list[str]:
    """
    The items of a list, however they are quoted.
    """
    text = value[1:-1].replace("''", "'").replace("\\\\", "\\")
    return [item.strip().strip('"') for item in text.split(",")]


def _lists() -> Fix:
    changes = tuple(change("postgresql", name, value) for name, value in LISTS.items())
    return fix(changes=changes)


def _findings(major: int) -> Iterator[Finding]:
    """
    What the examples of the rules lead to on one major, each as a server of its own.
    """
    for data in _entries():
        rule = from_data(data)
        for number, example in enumerate(data["examples"]["bad"]):
            target = {**example["target"], "postgresql": str(major)}
            subjects = collect_example(example["files"], example["host"], target)
            for one in judge_all([rule], subjects):
                if isinstance(one, Finding):
                    place = Location(f"{rule.code}/{number}", 1)
                    yield finding(rule.code, subject=str(place), fix=one.fix)


def _entries() -> Iterator[dict[str, Any]]:
    for data in own_entries():
        if data["fix"] and any(name.startswith("pg.") for name in data["fix"]["set"]):
            yield data
