"""Facts of PostgreSQL servers, from files and command lines to values as the server sees them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.facts.namespaces import namespace, scope_of
from advisor.model import Origin, Value
from tests.support.postgres_servers import findings, server, subjects_of, unknown, value

MB, GB = 1024**2, 1024**3


def test_sizes_and_durations_come_in_bytes_and_seconds() -> None:
    facts = server(
        "shared_buffers = 4GB\nwork_mem = 8192\nstatement_timeout = 1500\nmax_connections = 50\n"
    )
    assert value(facts, "pg.shared_buffers") == 4 * GB
    assert value(facts, "pg.work_mem") == 8 * MB
    assert value(facts, "pg.statement_timeout") == 1.5
    assert value(facts, "pg.max_connections") == 50


def test_the_last_line_counts_and_has_a_place() -> None:
    facts = server("work_mem = 4MB\nWORK_MEM = 16MB\n")
    fact = facts["pg.work_mem"]
    assert isinstance(fact, Value)
    assert (fact.value, fact.origin) == (16 * MB, Origin.LITERAL)
    assert str(fact.location) == "postgresql.conf:2"


def test_an_old_name_sets_the_new_one() -> None:
    assert value(server("sort_mem = 400\n", major=18), "pg.work_mem") == 400 * 1024


def test_the_command_line_beats_the_file() -> None:
    files = {
        "compose.yaml": (
            "services:\n  db:\n    image: postgres:16\n"
            "    command: postgres -c work_mem=32MB\n"
            "    volumes: ['./postgresql.conf:/etc/postgresql/postgresql.conf']\n"
        ),
        "postgresql.conf": "work_mem = 8MB\n",
    }
    facts = server(files)
    assert value(facts, "pg.work_mem") == 32 * MB
    assert value(facts, "pg.major") == 16
    assert value(facts, "pg.container") is True


def test_a_default_that_all_versions_share_needs_no_version() -> None:
    fact = server("max_connections = 50\n")["pg.work_mem"]
    assert isinstance(fact, Value)
    assert (fact.value, fact.origin, fact.location) == (4 * MB, Origin.DEFAULT, None)


@pytest.mark.parametrize(("major", "default"), [(14, 8 * MB), (15, 128 * MB)])
def test_a_default_belongs_to_its_version(major: int, default: int) -> None:
    assert value(server("max_connections = 50\n", major=major), "pg.shared_buffers") == default


def test_a_default_that_changed_needs_the_version() -> None:
    assert unknown(server("max_connections = 50\n"), "pg.shared_buffers").needs == ("pg.major",)


def test_a_server_without_a_file_of_ours_has_the_file_of_initdb() -> None:
    """Up to 14 the built-in default is 8 MB, but initdb writes 128 MB into its file."""
    compose = "services:\n  db:\n    image: postgres:14\n    command: postgres -c work_mem=8MB\n"
    assert value(server({"compose.yaml": compose}), "pg.shared_buffers") == 128 * MB


def test_a_setting_the_version_lacks_is_absent_not_unknown() -> None:
    assert value(server("max_connections = 50\n", major=12), "pg.hash_mem_multiplier") is None


def test_a_default_of_the_build_is_unknown() -> None:
    reason = unknown(
        server("max_connections = 50\n", major=16), "pg.unix_socket_directories"
    ).reason
    assert "built or set up" in reason


def test_a_value_some_versions_refuse_is_that_of_the_others() -> None:
    assert value(server("wal_compression = lz4\n"), "pg.wal_compression") == "lz4"


def test_a_value_with_two_meanings_needs_the_version() -> None:
    """Until 14 wal_compression was a switch; later "on" is another word for pglz."""
    fact = unknown(server("wal_compression = on\n"), "pg.wal_compression")
    assert (fact.needs, str(fact.location)) == (("pg.major",), "postgresql.conf:1")


@pytest.mark.parametrize(("major", "word"), [(14, "on"), (15, "pglz")])
def test_a_switch_that_became_a_word_is_a_word_in_every_version(major: int, word: str) -> None:
    assert value(server("wal_compression = yes\n", major=major), "pg.wal_compression") == word


@pytest.mark.parametrize(
    ("text", "reason"),
    [("work_mem = 4mb\n", "refuses"), ("work_mem = '{{ work_mem }}'\n", "template")],
)
def test_what_is_not_understood_is_unknown_at_its_place(text: str, reason: str) -> None:
    fact = unknown(server(text, major=16), "pg.work_mem")
    assert reason in fact.reason
    assert str(fact.location) == "postgresql.conf:1"


def test_a_setting_that_only_other_versions_know_is_unknown() -> None:
    reason = unknown(
        server("transaction_timeout = 5s\n", major=16), "pg.transaction_timeout"
    ).reason
    assert reason == "the server has no such setting"


@pytest.mark.parametrize(("stated", "like"), [(19, 18), (9, 10)])
def test_a_version_outside_of_the_catalogue_counts_as_the_nearest(stated: int, like: int) -> None:
    facts, near = (server("max_connections = 50\n", major=one) for one in (stated, like))
    assert value(facts, "pg.major") == stated
    assert value(facts, "pg.shared_buffers") == value(near, "pg.shared_buffers")


@pytest.mark.parametrize(
    ("path", "disposable"),
    [
        ("postgresql.conf", False),
        ("tests/postgresql.conf", True),
        ("deploy/ci/postgresql.conf", True),
        ("contest/postgresql.conf", False),
        ("latest/postgresql.conf", False),
    ],
)
def test_names_of_tests_say_that_data_may_be_lost(path: str, disposable: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert value(server({path: "fsync = off\n"}), "pg.disposable") is disposable


def test_every_fact_of_the_scope_is_there() -> None:
    """A rule may read whatever its target's scope names."""
    for subject in subjects_of("work_mem = 4MB\nfoo = 1\nwork_mem = 1\n", memory="4GB"):
        missing = [name for name in scope_of(subject.target) if name not in subject.facts]
        assert missing == []
        assert all(subject.facts[name] is not None for name in scope_of(subject.target))


def test_settings_are_a_mapping_of_all_settings() -> None:
    (subject,) = subjects_of("")
    names = {spec.name for spec in namespace("pg").values()}
    assert names <= set(subject.facts)
    assert len(subject.facts) == len(set(subject.facts))
    assert "pg.nothing" not in subject.facts
    for name in ("pg.nothing", "work_mem"):
        with pytest.raises(KeyError):
            subject.facts[name]


def test_each_assignment_is_a_subject_with_the_facts_of_its_server() -> None:
    subjects = subjects_of({"a.conf": "x = 1\n", "postgresql.conf": "include 'a.conf'\nport = 1\n"})
    lines = [one for one in subjects if one.target == "postgresql.setting"]
    assert [(one.name, one.path, str(one.location)) for one in lines] == [
        ("x", "a.conf", "a.conf:1"),
        ("port", "postgresql.conf", "postgresql.conf:2"),
    ]
    assert value(lines[0].facts, "pg.port") == 1


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=200), st.sampled_from([None, 9, 12, 16, 18, 99]))
def test_no_text_breaks_the_facts(text: str, major: int | None) -> None:
    for subject in subjects_of({"postgresql.conf": text}, memory="4GB", cpus=2, major=major):
        for name in ("pg.work_mem", "memory.worst", "advice.cure"):
            assert subject.facts[name] is not None


GUIDE = (
    "shared_buffers = 4GB\neffective_cache_size = 12GB\nmaintenance_work_mem = 1GB\n"
    "work_mem = 50MB\nmax_connections = 200\n"
)


def shown(files: dict[str, str] | str, **stated: object) -> dict[str, str]:
    """Severities by code of what a report shows by default."""
    found = findings(files, **stated)
    return {code: str(one.severity) for code, one in found.items() if str(one.severity) != "info"}


def test_the_guide_is_right_but_for_the_worst_case() -> None:
    """And for what it does not mention: the default of max_wal_size is small for such a server."""
    found = shown(GUIDE, memory="16GB", cpus=4, major=16)
    assert found == {"PG305": "low", "PG312": "low"}


def test_the_guide_without_its_host_is_not_judged() -> None:
    assert shown(GUIDE) == {}


def _initdb() -> str:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    program = os.environ.get("ADVISOR_INITDB") or (str(found[-1]) if found else "")
    if not program:
        pytest.skip("no initdb found: set ADVISOR_INITDB to its program")
    return program


def _unprivileged(command: list[str]) -> list[str]:
    """
    The command as another user: PostgreSQL's programs refuse to run as root.
    """
    if os.geteuid() != 0:
        return command
    if not shutil.which("runuser"):
        pytest.skip("initdb cannot run as root, and there is no runuser")
    return ["runuser", "-u", "postgres", "--", *command]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    # Not below pytest's own folder, which it closes to other users whenever it starts.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        options = ["-D", str(folder / "data"), "-A", "trust", "--locale=C", "--no-sync"]
        command = _unprivileged([_initdb(), *options])
        subprocess.run(command, check=True, capture_output=True, cwd="/")
        yield folder / "data"


@pytest.mark.oracle
@pytest.mark.parametrize("stated", [{}, {"major": 15}, {"major": 15, "memory": "1GB", "cpus": 1}])
def test_what_initdb_writes_has_no_structural_finding(
    cluster: Path, stated: dict[str, object]
) -> None:
    """Performance findings need the memory."""
    names = ("postgresql.conf", "postgresql.auto.conf")
    files = {name: (cluster / name).read_text() for name in names}
    found = shown(files, **stated)
    assert [code for code in found if code < "PG300"] == []
    if "memory" not in stated:
        assert found == {}


@pytest.mark.oracle
def test_a_real_server_needs_a_connection_that_is_not_reserved(cluster: Path) -> None:
    program = str(Path(_initdb()).with_name("postgres"))
    command = [program, "-D", str(cluster), "-c", "max_connections=3", "-c", "listen_addresses="]
    answer = subprocess.run(
        _unprivileged(command), capture_output=True, text=True, check=False, timeout=60, cwd="/"
    )
    assert answer.returncode != 0
    assert "must be less than max_connections" in answer.stderr
    assert set(findings("max_connections = 3\n")) == {"PG014"}
    assert findings("max_connections = 4\n") == {}
