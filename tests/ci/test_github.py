"""
The GitHub Action: its schema, a linter for actions, and its script in an imitated runner.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
AUDIT, UPLOAD = ACTION["runs"]["steps"]
BIN = Path(sys.executable).parent
FSYNC = "fsync = off\n"
PIP = """#!/bin/sh
# Instead of a new environment: the one the tests run in. What would be installed is noted.
case "$2" in
venv) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && ln -sf "{advisor}" "$3/bin/advisor" ;;
pip) shift 2 && echo "$@" >>"$RUNNER_TEMP/installed" ;;
esac
"""


def test_it_is_an_action() -> None:
    command = ["check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml"]

    subprocess.run([BIN / command[0], *command[1:]], cwd=ROOT, check=True)


def test_a_linter_of_actions_finds_nothing() -> None:
    done = subprocess.run(
        [BIN / "zizmor", "--offline", "--no-progress", "action.yml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def test_every_input_is_used_and_no_other() -> None:
    """
    Inputs go into variables, never into the text of a script.
    """
    used = set(re.findall(r"inputs\.([\w-]+)", json.dumps(ACTION["runs"])))

    assert used == set(ACTION["inputs"])
    assert "${{" not in AUDIT["run"]


def test_findings_are_sent_although_they_make_the_audit_fail() -> None:
    assert "always()" in UPLOAD["if"]
    assert UPLOAD["with"]["sarif_file"] == "${{ steps.audit.outputs.sarif }}"
    assert AUDIT["id"] == "audit"


class Runner:
    """
    A workspace, and what GitHub tells a step.
    """

    def __init__(self, folder: Path) -> None:
        self.workspace = folder / "work space"
        self.temp = folder / "temp"
        self.output, self.summary = folder / "output", folder / "summary"
        for path in (self.workspace, self.temp):
            path.mkdir()
        for path in (self.output, self.summary):
            path.touch()
        self.python = folder / "python"
        self.python.write_text(PIP.replace("{advisor}", str(BIN / "advisor")))
        self.python.chmod(0o755)

    def write(self, path: str, text: str) -> None:
        file = self.workspace / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    def run(self, **inputs: str) -> subprocess.CompletedProcess[str]:
        """
        Run the step's command with its variables filled in as a runner does.
        """
        values = {name: one["default"] for name, one in ACTION["inputs"].items()}
        values |= {name.replace("_", "-"): text for name, text in inputs.items()}
        values["python"] = str(self.python)
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", AUDIT["run"]],
            cwd=self.workspace,
            env={**os.environ, **self._told(), **_filled(AUDIT["env"], values)},
            capture_output=True,
            text=True,
            check=False,
        )

    def _told(self) -> dict[str, str]:
        return {
            "PYTHONPATH": str(ROOT),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "RUNNER_TEMP": str(self.temp),
        }

    def sarif(self) -> dict[str, Any]:
        name, _, path = self.output.read_text("utf-8").strip().partition("=")
        assert name == "sarif"
        found: dict[str, Any] = json.loads(Path(path).read_text("utf-8"))
        return found


def _filled(env: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    pattern = re.compile(r"\$\{\{ inputs\.([\w-]+) \}\}")
    return {key: pattern.sub(lambda one: values[one[1]], text) for key, text in env.items()}


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_findings(runner: Runner) -> None:
    runner.write("deploy/postgresql.conf", FSYNC)

    done = runner.run(paths="deploy")

    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::error file=deploy/postgresql.conf,line=1,")
    assert runner.sarif()["runs"][0]["results"][0]["ruleId"] == "PG101"
    assert runner.summary.read_text("utf-8").startswith("# Tuning report: deploy\n")
    assert (runner.temp / "installed").read_text().split()[-1] == str(ROOT)


def test_nothing_wrong(runner: Runner) -> None:
    runner.write("postgresql.conf", "max_connections = 100\n")

    done = runner.run()

    assert (done.returncode, done.stdout) == (0, "")
    assert runner.sarif()["runs"][0]["results"] == []


def test_the_threshold_and_further_arguments(runner: Runner) -> None:
    runner.write("postgresql.conf", FSYNC)

    assert runner.run(fail_on="never").returncode == 0
    done = runner.run(args="--host\nmemory=64GB,cpus=16\n--min-severity\ninfo\n")
    assert done.returncode == 1
    assert "::notice " in done.stdout


def test_paths_are_patterns_and_may_hold_blanks(runner: Runner) -> None:
    for name in ("deploys/a b", "deploys/c", "other/d"):
        runner.write(f"{name}/postgresql.conf", FSYNC)

    done = runner.run(paths="  deploys/*  \n\nother/d\n")

    roots = [one["automationDetails"]["id"] for one in runner.sarif()["runs"]]
    assert done.returncode == 1
    assert roots == ["advisor/deploys/a b/", "advisor/deploys/c/", "advisor/other/d/"]


def test_nothing_that_is_given_is_evaluated(runner: Runner) -> None:
    evil = "$(touch pwned)`touch pwned`;touch pwned"
    runner.write("postgresql.conf", FSYNC)

    assert runner.run(paths=evil, args=evil).returncode == 2
    assert runner.run(paths="--fix").returncode == 2
    assert not (runner.workspace / "pwned").exists()


def test_a_job_that_cannot_be_done(runner: Runner) -> None:
    done = runner.run(paths="none")

    assert done.returncode == 2
    assert "error: none: no such file or folder" in done.stderr
    assert runner.output.read_text() == ""


def test_a_summary_that_github_would_refuse_is_left_out(runner: Runner) -> None:
    numbers = range(1, 900)
    upstreams = "\n".join(f"upstream u{n} {{ server 10.0.0.1:{n}; }}" for n in numbers)
    locations = "\n".join(f"location /{n}/ {{ proxy_pass http://u{n}; }}" for n in numbers)
    runner.write("nginx.conf", f"events {{}}\nhttp {{ {upstreams}\nserver {{ {locations} }} }}\n")

    runner.run(args="--min-severity\ninfo")

    assert (runner.temp / "advisor" / "report.md").stat().st_size > 1_000_000
    assert runner.summary.read_text("utf-8").startswith("The report is too long for a summary")
