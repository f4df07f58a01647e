"""
The catalogue and the parser against a real server: same values, same refusals.

``postgres -C NAME -D DIR`` needs no cluster, only a postgresql.conf in DIR. The server is that of
``ADVISOR_POSTGRES``, or the newest one of Debian's.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from advisor.catalog import postgresql as catalog
from advisor.catalog.postgresql import Canonical, Guc
from advisor.parsers.postgresql import parse_file

pytestmark = pytest.mark.oracle

REFUSED = None
PAIRS = 1500
SEED = 20

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


@dataclass(frozen=True)
class Server:
    program: str
    major: int
    folder: Path

    def ask(self, name: str, text: str) -> str | None:
        """What the server prints for a setting after reading `text`, None when it refuses."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        (folder / "postgresql.conf").write_bytes(text.encode("utf-8", "surrogateescape"))
        answer = subprocess.run(
            [self.program, "-C", name, "-D", str(folder)],
            env={"TZ": "UTC", "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", "")},
            capture_output=True,
            check=False,
        )
        printed = answer.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")
        return printed if answer.returncode == 0 else REFUSED


def _programs() -> list[str]:
    given = os.environ.get("ADVISOR_POSTGRES")
    if given:
        return [given]
    found = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    return [str(path) for path in sorted(found, key=lambda path: -int(path.parts[-3]))]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    programs = _programs()
    if not programs:
        pytest.skip("no PostgreSQL server found: set ADVISOR_POSTGRES to its program")
    version = subprocess.run(
        [programs[0], "--version"], capture_output=True, text=True, check=True
    ).stdout
    match = re.search(r"(\d+)", version)
    major = int(match[1]) if match else 0
    if major not in catalog.MAJORS:
        pytest.skip(f"the catalogue does not know PostgreSQL {major}")
    return Server(programs[0], major, tmp_path_factory.mktemp("postgres"))


def _ours(major: int, name: str, text: str) -> Canonical | None:
    """What we make of the same file, None when we refuse."""
    parsed = parse_file("postgresql.conf", text)
    guc = catalog.find(name, major)
    if parsed.problems or guc is None or not parsed.assignments:
        return REFUSED
    value = catalog.canonical(guc, parsed.assignments[-1].raw, major)
    return value if isinstance(value, Canonical) else REFUSED


def _mismatches(server: Server, cases: list[tuple[str, str]]) -> list[tuple[object, ...]]:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda case: server.ask(*case), cases))
    wrong: list[tuple[object, ...]] = []
    for (name, text), answer in zip(cases, answers, strict=True):
        ours = _ours(server.major, name, text)
        refused_by_build = answer is REFUSED and ours is not None and ours.build
        if not refused_by_build and (ours.text if ours else REFUSED) != answer:
            wrong.append((name, text, "server:", answer, "ours:", ours))
    return wrong


NUMBERS = (
    *(
        "0",
        "1",
        "2",
        "3",
        "4",
        "7",
        "8",
        "15",
        "16",
        "63",
        "64",
        "127",
        "128",
        "255",
        "1023",
        "1024",
    ),
    *("8191", "16384", "65536", "262143", "262144", "2147483", "2147483647", "2147483648"),
    *("9223372036854775807", "9223372036854775808", "1" + "0" * 40, "08", "0777", "0x1F", "0x"),
    *(
        ".5",
        "4096.",
        "0x1.8",
        "0x10.8",
        "0x1p4",
        "010.5",
        "1e",
        "1E3",
        "1e3",
        "1e-3",
        "5e-324",
        "1e400",
    ),
    *(
        ".",
        "1.5.5",
        ".e5",
        "1.8e308",
        "-0",
        "-0.0",
        "0.5",
        "2.5",
        "3.5",
        "31.5",
        "32.5",
        "99.99999",
    ),
)
UNITS = (
    *("kB", "MB", "GB", "TB", "B", "us", "ms", "s", "min", "h", "d", "mb", "KB", "K", "m", "sec"),
    *(" kB", " MB ", "  s", "minutes", "kB x"),
)
WORDS = (
    *("on", "off", "TRUE", "fals", "y", "n", "t", "o", "of", "yess", "enable", "", " on", "on "),
    *("default", "none", "all", "auto", "debug", "info", "always", "nan", "inf", "-inf", "x", "é"),
)
TEXTS = (
    *(
        "a, b",
        "a b",
        '"q',
        '"a b", c',
        '""',
        ",",
        "a,",
        " a ",
        "é, ß",
        "A" * 64,
        "é" * 40,
        "\x01\x7f",
    ),
    *("ISO", "sql, euro", "german, mdy", "german, default", "iso, sql", "postgresql, us", "ymd"),
    *("stderr, csvlog", "JSONLOG", "heap", "heap, xx", "set, inherit", "view", "data, wal"),
    *("s1, S2", "slot_1", "Slot", "x" * 64, "*", "ANY 2 (a,b)", "0 (a)", "first(a)", "FIRST 1 (a"),
    *('2 (a,b,"c d")', "a-b", "a$b", "any", "latest", "immediate", "0/0", "1FFFFFFFF/0", "0/"),
    *(
        "utf8",
        "UTF-8",
        "UNICODE",
        "latin9",
        "iso-8859-15",
        "windows-1252",
        "koi8",
        "win936",
        "utf16",
    ),
    *(
        "read committed",
        "serializable",
        "\t",
        "a\tb",
        "it's",
        'a"b',
        "a\\b",
        "a\nb",
        "$user",
        "%m [%p] ",
    ),
    *("CST", "Mars/Base", "utc", "EST5EDT", "none"),
)


def _number(pick: random.Random) -> str:
    plain = (
        pick.choice(NUMBERS)
        if pick.random() < 0.6
        else f"{pick.uniform(0, 9e4):.{pick.randrange(4)}f}"
    )
    sign = pick.choice(("", "", "", "", "-", "+"))
    return sign + plain + (pick.choice(UNITS) if pick.random() < 0.5 else "")


def _near_the_limits(guc: Guc, pick: random.Random) -> str:
    low, high = guc.minimum or 0, guc.maximum or 0
    limit = pick.choice((low, high)) + pick.choice((-1, -0.5, 0, 0, 0.5, 1))
    return f"{limit:.0f}" if guc.vartype == "integer" and pick.random() < 0.7 else repr(limit)


def _of_type(guc: Guc, pick: random.Random) -> str:
    words = (*guc.members, *guc.build_members, *(word for word, _ in guc.hidden))
    choices: dict[str, Callable[[], str]] = {
        "bool": lambda: pick.choice(WORDS),
        "enum": lambda: pick.choice((str.upper, str.title, str.lower))(pick.choice(words)),
        "integer": lambda: pick.choice((_number(pick), _near_the_limits(guc, pick))),
        "real": lambda: pick.choice((_number(pick), _near_the_limits(guc, pick))),
        "string": lambda: pick.choice(TEXTS),
    }
    return choices[guc.vartype]() if pick.random() < 0.8 else pick.choice((*WORDS, *NUMBERS))


def _line(name: str, value: str, pick: random.Random) -> str:
    """Half of the values are quoted; the others show whether the same ones need to be."""
    if pick.random() < 0.5:
        value = "'" + value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n") + "'"
    return f"{name}{pick.choice((' = ', '=', ' '))}{value}\n"


def _askable(major: int) -> list[str]:
    skipped = PRINTED_AS_PATH | NEEDS_A_CLUSTER | HOST_DECIDES | ZONES
    return [name for name in catalog.names(major) if "." not in name and name not in skipped]


def _cases(major: int) -> Iterator[tuple[str, str]]:
    """Every setting of the major gets its share of the pairs."""
    pick = random.Random(SEED)  # noqa: S311 - a repeatable test
    names = _askable(major)
    for index in range(max(PAIRS, 5 * len(names))):
        name = names[index % len(names)]
        guc = catalog.find(name, major)
        assert guc
        yield name, _line(name, _of_type(guc, pick), pick)


def test_values_are_taken_and_refused_like_the_server_does(server: Server) -> None:
    cases = list(_cases(server.major))
    assert len(cases) >= PAIRS
    assert _mismatches(server, cases) == []


def test_defaults_are_the_servers(server: Server) -> None:
    """What the server uses when its file is empty."""
    names = [
        name
        for name in catalog.names(server.major)
        if "." not in name and name not in NEEDS_A_CLUSTER and catalog.default(name, server.major)
    ]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda name: server.ask(name, ""), names))
    ours = [catalog.default(name, server.major) for name in names]
    wrong = [
        (name, answer, value)
        for name, answer, value in zip(names, answers, ours, strict=True)
        if value and value.text != answer
    ]
    assert wrong == []


def test_zones_no_host_has(server: Server) -> None:
    cases = [
        ("TimeZone", f"TimeZone = '{zone}'\n")
        for zone in (
            "CST",
            "IST",
            "Mars/Base",
            " UTC",
            "UTC ",
            "",
            "x",
            "UTC",
            "Europe/Paris",
            "GMT+3",
        )
    ]
    assert _mismatches(server, cases) == []


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


PIECES = (
    *("'", "''", "\\'", "\\", "\\n", "\\101", "\\777", "\\0", "a", "ab", "_b", ".", "..", "-", "+"),
    *(
        "1",
        "0x1F",
        "1e4",
        "1.5",
        "MB",
        ":",
        "/",
        "=",
        "#",
        " ",
        "\t",
        "\r",
        "é",
        "*",
        "%",
        '"',
        ",",
    ),
    *("'abc'", "'a''b'", "a.b", "\f", "\v", "\u00a0"),
)


def test_random_lines(server: Server) -> None:
    """Tokens, escapes and comments are cut as the server cuts them."""
    pick = random.Random(SEED)  # noqa: S311 - a repeatable test
    cases = []
    for _ in range(400):
        value = "".join(pick.choice(PIECES) for _ in range(pick.randrange(1, 6)))
        cases.append(
            ("log_line_prefix", f"log_line_prefix{pick.choice((' = ', '=', ' '))}{value}\n")
        )
    assert _mismatches(server, cases) == []


def test_names_are_known_and_unknown_like_in_the_server(server: Server) -> None:
    """Every name of any major, asked of this one."""
    every = {name for major in catalog.MAJORS for name in catalog.names(major)}
    names = [*sorted(every), "sort_mem", "Vacuum_MEM", "nonsense"]
    askable = [name for name in names if "." not in name and name not in NEEDS_A_CLUSTER]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda name: server.ask(name, ""), askable))
    wrong = [
        name
        for name, answer in zip(askable, answers, strict=True)
        if (catalog.find(name, server.major) is None) != (answer is REFUSED)
    ]
    assert wrong == []
