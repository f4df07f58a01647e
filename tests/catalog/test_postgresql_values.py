"""
What a server makes of a value, without a server.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.catalog import postgresql as catalog
from advisor.catalog.postgresql import Canonical, Rejection
from advisor.parsers.postgresql import parse_file

VECTORS = Path(__file__).parent.parent / "data" / "postgresql_vectors.csv"
REFUSED = "!"

HOST_DECIDES = {("max_stack_depth", "8MB"), ("io_method", "io_uring")}
"""Refused by the servers that were asked, but only because of their stack limit and their build."""


def _canonical(name: str, raw: str, major: int = 16) -> Canonical | Rejection:
    guc = catalog.find(name, major)
    assert guc, name
    return catalog.canonical(guc, raw, major)


def _vectors() -> list[tuple[str, str, int, str]]:
    """Setting, value as written in the file, major, and ``=canonical`` or ``!``."""
    with VECTORS.open(encoding="utf-8", newline="") as file:
        return [
            (row["setting"], row["written"], int(major), row[major])
            for row in csv.DictReader(file)
            for major in row
            if major.isdigit()
        ]


def _answer(name: str, written: str, major: int) -> str:
    parsed = parse_file("postgresql.conf", f"{name} = {written}\n")
    guc = catalog.find(name, major)
    if parsed.problems or guc is None:
        return REFUSED
    value = catalog.canonical(guc, parsed.assignments[0].raw, major)
    return f"={value.text}" if isinstance(value, Canonical) else REFUSED


def test_vectors_of_real_servers() -> None:
    """905 values as servers of five majors understood them."""
    vectors = _vectors()
    wrong = [
        (*vector, answer)
        for vector in vectors
        if (answer := _answer(*vector[:3])) != vector[3] and vector[:2] not in HOST_DECIDES
    ]
    assert len(vectors) == 905
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("shared_buffers", "16384", 128 * 1024**2),
        ("work_mem", "4MB", 4 * 1024**2),
        ("max_wal_size", "1GB", 1024**3),
        ("track_activity_query_size", "4kB", 4096),
        ("checkpoint_timeout", "15min", 900),
        ("statement_timeout", "1500ms", 1.5),
        ("statement_timeout", "5s", 5),
        ("log_rotation_age", "1d", 86400),
        ("vacuum_cost_delay", "2", 0.002),
        ("random_page_cost", "1.1", 1.1),
        ("max_connections", "0x64", 100),
        ("fsync", "OF", False),
        ("huge_pages", "TRY", "try"),
        ("log_line_prefix", "%m ", "%m "),
    ],
)
def test_values_come_in_our_units(name: str, raw: str, value: object) -> None:
    """Sizes are bytes, durations seconds."""
    result = _canonical(name, raw)
    assert isinstance(result, Canonical)
    assert result.value == value
    assert type(result.value) is type(value)


@pytest.mark.parametrize(
    "name", ["autovacuum_work_mem", "log_min_duration_statement", "wal_buffers", "temp_file_limit"]
)
def test_minus_one_is_a_word_not_an_amount(name: str) -> None:
    assert _canonical(name, "-1") == Canonical("-1", -1)


@pytest.mark.parametrize(
    ("name", "raw", "kind", "part"),
    [
        ("work_mem", "4mb", "unit", "write MB"),
        ("work_mem", "4G", "unit", "write GB"),
        ("work_mem", "4 parsec", "unit", "B"),
        ("statement_timeout", "5m", "unit", "us"),
        ("max_connections", "100kB", "number", "plain number"),
        ("max_connections", "many", "number", "not a number"),
        ("work_mem", "nan", "number", "not a number"),
        ("random_page_cost", "nan", "number", "not a number"),
        ("random_page_cost", "1e999", "number", "outside the range"),
        ("random_page_cost", "1e-999", "number", "outside the range"),
        ("random_page_cost", "0x1p2000", "number", "outside the range"),
        ("shared_buffers", "8kB", "range", "between 128kB and 8 TB, and this is 8kB"),
        ("checkpoint_timeout", "2d", "range", "between 30 s and 1 d, and this is 2 d"),
        ("random_page_cost", "-1", "range", "this is -1"),
        ("shared_buffers", "16TB", "range", "32-bit"),
        ("wal_level", "high", "enum", "minimal, replica, logical"),
        ("fsync", "o", "bool", "on or off"),
        ("fsync", "enable", "bool", "on or off"),
        ("block_size", "8192", "internal", "cannot be set"),
        ("search_path", "a b", "value", "commas"),
        ("timezone", "CST", "value", "not an abbreviation"),
    ],
)
def test_rejections_say_why(name: str, raw: str, kind: str, part: str) -> None:
    result = _canonical(name, raw)
    assert isinstance(result, Rejection)
    assert result.kind == kind
    assert part in result.reason
    assert catalog.find(name, 16).name in result.reason  # type: ignore[union-attr]  # known name


def test_long_values_are_cut_in_reasons() -> None:
    result = _canonical("work_mem", "x" * 5000)
    assert isinstance(result, Rejection)
    assert len(result.reason) < 200


def test_a_word_of_some_builds_is_accepted_and_marked() -> None:
    assert _canonical("wal_compression", "LZ4") == Canonical("lz4", "lz4", build=True)
    assert _canonical("wal_compression", "on") == Canonical("pglz", "pglz")
    assert _canonical("bonjour", "on") == Canonical("on", True, build=True)
    assert isinstance(_canonical("wal_compression", "lz4", 14), Rejection)


@pytest.mark.parametrize(
    ("name", "raw", "major", "text"),
    [
        ("shared_buffers", "132kB", 10, "16"),
        ("shared_buffers", "135kB", 10, "16"),
        ("shared_buffers", "135kB", 12, "17"),
        ("log_min_messages", "debug2", 11, "debug"),
        ("log_min_messages", "debug", 12, "debug2"),
        ("password_encryption", "on", 13, "md5"),
        ("password_encryption", "on", 14, None),
        ("statement_timeout", "100us", 11, None),
        ("statement_timeout", "100us", 12, "0"),
        ("work_mem", "65536B", 10, None),
        ("work_mem", "65536B", 11, "64"),
        ("autovacuum_work_mem", "100kB", 16, "1024"),
        ("vacuum_cost_delay", "-0s", 16, "-0"),
        ("vacuum_cost_delay", "-0.0001ms", 16, "-0"),
        ("vacuum_cost_delay", "0.0001ms", 16, "0"),
        ("autovacuum_work_mem", "100kB", 17, "100"),
        ("wal_buffers", "1", 16, "4"),
        ("vacuum_buffer_usage_limit", "64kB", 16, None),
        ("transaction_buffers", "17", 17, None),
        ("transaction_buffers", "32", 17, "32"),
        ("io_max_concurrency", "0", 18, None),
        ("max_wal_senders", "262143", 11, "262143"),
        ("max_wal_senders", "262143", 12, None),
        ("max_connections", "262143", 18, "262143"),
        ("default_with_oids", "on", 11, "on"),
        ("default_with_oids", "on", 12, None),
        ("ssl_renegotiation_limit", "0", 16, "0"),
        ("ssl_renegotiation_limit", "1", 16, None),
        ("ssl_renegotiation_limit", "0MB", 16, None),
        ("transaction_isolation", "serializable", 16, "read committed"),
        ("transaction_isolation", "serializable", 10, "default"),
        ("transaction_isolation", "none", 10, None),
        ("transaction_read_only", "on", 16, "off"),
        ("role", "none", 16, "none"),
        ("role", "admin", 16, None),
        ("log_connections", "on", 17, "on"),
        ("log_connections", "receipt, all", 18, "receipt, all"),
        ("log_connections", "1", 18, "1"),
        ("log_connections", "on", 18, "on"),
        ("log_connections", "receipts", 18, None),
        ("log_destination", "stderr, CSVLOG", 16, "stderr, CSVLOG"),
        ("log_destination", "jsonlog", 14, None),
        ("log_destination", "jsonlog", 15, "jsonlog"),
        ("wal_consistency_checking", "heap, xx", 14, None),
        ("wal_consistency_checking", "heap, xx", 15, "heap, xx"),
        ("wal_consistency_checking", "heap2", 14, "heap2"),
        ("DateStyle", "German", 16, "German, DMY"),
        ("DateStyle", "german, default", 16, "German, MDY"),
        ("DateStyle", "ymd, postgresql", 16, "Postgres, YMD"),
        ("DateStyle", "us, non-european", 16, None),
        ("DateStyle", "noneuropean, sql", 16, "SQL, MDY"),
        ("DateStyle", "iso, sql", 16, None),
        ("DateStyle", "iso mdy", 16, None),
        ("DateStyle", "European", 16, "ISO, DMY"),
        ("client_encoding", "utf-8", 16, "UTF8"),
        ("client_encoding", "UNICODE", 16, "UNICODE"),
        ("client_encoding", "Windows-1252", 16, "WIN1252"),
        ("client_encoding", "iso_8859-15", 16, "LATIN9"),
        ("client_encoding", "utf16", 16, None),
        ("client_encoding", "UTF" + "-" * 60 + "8", 16, None),
        ("client_encoding", "WIN" + "-" * 60 + "2", 16, "WIN1251"),
        ("client_encoding", "é" * 29 + "UTF8", 16, "UTF8"),
        ("client_encoding", "é" * 30 + "UTF8", 16, None),
        ("client_encoding", "\N{KELVIN SIGN}oi8", 16, None),
        ("application_name", "é\x01", 15, "???"),
        ("application_name", "é", 16, r"\xc3\xa9"),
        ("application_name", "\ud800", 16, "?"),
        ("cluster_name", "x" * 80, 16, "x" * 63),
        ("default_tablespace", "x" * 80, 16, "x" * 63),
        ("default_table_access_method", "", 16, None),
        ("default_table_access_method", "heap", 16, "heap"),
        ("primary_slot_name", "Slot", 16, None),
        ("primary_slot_name", "", 16, ""),
        ("synchronized_standby_slots", "a, B", 17, "a, B"),
        ("synchronized_standby_slots", '"B"', 17, None),
        ("synchronized_standby_slots", "a" * 63 + "$", 18, "a" * 63 + "$"),
        ("synchronized_standby_slots", "a" * 62 + "é", 18, None),
        ("DateStyle", "ymdall", 16, None),
        ("log_directory", "//log//./a/../pg/", 16, "/log/pg"),
        ("log_directory", "", 16, ""),
        ("recovery_target_timeline", "latest", 16, "latest"),
        ("recovery_target_timeline", "18446744073709551616", 16, None),
        ("recovery_target_xid", "18446744073709551615", 16, "18446744073709551615"),
        ("recovery_target_xid", "0x" + "f" * 17, 16, None),
        ("recovery_target_xid", "0" * 50 + "7", 16, "0" * 50 + "7"),
        ("recovery_target_xid", "1" + "0" * 5000, 16, None),
        ("recovery_target", "soon", 16, None),
        ("recovery_target_lsn", "0/16B3748", 16, "0/16B3748"),
        ("recovery_target_lsn", "0-16B3748", 16, None),
        ("recovery_target_name", "é" * 32, 16, None),
        ("recovery_target_name", "é" * 31, 16, "é" * 31),
        ("lc_messages", "", 16, None),
        ("lc_messages", "C", 16, "C"),
        ("timezone", "Europe/Paris", 16, "Europe/Paris"),
        ("DateStyle", "swiss", 16, None),
        ("timezone", "utc", 16, "utc"),
        ("timezone", "EST5EDT", 16, "EST5EDT"),
        ("timezone", " UTC", 16, None),
        ("timezone", "Mars/Base", 16, None),
        ("timezone_abbreviations", "Default", 16, "Default"),
        ("timezone_abbreviations", "../etc", 16, None),
        ("search_path", "a,", 16, None),
        ("search_path", ' "$user" , public ', 16, ' "$user" , public '),
        ("search_path", "", 16, ""),
        ("backtrace_functions", "a, b_c", 16, "a, b_c"),
        ("backtrace_functions", "a-b", 16, None),
    ],
)
def test_rules_of_single_settings(name: str, raw: str, major: int, text: str | None) -> None:
    """None stands for a refusal."""
    result = _canonical(name, raw, major)
    assert (result.text if isinstance(result, Canonical) else None) == text


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("", True),
        ("*", True),
        ("a, b, 3", True),
        ("2 (a, b)", True),
        ('FIRST 1 ("odd name", b)', True),
        ("any 2 (a, b, c)", True),
        ("0 (a)", False),
        ("a b", False),
        ("any", False),
        ("ANY (a)", False),
        ("a-b", False),
        ("a,", False),
        (" ", False),
        ('"open', False),
    ],
)
def test_synchronous_standbys(text: str, fine: object) -> None:
    assert isinstance(_canonical("synchronous_standby_names", text), Canonical) is fine


NUMERIC = ("work_mem", "shared_buffers", "statement_timeout", "max_connections", "random_page_cost")
NAMES = tuple(sorted({name for major in catalog.MAJORS for name in catalog.names(major)}))


@given(st.sampled_from(NAMES), st.sampled_from(catalog.MAJORS), st.text(max_size=40))
@settings(max_examples=500, deadline=None)
def test_any_text_is_accepted_or_refused(name: str, major: int, raw: str) -> None:
    """No text raises, and a value never leaves the range of its setting."""
    guc = catalog.find(name, major)
    if guc is None:
        return
    result = catalog.canonical(guc, raw, major)
    if isinstance(result, Rejection):
        assert result.reason
        return
    if guc.minimum is not None and guc.maximum is not None:
        assert guc.minimum <= float(result.text) * (1 + 1e-5)
        assert math.isfinite(float(result.value))


@given(
    st.sampled_from(NUMERIC),
    st.sampled_from(catalog.MAJORS),
    st.from_regex(r"[ +-]?(0x[0-9a-f]{1,20}|[0-9.]{1,40}(e[+-]?[0-9]{1,4})?) ?[a-zA-Z]{0,4}"),
)
@settings(max_examples=500, deadline=None)
def test_anything_like_a_number(name: str, major: int, raw: str) -> None:
    guc = catalog.find(name, major)
    assert guc
    assert isinstance(catalog.canonical(guc, raw, major), Canonical | Rejection)


@given(st.sampled_from(NUMERIC[:4]), st.sampled_from(catalog.MAJORS), st.integers(0, 2**31))
@settings(max_examples=500, deadline=None)
def test_canonical_text_is_a_fixed_point(name: str, major: int, number: int) -> None:
    """What a server prints, it reads back as the same value."""
    once = _canonical(name, str(number), major)
    if isinstance(once, Canonical):
        assert _canonical(name, once.text, major) == once
