"""Statements of an application behind PgBouncer that need their session."""

from __future__ import annotations

from tests.support.deployments import facts_of, known, unknown

INI = "[databases]\nshop = host=db\n\n[pgbouncer]\npool_mode = transaction\n"
ENGINE = """\
from sqlalchemy import create_engine
engine = create_engine('postgresql+psycopg2://pgbouncer:6432/shop')
"""
LISTEN = "def work(c):\n    c.execute('LISTEN orders')\n    c.execute('SET ROLE x')\n"


def stack(**code: str) -> dict[str, str]:
    files = {f"app/{name}.py": text for name, text in code.items()}
    return {"pgbouncer.ini": INI, "gunicorn.conf.py": "workers = 2\n", **files}


def test_each_kind_once_at_the_first_place() -> None:
    facts = facts_of(stack(db=ENGINE, work=LISTEN + LISTEN), "stack.pooled")
    fact = facts["pooled.session_state"]

    assert known(facts, "pooled.session_state") == ("LISTEN", "SET ROLE")
    assert fact.location is not None
    assert (fact.location.path, fact.location.line) == ("app/work.py", 2)


def test_nothing() -> None:
    assert known(facts_of(stack(db=ENGINE), "stack.pooled"), "pooled.session_state") == ()


def test_another_way_to_the_server_may_be_meant() -> None:
    direct = ENGINE.replace("pgbouncer:6432", "db")
    facts = facts_of(stack(db=ENGINE, events=direct, work=LISTEN), "stack.pooled")

    assert unknown(facts, "pooled.session_state")
    assert (
        known(facts_of(stack(db=ENGINE, events=direct), "stack.pooled"), "pooled.prepares") is False
    )


def test_scripts_and_tests_are_no_part_of_it() -> None:
    files = {**stack(db=ENGINE), "tests/test_x.py": LISTEN, "scripts/x.py": LISTEN}

    assert known(facts_of(files, "stack.pooled"), "pooled.session_state") == ()
