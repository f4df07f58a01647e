"""The README is true: its commands run, and print what it shows."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SESSIONS = [text for language, text in BLOCK.findall(README) if language == "console"]
SET_UP = [text for language, text in BLOCK.findall(README) if language == "sh"]


def parts(session: str) -> tuple[str, str]:
    """Command and output of a ``$ command`` block."""
    command, _, output = session.partition("\n")
    return command.removeprefix("$ "), output


def advisor(command: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Run an ``advisor …`` command from the root of the checkout, files written to `tmp_path`."""
    words = shlex.split(command)
    assert words[0] == "advisor"
    out = [str(tmp_path / word) if word.endswith((".md", ".html")) else word for word in words[1:]]
    return subprocess.run(
        [sys.executable, "-m", "advisor", *out],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("session", SESSIONS, ids=lambda text: parts(text)[0])
def test_commands_print_what_the_readme_shows(session: str, tmp_path: Path) -> None:
    """Lines with … stand for lines left out; all others have to be there, in order."""
    command, shown = parts(session)
    result = advisor(command, tmp_path)
    printed = (result.stdout + result.stderr).splitlines()

    assert result.returncode in ({2} if "error: " in shown else {0, 1})
    position = 0
    for line in shown.splitlines():
        if line.strip() == "…":
            continue
        assert line.rstrip() in [one.rstrip() for one in printed[position:]], line
        position += [one.rstrip() for one in printed[position:]].index(line.rstrip()) + 1


def test_two_commands_do_all_the_set_up() -> None:
    assert len(SET_UP) >= 2
    assert "advisor audit fixtures/deploys/guide" in SET_UP[0]
    assert SET_UP[1].strip() == "make test"


@pytest.mark.parametrize(
    "command",
    [
        "audit",
        "baseline",
        "collect",
        "compare",
        "config",
        "explain",
        "facts",
        "lsp",
        "plan",
        "rules",
        "tune",
    ],
)
def test_every_command_is_described(command: str) -> None:
    assert f"advisor {command}" in README


PAGES = (
    *("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"),
    *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").rglob("*.md"))),
)


def test_links_lead_somewhere() -> None:
    """Relative links of the project's documents name files that exist."""
    for name in PAGES:
        text = (ROOT / name).read_text("utf-8")
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
            assert ((ROOT / name).parent / target).exists(), f"{name}: {target}"
