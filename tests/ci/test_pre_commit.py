"""
The hooks, as pre-commit installs and runs them from a repository.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
BIN = Path(sys.executable).parent
PARTS = (
    ".pre-commit-hooks.yaml",
    "LICENSE",
    "README.md",
    "advisor",
    "hatch_build.py",
    "pyproject.toml",
    "rules",
)
"""What the package is built from, and the hooks."""


def git(folder: Path, *arguments: str) -> None:
    own = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    subprocess.run(["git", *own, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    The project as a repository, without what a working copy holds besides.
    """
    folder = tmp_path_factory.mktemp("checkout")
    for name in PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(
                source,
                folder / name,
                ignore=shutil.ignore_patterns("__pycache__", "catalogue.json"),
            )
        else:
            shutil.copy(source, folder / name)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "all")
    return folder


@pytest.fixture
def user(tmp_path: Path) -> Path:
    """
    Somebody's repository.
    """
    git(tmp_path, "init", "--quiet")
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "postgresql.conf").write_text("fsync = off\n")
    (tmp_path / "notes.md").write_text("nothing to audit\n")
    git(tmp_path, "add", "--all")
    return tmp_path


def try_repo(
    user: Path, checkout: Path, hook: str, *options: str, home: Path
) -> subprocess.CompletedProcess[str]:
    environment = {
        name: text
        for name, text in os.environ.items()
        if name not in {"PYTHONPATH", "GIT_DIR", "GIT_INDEX_FILE"}
    }
    return subprocess.run(
        [BIN / "pre-commit", "try-repo", checkout, hook, *options],
        cwd=user,
        env={**environment, "PRE_COMMIT_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_pre_commit_installs_and_runs_the_hook(
    user: Path, checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """
    The first run builds the package in an environment of its own.
    """
    home = tmp_path_factory.mktemp("home")

    bad = try_repo(user, checkout, "advisor", "--all-files", home=home)
    (user / "deploy" / "postgresql.conf").write_text("max_connections = 100\n")
    git(user, "add", "--all")
    good = try_repo(user, checkout, "advisor", "--all-files", home=home)
    other = try_repo(user, checkout, "advisor", "--files", "notes.md", home=home)

    assert bad.returncode == 1, bad.stdout + bad.stderr
    assert "critical[PG101]" in bad.stdout
    assert (good.returncode, "Passed" in good.stdout) == (0, True)
    assert "(no files to check)Skipped" in other.stdout


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("deploy/postgresql.conf", True),
        ("postgresql.auto.conf", True),
        ("nginx/sites/shop.conf", True),
        ("compose.yaml", True),
        ("k8s/app.yml", True),
        ("app/db.py", True),
        ("pgbouncer.ini", True),
        ("Dockerfile", True),
        ("Procfile", True),
        ("app.service", True),
        (".env", True),
        ("requirements.txt", True),
        ("README.md", False),
        ("static/app.js", False),
        ("Dockerfile.md", False),
    ],
)
def test_which_files_make_it_run(path: str, *, counts: bool) -> None:
    for hook in HOOKS:
        assert bool(re.search(hook["files"], path)) is counts


def test_no_names_are_passed() -> None:
    """
    Findings join several files: one that has not changed may be half of one.
    """
    assert [one["id"] for one in HOOKS] == ["advisor", "advisor-system"]
    assert all(one["pass_filenames"] is False and one["require_serial"] for one in HOOKS)
