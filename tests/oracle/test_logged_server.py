"""
Workloads from logs that real servers wrote: what a client sent is what is found.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.lab.logged import is_log, of_log
from tests.support.live_servers import LiveServer, live_server
from tests.support.postgres_programs import REQUIRED, program_of

pytestmark = pytest.mark.oracle

LOGGING = (
    "-c logging_collector=on -c log_directory=log.d -c log_filename=server.log"
    " -c log_file_mode=0644 -c log_line_prefix='%m [%p] %q%u@%d/%a '"
    " -c log_destination=stderr,csvlog,jsonlog"
)
WAIT_SECONDS = 20
SENT: dict[str, tuple[object, ...]] = {
    "SELECT id\n  FROM customers\n\tWHERE email = 'it''s \"quoted\"; -- not a comment'": (),
    "SELECT count(*) FROM orders WHERE amount > 10": (),
    "UPDATE customers SET state = %s WHERE id = %s": ("hidden-value\n", 3),
    'SELECT \'{"a": "b"}\'::jsonb -> \'a\', "Some \'Column\'" FROM "Odd ""Names"""': (),
}
EXPECTED = {
    **{sql: 1 for sql, values in SENT.items() if not values},
    "UPDATE customers SET state = $1 WHERE id = $2": 1,
    "SELECT count(*) FROM orders WHERE amount > 10": 2,
}
LAST = "SELECT 'that was all' FROM customers"


@pytest.fixture(scope="module", params=REQUIRED, ids=lambda major: f"postgres-{major}")
def server(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    with live_server(program_of(request.param), request.param, LOGGING) as running:
        with running.connect() as connection:
            connection.execute("SET log_min_duration_statement = 0")
            for sql, values in SENT.items():
                connection.execute(sql.encode(), values or None)
            connection.execute("SELECT count(*) FROM orders WHERE amount > 99")
            connection.execute("BEGIN; ROLLBACK")
            connection.execute(LAST.encode())
        yield running


@pytest.mark.parametrize("form", ["log", "csv", "json"])
def test_what_was_sent_is_the_workload(server: LiveServer, form: str) -> None:
    path = server.folder / "data" / "log.d" / f"server.{form}"
    _wait_for(path, LAST.encode())
    assert is_log(path)
    found = list(of_log(path))

    calls = {one.sql.replace("> 99", "> 10"): one.calls for one in found if one.sql != LAST}
    assert calls == EXPECTED
    assert all(one.total_ms > 0 for one in found)
    assert "hidden-value" not in str(found)


def _wait_for(path: Path, end: bytes) -> None:
    """
    The collector of the log writes when it likes.
    """
    until = time.monotonic() + WAIT_SECONDS
    while not path.exists() or end not in path.read_bytes():
        assert time.monotonic() < until, path
        time.sleep(0.05)
