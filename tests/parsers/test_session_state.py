"""Statements whose effect stays with the session that ran them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.parsers.session_state import find_session_state, kind_of, mentions_session


def found(text: str) -> list[tuple[str, int | None]]:
    return [
        (one.value, one.location.line if one.location else None)
        for one in find_session_state("app.py", text)
    ]


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("LISTEN orders", "LISTEN"),
        ('  listen "orders"', "LISTEN"),
        ("SELECT pg_advisory_lock(1)", "pg_advisory_lock()"),
        ("SELECT pg_try_advisory_lock(%s)", "pg_advisory_lock()"),
        ("SELECT 1 WHERE pg_advisory_lock_shared (1)", "pg_advisory_lock()"),
        ("SET search_path TO tenant", "SET search_path"),
        ("set statement_timeout = 0", "SET statement_timeout"),
        ("SET SESSION app.tenant = 7", "SET app.tenant"),
        ("SET ROLE tenant", "SET ROLE"),
        ("SELECT set_config('app.tenant', %s, false)", "set_config(…, false)"),
        ("PREPARE find AS SELECT 1", "PREPARE"),
        ("DECLARE c CURSOR WITH HOLD FOR SELECT 1", "WITH HOLD"),
        ("CREATE TEMP TABLE t (id int)", "CREATE TEMP TABLE"),
        ("CREATE TEMPORARY TABLE t AS\nSELECT 1", "CREATE TEMP TABLE"),
    ],
)
def test_what_stays(statement: str, kind: str) -> None:
    assert kind_of(statement) == kind


@pytest.mark.parametrize(
    "statement",
    [
        "",
        "NOTIFY orders",
        "UNLISTEN *",
        "LISTEN",
        "UPDATE t SET a = 1",
        "SET LOCAL search_path TO tenant",
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "SET CONSTRAINTS ALL DEFERRED",
        "SET timezone = 'UTC'",
        "SET application_name TO 'x'",
        "SELECT pg_advisory_xact_lock(1)",
        "SELECT pg_advisory_unlock(1)",
        "SELECT set_config('app.tenant', %s, true)",
        "PREPARE TRANSACTION 'x'",
        "DECLARE c CURSOR FOR SELECT 1",
        "CREATE TEMP TABLE t (id int) ON COMMIT DROP",
        "CREATE TABLE temp_table (id int)",
    ],
)
def test_what_ends_with_its_transaction(statement: str) -> None:
    assert kind_of(statement) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cursor.execute('LISTEN x')\n", [("LISTEN", 1)]),
        ("await conn.execute(f'LISTEN {name}')\n", [("LISTEN", 1)]),
        ("await conn.execute(f'SET {name}')\n", []),
        ("await conn.execute(f'{name}')\n", []),
        ("await conn.execute(f'SET search_path TO {name}')\n", [("SET search_path", 1)]),
        ("c.execute(text('SET ROLE x'))\n", [("SET ROLE", 1)]),
        ("import asyncpg\nawait conn.add_listener('x', f)\n", [("LISTEN", 2)]),
        ("await emitter.add_listener('x', f)\n", []),
        ("log('LISTEN x')\n", []),
        ("'LISTEN x'\n", []),
        ("cursor.execute(LISTEN)\n", []),
        ("execute('LISTEN x')\ntext('SET a = 1')\n", [("LISTEN", 1), ("SET a", 2)]),
        ("cursor.execute('LISTEN x'\n", []),
    ],
)
def test_calls_that_run_statements(text: str, expected: list[tuple[str, int]]) -> None:
    assert found(text) == expected


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="SETLISTEN exect(\"') prag_dvsoylk\n=", max_size=120))
def test_any_text_is_read(text: str) -> None:
    assert found(text) == [] or mentions_session(text)
