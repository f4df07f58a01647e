"""
Collecting from real servers: what is in a snapshot, what is not, and that nobody is disturbed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from advisor.errors import LiveError
from advisor.live.collect import Collected, collect
from advisor.live.write import write_snapshot
from advisor.parsers import _snapshot_relations as relations
from advisor.parsers import _snapshot_rows as rows
from advisor.parsers.snapshot import SECTIONS, SnapshotDocument, read_snapshot
from tests.support.live_servers import DATA, SECRETS, LiveServer, has_statements, live_server
from tests.support.postgres_programs import REQUIRED, program_of

pytestmark = pytest.mark.oracle

SCHEMA = Path(__file__).parents[2] / "advisor" / "live" / "snapshot-v1.schema.json"
TABLES = 2000
LONGEST = 10.0
"""Seconds that a database with that many tables may take."""
HARMLESS = {"AccessShareLock"}


@pytest.fixture(scope="module", params=REQUIRED, ids=lambda major: f"postgres-{major}")
def server(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    program = program_of(request.param)
    with live_server(program, request.param) as running:
        if has_statements(program):
            with running.connect() as connection:
                connection.execute("CREATE EXTENSION pg_stat_statements")
                connection.execute("SELECT count(*) FROM orders WHERE amount > 5")
        yield running


def document(collected: Collected) -> SnapshotDocument:
    found, problems = read_snapshot("snapshot.json", write_snapshot(collected))
    assert found is not None
    assert problems == ()
    return found


def test_a_snapshot_holds_everything_and_follows_its_schema(server: LiveServer) -> None:
    """Every section that the version has is there, read back row by row as it was written."""
    collected = collect(server.dsn(), samples=True)
    text = write_snapshot(collected)
    jsonschema.validate(json.loads(text), json.loads(SCHEMA.read_text("utf-8")))
    found = document(collected)
    missing = {"io"} if server.major < 16 else set()
    if not has_statements(program_of(server.major)):
        missing.add("statements")
    assert set(SECTIONS) - set(found.sections) == missing
    assert found.server.major == server.major
    assert {row["section"] for row in collected.unreadable} == missing - {"io"}
    for name, listed in collected.sections.items():
        assert len(found.sections[name]) == len(listed)


def test_what_the_planner_knows_is_there(server: LiveServer) -> None:
    found = document(collect(server.dsn(), samples=True))
    tables = {one.name: one for one in found.read(relations.Table) or ()}
    assert tables["customers"].tuples == 3000
    assert tables["customers"].size
    assert tables["events_25"].parent.endswith("events")
    assert tables['Odd "Names"'].published
    assert not tables['Odd "Names"'].primary_key
    indexes = {one.name: one for one in found.read(relations.Index) or ()}
    assert indexes["customers_pkey"].constraint == "customers_pkey"
    assert indexes["customers_lower"].columns == (None,)
    assert "state = 'plain'" in indexes["customers_lower"].predicate
    columns = {(one.table, one.name): one for one in found.read(relations.Column) or ()}
    assert columns["customers", "email"].n_distinct == -1
    assert columns["customers", "email"].histogram_size == 101
    assert columns["customers_lower", "lower"].avg_width
    ends = {(one.table, one.column): one for one in found.read(relations.Extent) or ()}
    assert (ends["customers", "id"].smallest, ends["customers", "id"].largest) == ("1", "3000")
    sequences = {one.name: one for one in found.read(rows.Sequence) or ()}
    assert sequences["nearly"].last_value == 990
    assert sequences["orders_id_seq"].column_type == "integer"


def test_settings_are_those_of_the_server_not_of_the_session(server: LiveServer) -> None:
    found = document(collect(server.dsn()))
    settings = {one.name: one for one in found.read(rows.Setting) or ()}
    assert settings["statement_timeout"].setting == "0"
    assert settings["work_mem"].setting == "9216"
    assert settings["work_mem"].file.endswith("postgresql.auto.conf")
    assert settings["max_connections"].pending_restart
    assert settings["fsync"].source == "command line"


def test_without_samples_no_value_of_a_row_is_there(server: LiveServer) -> None:
    """The default is safe to commit: statistics yes, the values in them no."""
    text = write_snapshot(collect(server.dsn()))
    rows_part = text[text.index('"columns"') :]
    assert not [word for word in DATA if word in rows_part]
    assert '"most_common_frequencies"' in text
    assert [word for word in DATA if word in write_snapshot(collect(server.dsn(), samples=True))]


@pytest.mark.parametrize("samples", [False, True])
def test_no_password_is_there(server: LiveServer, *, samples: bool) -> None:
    text = write_snapshot(collect(server.dsn(), samples=samples))
    assert "host=other password=***" in text
    assert not [secret for secret in SECRETS if secret in text]


def test_a_role_without_privileges_hears_what_it_could_not_read(server: LiveServer) -> None:
    """The audit still gets what everybody may see; nothing is missing without being named."""
    collected = collect(server.dsn("nobody"))
    assert {row["section"] for row in collected.unreadable} >= {
        "settings",
        "wal_files",
        "hba",
        "file_errors",
        "sequences",
        "sessions",
        "columns",
    }
    assert all(row["reason"] for row in collected.unreadable)
    assert len(collected.sections["tables"]) == 5
    settings = {row["name"]: row for row in collected.sections["settings"]}
    assert settings["work_mem"]["source"] == "user"


def test_pg_monitor_suffices_for_all_but_data_and_superuser_views(server: LiveServer) -> None:
    lacking = {row["section"] for row in collect(server.dsn("watcher")).unreadable}
    assert lacking - {"statements"} == {"hba", "file_errors", "sequences", "columns"}


def test_a_locked_table_costs_its_true_size_and_nothing_else(server: LiveServer) -> None:
    with server.connect() as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        collected = collect(server.dsn(), samples=True)
        other.execute("ROLLBACK")
    sizes = {row["name"]: row["size"] for row in collected.sections["tables"] if "size" in row}
    assert sizes["orders"] > 0
    notes = [row["what"] for row in collected.unreadable]
    assert "true sizes of tables" in notes
    assert "last values of 1 of 3 sequences" not in notes


def test_the_same_server_gives_the_same_order(server: LiveServer) -> None:
    first, second = (collect(server.dsn(), samples=True) for _ in range(2))
    for name in ("settings", "tables", "indexes", "columns", "sequences", "foreign_keys"):
        keys = [
            [(row.get("schema"), row.get("table"), row["name"]) for row in one.sections[name]]
            for one in (first, second)
        ]
        assert keys[0] == keys[1]


def test_no_lock_is_stronger_than_access_share(server: LiveServer) -> None:
    """A second connection watches pg_locks all the time."""
    seen, _ = _watched(server, "postgres", times=5, samples=True)
    assert seen == HARMLESS


@pytest.mark.parametrize("server", REQUIRED[:1], indirect=True)
def test_two_thousand_tables_are_read_quickly_and_without_strong_locks(server: LiveServer) -> None:
    """One version stands for all: making the tables takes longer than reading them."""
    with server.connect() as connection:
        connection.execute("CREATE DATABASE large")
    with server.connect(database="large") as connection:
        connection.execute(
            """
            DO $$ BEGIN FOR n IN 1..2000 LOOP
              EXECUTE format('CREATE TABLE t%s (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                a int, b text, c date, d numeric)', n);
              EXECUTE format('INSERT INTO t%s (a, b) VALUES (1, 2), (2, 3)', n);
              IF n % 200 = 0 THEN COMMIT; END IF;
            END LOOP; END $$
            """
        )
        connection.execute("ANALYZE")
    begin = time.monotonic()
    seen, collected = _watched(server, "large", times=1, samples=False)
    took = time.monotonic() - begin
    assert len(collected.sections["tables"]) == TABLES
    assert len(collected.sections["sequences"]) == TABLES
    assert all("last_value" in row for row in collected.sections["sequences"])
    assert seen == HARMLESS
    assert took < LONGEST
    assert document(collected).problems == ()


def _watched(
    server: LiveServer, database: str, *, times: int, samples: bool
) -> tuple[set[str], Collected]:
    """
    The modes of locks that collecting takes, and what it read.
    """
    seen: set[str] = set()
    stop = threading.Event()
    watcher = threading.Thread(target=_watch, args=(server, seen, stop))
    watcher.start()
    try:
        for _ in range(times):
            collected = collect(server.dsn(database=database), samples=samples)
    finally:
        stop.set()
        watcher.join()
    return seen, collected


def _watch(server: LiveServer, seen: set[str], stop: threading.Event) -> None:
    query = """
        SELECT DISTINCT l.mode FROM pg_locks l JOIN pg_stat_activity a USING (pid)
        WHERE a.application_name = 'advisor collect' AND l.locktype = 'relation'
    """
    with server.connect() as connection:
        while not stop.is_set():
            seen.update(mode for (mode,) in connection.execute(query).fetchall())
            time.sleep(0.002)


CONF = "max_connections = 77\nwork_mem = 16MB\nrandom_page_cost = 1.1\nfsync = on\n"


def test_collected_and_audited(server: LiveServer, tmp_path: Path) -> None:
    """The whole way: drift, the restart that is due, what the tables and sequences say."""
    (tmp_path / "postgresql.conf").write_text(CONF, "utf-8")
    collecting = _advisor(["collect", "-o", "snapshot.json"], tmp_path, ADVISOR_DSN=server.dsn())
    assert collecting.returncode == 0, collecting.stderr
    assert _messages(tmp_path) == _messages(tmp_path, "--dsn", server.dsn()) == EXPECTED


EXPECTED = {
    "LIVE001 settings that wait for a restart of the server: max_connections",
    "LIVE002 fsync is on in the files, and the server runs with off, from its command line",
    "LIVE002 random_page_cost is 1.1 in the files, and the server runs with its default of 4",
    "LIVE002 work_mem is 16 MB in the files, and ALTER SYSTEM set it to 9 MB on the server",
    'LIVE047 table public.Odd "Names" is published and has no replica identity',
    "LIVE070 public.nearly has 10 values left of what bigint holds, 99 % are used",
    "EXP056 customers_state_again on public.customers (state) is the same as customers_state",
}


def _messages(folder: Path, *options: str) -> set[str]:
    done = _advisor(["audit", ".", "-f", "json", "--min-severity", "low", *options], folder)
    assert done.returncode == 1, done.stderr
    assert not [secret for secret in SECRETS if secret in done.stdout + done.stderr]
    findings = json.loads(done.stdout)["deployments"][0]["findings"]
    told = {f"{one['rule']} {one['message']}" for one in findings}
    # Whether pages have checksums is a matter of the version's initdb.
    return {one for one in told if one.startswith(("LIVE", "EXP")) and "LIVE014" not in one}


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://app:hunter2secret@127.0.0.1:1/shop",
        "host=127.0.0.1 port=1 password=hunter2secret",
        "host=127.0.0.1 password='hunter2secret",
        "hunter2secret",
        "postgresql://app:hunter2secret@[::1/shop?x",
        "host=127.0.0.1 port=1 hunter2secret=1",
    ],
)
def test_no_error_quotes_a_password(dsn: str) -> None:
    """Also not where libpq itself would: it repeats what it does not understand."""
    with pytest.raises(LiveError) as raised:
        collect(dsn)
    assert "hunter2secret" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_the_command_writes_a_file_and_names_what_is_missing(
    server: LiveServer, tmp_path: Path
) -> None:
    """The DSN comes from the environment; the list of what could not be read goes to stderr."""
    done = _advisor(["collect", "-o", "snapshot.json"], tmp_path, ADVISOR_DSN=server.dsn("nobody"))
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "not read: rules of pg_hba.conf: " in done.stderr
    assert json.loads((tmp_path / "snapshot.json").read_text("utf-8"))["server"]["role"] == "nobody"


def test_the_usual_variables_say_where_the_server_is(server: LiveServer, tmp_path: Path) -> None:
    service = tmp_path / "services"
    service.write_text(f"[shop]\nhost={server.folder}\nuser=watcher\ndbname=postgres\n", "utf-8")
    done = _advisor(["collect"], tmp_path, PGSERVICEFILE=str(service), PGSERVICE="shop")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["server"]["role"] == "watcher"


def test_a_password_on_the_command_line_is_warned_of(server: LiveServer, tmp_path: Path) -> None:
    done = _advisor(["collect", "--dsn", f"{server.dsn()} password=hunter2secret"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "list of processes" in done.stderr
    assert "hunter2secret" not in done.stdout + done.stderr


def test_a_server_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    done = _advisor(["collect", "--dsn", f"host={tmp_path}"], tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: no connection: ")
    assert len(done.stderr.splitlines()) == 1


def _advisor(
    arguments: list[str], folder: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).parents[2])
    return subprocess.run(
        [sys.executable, "-m", "advisor", *arguments],
        cwd=folder,
        env={"PYTHONPATH": root, "PATH": "/usr/bin:/bin", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
