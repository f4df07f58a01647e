"""What a server makes of single lines: the real one, and the facts about them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.facts.postgresql import SUPPORTED
from advisor.facts.postgresql_lines import MAX_GUESSES, Verdict, judge
from advisor.model import Location, Unknown
from advisor.parsers.postgresql import Assignment
from tests.support.postgres_servers import findings, server, unknown, value
from tests.support.postgres_servers import settings as lines


def _verdict(name: str, raw: str, *majors: int) -> Verdict:
    place = Location("postgresql.conf", 1)
    verdict = judge(Assignment(name, raw, place, place), majors or SUPPORTED)
    assert isinstance(verdict, Verdict)
    return verdict


@pytest.mark.parametrize(
    ("name", "raw", "line"),
    [
        ("shared_bufers", "4GB", "shared_buffers = 4GB"),
        ("Max_Conections", "50", "max_connections = 50"),
        ("log_line_prefx", "%m [%p]", "log_line_prefix = '%m [%p]'"),
        ("search_pat", "a'b", "search_path = 'a''b'"),
        ("work_memm", "4mb", ""),
        ("primary_conninf", "host=db password=***", ""),
    ],
)
def test_an_unknown_name_is_corrected_where_the_value_fits(name: str, raw: str, line: str) -> None:
    verdict = _verdict(name, raw, 16)
    assert (verdict.kind, verdict.line) == ("unknown", line)
    assert verdict.suggestion
    assert verdict.cure == f"Write {line or verdict.suggestion}."


def test_a_name_that_resembles_nothing_gets_no_suggestion() -> None:
    verdict = _verdict("zzz", "1")
    assert (verdict.kind, verdict.suggestion, verdict.line) == ("unknown", "", "")
    assert verdict.cure.startswith("Correct the name")


def test_a_file_full_of_unknown_names_is_not_compared_for_ever() -> None:
    found = lines("".join(f"shared_bufers{number} = 4GB\n" for number in range(2 * MAX_GUESSES)))
    suggested = [value(one, "setting.suggestion") for one in found]
    assert suggested.count("shared_buffers") == MAX_GUESSES
    assert suggested[-1] == ""


def test_a_name_of_a_newer_version_is_not_corrected() -> None:
    verdict = _verdict("transaction_timeout", "5s", 16)
    assert (verdict.kind, verdict.known_by, verdict.line) == ("unknown", "17 and 18", "")
    assert verdict.cure == "Take the line out, or run PostgreSQL 17 or newer."
    assert _verdict("transaction_timeout", "5s").kind == "ok"


@pytest.mark.parametrize(
    ("name", "raw", "cure"),
    [
        ("wal_keep_segments", "64", "Write wal_keep_size = 1024MB instead."),
        ("wal_keep_segments", "many", "Write wal_keep_size instead (16MB × wal_keep_segments)."),
        ("checkpoint_segments", "32", "Write max_wal_size = 1536MB instead."),
        ("force_parallel_mode", "on", "Write debug_parallel_query = on instead."),
        ("old_snapshot_threshold", "1h", "Take the line out."),
        ("stats_temp_directory", "x", "Take the line out: statistics live in shared memory."),
    ],
)
def test_a_removed_setting_names_its_successor(name: str, raw: str, cure: str) -> None:
    verdict = _verdict(name, raw, 18)
    assert (verdict.kind, verdict.cure) == ("removed", cure)
    assert "was the last to know it" in verdict.reason


def test_messages_without_a_version_name_the_versions_that_were_tried() -> None:
    found = findings("nothing_like_it = 1\ncheckpoint_segments = 3\n")
    assert set(found) == {"PG002", "PG003"}
    for finding in found.values():
        assert f"from {SUPPORTED[0]} to {SUPPORTED[-1]} " in finding.message
    severities = {code: str(finding.severity) for code, finding in found.items()}
    # A removed setting may belong to an older server; a name that nobody knows does not.
    assert severities == {"PG002": "high", "PG003": "medium"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("nothing_like_it = 1\n", ""),
        ("nothing_like_it = 1\ngp_vmem_protect_limit = 8192\n", "Greenplum"),
        ("nothing_like_it = 1\nPOLAR_enable_x = on\n", "PolarDB"),
        ("nothing_like_it = 1\nenable_eager_aggregate = on\n", ""),
    ],
)
def test_one_line_tells_that_the_file_is_for_a_fork(text: str, names: str) -> None:
    """A setting of the next version says nothing about the others."""
    facts = lines(text)[0]

    assert value(facts, "setting.verdict") == "unknown"
    assert value(facts, "setting.fork") == names


def test_what_only_old_versions_take_is_undecided() -> None:
    facts = lines("wal_keep_segments = 64\nstats_temp_directory = 'x'\n")
    reasons = [unknown(one, "setting.verdict") for one in facts]
    assert [one.reason for one in reasons] == [
        "only PostgreSQL 12 accepts this line",
        "only PostgreSQL 12 to 14 accept this line",
    ]
    assert {one.needs for one in reasons} == {("pg.major",)}
    assert value(facts[0], "setting.doubt") == "none"


@pytest.mark.parametrize(
    ("name", "raw", "kind", "line"),
    [
        ("work_mem", "4mb", "unit", "work_mem = 4MB"),
        ("work_mem", "1.5 gb", "unit", "work_mem = '1.5GB'"),
        ("Work_Mem", "64KiB", "unit", "Work_Mem = 64kB"),
        ("work_mem", "4 parsec", "unit", ""),
        ("work_mem", "99999tb", "unit", ""),
        ("statement_timeout", "5 minutes", "unit", "statement_timeout = 5min"),
        ("statement_timeout", "30S", "unit", "statement_timeout = 30s"),
        ("checkpoint_timeout", "15m", "unit", "checkpoint_timeout = 15min"),
        ("max_connections", "100kB", "number", ""),
        ("max_connections", "many", "number", ""),
        ("fsync", "enabled", "bool", "fsync = on"),
        ("fsync", "offf", "bool", "fsync = off"),
        ("fsync", "perhaps", "bool", ""),
        ("wal_level", "replcia", "enum", "wal_level = replica"),
        ("wal_level", "high", "enum", ""),
        ("work_mem", "16", "range", ""),
        ("port", "99999", "range", ""),
        ("block_size", "8192", "internal", ""),
        ("datestyle", "nonsense", "value", ""),
    ],
)
def test_a_refused_value_is_respelt_where_that_is_plain(
    name: str, raw: str, kind: str, line: str
) -> None:
    verdict = _verdict(name, raw, 16)
    assert (verdict.kind, verdict.line) == (kind, line)
    assert verdict.reason
    assert verdict.cure
    if line:
        assert verdict.cure == f"Write {line}."


def test_a_bare_number_below_the_range_may_want_a_unit() -> None:
    cure = _verdict("work_mem", "16", 16).cure
    assert cure == "Write the unit: work_mem = 16MB, if that was meant."
    assert _verdict("port", "0", 16).cure == "Choose a value within these limits."


def test_names_with_a_dot_are_never_refused() -> None:
    """A module that is loaded later warns about a bad value and goes on with its default."""
    assert _verdict("pg_stat_statements.max", "1").kind == "ok"
    assert _verdict("nothing.at_all", "x").kind == "ok"


def test_the_value_of_an_overridden_line_is_not_looked_at() -> None:
    text = "work_mem = 4mb\nWORK_MEM = 8mb\nnothing = 1\nwork_mem = 8MB\nnothing = 2\n"
    verdicts = [value(one, "setting.verdict") for one in lines(text, major=16)]
    assert verdicts == ["ok", "unit", "unknown", "ok", "unknown"]


def test_the_command_line_does_not_hide_a_bad_line_of_the_file() -> None:
    files = {
        "compose.yaml": (
            "services:\n  db:\n    image: postgres:16\n"
            "    command: postgres -c work_mem=8MB\n"
            "    volumes: ['./postgresql.conf:/etc/postgresql/postgresql.conf']\n"
        ),
        "postgresql.conf": "work_mem = 4mb\n",
    }
    assert [value(one, "setting.verdict") for one in lines(files)] == ["unit", "ok"]


@pytest.mark.parametrize(
    ("text", "doubt", "amount", "meant"),
    [
        ("shared_buffers = 512\n", "clear", "4 MB", "512MB"),
        ("shared_buffers = 1638\n", "clear", "12.8 MB", "1638MB"),
        ("shared_buffers = 4096\n", "none", "", ""),
        ("effective_cache_size = 12288\n", "clear", "96 MB", "12288MB"),
        ("work_mem = 128\n", "clear", "128 kB", "128MB"),
        ("maintenance_work_mem = 4096\n", "clear", "4 MB", "4096MB"),
        ("autovacuum_work_mem = -1\n", "none", "", ""),
        ("max_wal_size = 64\n", "clear", "64 MB", "64GB"),
        ("statement_timeout = 30\n", "clear", "30 ms", "30s"),
        ("statement_timeout = 300\n", "possible", "300 ms", "300s"),
        ("statement_timeout = 1000\n", "none", "", ""),
        ("statement_timeout = 0\n", "none", "", ""),
        ("statement_timeout = '30'\n", "clear", "30 ms", "30s"),
        ("statement_timeout = 30ms\n", "none", "", ""),
        ("idle_in_transaction_session_timeout = 600\n", "clear", "600 ms", "600s"),
        ("lock_timeout = 50\n", "possible", "50 ms", "50s"),
        ("checkpoint_timeout = 30\n", "possible", "30 s", "30min"),
        ("deadlock_timeout = 1\n", "none", "", ""),
        ("max_connections = 5\n", "none", "", ""),
    ],
)
def test_bare_numbers_that_cannot_be_meant(text: str, doubt: str, amount: str, meant: str) -> None:
    (facts,) = lines(text)
    names = ("setting.doubt", "setting.amount", "setting.suggestion")
    assert tuple(value(facts, name) for name in names) == (doubt, amount, meant)


def test_a_number_that_would_exceed_the_host_is_meant_as_it_is() -> None:
    text = "effective_cache_size = 32768\n"
    assert value(lines(text, memory="64GB")[0], "setting.doubt") == "clear"
    assert value(lines(text, memory="512MB")[0], "setting.doubt") == "none"


def test_only_the_line_that_counts_is_doubted() -> None:
    text = "statement_timeout = 30\nStatement_Timeout = 30s\n"
    assert [value(one, "setting.doubt") for one in lines(text)] == ["none", "none"]


def test_a_password_in_a_value_never_reaches_a_finding() -> None:
    text = "primary_conninf = 'host=db password=hunter2'\nfsync = 'password=hunter2'\n"
    found = findings(text, major=16)
    assert set(found) == {"PG002", "PG006"}
    assert "hunter2" not in repr(found)


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from(
        ["work_mem", "fsync", "wal_level", "port", "datestyle", "checkpoint_segments", "nothing"]
    )
    | st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=30),
    st.text(max_size=30) | st.from_regex(r"-?\d{1,12}\.?\d* ?[a-zA-Z]{0,4}", fullmatch=True),
    st.sampled_from([SUPPORTED, (10,), (15,), (18,)]),
)
def test_any_line_has_a_verdict(name: str, raw: str, majors: tuple[int, ...]) -> None:
    place = Location("postgresql.conf", 1)
    verdict = judge(Assignment(name, raw, place, place), majors)
    if isinstance(verdict, Unknown):
        assert len(majors) > 1
    elif verdict.line:
        assert judge_line(verdict.line, majors[-1]).kind == "ok"


def judge_line(line: str, major: int) -> Verdict:
    """The verdict on a line that was proposed."""
    (facts,) = lines(f"{line}\n", major=major)
    return Verdict(str(value(facts, "setting.verdict")))


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("work_mem = 4mb\nwork_mem = 8MB\n", ()),
        ("Work_Mem = 4mb\nwork_mem = 8MB\n", ()),
        ("work_mem = 4mb\n", ("-c", "work_mem=8MB")),
        ("nothing = 1\n", ()),
        ("block_size = 8192\n", ()),
        ("wal_keep_segments = 64\n", ()),
        ("pg_stat_statements.max = 1\nnothing.at_all = x\n", ()),
        ("transaction_timeout = 5s\n", ()),
    ],
)
def test_a_real_server_agrees(tmp_path: Path, text: str, options: tuple[str, ...]) -> None:
    program = Path("/usr/lib/postgresql/15/bin/postgres")
    if not program.exists():
        pytest.skip("no PostgreSQL 15 below /usr/lib/postgresql")
    (tmp_path / "postgresql.conf").write_text(text)
    command = [str(program), "-C", "port", "-D", str(tmp_path), *options]
    answer = subprocess.run(command, capture_output=True, check=False)
    files = {
        "postgresql.conf": text,
        "compose.yaml": (
            "services:\n  db:\n    image: postgres:15\n"
            f"    command: postgres {' '.join(options)}\n"
            "    volumes: ['./postgresql.conf:/etc/postgresql/postgresql.conf']\n"
        ),
    }
    assert value(server(files), "pg.major") == 15
    refused = {value(one, "setting.verdict") for one in lines(files)} - {"ok"}
    assert bool(refused) == (answer.returncode != 0), answer.stderr
