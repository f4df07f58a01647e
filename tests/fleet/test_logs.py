"""
Archives of logs, split among workers: nothing changes but the time.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from advisor.cli import run
from tests.support.dask_clusters import running_cluster

PLAN = Path(__file__).parents[2] / "fixtures/deploys/guide/plans/templates-by-category.txt"


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """
    Files of plans, some of them compressed; the working directory is the folder that holds them.
    """
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()
    names = []
    for number in range(6):
        data = PLAN.read_bytes() + b"\n" * number
        name = f"logs/{number}.log" + (".gz" if number % 2 else "")
        (tmp_path / name).write_bytes(gzip.compress(data) if number % 2 else data)
        names.append(name)
    return names


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = run(["plan", *arguments, "-f", "json"])
    return code, capsys.readouterr().out


def test_processes(archive: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    alone = shown(capsys, *archive)

    assert shown(capsys, *archive, "--jobs", "3") == alone
    assert alone[1].count('"root": "logs/') == 6


def test_a_cluster(archive: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alone = shown(capsys, *archive)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    with running_cluster(elsewhere) as dask:
        assert shown(capsys, *archive, "--cluster", dask.address) == alone


def test_the_first_file_that_cannot_be_read_is_named(
    archive: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["plan", *archive, "none.log", "missing.log", "--jobs", "2"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: none.log: ")
