"""
The pages to follow: their files are written, their commands run, in the order of the page.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r'^```(?P<language>\w+)(?: title="(?P<path>[^"]+)")?\n(?P<text>.*?)^```$',
    re.DOTALL | re.MULTILINE,
)


class Reader:
    """
    Somebody who follows a page in a folder of their own.
    """

    def __init__(self, home: Path) -> None:
        self.home = home / "home"
        program = home / "bin" / "advisor"
        for folder in (self.home, program.parent):
            folder.mkdir()
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m advisor "$@"\n', "utf-8")
        program.chmod(0o755)
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ADVISOR_")}
        self._environment = {
            **kept,
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(home),
            "COLUMNS": "100",
            **{f"GIT_{who}_NAME": "Reader" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "reader@example.com" for who in ("AUTHOR", "COMMITTER")},
        }
        self.code = 0
        self.ran: list[str] = []

    def follow(self, page: str) -> None:
        """
        Do what the page of this name says.
        """
        for block in BLOCK.finditer((ROOT / "docs" / page).read_text("utf-8")):
            if block["path"]:
                self.write(block["path"], block["text"])
            elif block["language"] == "console":
                for command, shown in sessions(block["text"]):
                    compare(command, shown, self.run(command))

    def write(self, path: str, text: str) -> None:
        """
        Save a file of the page.
        """
        target = self.home / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")

    def run(self, command: str) -> str:
        """
        What the command prints, with the exit code of the one before in ``$?``.
        """
        done = subprocess.run(
            ["bash", "-c", f"(exit {self.code}); {command}"],
            cwd=self.home,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.code = done.returncode
        self.ran.append(command)
        return done.stdout


def sessions(text: str) -> Iterator[tuple[str, list[str]]]:
    """
    Each command of a block with the lines shown below it.
    """
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *shown = part.splitlines()
        yield command, shown


def compare(command: str, shown: list[str], printed: str) -> None:
    """
    What is printed is what is shown; … stands for any lines.
    """
    pattern = "".join(
        r"(?:.*\n)*?" if line == "…" else re.escape(line.rstrip()) + r" *\n" for line in shown
    )
    assert re.fullmatch(
        pattern, printed + ("" if printed.endswith("\n") or not printed else "\n")
    ), f"$ {command}\n{printed}"


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


def test_the_tutorial_ends_with_a_green_pipeline(reader: Reader) -> None:
    reader.follow("tutorial.md")

    workflow = yaml.safe_load((reader.home / ".github/workflows/advisor.yml").read_text("utf-8"))
    steps = [step.get("run", "") for step in workflow["jobs"]["audit"]["steps"]]
    (audit,) = [step for step in steps if step.startswith("advisor ")]
    assert audit in reader.ran
    assert len(reader.ran) >= 15
    checker = f"'{sys.executable}' -m check_jsonschema --builtin-schema vendor.github-workflows"
    assert "ok" in reader.run(f"{checker} .github/workflows/advisor.yml")
    assert reader.code == 0


def test_the_rule_of_the_page_is_right_and_used(reader: Reader) -> None:
    reader.follow("own-rules.md")
    reader.write("postgresql.conf", "log_min_duration_statement = 5s\n")

    printed = reader.run("advisor audit postgresql.conf -f concise")

    assert "medium[OPS001] [*] Statements that take longer than 2 s are not all logged" in printed
    assert reader.run("advisor explain OPS001 ops-rules").startswith("# OPS001 ")
