"""
``advisor audit`` of many paths as a user meets it: order, errors, streams, Ctrl-C.
"""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from advisor.cli import run
from advisor.cli.progress import Progress
from advisor.model import Severity
from advisor.report import RenderOptions
from advisor.report.fleet import standing
from tests.support.report_builders import finding, report

ROOT = Path(__file__).parents[2]
GOOD = "workers = 2\nworker_class = 'gthread'\n"


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """
    Twelve small deployments; the working directory is the folder that holds them.
    """
    monkeypatch.chdir(tmp_path)
    for number in range(12):
        folder = tmp_path / "deploys" / f"d{number:02}"
        folder.mkdir(parents=True)
        (folder / "gunicorn.conf.py").write_text(GOOD)
    return [f"deploys/d{number:02}" for number in range(12)]


def audit(*arguments: str) -> int:
    return run(["audit", *arguments])


@pytest.mark.parametrize("jobs", ["1", "2", "5"])
def test_documents_keep_the_order_of_the_paths(
    fleet: list[str], jobs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = list(reversed(fleet))

    assert audit(*wanted, "--jobs", jobs, "-f", "json") == 0
    document = json.loads(capsys.readouterr().out)
    assert [one["root"] for one in document["deployments"]] == wanted


@pytest.mark.parametrize("name", ["text", "sarif", "markdown", "junit"])
def test_the_number_of_processes_changes_nothing(
    fleet: list[str], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    audit(*fleet, "--jobs", "1", "-f", name)
    alone = capsys.readouterr()
    audit(*fleet, "--jobs", "3", "-f", name)

    assert capsys.readouterr() == alone


def test_one_bad_deployment_never_stops_the_others(
    fleet: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / fleet[3] / "advisor.toml").write_text("fail-on = 7 8\n")
    (tmp_path / "deploys" / "empty").mkdir()

    code = audit("none", *fleet, "deploys/empty", "-j", "2", "-f", "json")

    printed = capsys.readouterr()
    found = {one["root"]: one["error"] for one in json.loads(printed.out)["deployments"]}
    assert code == 2
    assert list(found) == ["none", *fleet, "deploys/empty"]
    assert found["none"] == "none: no such file or folder"
    assert "is not valid TOML" in found[fleet[3]]
    assert found["deploys/empty"].startswith("deploys/empty: nothing to audit here")
    assert sum(one is None for one in found.values()) == 11
    errors = [f"error: {one}" for one in found.values() if one]
    assert printed.err.splitlines() == errors


def test_a_wrong_option_is_said_once(fleet: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(*fleet, "--host", "cpu=4") == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_one_path_alone_is_an_error_of_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(str(tmp_path / "none"), "-f", "json") == 2
    assert capsys.readouterr().out == ""


def test_errors_weigh_more_than_findings(
    fleet: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "postgresql.conf").write_text("fsync = off\n")

    assert audit("postgresql.conf", fleet[0]) == 1
    assert audit("postgresql.conf", "none") == 2
    assert "1 would fail (--fail-on high), 1 could not be audited" in capsys.readouterr().out


def test_lines_go_to_a_file_and_to_stdout(
    fleet: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audit(*fleet, "-j", "2", "-f", "jsonl", "--report", "jsonl=same.jsonl", "--report", "json=all")

    printed = capsys.readouterr().out
    assert (tmp_path / "same.jsonl").read_text("utf-8") == printed
    assert len(json.loads((tmp_path / "all").read_text("utf-8"))["deployments"]) == 12
    assert json.loads(printed.splitlines()[-1])["fleet"]["deployments"] == 12


@pytest.mark.parametrize("option", ["--fix", "--diff"])
def test_fixing_many_goes_on_as_well(
    fleet: list[str], option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit("none", fleet[0], option, "--report", "json=out.json") == 2
    assert "error: none: no such file or folder" in capsys.readouterr().err
    document = json.loads(Path("out.json").read_text("utf-8"))
    assert [one["error"] is None for one in document["deployments"]] == [False, True]


# In the background of a shell SIGINT is ignored, and Python leaves it so.
HANGING = """
import os, signal, sys, time
import advisor.audit as audit
signal.signal(signal.SIGINT, signal.default_int_handler)
def hang(path, *_):
    open(f"pid-{os.getpid()}", "w").close()
    time.sleep(120)
audit.audit_path = hang
from advisor.cli import run
sys.exit(run(["audit", *sys.argv[1:]]))
"""


def ended(pid: int) -> bool:
    """
    Whether a process is gone, or a zombie that nobody has asked about.
    """
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (signal.SIGINT, 130, "interrupted\n"),
        (signal.SIGTERM, -signal.SIGTERM, ""),
        (signal.SIGKILL, -signal.SIGKILL, ""),
    ],
)
def test_no_worker_outlives_the_run(
    fleet: list[str], tmp_path: Path, number: int, code: int, said: str
) -> None:
    """
    The signal goes to the parent alone, as from a CI server or `kill`.
    """
    with subprocess.Popen(
        [sys.executable, "-c", HANGING, *fleet, "-j", "2"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        deadline = time.monotonic() + 60
        while len(list(tmp_path.glob("pid-*"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(number)
        _, printed = process.communicate(timeout=90)
    workers = [int(path.name.removeprefix("pid-")) for path in tmp_path.glob("pid-*")]

    assert (process.returncode, printed) == (code, said)
    assert len(workers) == 2
    while not all(map(ended, workers)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert all(map(ended, workers))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


FAILS = standing(report(finding(severity=Severity.HIGH)), RenderOptions())
FINE = standing(report(), RenderOptions())
ERROR = standing(report(error="x: no such file or folder"), RenderOptions())


class TestProgress:
    def test_a_terminal_has_one_line_that_is_taken_away(self) -> None:
        stream = Terminal()
        progress = Progress(stream, 1200, last=0)
        for one in (FAILS, FINE, ERROR):
            progress.step(one)
        progress.clear()

        assert stream.getvalue().startswith("\r\x1b[K1 of 1,200 deployments audited, 1 failing")
        assert stream.getvalue().endswith("\r\x1b[K")
        assert "\n" not in stream.getvalue()
        assert progress.words() == "3 of 1,200 deployments audited, 1 failing, 1 error"

    def test_a_log_gets_a_line_in_a_long_run_only(self) -> None:
        stream = io.StringIO()
        progress = Progress(stream, 3)
        progress.step(FAILS)
        assert stream.getvalue() == ""

        progress.last -= 60
        progress.step(FINE)
        progress.clear()
        assert stream.getvalue() == "2 of 3 deployments audited, 1 failing\n"
