"""
Many deployments on several workers: nothing is lost, whatever a worker dies of.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path

import pytest

from advisor.config import Settings
from advisor.fleet import work
from advisor.fleet.pools import processes
from advisor.fleet.run import in_turn, side_by_side
from advisor.fleet.work import Audited, Task, Wanted, judge, task_for
from advisor.model import Report, Severity
from advisor.report import RenderOptions

WANTED = Wanted(RenderOptions())
CONF = "workers = 4\nkeepalive = 5\n"


def deployments(folder: Path, number: int) -> list[Task]:
    """
    So many small deployments.
    """
    tasks = []
    for name in range(number):
        path = folder / f"d{name:02}"
        path.mkdir()
        (path / "gunicorn.conf.py").write_text(CONF)
        tasks.append(task_for(path, Settings()))
    return tasks


def reports(done: Iterator[Audited], tasks: Sequence[Task]) -> list[Report]:
    """
    The reports in the order of the tasks; every task has exactly one.
    """
    everything = list(done)
    found = {one.standing.root: one.report for one in everything}
    assert len(everything) == len(found) == len(tasks)
    return [report for task in tasks if (report := found[str(task.shown)])]


def test_workers_say_what_one_process_says(tmp_path: Path) -> None:
    tasks = deployments(tmp_path, 9)

    alone = reports(in_turn(tasks, WANTED), tasks)
    together = reports(side_by_side(tasks, WANTED, processes, 2), tasks)

    assert together == alone
    assert all(one.findings and not one.error for one in alone)


def test_a_bad_deployment_is_one_sentence(tmp_path: Path) -> None:
    tasks = deployments(tmp_path, 2)
    tasks.insert(1, task_for(tmp_path / "none", Settings()))

    first, bad, last = reports(side_by_side(tasks, WANTED, processes, 2), tasks)

    assert bad.error == f"{tmp_path / 'none'}: no such file or folder"
    assert not first.error
    assert not last.error


def test_a_bug_stops_one_deployment_and_quotes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Report:
        raise KeyError("hunter2")

    monkeypatch.setattr(work, "audit_path", broken)
    tasks = deployments(tmp_path, 1)
    (report,) = reports(in_turn(tasks, WANTED), tasks)

    assert f"{tasks[0].path}: the audit broke off with KeyError in advisor/" in report.error
    assert "hunter2" not in report.error


def killing(path: Path, marker: Path, always: Path | None, *_: object) -> Report:
    """
    Kill the process that audits: once, or each time for one path.
    """
    if path == always or not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return work.failed(path, "")


def test_a_worker_that_is_killed_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = deployments(tmp_path, 12)
    marker = tmp_path / "killed"
    monkeypatch.setattr(work, "audit_path", lambda path, *_: killing(path, marker, None))

    found = reports(side_by_side(tasks, WANTED, processes, 2), tasks)

    assert marker.exists()
    assert not [one.error for one in found if one.error]


def test_only_the_deployment_that_kills_its_worker_has_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = deployments(tmp_path, 7)
    deadly = tasks[3].path
    monkeypatch.setattr(work, "audit_path", lambda path, *_: killing(path, tmp_path, deadly))

    found = reports(side_by_side(tasks, WANTED, processes, 2), tasks)

    assert [one.error for one in found if one.error] == [
        f"{deadly}: the process that worked on it was killed"
    ]


class Refusing(Executor):
    """
    What a cluster does when every worker that tried has died.
    """

    def submit(self, function: object, /, *arguments: object, **_: object) -> Future[Audited]:  # type: ignore[override]  # narrower on purpose
        future: Future[Audited] = Future()
        future.set_exception(LookupError("secret"))
        return future


def test_what_a_cluster_raises_is_an_error_of_that_deployment(tmp_path: Path) -> None:
    tasks = deployments(tmp_path, 2)

    @contextmanager
    def pool(_: int) -> Iterator[Executor]:
        yield Refusing()

    found = reports(side_by_side(tasks, WANTED, pool, 2), tasks)

    assert [one.error for one in found] == [
        f"{task.path}: no worker could do it (LookupError)" for task in tasks
    ]


def test_reports_come_when_they_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The second deployment waits for the first report to be taken: a run that waits would hang.
    """
    tasks = deployments(tmp_path, 2)
    os.mkfifo(tmp_path / "go")

    def waiting(path: Path, *_: object) -> Report:
        if path == tasks[1].path:
            (tmp_path / "go").read_text()
        return work.failed(path, "")

    monkeypatch.setattr(work, "audit_path", waiting)
    done = side_by_side(tasks, WANTED, processes, 2)

    assert next(done).standing.root == str(tasks[0].path)
    (tmp_path / "go").write_text("")
    assert [one.standing.root for one in done] == [str(tasks[1].path)]


def test_a_run_that_is_given_up_ends_its_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = deployments(tmp_path, 8)
    started = tmp_path / "pids"
    started.mkdir()

    def hanging(path: Path, *_: object) -> Report:
        if path != tasks[0].path:
            (started / str(os.getpid())).touch()
            signal.pause()
        return work.failed(path, "")

    monkeypatch.setattr(work, "audit_path", hanging)
    done = side_by_side(tasks, WANTED, processes, 2)
    next(done)
    done.close()

    for pid in started.iterdir():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid.name), 0)


def test_a_report_is_seen_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Workers of a cluster get absolute paths; reports show them as they were written.
    """
    deployments(tmp_path, 1)
    monkeypatch.chdir(tmp_path)
    near, none = Path("d00"), Path("none")
    here = [judge(task_for(path, Settings())) for path in (near, none)]
    tasks = [task_for(path, Settings(), elsewhere=True) for path in (near, none)]
    monkeypatch.chdir("/")

    assert [judge(task) for task in tasks] == here
    assert here[1].error == "none: no such file or folder"
    assert here[0].base == "d00"


def test_only_what_is_wanted_is_sent(tmp_path: Path) -> None:
    tasks = deployments(tmp_path, 2)
    wanted = Wanted(RenderOptions(min_severity=Severity.INFO), report=False, lines=True)

    found = list(side_by_side(tasks, wanted, processes, 2))

    assert [one.report for one in found] == [None, None]
    for one in found:
        lines = [json.loads(line) for line in one.lines.splitlines()]
        assert len(lines) == sum(one.standing.count.counts.values()) + 1 > 1
        assert {line["deployment"] for line in lines} == {one.standing.root}
