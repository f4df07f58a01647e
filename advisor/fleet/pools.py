"""
Where the work is done: processes of this machine, or the workers of a Dask cluster.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from advisor import __version__
from advisor.errors import UsageError
from advisor.rules.catalogue import kept_book

if TYPE_CHECKING:
    from distributed import Client

EACH = 8
"""Deployments that make a process of their own worth its start."""
_SECONDS = 20
"""How long to wait for a cluster to answer."""


def worth(deployments: int) -> int:
    """
    How many processes so many deployments are worth, on the processors this one may use.
    """
    return max(1, min(_processors(), deployments // EACH))


def _processors() -> int:
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


@contextmanager
def processes(workers: int) -> Iterator[Executor]:
    """
    A pool of processes. When the work is broken off, none of them outlives it.
    """
    # A fork has the rules and modules already. It is safe while there is one thread, as here.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
    if sys.platform == "linux":
        kept_book()
    before = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start)
    try:
        yield pool
    except BaseException:
        for child in set(multiprocessing.active_children()) - before:
            child.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _start() -> None:
    """
    In a worker: leave Ctrl-C to the parent, and end when it ends, however that happens.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """
    The workers of the Dask cluster whose scheduler is at `address`.

    Dask itself gives the work of a worker that is lost to another one. Raises `UsageError` when
    the cluster cannot be used.
    """
    client = _client(address)
    try:
        _check(client, address)
        executor = client.get_executor(pure=False)
        try:
            yield executor
        finally:
            # What has been asked for and is not wanted any more; nothing when all is done.
            executor.shutdown(wait=False)
    finally:
        client.close()


def _client(address: str) -> Client:
    try:
        from distributed import Client  # noqa: PLC0415 - only with the extra
    except ImportError as error:
        raise UsageError(
            "--cluster needs Dask", hint="pip install 'deploy-advisor[cluster]'"
        ) from error
    try:
        return Client(address, timeout=_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"no Dask scheduler answers at {address}") from error


def _check(client: Client, address: str) -> None:
    """
    All workers have to run this very release: reports are sent as Python objects.
    """
    try:
        versions = client.run(release)
    except ModuleNotFoundError as error:
        raise UsageError(f"workers of {address} lack {error.name}", hint=_INSTALL) from error
    if not versions:
        raise UsageError(f"the cluster at {address} has no workers")
    others = sorted({worker for worker, version in versions.items() if version != __version__})
    if others:
        raise UsageError(
            f"{others[0]} runs advisor {versions[others[0]]}, this is {__version__}", hint=_INSTALL
        )


_INSTALL = f"install deploy-advisor {__version__} there"


def release() -> str:
    """
    The advisor's version, where this is called.
    """
    return __version__
