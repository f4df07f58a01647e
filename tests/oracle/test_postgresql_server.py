"""
The catalogue and the parser against real servers: same values, same refusals.

``ADVISOR_ORACLE_VALUES`` says how many values each server is asked about.
"""

from __future__ import annotations

import os
from functools import cache

import pytest

from advisor.catalog import postgresql as catalog
from advisor.catalog.postgresql import Canonical
from advisor.parsers.postgresql import parse_file
from tests.support.postgres_programs import Server, majors, program_of
from tests.support.postgres_values import assignments, odd_lines

pytestmark = pytest.mark.oracle

VALUES = int(os.environ.get("ADVISOR_ORACLE_VALUES", "5000"))
SLICES = 4
"""Of the values of one server, so that they spread over the workers of pytest-xdist."""

PRINTED_AS_PATH = {"config_file", "data_directory", "external_pid_file", "hba_file", "ident_file"}
"""The server prints where it found the file, not what was written."""
NEEDS_A_CLUSTER = {
    "data_checksums",
    "data_directory_mode",
    "num_os_semaphores",
    "shared_memory_size",
    "shared_memory_size_in_huge_pages",
    "wal_segment_size",
}
"""Computed from a data directory or the whole configuration: ``-C`` does not answer without."""
HOST_DECIDES = {
    "lc_messages",
    "lc_monetary",
    "lc_numeric",
    "lc_time",
    "max_stack_depth",
    "recovery_target_time",
    "timezone_abbreviations",
}
"""Installed locales and files, the limit of the stack; points in time are not parsed."""
ZONES = {"TimeZone", "log_timezone"}
"""The zones of the host decide; only what no host has is refused, so only that is asked."""
WITHOUT_SSL = {"ssl": "on", "ssl_ciphers": "none", "ssl_ecdh_curve": "none", "ssl_groups": "none"}
"""
What a server built without OpenSSL refuses or has as its default; `Server` says whether it was.

The catalogue describes servers as distributions build them, all of which have it.
"""


@pytest.fixture(scope="module", params=majors(), ids=lambda major: f"postgres-{major}")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Server:
    program = program_of(request.param)
    return Server(program, request.param, tmp_path_factory.mktemp(f"postgres-{request.param}"))


def _ours(major: int, name: str, text: str) -> Canonical | None:
    """What we make of the same file, None when we refuse."""
    parsed = parse_file("postgresql.conf", text)
    guc = catalog.find(name, major)
    # An unquoted line feed makes a second setting, which the server must know too.
    names = {one.name for one in parsed.assignments if "." not in one.name}
    if parsed.problems or guc is None or not all(catalog.find(one, major) for one in names):
        return None
    raw = [one.raw for one in parsed.assignments if one.name.lower() == name.lower()]
    value = catalog.canonical(guc, raw[-1], major) if raw else None
    return value if isinstance(value, Canonical) else None


def _mismatches(server: Server, cases: list[tuple[str, str]]) -> list[tuple[object, ...]]:
    wrong: list[tuple[object, ...]] = []
    for (name, text), answer in zip(cases, server.ask_all(cases), strict=True):
        ours = _ours(server.major, name, text)
        if (ours.text if ours else None) != answer and not _refused_by_build(
            server, name, ours, answer
        ):
            wrong.append((name, text, "server:", answer, "ours:", ours))
    return wrong


def _refused_by_build(
    server: Server, name: str, ours: Canonical | None, answer: str | None
) -> bool:
    """Whether another build of the same version would take the value."""
    if answer is not None or ours is None:
        return False
    return ours.build or (not server.ssl and WITHOUT_SSL.get(name) == ours.text)


@cache
def _cases(major: int) -> list[tuple[str, str]]:
    skipped = PRINTED_AS_PATH | NEEDS_A_CLUSTER | HOST_DECIDES | ZONES
    names = [name for name in catalog.names(major) if "." not in name and name not in skipped]
    return assignments(names, major, VALUES)


@pytest.mark.parametrize("number", range(SLICES))
def test_values_are_taken_and_refused_like_the_server_does(server: Server, number: int) -> None:
    cases = _cases(server.major)
    assert len(cases) == VALUES
    assert _mismatches(server, cases[number::SLICES]) == []


def test_defaults_are_the_servers(server: Server) -> None:
    """What the server uses when its file is empty."""
    ours = {
        name: value.text
        for name in catalog.names(server.major)
        if "." not in name and name not in NEEDS_A_CLUSTER
        if (value := catalog.default(name, server.major))
    }
    answers = server.ask_all([(name, "") for name in ours])
    wrong = [
        (name, "server:", answer, "ours:", value)
        for (name, value), answer in zip(ours.items(), answers, strict=True)
        if value != answer and (server.ssl or WITHOUT_SSL.get(name) != answer)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "zone",
    ["CST", "IST", "Mars/Base", " UTC", "UTC ", "", "x", "UTC", "Europe/Paris", "GMT+3"],
)
def test_zones_no_host_has(server: Server, zone: str) -> None:
    assert _mismatches(server, [("TimeZone", f"TimeZone = '{zone}'\n")]) == []


@pytest.mark.parametrize(
    "name",
    ["UTF" + "-" * 60 + "8", "WIN" + "-" * 60 + "2", "UTF8" + "é" * 90, "é" * 30 + "UTF8", "ßutf8"],
)
def test_a_long_name_of_an_encoding_is_cut(server: Server, name: str) -> None:
    """To 63 bytes, as all names are, before it is looked up."""
    assert _mismatches(server, [("client_encoding", f"client_encoding = '{name}'\n")]) == []


@pytest.mark.parametrize("value", ["-0", "-0s", "'-0.0001ms'", "'0.0001ms'", "'-1e-9 d'", "-.0"])
def test_what_rounds_to_nothing_keeps_its_sign(server: Server, value: str) -> None:
    """A floating point zero has one, and the server shows it."""
    assert _mismatches(server, [("vacuum_cost_delay", f"vacuum_cost_delay = {value}\n")]) == []


@pytest.mark.parametrize(
    "text",
    [
        "log_line_prefix = 'a' # c\nlog_line_prefix = 'b'",
        "log_line_prefix 'a''b'\r\n",
        "LOG_LINE_PREFIX = 'x'\n\n#log_line_prefix = 'y'\n",
        r"log_line_prefix = 'a\101\x41\n\\'" + "\n",
        r"log_line_prefix = '\303\251\0rest'" + "\n",
        "log_line_prefix = grün\n",
        "log_line_prefix = a.b\n",
        "log_line_prefix = a.b.c\n",
        "log_line_prefix = a:b/c\n",
        "log_line_prefix = 'a\nb'\n",
        'log_line_prefix = "a"\n',
        "log_line_prefix = 'a';\n",
        "log_line_prefix == 'a'\n",
        "log_line_prefix: 'a'\n",
        "log_line_prefix =\n",
        "log_line_prefix = 'a' b\n",
        "log_line_prefix = 1e4\n",
        "log_line_prefix = 1.e4\n",
        "log_line_prefix = 0x1Fg\n",
        "log_line_prefix = .\n",
        "a.b.c = 1\nlog_line_prefix = 'a'\n",
    ],
)
def test_grammar(server: Server, text: str) -> None:
    assert _mismatches(server, [("log_line_prefix", text)]) == []


def test_random_lines(server: Server) -> None:
    """Tokens, escapes and comments are cut as the server cuts them."""
    lines = odd_lines("log_line_prefix", VALUES // 10)
    assert _mismatches(server, [("log_line_prefix", line) for line in lines]) == []


def test_names_are_known_and_unknown_like_in_the_server(server: Server) -> None:
    """Every name of any major, asked of this one."""
    every = {name for major in catalog.MAJORS for name in catalog.names(major)}
    names = [*sorted(every), "sort_mem", "Vacuum_MEM", "nonsense"]
    askable = [name for name in names if "." not in name and name not in NEEDS_A_CLUSTER]
    answers = server.ask_all([(name, "") for name in askable])
    wrong = [
        name
        for name, answer in zip(askable, answers, strict=True)
        if (catalog.find(name, server.major) is None) != (answer is None)
    ]
    assert wrong == []
