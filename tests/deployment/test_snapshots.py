"""Snapshots among the files: whose they are, what counts then, and what has drifted."""

from __future__ import annotations

from advisor.model import Value
from tests.support.snapshots import deployment, setting, snapshot

CONF = "work_mem = 16MB\nmax_connections = 100\nlisten_addresses = 'localhost'\n"


def effective(files: dict[str, str], name: str) -> str:
    (database,) = deployment(files).databases
    found = database.document.settings.get(name)
    return "" if found is None else f"{found.raw} {found.location}"


def drifts(files: dict[str, str]) -> list[str]:
    (found,) = deployment(files).snapshots
    return [one.name for one in found.drifts]


def test_a_snapshot_alone_is_a_server() -> None:
    found = deployment({"snapshot.json": snapshot(settings=[setting("work_mem", "4096")])})
    (database,) = found.databases
    assert isinstance(database.major, Value)
    assert (database.major.value, database.major.note) == (16, "the server says so")
    assert database.document.settings["work_mem"].location.line == 5
    assert found.snapshots[0].drifts == ()


def test_what_runs_counts_and_what_is_equal_keeps_its_line() -> None:
    files = {
        "postgresql.conf": CONF,
        "snapshot.json": snapshot(
            settings=[setting("work_mem", "65536", unit="kB"), setting("max_connections", "100")]
        ),
    }
    assert effective(files, "work_mem") == "65536 snapshot.json:5"
    assert effective(files, "max_connections") == "100 postgresql.conf:2"
    assert drifts(files) == ["work_mem"]


def test_a_default_on_the_server_takes_the_line_of_the_file_away() -> None:
    """The file never got there: what it says does not count."""
    row = setting("work_mem", "4096", unit="kB", source="default")
    files = {"postgresql.conf": CONF, "snapshot.json": snapshot(settings=[row])}
    assert effective(files, "work_mem") == ""
    assert drifts(files) == ["work_mem"]


def test_what_is_no_drift() -> None:
    rows = [
        setting("work_mem", "65536", unit="kB", source="session"),
        setting("max_connections", "50", pending_restart=True),
        setting("listen_addresses", "*"),
        setting("primary_conninfo", "host=a password=***"),
    ]
    conf = f"{CONF}primary_conninfo = 'host=a password=b'\n"
    files = {"postgresql.conf": conf, "snapshot.json": snapshot(settings=rows)}
    assert drifts(files) == []
    assert effective(files, "work_mem") == "16MB postgresql.conf:1"


def test_a_line_that_the_server_would_refuse_is_told_as_that() -> None:
    row = setting("work_mem", "4096", unit="kB", source="default")
    conf = {"postgresql.conf": "work_mem = 16megs\n", "snapshot.json": snapshot(settings=[row])}
    assert drifts(conf) == []


def test_the_stated_version_stays_and_a_declared_one_gives_way() -> None:
    files = {
        "compose.yaml": "services:\n  db:\n    image: postgres:17\n",
        "snapshot.json": snapshot(settings=[]),
    }
    (database,) = deployment(files).databases
    assert isinstance(database.major, Value)
    assert database.major.value == 16
    (found,) = deployment(files).snapshots
    assert found.declared is not None
    assert found.declared.value == 17
    (database,) = deployment(files, postgresql=18).databases
    assert isinstance(database.major, Value)
    assert database.major.value == 18


def test_of_several_servers_the_path_says_which() -> None:
    files = {
        "compose.yaml": "services:\n  orders:\n    image: postgres:16\n"
        "  users:\n    image: postgres:16\n",
        "orders-snapshot.json": snapshot(settings=[setting("work_mem", "1024")]),
        "users-snapshot.json": snapshot(
            {"database": "users"}, settings=[setting("work_mem", "2048")]
        ),
    }
    found = deployment(files)
    raws = {one.service: one.document.settings["work_mem"].raw for one in found.databases}
    assert raws == {"orders": "1024", "users": "2048"}


def test_of_two_snapshots_of_one_server_the_newer_counts() -> None:
    files = {
        "a-snapshot.json": snapshot({"collected_at": "2026-06-02T00:00:00Z"}, settings=[]),
        "b-snapshot.json": snapshot(settings=[]),
    }
    found = deployment(files)
    assert [one.document.path for one in found.snapshots] == ["a-snapshot.json"]
    assert "b-snapshot.json is not judged: a-snapshot.json is newer" in found.notes


def test_what_a_snapshot_lacks_is_a_note() -> None:
    text = snapshot(settings=[]).replace(
        '"unreadable": []',
        '"unreadable": [{"section": "hba", "what": "rules of pg_hba.conf", "reason": "denied"}]',
    )
    (note,) = deployment({"snapshot.json": text}).notes
    assert note == "snapshot.json:3: snapshot.json lacks rules of pg_hba.conf: denied"


def test_a_broken_snapshot_is_a_problem_of_its_file() -> None:
    (problem,) = deployment({"snapshot.json": snapshot(settings=[])[:-9]}).problems
    assert (problem.kind, problem.problem.location.path) == ("snapshot", "snapshot.json")


def test_the_schema_of_the_server_is_the_schema() -> None:
    """Plans are judged beside the indexes that are really there; a script's have to stand back."""
    definition = "CREATE INDEX orders_state ON public.orders USING btree (state)"
    index = {
        "table": "orders",
        "name": "orders_state",
        "definition": definition,
        "columns": ["state"],
    }
    text = snapshot(
        tables=[{"name": "orders", "tuples": 20000}, {"name": "small", "tuples": 5}],
        indexes=[
            index,
            {**index, "name": "broken", "valid": False},
            {**index, "name": "other_sorting", "definition": f'{definition} COLLATE "C"'},
        ],
        foreign_keys=[
            {"table": "orders", "name": "a", "references": "public.small", "columns": ["x"]},
            {"table": "small", "name": "b", "references": "public.orders", "columns": ["y"]},
        ],
    )
    schema = deployment({"snapshot.json": text, "schema.sql": "CREATE TABLE t (a int);"}).schema
    assert schema is not None
    assert set(schema.tables) == {"public.orders", "public.small"}
    table = schema.tables["public.orders"]
    assert [one.name for one in table.indexes] == ["orders_state"]
    assert table.indexes[0].location.line == 9
    assert [one.name for one in table.foreign_keys] == ["a"]
    assert schema.tables["public.small"].foreign_keys == []
