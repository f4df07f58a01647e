"""
The plans of many logs, each file on a worker of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from advisor.audit import base_of
from advisor.config import Settings
from advisor.errors import AdvisorError, SourceError
from advisor.examine import Beside, examine
from advisor.fleet.run import Job, Pool, spread
from advisor.model import Report


class Log(Struct, frozen=True):
    """
    One file of plans, as it is sent to a worker.
    """

    path: Path
    settings: Settings
    beside: Beside
    shown: Path
    base: str


def log_for(path: Path, settings: Settings, beside: Beside, *, elsewhere: bool) -> Log:
    """
    The task to read a file; `elsewhere` as in `task_for`.
    """
    if not elsewhere:
        return Log(path, settings, beside, path, base_of(path))
    schema = beside.schema.absolute() if beside.schema else None
    query = beside.query.absolute() if beside.query else None
    return Log(path.absolute(), settings, Beside(schema, query), path, base_of(path))


def examine_all(logs: Sequence[Log], pool: Pool, workers: int) -> list[Report]:
    """
    The plans of each file, in their order.

    Raises `SourceError` for the first of them that cannot be read or holds no plan.
    """
    found = dict(spread(logs, Job(look, _lost), pool, workers))
    return [_checked(found[at]) for at in range(len(logs))]


def look(log: Log) -> Report | str:
    """
    The plans of one file, or why there are none, as one sentence.
    """
    try:
        settings = log.settings
        found = examine(
            log.path, settings.given, settings.rules, settings.policy, beside=log.beside
        )
    except AdvisorError as error:
        return str(error).replace(str(log.path), str(log.shown), 1)
    return replace(found, root=str(log.shown), base=log.base)


def _lost(log: Log, why: str) -> str:
    return f"{log.shown}: {why}"


def _checked(found: Report | str) -> Report:
    if isinstance(found, str):
        raise SourceError(found)
    return found
