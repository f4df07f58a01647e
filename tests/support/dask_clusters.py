"""
A Dask cluster on this machine: a scheduler and workers, each a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from distributed import Client

ROOT = Path(__file__).parents[2]
_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Cluster:
    """
    Where its scheduler listens, and its workers.
    """

    address: str
    workers: tuple[subprocess.Popen[bytes], ...]


@contextmanager
def running_cluster(folder: Path, *, workers: int = 2, path: str = str(ROOT)) -> Iterator[Cluster]:
    """
    A cluster whose workers find modules in `path` and work in `folder`; it ends with the block.
    """
    file = folder / "scheduler.json"
    common = ["--scheduler-file", str(file), "--host", "127.0.0.1"]
    with ExitStack() as stack:

        def start(module: str, *options: str) -> subprocess.Popen[bytes]:
            log = stack.enter_context((folder / f"{module}.log").open("ab"))
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{module}", *common, *options],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": path},
                stdout=log,
                stderr=log,
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        scheduler = start("dask_scheduler", "--port", "0", "--no-dashboard")
        address = _address(file, scheduler)
        options = ("--no-nanny", "--nthreads", "1", "--no-dashboard")
        started = tuple(start("dask_worker", *options) for _ in range(workers))
        if workers:
            with Client(address, timeout=_SECONDS, set_as_default=False) as client:
                client.wait_for_workers(workers, timeout=_SECONDS)
        yield Cluster(address, started)


def _address(file: Path, scheduler: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline and scheduler.poll() is None:
        try:
            return str(json.loads(file.read_text("utf-8"))["address"])
        except (FileNotFoundError, ValueError):
            time.sleep(0.05)
    raise AssertionError(f"the scheduler did not start: {scheduler.poll()}")
