"""
Which programs are found, and how one is run.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from advisor.verify import programs
from advisor.verify.model import UnverifiableError


def program(folder: Path, name: str, said: str) -> Path:
    """
    A script that says its version.
    """
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{said}'\n", "utf-8")
    file.chmod(0o755)
    return file


def test_nginx_says_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = program(tmp_path, "nginx", "nginx version: nginx/1.27.3 (Ubuntu)")
    monkeypatch.setenv("PATH", str(tmp_path))
    found = programs.find_nginx()

    assert found is not None
    assert (found.path, str(found)) == (path, "nginx 1.27.3")


def test_a_program_of_the_audited_folder_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A relative PATH leads to whatever lies there.
    """
    program(tmp_path, "nginx", "nginx version: nginx/6.6.6")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f".{':'}bin")
    found = programs.find_nginx()

    assert found is None or found.version != (6, 6, 6)


def test_the_newest_server_is_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "postgres", "postgres (PostgreSQL) 99.1")
    monkeypatch.setenv("PATH", str(tmp_path))

    assert str(programs.find_postgres()[0]) == "PostgreSQL 99.1"


def test_a_program_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "SECONDS", 0.2)
    with pytest.raises(UnverifiableError, match="does not answer"):
        programs.run((sys.executable, "-c", "import time; time.sleep(60)"))


def test_nothing_of_the_environment_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "hunter2")
    code, said = programs.run((sys.executable, "-c", "import os; print(sorted(os.environ))"))

    assert code == 0
    assert "PGPASSWORD" not in said
