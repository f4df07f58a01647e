"""
A real Dask cluster: a scheduler and two workers, each a process of its own.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor import __version__
from advisor.cli import run
from advisor.config import Settings
from advisor.errors import UsageError
from advisor.fleet import pools
from advisor.fleet.pools import cluster
from advisor.fleet.run import side_by_side
from advisor.fleet.work import Task, Wanted, judge, task_for
from advisor.report import RenderOptions
from tests.support.dask_clusters import Cluster, running_cluster

WANTED = Wanted(RenderOptions())
DEPLOYS = Path(__file__).parents[2] / "fixtures" / "deploys"


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running_cluster(tmp_path_factory.mktemp("cluster")) as found:
        yield found


def audit(*arguments: str) -> int:
    return run(["audit", *arguments])


def test_a_cluster_says_what_one_process_says(
    dask: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Its workers run elsewhere; paths are shown as they were given here all the same.
    """
    monkeypatch.chdir(DEPLOYS)
    paths = ["guide", "none", "./healthy", "systemd/../pgbouncer"]

    assert audit(*paths, "--jobs", "1", "-f", "json") == 2
    near = capsys.readouterr().out
    assert audit(*paths, "--cluster", dask.address, "-f", "json") == 2
    assert capsys.readouterr().out == near


def test_lines_come_from_a_cluster(dask: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(DEPLOYS / name) for name in ("guide", "healthy")]

    assert audit(*paths, "--cluster", dask.address, "-f", "jsonl") == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {one["deployment"] for one in lines[:-1]} == set(paths)
    assert lines[-1]["fleet"]["deployments"] == 2


def test_a_run_that_is_given_up_leaves_nothing_behind(dask: Cluster, tmp_path: Path) -> None:
    tasks = copies(tmp_path, 30)
    done = side_by_side(tasks, WANTED, lambda _: cluster(dask.address), 0)
    next(done)
    done.close()

    with cluster(dask.address) as executor:
        assert executor.submit(pools.release).result(timeout=60) == __version__


def copies(folder: Path, number: int) -> list[Task]:
    """
    So many deployments on storage that all processes see.
    """
    tasks = []
    for name in range(number):
        path = folder / f"d{name:02}"
        shutil.copytree(DEPLOYS / "guide", path)
        tasks.append(task_for(path, Settings(), elsewhere=True))
    return tasks


def test_a_worker_is_killed_and_nothing_is_lost(tmp_path: Path) -> None:
    """
    Also not the reports that it has made and nobody has fetched yet.
    """
    tasks = copies(tmp_path, 40)
    with running_cluster(tmp_path) as mortal:
        done = side_by_side(tasks, WANTED, lambda _: cluster(mortal.address), 0)
        found = [next(done) for _ in range(6)]
        mortal.workers[0].kill()
        found += done
        assert mortal.workers[0].wait() != 0
        assert mortal.workers[1].poll() is None

    reports = {one.standing.root: one.report for one in found}
    assert len(found) == len(reports) == 40
    assert reports == {str(task.shown): judge(task) for task in tasks}


class TestClustersThatCannotBeUsed:
    def test_nobody_listens(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(pools, "_SECONDS", 1)
        assert audit(str(DEPLOYS / "guide"), "--cluster", "tcp://127.0.0.1:9") == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert "error: no Dask scheduler answers at tcp://127.0.0.1:9" in printed.err

    def test_no_worker(self, tmp_path: Path) -> None:
        with (
            running_cluster(tmp_path, workers=0) as empty,
            pytest.raises(UsageError, match="has no workers"),
            cluster(empty.address),
        ):
            pass

    def test_another_release(self, dask: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pools, "__version__", "99.0")
        with (
            pytest.raises(UsageError, match=rf"runs advisor {__version__}, this is 99\.0"),
            cluster(dask.address),
        ):
            pass

    def test_no_dask(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "distributed", None)
        with (
            pytest.raises(UsageError, match=r"pip install 'deploy-advisor\[cluster\]'"),
            cluster("tcp://127.0.0.1:9"),
        ):
            pass
