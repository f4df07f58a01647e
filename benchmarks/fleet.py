"""
How much of the time of one process two of them need for a thousand deployments.

The deployments are generated: every stack of the fixtures in turn, each with numbers of its own.
Runs alternate and the fastest counts. On a machine that does other work as well the wall clock says
little, so the time of all processors is shown too: two idle ones could not do it in less than half
of that. Usage: ``python benchmarks/fleet.py [DEPLOYMENTS [ROUNDS [FORMAT]]]``. Exits with 1 when
the ratio is above its budget.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = ROOT / "fixtures" / "deploys"
BUDGET = 0.65
"""Wall time with two processes, as a share of that with one, on two idle processors."""
_NUMBER = re.compile(r"(?<=pool_size=)\d+|(?<=max_connections = )\d+|(?<=worker_connections )\d+")


@dataclass(frozen=True, slots=True)
class Cost:
    """
    What one run takes, in seconds.
    """

    wall: float
    processors: float
    """Of all its processes together."""


def main() -> int:
    """
    Print the costs of both and their ratios.
    """
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    form = sys.argv[3] if len(sys.argv) > 3 else "jsonl"
    best: dict[int, Cost] = {}
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), number)
        for _ in range(rounds):
            for jobs in (1, 2):
                cost = _run(Path(folder), jobs, form)
                best[jobs] = min(best.get(jobs, cost), cost, key=lambda one: one.wall)
                print(f"--jobs {jobs}: {cost.wall:6.1f} s, processors {cost.processors:6.1f} s")
    one, two = best[1], best[2]
    ratio = two.wall / one.wall
    print(f"{number} deployments, {form}, load before this {os.getloadavg()[2]:.1f}")
    print(f"{ratio:5.2f} × wall time  budget {BUDGET}")
    print(f"{two.processors / one.processors / 2:5.2f} × at least, from the processors' time")
    return int(ratio > BUDGET)


def generate(folder: Path, number: int) -> None:
    """
    Write so many deployments, no two of them the same.
    """
    stacks = sorted(path for path in FIXTURES.iterdir() if path.is_dir())
    for count in range(number):
        stack = stacks[count % len(stacks)]
        for source in sorted(path for path in stack.rglob("*") if path.is_file()):
            target = folder / f"d{count:05}" / source.relative_to(stack)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_varied(source.read_bytes(), count))


def _varied(data: bytes, count: int) -> bytes:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data
    return _NUMBER.sub(lambda match: str(int(match[0]) + count % 97), text).encode()


def _run(folder: Path, jobs: int, form: str) -> Cost:
    paths = sorted(path.name for path in folder.iterdir())
    command = [sys.executable, "-m", "advisor", "audit", "--jobs", str(jobs), "-f", form, *paths]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    before, start = _children(), time.perf_counter()
    subprocess.run(command, cwd=folder, env=env, stdout=subprocess.DEVNULL, check=False)
    return Cost(time.perf_counter() - start, _children() - before)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
