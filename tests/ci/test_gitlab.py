"""
The template for GitLab: its schema, and its script in a checkout.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from junitparser import JUnitXml

ROOT = Path(__file__).parents[2]
TEMPLATE: dict[str, Any] = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text("utf-8"))
JOB: dict[str, Any] = TEMPLATE["advisor"]
BIN = Path(sys.executable).parent


def run(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """
    Run the job's script as a runner does: one shell, variables set, stop at the first error.
    """
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", "\n".join(JOB["script"])],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PATH": f"{BIN}:{os.environ['PATH']}",
            **JOB["variables"],
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_a_pipeline() -> None:
    command = ["--builtin-schema", "vendor.gitlab-ci", "ci/gitlab.yml"]

    subprocess.run([BIN / "check-jsonschema", *command], cwd=ROOT, check=True)


def test_the_script_writes_the_reports_that_are_collected(tmp_path: Path) -> None:
    for name in ("a", "b"):
        folder = tmp_path / "deploys" / name
        folder.mkdir(parents=True)
        (folder / "postgresql.conf").write_text("fsync = off\n")

    done = run(tmp_path, ADVISOR_PATHS="deploys/*", ADVISOR_JOBS="2")

    assert done.returncode == 1
    reports = JOB["artifacts"]["reports"]
    entries = json.loads((tmp_path / reports["codequality"]).read_text("utf-8"))
    found = [one["location"]["path"] for one in entries if one["check_name"] == "PG101"]
    assert found == ["deploys/a/postgresql.conf", "deploys/b/postgresql.conf"]
    assert JUnitXml.fromfile(str(tmp_path / reports["junit"])).failures >= 2


def test_options_are_variables(tmp_path: Path) -> None:
    (tmp_path / "postgresql.conf").write_text("fsync = off\n")

    assert run(tmp_path, ADVISOR_FAIL_ON="never").returncode == 0
    assert JOB["artifacts"]["when"] == "always"
