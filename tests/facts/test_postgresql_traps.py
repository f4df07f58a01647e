"""Values that are taken for something else, lines that override others, and what a server lacks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from advisor.deployment.assemble import assemble
from advisor.errors import SourceError
from advisor.facts._postgresql_repeats import libraries
from advisor.facts._postgresql_server import server_facts
from advisor.facts._postgresql_traps import meant_mode
from advisor.model import Given, Unknown, Value
from advisor.sources.kinds import Kind
from advisor.sources.tree import MemoryTree
from advisor.sources.walk import Source
from tests.support.postgres_servers import findings, server, subjects_of, unknown, value
from tests.support.postgres_servers import settings as lines

COMPOSE = (
    "services:\n  db:\n    image: postgres:18\n    command: postgres {options}\n"
    "    volumes: ['./postgresql.conf:/etc/postgresql/postgresql.conf']\n"
)


@pytest.mark.parametrize(
    ("text", "major", "option"),
    [
        ("wal_compression = lz4", 16, "--with-lz4"),
        ("wal_compression = zstd", None, "--with-zstd"),
        ("wal_compression = on", 16, ""),
        ("default_toast_compression = LZ4", 14, "--with-lz4"),
        ("io_method = io_uring", 18, "--with-liburing"),
        ("io_method = worker", 18, ""),
        ("wal_sync_method = open_datasync", 16, ""),
        ("bonjour = on", 16, ""),
    ],
)
def test_words_that_depend_on_the_build(text: str, major: int | None, option: str) -> None:
    assert value(lines(f"{text}\n", major=major)[0], "setting.build") == option


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("statement_timeout = 100us", "there is no limit"),
        ("statement_timeout = 0.4", "there is no limit"),
        ("statement_timeout = '0.5'", "there is no limit"),
        ("log_rotation_age = 29s", "log files are not rotated by age"),
        ("log_min_duration_statement = '0.1ms'", "every statement is logged"),
        ("wal_keep_size = 100kB", "no segment is kept for standbys"),
        ("statement_timeout = 0", ""),
        ("statement_timeout = 0x0", ""),
        ("statement_timeout = '0.0ms'", ""),
        ("statement_timeout = 501us", ""),
        ("log_min_duration_statement = -1", ""),
        ("post_auth_delay = 100ms", ""),
        ("vacuum_cost_delay = 0.01", ""),
    ],
)
def test_values_that_are_rounded_to_zero(text: str, meaning: str) -> None:
    assert value(lines(f"{text}\n", major=16)[0], "setting.zero") == meaning


@pytest.mark.parametrize(
    ("text", "octal", "mode"),
    [
        ("work_mem = 010000", "4096", ""),
        ("work_mem = '010MB'", "8", ""),
        ("max_connections = 0100", "64", ""),
        ("max_connections = 007", "", ""),
        ("max_connections = 0x100", "", ""),
        ("random_page_cost = 010", "", ""),
        ("work_mem = '010.5MB'", "", ""),
        ("log_file_mode = 0640", "", ""),
        ("log_file_mode = 400", "", "0400"),
        ("log_file_mode = 444", "", "0444"),
        ("log_file_mode = 384", "", ""),
        ("unix_socket_permissions = 511", "", ""),
        ("unix_socket_permissions = 432", "", ""),
        ("unix_socket_permissions = 0", "", ""),
    ],
)
def test_leading_zeros(text: str, octal: str, mode: str) -> None:
    (facts,) = lines(f"{text}\n", major=16)
    assert (value(facts, "setting.octal"), value(facts, "setting.mode")) == (octal, mode)


def test_a_mode_that_is_out_of_range_as_a_decimal_number() -> None:
    (facts,) = lines("unix_socket_permissions = 777\n", major=16)
    assert value(facts, "setting.verdict") == "range"
    assert value(facts, "setting.cure") == "Write unix_socket_permissions = 0777."
    assert meant_mode("log_file_mode", "0640") == ""
    assert meant_mode("work_mem", "640") == ""


@pytest.mark.parametrize(
    ("preload", "library"),
    [
        ("", "auto_explain"),
        ("shared_preload_libraries = 'citus, auto_explain'\n", ""),
        ("session_preload_libraries = '\"auto_explain\"'\n", ""),
        ("local_preload_libraries = '$libdir/plugins/auto_explain'\n", ""),
        ("shared_preload_libraries = 'auto_explain'\nshared_preload_libraries = ''\n", ""),
    ],
)
def test_libraries_that_are_not_preloaded(preload: str, library: str) -> None:
    facts = lines(f"{preload}Auto_Explain.log_min_duration = 1s\n")[-1]
    expected = "auto_explain" if preload.endswith("= ''\n") else library
    assert value(facts, "setting.library") == expected


def test_what_is_preloaded_may_be_unknown() -> None:
    name = "setting.library"
    setting = "cron.use_background_workers = on\n"
    rendered = lines("shared_preload_libraries = '{{ libraries }}'\n" + setting)[-1]
    assert unknown(rendered, name).reason == "a template fills in which libraries are preloaded"
    partial = lines("include 'missing.conf'\n" + setting)[-1]
    assert unknown(partial, name).reason == "not all of the server's configuration was read"
    compose = COMPOSE.format(options="-c cron.use_background_workers=on")
    assert isinstance(lines({"compose.yaml": compose})[-1][name], Unknown)
    assert value(lines("my.own = 1\n")[0], name) == ""


def test_names_of_libraries() -> None:
    assert libraries(' "a" , $libdir/b.so,, c ') == ("a", "b", "c")
    assert libraries("") == ()


@pytest.mark.parametrize(
    ("files", "repeat", "winner", "losers"),
    [
        ("work_mem = 8MB\nWORK_MEM = 9MB\n", "different", "same", ("8MB (postgresql.conf:1)",)),
        ("work_mem = 8MB\nsort_mem = 8192\n", "equal", "same", ("8MB (postgresql.conf:1)",)),
        ("fsync = on\nfsync = yes\n", "equal", "same", ("on (postgresql.conf:1)",)),
        ("a.b = 1\na.b = 2\n", "different", "same", ("1 (postgresql.conf:1)",)),
        ("work_mem = ''\n", "none", "", ()),
        ("work_mem = '{{ x }}'\nwork_mem = 8MB\n", "none", "", ()),
        ("primary_conninfo = 'password=a'\nprimary_conninfo = 'password=b'\n", "none", "", ()),
        ("work_mem = nonsense\nwork_mem = 8MB\n", "different", "same", None),
    ],
)
def test_lines_that_override_others(
    files: str, repeat: str, winner: str, losers: tuple[str, ...] | None
) -> None:
    last = lines(files, major=16)[-1]
    assert value(last, "setting.repeat") == repeat
    assert value(last, "setting.winner") == winner
    if losers is not None:
        assert value(last, "setting.losers") == losers


@pytest.mark.parametrize(
    ("files", "winner"),
    [
        ({"postgresql.conf": "include 'a.conf'\nwork_mem = 8MB\n"}, "main"),
        ({"postgresql.conf": "work_mem = 8MB\ninclude 'a.conf'\n"}, "include"),
        (
            {
                "postgresql.conf": "include 'a.conf'\nwork_mem = 8MB\n",
                "postgresql.auto.conf": "work_mem = '7MB'\n",
            },
            "auto",
        ),
        (
            {
                "postgresql.conf": "work_mem = 8MB\n",
                "compose.yaml": COMPOSE.format(options="-c work_mem=7MB"),
            },
            "command",
        ),
    ],
)
def test_where_the_winner_stands(files: dict[str, str], winner: str) -> None:
    included = {"a.conf": "work_mem = 9MB\n"} if winner != "command" else {}
    found = lines({**included, **files})
    assert value(found[-1], "setting.winner") == winner
    assert value(found[0], "setting.repeat") == "none"


def test_a_file_that_is_read_twice_overrides_nothing() -> None:
    files = {"postgresql.conf": "include 'a.conf'\ninclude 'a.conf'\n", "a.conf": "fsync = on\n"}
    assert {value(one, "setting.repeat") for one in lines(files)} == {"none"}


def test_defaults_and_what_initdb_writes() -> None:
    text = "shared_buffers = 128MB\nwork_mem = 9MB\nwork_mem = 4MB\nshared_buffers = 131072kB\n"
    found = lines(text, major=13)
    by_name = {value(one, "setting.name"): one for one in found}
    assert value(by_name["work_mem"], "setting.stock") is True
    assert value(by_name["work_mem"], "setting.stock_lost") is False
    assert value(by_name["shared_buffers"], "setting.stock") is True
    assert value(by_name["shared_buffers"], "setting.repeat") == "equal"
    assert value(lines("a.b = 1\na.b = 2\n")[-1], "setting.stock") is False


def test_many_overridden_lines_are_not_all_named() -> None:
    text = "".join(f"a.b = {'x' * 100}{number}\n" for number in range(50))
    losers = value(lines(text)[-1], "setting.losers")
    assert isinstance(losers, tuple)
    assert len(losers) == 5
    assert all(len(str(one)) < 100 for one in losers)


def test_one_kind_of_finding_for_each_repeated_line() -> None:
    """A lost library, an overridden include and ALTER SYSTEM are no second finding each."""
    repeated = {"PG009", "PG010", "PG011", "PG027"}
    cases = {
        "PG009": {"postgresql.conf": "work_mem = 8MB\nwork_mem = 9MB\n"},
        "PG010": {"postgresql.conf": "work_mem = 8MB\n", "postgresql.auto.conf": "work_mem = 1MB"},
        "PG011": {
            "postgresql.conf": "include 'a.conf'\nwork_mem = 4MB\n",
            "a.conf": "work_mem=9MB",
        },
        "PG027": {
            "postgresql.conf": "shared_preload_libraries = a\nshared_preload_libraries = b\n"
        },
    }
    for code, files in cases.items():
        assert repeated & findings(files).keys() == {code}


def test_recovery_targets_that_exclude_each_other() -> None:
    def targets(text: str) -> object:
        return value(server(text, major=16), "pg.recovery_targets")

    assert targets("recovery_target_xid = 5\nrecovery_target = immediate\n") == (
        "recovery_target_xid",
        "recovery_target",
    )
    assert targets("recovery_target_xid = ''\nrecovery_target_name = a\n") == (
        "recovery_target_name",
    )
    assert targets("recovery_target_name = '{{ x }}'\nrecovery_target_xid = ''\n") == ()
    assert targets("recovery_target_timeline = latest\n") == ()
    assert "PG019" not in findings(
        "recovery_target_xid = 5\nrecovery_target = immediate\n", major=11
    )


DATA = {"d/PG_VERSION": "16\n", "d/postgresql.conf": "ssl = on\n"}


@pytest.mark.parametrize(
    ("files", "state", "missing"),
    [
        (DATA, "missing", ("d/server.crt", "d/server.key")),
        (DATA | {"d/server.crt": ""}, "missing", ("d/server.key",)),
        (DATA | {"d/server.crt": "", "d/server.key": ""}, "there", ()),
        (
            DATA
            | {"d/postgresql.conf": "ssl=on\nssl_cert_file='x/a.crt'\nssl_key_file='x/a.key'\n"},
            "missing",
            ("d/x/a.crt", "d/x/a.key"),
        ),
        (DATA | {"d/postgresql.conf": "ssl_cert_file = '/etc/a.crt'\n"}, "elsewhere", ()),
        (DATA | {"d/postgresql.conf": "ssl_cert_file = '../a.crt'\n"}, "elsewhere", ()),
        ({"postgresql.conf": "ssl = on\n"}, "default", ()),
        ({"postgresql.conf": "ssl_key_file = 'a.key'\n"}, "elsewhere", ()),
    ],
)
def test_certificates(files: dict[str, str], state: str, missing: tuple[str, ...]) -> None:
    facts = server(files)
    assert value(facts, "pg.certificate") == state
    assert value(facts, "pg.certificate_missing") == missing


def test_the_header_of_a_generator() -> None:
    header = (
        "# DB Version: 16\r\n#   OS Type: linux\r\n# Total Memory (RAM): 1.5 GB\r\n"
        "# CPUs num: 4\r\n# Connections num: 200\r\n"
    )
    facts = server({"a.conf": header, "postgresql.conf": "port = 1\ninclude 'a.conf'\n"})
    memory = facts["pg.tuned_memory"]
    assert isinstance(memory, Value)
    assert (memory.value, str(memory.location)) == (1.5 * 1024**3, "a.conf:3")
    assert value(facts, "pg.tuned_cpus") == 4
    assert value(facts, "pg.tuned_connections") == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Total Memory (RAM): 16 GB\n",
        "# Total Memory (RAM): 16\n",
        "# Total Memory (RAM): 1.2.3 GB\n",
        "# Total Memory (RAM): 16 GB\n# Total Memory (RAM): 32 GB\n",
        "# Total Memory (RAM): 16 GB or so\n",
    ],
)
def test_a_header_that_says_nothing_certain(header: str) -> None:
    assert value(server(f"port = 1\n{header}"), "pg.tuned_memory") == 0


def test_the_end_of_a_version() -> None:
    ended = server("", major=12)
    assert (value(ended, "pg.ended"), value(ended, "pg.end_of_life")) == (True, "2024-11-21")
    newer = server("", major=40)
    assert (value(newer, "pg.ended"), value(newer, "pg.end_of_life")) == (False, "")
    assert unknown(server(""), "pg.ended").needs == ("pg.major",)


class Unreadable:
    """A tree whose files vanished after they were parsed."""

    def read(self, path: str) -> str | None:
        raise SourceError("cannot be read", path=path)

    def names(self, folder: str) -> tuple[str, ...]:
        raise SourceError("cannot be read", path=folder)

    def folders(self, folder: str) -> tuple[str, ...]:
        raise SourceError("cannot be read", path=folder)


def test_files_that_cannot_be_read_again_say_nothing() -> None:
    text = "# CPUs num: 4\nssl = on\n"
    source = Source("postgresql.conf", Kind.POSTGRESQL, text)
    tree = MemoryTree({"postgresql.conf": text, "PG_VERSION": "16"})
    deployment = assemble([source], tree, Given(), name="test")
    (database,) = deployment.databases
    facts = server_facts(replace(deployment, tree=Unreadable()), database)
    assert value(facts, "pg.tuned_cpus") == 0
    assert value(facts, "pg.certificate") == "default"


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *("work_mem = 8MB", "WORK_MEM = 010", "log_file_mode = 640", "include 'a.conf'"),
                *("shared_preload_libraries = 'a,b'", "shared_preload_libraries = b", "a.b = ''"),
                *("# Total Memory (RAM): . GB", "recovery_target = immediate", "cron.x = 1"),
                *("recovery_target_xid = ''", "statement_timeout = 1e-400", "ssl_cert_file = '/'"),
                *("statement_timeout = 0" + "0" * 5000 + "7", "# CPUs num: 999999999"),
            ]
        )
        | st.text(max_size=20),
        max_size=8,
    ),
    st.sampled_from([None, 12, 18]),
)
def test_no_combination_of_lines_breaks_the_facts(text: list[str], major: int | None) -> None:
    files = {"postgresql.conf": "\n".join(text), "a.conf": "\n".join(reversed(text))}
    for subject in subjects_of(files | {"PG_VERSION": "16"}, memory="4GB", major=major):
        for name in subject.facts:
            if name.startswith(("setting.", "pg.tuned", "pg.cert", "pg.reco", "pg.end")):
                assert isinstance(subject.facts[name], (Value, Unknown))
