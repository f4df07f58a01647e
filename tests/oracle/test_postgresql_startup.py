"""
Rules that say "the server does not start", against a server that is really started.

The bad example of each rule must be refused for the reason the rule gives, and its fixed form must
start. The server is Debian's PostgreSQL 15; it is set up once and gets another configuration each
time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from advisor.rules.loader import load_file

pytestmark = pytest.mark.oracle

BIN = Path("/usr/lib/postgresql/15/bin")
RULES = Path(__file__).parents[2] / "rules"
FOLDERS = ("postgresql", "file")
OPTIONS = "-c listen_addresses= -c shared_buffers=16MB -c fsync=off"
"""Small and quick; none of it hides a fault in a file."""


@dataclass(frozen=True)
class Cluster:
    """A data directory whose configuration is replaced before every start."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def configure(self, files: Mapping[str, str]) -> None:
        for old in self.data.rglob("*.conf"):
            if old.name not in {"pg_hba.conf", "pg_ident.conf"}:
                old.unlink()
        for name, text in files.items():
            path = self.data / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")

    def start(self, files: Mapping[str, str]) -> str:
        """What the server says when it refuses to start, empty when it started."""
        self.configure(files)
        log = self.folder / "log"
        log.unlink(missing_ok=True)
        options = f"{OPTIONS} -k {self.folder}"
        answer = self._pg_ctl("-w", "-t", "20", "-l", str(log), "-o", options, "start")
        if answer != 0:
            return log.read_text("utf-8", "replace")
        assert self._pg_ctl("-w", "-t", "20", "-m", "fast", "stop") == 0
        return ""

    def ask(self, name: str, files: Mapping[str, str]) -> str:
        """The value of a setting after reading `files`, without a start."""
        self.configure(files)
        command = [str(BIN / "postgres"), "-C", name, "-D", str(self.data)]
        return _run(command, check=True).stdout.rstrip("\n")

    def _pg_ctl(self, *words: str) -> int:
        return _run([str(BIN / "pg_ctl"), "-s", "-D", str(self.data), *words]).returncode


def _run(command: list[str], *, check: bool = False) -> subprocess.CompletedProcess[str]:
    """
    Run as another user than root. A started server keeps its output open, so only answers are
    read.
    """
    output = subprocess.PIPE if "-C" in command else subprocess.DEVNULL
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    return subprocess.run(
        command,
        check=check,
        text=True,
        timeout=60,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """
    Not below pytest's own folder: every pytest that starts closes that to other users again.
    """
    if not (BIN / "initdb").exists():
        pytest.skip(f"no PostgreSQL 15 in {BIN}")
    if os.geteuid() == 0 and not shutil.which("runuser"):
        pytest.skip("the server does not run as root, and there is no runuser")
    with tempfile.TemporaryDirectory() as name:
        if os.geteuid() == 0:
            shutil.chown(name, "postgres")
        found = Cluster(Path(name))
        words = ["-D", str(found.data), "-A", "trust", "--locale=C", "--no-sync"]
        _run([str(BIN / "initdb"), *words], check=True)
        yield found
        _run([str(BIN / "pg_ctl"), "-s", "-D", str(found.data), "-m", "immediate", "stop"])


@cache
def _rule(code: str) -> Mapping[str, Any]:
    paths = (path for folder in FOLDERS for path in sorted((RULES / folder).glob("*.yaml")))
    path = next(path for path in paths if path.read_text("utf-8").startswith(f"code: {code}\n"))
    return load_file(path, path.name)


def _example(code: str, name: str) -> Mapping[str, Any]:
    bad = _rule(code)["examples"]["bad"]
    example: Mapping[str, Any] = next(one for one in bad if one["name"] == name)
    return example


REFUSED = [
    ("PG001", "a fraction with a unit needs quotes", "syntax error"),
    ("PG002", "a letter is missing", "unrecognized configuration parameter"),
    ("PG003", "segments became a size with version 13", "unrecognized configuration parameter"),
    ("PG004", "megabytes were meant, work_mem counts in kB", "outside the valid range"),
    ("PG005", "small letters", "Valid units"),
    ("PG006", "a word with a slip", "Available values"),
    ("PG006", "a switch is on or off", "requires a Boolean value"),
    ("PG008", "an include without its file", "No such file or directory"),
    ("PG013", "an editor on Windows put it there", "unrecognized configuration parameter"),
    ("PG014", "the three of superusers are all there are", "must be less than max_connections"),
    ("PG015", "the default of max_wal_senders is enough", "requires wal_level"),
    ("PG015", "senders", "requires wal_level"),
    ("PG015", "archiving", 'when wal_level is "minimal"'),
    ("PG016", "sixteen of what?", "must be at least twice"),
    ("PG016", "a small disk", "must be at least twice"),
    ("PG019", "a time and a name", "multiple recovery targets"),
    ("PG019", "an empty one after it", "multiple recovery targets"),
    ("PG029", "the block size is compiled in", "cannot be changed"),
]
STARTED = [
    ("PG009", "two sizes in one file"),
    ("PG010", "once tried, never taken back"),
    ("PG011", "an include at the top"),
    ("PG017", "only one of them was raised"),
    ("PG018", "version 15 takes the library"),
    ("PG024", "microseconds, where the unit is the millisecond"),
    ("PG025", "padded with zeros"),
    ("PG026", "the library was forgotten"),
]


@pytest.mark.parametrize(("code", "name", "reason"), REFUSED)
def test_what_is_critical_is_refused_and_its_fix_starts(
    cluster: Cluster, code: str, name: str, reason: str
) -> None:
    example = _example(code, name)
    assert reason in cluster.start(example["files"])
    if example["fixed"]:
        assert cluster.start({**example["files"], **example["fixed"]}) == ""


@pytest.mark.parametrize(("code", "name"), STARTED)
def test_what_is_not_critical_starts(cluster: Cluster, code: str, name: str) -> None:
    assert cluster.start(_example(code, name)["files"]) == ""
    rule = _rule(code)
    severities = {rule["severity"], *(one["severity"] for one in rule["variants"])}
    assert "critical" not in severities


@pytest.mark.parametrize("before", ["# a comment\n", "\n", "include 'more.conf'\n"])
def test_a_byte_order_mark_is_never_harmless(cluster: Cluster, before: str) -> None:
    files = {"postgresql.conf": f"\ufeff{before}", "more.conf": ""}
    assert cluster.start(files) != ""


def test_an_include_of_itself(cluster: Cluster) -> None:
    assert "recursion" in cluster.start({"postgresql.conf": "include 'postgresql.conf'\n"})


def test_exactly_two_segments_are_enough(cluster: Cluster) -> None:
    (files,) = (one["files"] for one in _rule("PG016")["examples"]["good"])
    assert cluster.start(files) == ""


def test_huge_pages_that_nobody_reserved(cluster: Cluster) -> None:
    memory = Path("/proc/meminfo")
    if not memory.exists() or "HugePages_Total:       0\n" not in memory.read_text():
        pytest.skip("this kernel has huge pages")
    example = _example("PG021", "pages have to be reserved")
    assert "could not map anonymous shared memory" in cluster.start(example["files"])
    assert cluster.start(example["fixed"]) == ""


def test_a_certificate_that_is_missing(cluster: Cluster) -> None:
    files = _example("PG020", "the data directory is elsewhere")["files"]
    assert 'server certificate file "server.crt": No such file' in cluster.start(files)
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make a certificate")
    names = ["-keyout", str(cluster.data / "server.key"), "-out", str(cluster.data / "server.crt")]
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=db", *names]
    _run(words, check=True)
    (cluster.data / "server.key").chmod(0o600)
    assert cluster.start(files) == ""


@pytest.mark.parametrize(
    ("code", "name", "setting", "printed"),
    [
        ("PG009", "two sizes in one file", "work_mem", "16384"),
        ("PG010", "once tried, never taken back", "work_mem", "65536"),
        ("PG011", "an include at the top", "shared_buffers", "16384"),
        (
            "PG024",
            "microseconds, where the unit is the millisecond",
            "statement_timeout",
            "0",
        ),
        ("PG024", "half a minute, where the unit is the minute", "log_rotation_age", "0"),
        ("PG025", "padded with zeros", "max_connections", "128"),
        ("PG025", "with a unit", "work_mem", "8192"),
        ("PG025", "a mode without its zero", "log_file_mode", "440"),
        ("PG027", "an extension was added at the end", "shared_preload_libraries", "auto_explain"),
    ],
)
def test_what_the_server_makes_of_it(
    cluster: Cluster, code: str, name: str, setting: str, printed: str
) -> None:
    assert cluster.ask(setting, _example(code, name)["files"]) == printed
