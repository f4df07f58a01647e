"""
One function over many deployments or logs, through any `concurrent.futures.Executor`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from contextlib import AbstractContextManager
from typing import Generic, TypeAlias, TypeVar

from msgspec import Struct

from advisor.fleet.work import Audited, Task, Wanted, failed, finished, work

T = TypeVar("T")
R = TypeVar("R")

Pool: TypeAlias = "Callable[[int], AbstractContextManager[Executor]]"
"""Opens so many workers."""
Results: TypeAlias = "Generator[Audited, None, None]"


class Job(Struct, Generic[T, R], frozen=True):
    """
    What is done with each of many items.
    """

    function: Callable[[T], R]
    """Runs on a worker, and has an answer for everything it may meet."""
    otherwise: Callable[[T, str], R]
    """The answer for an item that no worker could do, and why; runs here."""


class _Audit(Struct, frozen=True):
    """
    Audit a deployment, and make of its report what is wanted.
    """

    wanted: Wanted

    def __call__(self, task: Task) -> Audited:
        return work(task, self.wanted)

    def otherwise(self, task: Task, why: str) -> Audited:
        return finished(failed(task.shown, f"{task.shown}: {why}"), self.wanted)


def in_turn(tasks: Iterable[Task], wanted: Wanted) -> Results:
    """
    Audit one after the other, in this process.
    """
    return (work(task, wanted) for task in tasks)


def side_by_side(tasks: Sequence[Task], wanted: Wanted, pool: Pool, workers: int) -> Results:
    """
    Audit on several workers, each deployment as soon as it is done.
    """
    audit = _Audit(wanted)
    for _, done in spread(tasks, Job(audit, audit.otherwise), pool, workers):
        yield done


def spread(
    items: Sequence[T], job: Job[T, R], pool: Pool, workers: int
) -> Generator[tuple[int, R], None, None]:
    """
    The answers with the numbers of their items, each as soon as it is there.

    A worker that dies takes nothing with it: what was not done is done again, one at a time, so
    that only the item that kills its worker is answered by `otherwise`.
    """
    lost: list[int] = []
    with pool(workers) as executor:
        futures = {executor.submit(job.function, item): at for at, item in enumerate(items)}
        for future in as_completed(list(futures)):
            at = futures.pop(future)
            try:
                yield at, _result(future, items[at], job)
            except BrokenExecutor:
                lost.append(at)
    yield from _alone([(at, items[at]) for at in sorted(lost)], job, pool)


def _alone(
    items: Iterable[tuple[int, T]], job: Job[T, R], pool: Pool
) -> Generator[tuple[int, R], None, None]:
    left = deque(items)
    while left:
        with pool(1) as executor:
            while left:
                at, item = left.popleft()
                try:
                    answer = _result(executor.submit(job.function, item), item, job)
                except BrokenExecutor:
                    yield at, job.otherwise(item, "the process that worked on it was killed")
                    break
                yield at, answer


def _result(future: Future[R], item: T, job: Job[T, R]) -> R:
    """
    What a worker returned. Raises `BrokenExecutor` when the pool broke before it could.
    """
    try:
        return future.result()
    except BrokenExecutor:
        raise
    except Exception as error:  # noqa: BLE001 - a cluster raises what its workers died of
        return job.otherwise(item, f"no worker could do it ({type(error).__name__})")
