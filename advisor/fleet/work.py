"""
What a worker does: one deployment, whatever becomes of it.
"""

from __future__ import annotations

import traceback
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from advisor.audit import audit_path, base_of
from advisor.config import Settings
from advisor.errors import AdvisorError
from advisor.model import Report
from advisor.report.fleet import Standing, standing
from advisor.report.options import RenderOptions

_PACKAGE = Path(__file__).parents[1]


class Task(Struct, frozen=True):
    """
    One deployment to audit, as it is sent to a worker.
    """

    path: Path
    """As the worker finds it."""
    settings: Settings
    shown: Path
    """As the user wrote it."""
    base: str
    """The folder as seen from where the user is: a worker may run elsewhere."""


class Wanted(Struct, frozen=True):
    """
    What is to be sent back of each deployment. A report takes time to send.
    """

    options: RenderOptions
    report: bool = True
    lines: bool = False
    """Its lines of ``jsonl``."""
    several: bool = True
    """Whether there are other deployments."""


class Audited(Struct, frozen=True):
    """
    What became of one deployment.
    """

    standing: Standing
    report: Report | None
    lines: str = ""


def task_for(path: Path, settings: Settings, *, elsewhere: bool = False) -> Task:
    """
    The task to audit a path; `elsewhere` for workers that have another working directory.
    """
    return Task(path.absolute() if elsewhere else path, settings, path, base_of(path))


def work(task: Task, wanted: Wanted) -> Audited:
    """
    Audit one deployment, and make of its report what is wanted.
    """
    return finished(judge(task), wanted)


def judge(task: Task) -> Report:
    """
    The report of a deployment; one that cannot be audited has an `error` in its report.
    """
    try:
        one = task.settings
        report = audit_path(task.path, one.given, one.rules, one.policy)
    except AdvisorError as error:
        return failed(task.shown, str(error).replace(str(task.path), str(task.shown), 1))
    except Exception as error:  # noqa: BLE001 - what one deployment hits must not stop the others
        return failed(task.shown, f"{task.shown}: {_bug(error)}")
    return replace(report, root=str(task.shown), base=task.base)


def finished(report: Report, wanted: Wanted) -> Audited:
    """
    What is wanted of a report.
    """
    lines = ""
    if wanted.lines:
        from advisor.report.jsonl import render_one  # noqa: PLC0415 - only where it is asked for

        lines = render_one(report, wanted.options, several=wanted.several)
    return Audited(standing(report, wanted.options), report if wanted.report else None, lines)


def failed(path: Path, error: str) -> Report:
    """
    The report of a deployment that could not be audited: its name, and one sentence.
    """
    return Report(
        name=path.name or str(path),
        root=str(path),
        stack="",
        findings=(),
        not_evaluated=(),
        passed=(),
        facts=(),
        guide=(),
        notes=(),
        base=base_of(path),
        error=error,
    )


def _bug(error: Exception) -> str:
    """
    Where the advisor itself went wrong. The message may quote what was read, so it is left out.
    """
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(_PACKAGE)
    ]
    place = ""
    if own:
        file = Path(own[-1].filename).relative_to(_PACKAGE.parent).as_posix()
        place = f" in {file}:{own[-1].lineno}"
    return f"the audit broke off with {type(error).__name__}{place}: please report this"
