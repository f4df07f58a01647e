"""How the program ends: nothing that was written or waits to be done is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "fixtures" / "deploys" / "guide"


def ended(code: str) -> subprocess.CompletedProcess[str]:
    """
    What became of a Python that ran this.
    """
    return subprocess.run(
        [sys.executable, "-c", code, "explain", "PG101"],
        capture_output=True,
        text=True,
        check=False,
    )


def test_everything_is_written_and_the_code_kept() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "advisor", "audit", str(GUIDE), "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stdout.endswith("}\n")
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [("import atexit; atexit.register(print, 'kept')", ""), ("", "atexit.register(print, 'kept')")],
)
def test_what_others_want_done_at_the_end_is_done(before: str, after: str) -> None:
    registered = f"import advisor.cli.explain, atexit; {after}" if after else "pass"
    code = (
        f"{before}\nimport advisor.cli as cli\nrun = cli.run\n"
        f"def main(arguments):\n    {registered}\n    return run(arguments)\n"
        "cli.run = main\ncli.main()"
    )

    done = ended(code)

    assert done.returncode == 0
    assert done.stdout.startswith("# PG101 ")
    assert done.stdout.endswith("kept\n")


def test_threads_are_waited_for() -> None:
    done = ended(
        "import threading\nfrom advisor.cli import main\n"
        "def late():\n    threading.main_thread().join()\n    print('late', flush=True)\n"
        "threading.Thread(target=late).start()\nmain()"
    )

    assert done.returncode == 0
    assert done.stdout.endswith("late\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [["audit", str(GUIDE)], ["explain", "PG101"], ["--help"]])
def test_a_full_disk_is_one_sentence(arguments: list[str]) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "advisor", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert done.returncode == 2
    assert done.stderr == "error: standard output: No space left on device\n"
