"""
The catalogue of PostgreSQL's settings: names, versions, defaults.
"""

from __future__ import annotations

import json
from importlib import resources

import pytest

from advisor.catalog import postgresql as catalog


def _data() -> dict[str, object]:
    text = resources.files("advisor.catalog").joinpath("postgresql.json").read_text("utf-8")
    data: dict[str, object] = json.loads(text)
    return data


def test_majors_are_those_of_the_data() -> None:
    assert list(catalog.MAJORS) == _data()["majors"]


def test_data_has_one_setting_a_line_in_order() -> None:
    settings = _data()["settings"]
    assert isinstance(settings, dict)
    names = list(settings)
    assert names == sorted(names, key=str.lower)
    text = resources.files("advisor.catalog").joinpath("postgresql.json").read_text("utf-8")
    assert text.count("\n") == len(names) + 5


def test_a_setting_in_full() -> None:
    guc = catalog.find("work_mem", 16)
    assert guc == catalog.Guc(
        name="work_mem",
        vartype="integer",
        unit="kB",
        minimum=64,
        maximum=2147483647,
        context="user",
        default="4096",
        category="memory",
    )


def test_changes_between_majors() -> None:
    """Type, default and context follow the version."""
    before, after = catalog.find("log_connections", 17), catalog.find("log_connections", 18)
    assert before
    assert after
    assert (before.vartype, after.vartype) == ("bool", "string")
    workers = [catalog.find("autovacuum_max_workers", major) for major in (17, 18)]
    assert [guc and guc.context for guc in workers] == ["postmaster", "sighup"]


def test_build_dependent_members_stand_apart() -> None:
    guc = catalog.find("wal_compression", 15)
    assert guc
    assert guc.members == ("pglz", "on", "off")
    assert guc.build_members == ("lz4", "zstd")
    io_method = catalog.find("io_method", 18)
    assert io_method
    assert io_method.build_members == ("io_uring",)


@pytest.mark.parametrize(
    ("name", "major", "real"),
    [
        ("WORK_MEM", 10, "work_mem"),
        ("sort_mem", 10, "work_mem"),
        ("Vacuum_Mem", 18, "maintenance_work_mem"),
        ("ssl_ecdh_curve", 17, "ssl_ecdh_curve"),
        ("ssl_ecdh_curve", 18, "ssl_groups"),
        ("datestyle", 14, "DateStyle"),
        ("timezone", 14, "TimeZone"),
        ("ssl_renegotiation_limit", 18, "ssl_renegotiation_limit"),
        ("default_with_oids", 18, "default_with_oids"),
        ("auto_explain.log_analyze", 16, "auto_explain.log_analyze"),
        ("wal_keep_segments", 13, None),
        ("wal_keep_size", 12, None),
        ("work_mem", 9, None),
        ("no_such_thing", 16, None),
    ],
)
def test_find(name: str, major: int, real: str | None) -> None:
    guc = catalog.find(name, major)
    assert (guc.name if guc else None) == real


def test_removed_names_tell_the_last_version_and_the_successor() -> None:
    gone = catalog.removed("Wal_Keep_Segments")
    assert gone
    assert (gone.name, gone.last, gone.successor) == ("wal_keep_segments", "12", "wal_keep_size")
    assert catalog.removed("checkpoint_segments") == catalog.Removed(
        "checkpoint_segments", "9.4", "max_wal_size", "about 3 × checkpoint_segments × 16MB"
    )
    assert catalog.removed("work_mem") is None


def test_every_name_that_left_is_in_the_table_of_removed_ones() -> None:
    """Names that no longer exist in the newest major need an entry that agrees with the data."""
    newest = catalog.MAJORS[-1]
    every = {name for major in catalog.MAJORS for name in catalog.names(major)}
    for name in every - set(catalog.names(newest)):
        gone = catalog.removed(name)
        assert gone is not None, name
        last = max(major for major in catalog.MAJORS if name in catalog.names(major))
        assert int(gone.last) == last, name


def test_successors_exist() -> None:
    removed = _data()["removed"]
    assert isinstance(removed, dict)
    for name, (_, successor, _) in removed.items():
        assert not successor or catalog.find(successor, catalog.MAJORS[-1]), name


@pytest.mark.parametrize(
    ("name", "major", "meant"),
    [
        ("shared_bufers", 16, "shared_buffers"),
        ("checkpoint_segments", 16, "max_wal_size"),
        ("force_parallel_mode", 16, "debug_parallel_query"),
        ("wal_keep_segments", 13, "wal_keep_size"),
        ("date_style", 16, "DateStyle"),
        ("Max_Connection", 16, "max_connections"),
        ("zzzzzz", 16, None),
    ],
)
def test_suggest(name: str, major: int, meant: str | None) -> None:
    assert catalog.suggest(name, major) == meant


def test_majors_of() -> None:
    assert catalog.majors_of("wal_keep_size") == (13, 14, 15, 16, 17, 18)
    assert catalog.majors_of("Work_Mem") == catalog.MAJORS
    assert catalog.majors_of("nonsense") == ()


def test_canonical_name() -> None:
    """Only names that mean the same in every major are replaced."""
    assert catalog.canonical_name("Sort_Mem") == "work_mem"
    assert catalog.canonical_name("TimeZone") == "timezone"
    assert catalog.canonical_name("ssl_ecdh_curve") == "ssl_ecdh_curve"
    assert catalog.canonical_name("My.Thing") == "my.thing"


@pytest.mark.parametrize(
    ("name", "major", "value"),
    [
        ("shared_buffers", 14, 8 * 1024**2),
        ("shared_buffers", 15, 128 * 1024**2),
        ("max_connections", 16, 100),
        ("autovacuum_vacuum_cost_delay", 11, 0.02),
        ("autovacuum_vacuum_cost_delay", 12, 0.002),
        ("checkpoint_timeout", 16, 300),
        ("wal_buffers", 16, -1),
        ("jit", 11, False),
        ("jit", 12, True),
        ("max_stack_depth", 16, 2 * 1024**2),
        ("password_encryption", 13, "md5"),
        ("search_path", 13, '"$user", public'),
        ("archive_command", 16, ""),
    ],
)
def test_default(name: str, major: int, value: object) -> None:
    default = catalog.default(name, major)
    assert default is not None
    assert default.value == value


@pytest.mark.parametrize("name", ["unix_socket_directories", "server_version", "no_such_thing"])
def test_no_default_where_it_depends_on_the_build(name: str) -> None:
    assert catalog.default(name, 16) is None


def test_every_default_is_accepted() -> None:
    """Whatever is not masked has a default the server itself would take."""
    host = {"lc_messages", "session_authorization"}
    for major in catalog.MAJORS:
        for name in set(catalog.names(major)) - host:
            guc = catalog.find(name, major)
            assert guc
            assert guc.default is None or catalog.default(name, major) is not None, (name, major)
