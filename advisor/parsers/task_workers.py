"""
Workers of task queues on command lines: how many tasks they run at once.

Sources: docs.celeryq.dev, "Workers Guide", "Concurrency" and "Autoscaling"; dramatiq.io, "User
Guide", "Workers"; python-rq.org, "Workers".
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from msgspec import Struct

from advisor import regex

_SPACES = regex.lazy(r"\s")
_CELERY_SIZES = ("-c", "--concurrency")
_AUTOSCALE = "--autoscale"
_GLOBAL = frozenset(
    {
        *("-A", "--app", "-b", "--broker", "--result-backend", "--loader", "--config"),
        *("--workdir", "-u", "--url"),
    }
)
"""Options with a value that stand before the subcommand."""
_IN_PROCESSES = frozenset({"", "prefork", "processes"})


class TaskWorker(Struct, frozen=True):
    """
    One worker, as it is started.
    """

    library: str
    """``Celery``, ``Dramatiq`` or ``RQ``."""
    processes: int | None
    """None where no flag says how many, and the cpus of the host decide."""
    tasks: int | None
    """Tasks that one process runs at once."""


def find_worker(words: Sequence[str]) -> TaskWorker | None:
    """
    The worker that a command line starts, None when it starts something else.
    """
    flat = [part for word in words for part in _parts(word)]
    for position, word in enumerate(flat):
        start = _STARTS.get(word.rpartition("/")[2])
        if start is not None:
            return start(flat[position + 1 :])
    return None


def _parts(word: str) -> Sequence[str]:
    """
    The words of a shell's script; a word without blanks as it is.
    """
    if not _SPACES.search(word):
        return (word,)
    try:
        return shlex.split(word, comments=True)
    except ValueError:
        return ()


def _celery(words: Sequence[str]) -> TaskWorker | None:
    if _command(words) != "worker":
        return None
    pool = _flag(words, ("-P", "--pool")) or ""
    if pool == "solo":
        return TaskWorker("Celery", processes=1, tasks=1)
    scale = (_flag(words, (_AUTOSCALE,)) or "").partition(",")[0]
    tasks = _number(scale) or _number(_flag(words, _CELERY_SIZES))
    if pool in _IN_PROCESSES:
        return TaskWorker("Celery", processes=tasks, tasks=1)
    return TaskWorker("Celery", processes=1, tasks=tasks)


def _dramatiq(words: Sequence[str]) -> TaskWorker | None:
    processes = _number(_flag(words, ("-p", "--processes")))
    threads = _number(_flag(words, ("-t", "--threads"))) or 8
    return TaskWorker("Dramatiq", processes=processes, tasks=threads)


def _rq(words: Sequence[str]) -> TaskWorker | None:
    command = _command(words)
    if command == "worker-pool":
        count = _number(_flag(words, ("-n", "--num-workers")))
        return TaskWorker("RQ", processes=count, tasks=1)
    return TaskWorker("RQ", processes=1, tasks=1) if command == "worker" else None


_STARTS = {"celery": _celery, "dramatiq": _dramatiq, "rq": _rq}


def _command(words: Sequence[str]) -> str:
    """
    The subcommand: the first word that is no option and no value of one.
    """
    rest = iter(words)
    for word in rest:
        if word in _GLOBAL:
            next(rest, None)
        elif not word.startswith("-"):
            return word
    return ""


def _flag(words: Sequence[str], names: Sequence[str]) -> str | None:
    """
    The value behind a flag: ``-c 4``, ``-c4``, ``--concurrency=4``. The last one counts.
    """
    found = None
    for position, word in enumerate(words):
        for name in names:
            glued = word[len(name) :].removeprefix("=")
            if word == name:
                found = words[position + 1] if position + 1 < len(words) else None
            elif word.startswith(f"{name}=") or (len(name) == 2 and word.startswith(name)):
                found = glued
    return found


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdecimal() else None
