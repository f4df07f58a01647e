"""Workloads from what servers log: every format, grouped, in the server's own words."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.lab import logged
from advisor.lab.inputs import read_inputs
from advisor.lab.logged import MOST_STATEMENTS, is_log, of_log

PREFIX = "2026-11-26 10:00:00.123 UTC [4711] shop@shop LOG:  "
BY_ID = "SELECT *\nFROM t\nWHERE id = "
Entry = tuple[float | None, str, str]
"""Milliseconds, ``statement`` or ``execute …``, and the text."""

ENTRIES: list[Entry] = [
    (1.5, "statement", f"{BY_ID}7"),
    (2.5, "statement", f"{BY_ID}42"),
    (4.0, "execute <unnamed>", "SELECT \"a;b\", 'it''s: \"x\"' FROM t WHERE b = $1"),
    (None, "statement", "UPDATE t SET a = 1; BEGIN; DELETE FROM u"),
    (9.0, "statement", "SELECT * FROM pg_catalog.pg_class"),
    (9.0, "statement", "VACUUM t"),
]
FOUND = {
    f"{BY_ID}42": (2, 4.0),
    ENTRIES[2][2]: (1, 4.0),
    "UPDATE t SET a = 1": (1, 0.0),
    "DELETE FROM u": (1, 0.0),
}


def message(entry: Entry) -> str:
    ms, kind, text = entry
    return f"{'' if ms is None else f'duration: {ms:.3f} ms  '}{kind}: {text}"


def stderr(entries: list[Entry]) -> str:
    others = (
        f"{PREFIX}duration: 0.030 ms  parse <unnamed>: SELECT 1\n",
        f"{PREFIX}duration: 0.040 ms  bind <unnamed>: SELECT 1\n",
        f'{PREFIX.replace("LOG", "ERROR")}relation "statement: x" does not exist\n',
        f"{PREFIX.replace('LOG', 'STATEMENT')}SELECT * FROM nowhere\n",
        f"{PREFIX.replace('LOG', 'DETAIL')}parameters: $1 = 'secret'\n",
    )
    found = [PREFIX + message(one).replace("\n", "\n\t") + "\n" for one in entries]
    return "".join(part for one in found for part in (one, *others))


def csvlog(entries: list[Entry]) -> str:
    out = io.StringIO()
    write = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    for one in entries:
        write.writerow(["2026-11-26", "shop", 4711, "LOG", "00000", message(one), "parameters: x"])
    return out.getvalue()


def jsonlog(entries: list[Entry]) -> str:
    lines = (json.dumps({"pid": 4711, "message": message(one)}) for one in entries)
    return "\n".join(lines) + "\n"


FORMATS = {"stderr": stderr, "csvlog": csvlog, "jsonlog": jsonlog}


def counted(path: Path) -> dict[str, tuple[float, float]]:
    return {one.sql: (one.calls, round(one.total_ms, 6)) for one in of_log(path)}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("packed", [False, True])
def test_statements_of_every_format(tmp_path: Path, form: str, *, packed: bool) -> None:
    """Phases before the execution, errors and values of parameters are none of them."""
    path = tmp_path / "server.log"
    data = FORMATS[form](ENTRIES).encode()
    path.write_bytes(gzip.compress(data) if packed else data)

    assert is_log(path)
    assert counted(path) == FOUND
    assert "secret" not in str(list(of_log(path)))


def test_the_place_is_that_of_the_slowest(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    path.write_text(stderr(ENTRIES[:2]), "utf-8")
    (found,) = of_log(path)

    assert found.name == f"{path}:9"
    assert found.sql.endswith("42")


PLAN = f"""\
{PREFIX}duration: 12.500 ms  plan:
\tQuery Text: SELECT * FROM t WHERE id = 7
\tSeq Scan on t  (cost=0.00..1.00 rows=1 width=4)
\t  Filter: (id = 7)
"""


def test_plans_are_the_workload_where_nothing_else_is_logged(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    path.write_text(PLAN + PLAN.replace("12.5", "10.5").replace("7", "8"), "utf-8")
    assert counted(path) == {"SELECT * FROM t WHERE id = 7": (2, 23.0)}

    path.write_text(PLAN + stderr(ENTRIES[:1]), "utf-8")
    assert counted(path) == {f"{BY_ID}7": (1, 1.5)}


def test_of_many_statements_those_that_take_most_are_kept(tmp_path: Path) -> None:
    entries: list[Entry] = [
        (float(number), "statement", f"SELECT c{number} FROM t")
        for number in range(MOST_STATEMENTS + 10)
    ]
    path = tmp_path / "server.log"
    path.write_text(csvlog(entries), "utf-8")
    found = counted(path)

    assert len(found) <= MOST_STATEMENTS
    assert f"SELECT c{MOST_STATEMENTS + 9} FROM t" in found
    assert "SELECT c0 FROM t" not in found


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1; -- statement: this is none\n",
        "Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)\n",
        '{"format": "advisor-snapshot-v1", "statements": [{"query": "SELECT 1"}]}',
        "",
    ],
)
def test_other_files_are_no_logs(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x"
    path.write_text(text, "utf-8")

    assert not is_log(path)


def test_a_log_may_begin_with_other_messages(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    path.write_text(f"{PREFIX}checkpoint starting: time\n" * 40_000 + stderr(ENTRIES), "utf-8")

    assert is_log(path)
    assert counted(path) == FOUND


def test_what_comes_through_a_pipe_is_read_once(tmp_path: Path) -> None:
    """As the shell gives it: ``<(psql …)``."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=("SELECT 1;", "utf-8"))
    writer.start()
    found = read_inputs([path])
    writer.join()

    assert [one.sql for one in found.statements] == ["SELECT 1"]


def test_a_log_is_a_workload_beside_others(tmp_path: Path) -> None:
    (tmp_path / "pg.log").write_text(stderr(ENTRIES), "utf-8")
    (tmp_path / "q.sql").write_text("SELECT 1;", "utf-8")
    found = read_inputs([tmp_path / "pg.log", tmp_path / "q.sql"])

    assert {one.sql for one in found.statements} == {*FOUND, "SELECT 1"}


texts = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.just("\n"), max_size=40).map(
    lambda text: f"SELECT 1{text}".rstrip()
)


@given(st.lists(st.tuples(st.floats(0, 1e6), st.just("statement"), texts), min_size=1, max_size=4))
def test_what_was_logged_is_read_back(entries: list[Entry]) -> None:
    """In the text of each, whatever is in it."""
    expected = [text for _, _, text in entries]
    for form in FORMATS.values():
        lines = form(entries).split("\n")
        assert [text.rstrip() for _, _, text in logged.logged(lines)] == expected, form
