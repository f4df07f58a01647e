"""Which shells let the last command take their place, so that a signal reaches it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SHELLS = [
    pytest.param(
        name,
        stays,
        marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed"),
    )
    for name, stays in (("dash", True), ("bash", False))
]
COMMANDS = ("sleep 20", "true && sleep 20", "true; sleep 20", "cd / && X=1 sleep 20")

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]


def runs(words: list[str]) -> str:
    """The program that the process of these words runs once something sleeps."""
    with subprocess.Popen(words, start_new_session=True) as process:
        here = Path(f"/proc/{process.pid}")
        children = here / "task" / str(process.pid) / "children"
        try:
            for _ in range(100):
                name = (here / "comm").read_text("ascii").strip()
                if name == "sleep" or _names(children) == ["sleep"]:
                    break
                time.sleep(0.05)
            return name
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def _names(children: Path) -> list[str]:
    found = (Path(f"/proc/{one}/comm") for one in children.read_text("ascii").split())
    return [one.read_text("ascii").strip() for one in found if one.exists()]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("shell", "stays"), SHELLS)
def test_the_last_command_of_c(shell: str, command: str, *, stays: bool) -> None:
    assert runs([shell, "-c", command]) == (shell if stays else "sleep")


@pytest.mark.parametrize(("shell", "_stays"), SHELLS)
def test_the_last_line_of_a_script(shell: str, tmp_path: Path, *, _stays: bool) -> None:
    """A shell reads on after it, so every one of them stays."""
    script = tmp_path / "start.sh"
    script.write_text("true\nsleep 20\n", "ascii")

    assert runs([shell, str(script)]) == shell


@pytest.mark.parametrize(("shell", "_stays"), SHELLS)
def test_exec(shell: str, *, _stays: bool) -> None:
    assert runs([shell, "-c", "true; exec sleep 20"]) == "sleep"
