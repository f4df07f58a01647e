"""systemd itself on times, sizes and lines of units."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from advisor.model import Value
from advisor.parsers.systemd import parse_unit, read_service

ANALYZE = shutil.which("systemd-analyze")
FIXTURE = Path(__file__).parents[2] / "fixtures" / "deploys" / "systemd" / "systemd"

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed"),
]


def analyze(*arguments: str) -> str:
    """What systemd-analyze prints, on both channels."""
    done = subprocess.run(
        [str(ANALYZE), *arguments], capture_output=True, text=True, timeout=30, check=False
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("text", ["45", "1min 30s", "2h", "500ms", "1.5min", "5min20s", "1d"])
def test_times(text: str) -> None:
    unit = parse_unit("u", f"[Service]\nExecStart=/x\nTimeoutStopSec={text}\n")
    process, problems = read_service("u", [unit])
    told = re.search(r"(?:μs|us): (\d+)", analyze("timespan", text))

    assert problems == ()
    assert told is not None
    assert process is not None
    assert isinstance(process.stop_grace, Value)
    assert process.stop_grace.value == int(told[1]) / 1e6


def test_what_is_refused(tmp_path: Path) -> None:
    """The same lines are wrong for both."""
    text = (
        "[Service]\nExecStart=/bin/true\nTimeoutStopSec=soon\nMemoryMax=lots\nCPUQuota=two\n"
        "LimitNOFILE=8192\nMemoryHigh=1G\nAllowedCPUs=0-3,5\n"
    )
    path = tmp_path / "advisor-test.service"
    path.write_text(text)
    _, problems = read_service("u", [parse_unit("u", text)])
    told = re.findall(r"advisor-test\.service:(\d+): ", analyze("verify", "--man=no", str(path)))

    assert [str(one.location.line) for one in problems] == ["5", "4", "3"]
    assert sorted(told) == ["3", "4", "5"]


def test_comments_within_a_line_that_goes_on(tmp_path: Path) -> None:
    """The unit of the fixture has one; only its program is missing here."""
    shutil.copytree(FIXTURE, tmp_path / "units")
    told = analyze("verify", "--man=no", str(tmp_path / "units" / "gunicorn.service"))
    complaints = [line for line in told.splitlines() if "gunicorn.service" in line]

    assert all("is not executable" in line for line in complaints)
