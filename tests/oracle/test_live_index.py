"""
``advisor index --dsn``: the server's own planner where HypoPG is installed, else the lab.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import make_conninfo

from advisor.cli import run
from advisor.lab.server import PACKAGE
from tests.support.live_servers import PASSWORD, LiveServer, live_server
from tests.support.postgres_programs import program_of

pytest.importorskip(PACKAGE, reason="the extra lab is not installed")
pytestmark = pytest.mark.oracle

MAJOR = 15
LARGER = """
INSERT INTO customers (email, state, doc)
  SELECT 'later' || g || '@example.org', 'plain', '{}' FROM generate_series(1, 60000) g;
INSERT INTO orders (customer_id, amount)
  SELECT 1 + g % 3000, g % 777 FROM generate_series(1, 90000) g;
VACUUM ANALYZE
"""
WORKLOAD = """
SELECT amount FROM orders WHERE customer_id = 4;
SELECT count(*) FROM orders WHERE amount = 7;
SELECT id FROM customers WHERE doc @> '{"k": 1}';
INSERT INTO orders (customer_id, amount) VALUES (1, 2);
"""


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    with live_server(program_of(MAJOR), MAJOR) as running:
        with running.connect() as connection:
            for statement in LARGER.split(";\n"):
                connection.execute(statement.encode())
        yield running


@pytest.fixture
def workload(tmp_path: Path) -> Path:
    path = tmp_path / "workload.sql"
    path.write_text(WORKLOAD, "utf-8")
    return path


@pytest.fixture
def with_hypopg(server: LiveServer) -> Iterator[LiveServer]:
    with server.connect() as connection:
        known = "SELECT 1 FROM pg_available_extensions WHERE name = 'hypopg'"
        if connection.execute(known).fetchone() is None:
            if os.environ.get("ADVISOR_ORACLES") == "required":
                pytest.fail(f"the Debian package postgresql-{MAJOR}-hypopg is not installed")
            pytest.skip("HypoPG is not installed")
        connection.execute('CREATE SCHEMA "what if"; CREATE EXTENSION hypopg SCHEMA "what if"')
        yield server
        connection.execute('DROP EXTENSION hypopg; DROP SCHEMA "what if"')


def advice(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert run(["index", *arguments, "-f", "json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def keys(found: dict[str, Any]) -> set[str]:
    return {one["statement"].partition(" ON ")[2] for one in found["chosen"]}


def test_hypopg_answers_where_it_is_installed(
    with_hypopg: LiveServer, workload: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Statements and statistics of one moment, the server's own planner, nothing left behind."""
    found = advice(capsys, str(workload), "--dsn", with_hypopg.dsn())

    assert any(one.startswith("public.orders (customer_id)") for one in keys(found))
    assert any(one.startswith("public.orders (amount") for one in keys(found))
    assert found["planner"] == f"PostgreSQL {MAJOR} with HypoPG"
    assert [one["subject"] for one in found["notes"]] == ["planner"]
    assert any("gin" in one["reason"] for one in found["unverified"])
    with with_hypopg.connect() as connection:
        rows = connection.execute(
            "SELECT count(*) FROM pg_indexes WHERE indexname LIKE '%advisor%'"
        )
        assert rows.fetchone() == (0,)


def test_promised_costs_are_those_of_the_server(
    with_hypopg: LiveServer, workload: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The index is created and the plan costs what was said, but for the size of the index."""
    found = advice(capsys, str(workload), "--dsn", with_hypopg.dsn())
    with with_hypopg.connect() as connection:
        connection.execute("BEGIN")
        for one in found["chosen"]:
            connection.execute(one["statement"].replace(" CONCURRENTLY", "").encode())
        for query in found["queries"]:
            row = connection.execute(f"EXPLAIN (FORMAT JSON) {query['sql']}".encode()).fetchone()
            assert row is not None
            assert row[0][0]["Plan"]["Total Cost"] == pytest.approx(query["after"], rel=0.1)
        connection.execute("ROLLBACK")


def test_the_lab_answers_where_it_is_not(
    server: LiveServer, workload: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = advice(capsys, str(workload), "--dsn", server.dsn())
    notes = {one["subject"]: one["reason"] for one in found["notes"]}

    assert any(one.startswith("public.orders (customer_id)") for one in keys(found))
    assert notes["version"] == "the lab plans as PostgreSQL 18; a plan of 15 may differ"


def test_the_lab_answers_when_the_role_may_plan_nothing(
    with_hypopg: LiveServer, workload: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """pg_monitor sees no statistics of columns that it may not read, and may plan no statement."""
    with with_hypopg.connect() as connection:
        connection.execute('GRANT USAGE ON SCHEMA "what if" TO watcher')
    assert run(["index", str(workload), "--dsn", with_hypopg.dsn("watcher"), "-f", "json"]) == 0
    said = capsys.readouterr()

    assert "the server plans none of the statements for this role: permission denied" in said.err
    assert any(one["subject"] == "version" for one in json.loads(said.out)["notes"])


def test_the_lab_answers_when_the_role_may_not_use_the_extension(
    with_hypopg: LiveServer, workload: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = advice(capsys, str(workload), "--dsn", with_hypopg.dsn("watcher"))

    assert any(one["subject"] == "version" for one in found["notes"])


def test_no_secret_is_shown(
    server: LiveServer,
    workload: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The variable counts with ``--dsn env`` only."""
    monkeypatch.setenv("ADVISOR_DSN", make_conninfo(server.dsn(), password=PASSWORD))
    assert run(["index", str(workload), "--dsn", "env"]) == 0
    said = capsys.readouterr()
    assert PASSWORD not in said.out + said.err
    assert run(["index", str(workload)]) == 2
    assert "no file holds the statistics" in capsys.readouterr().err
    monkeypatch.setenv("ADVISOR_DSN", make_conninfo("host=/nonexistent", password=PASSWORD))
    assert run(["index", str(workload), "--dsn", "env"]) == 2
    assert PASSWORD not in capsys.readouterr().err
