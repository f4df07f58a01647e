"""
How the parser of postgresql.conf grows, as a ratio to reading and splitting the lines in Python.

Both run on the same file in the same process, alternating; only ratios of the fastest rounds mean
anything on a shared machine. Usage: ``python benchmarks/postgresql_parse.py [ROUNDS]``. Exits with
1 when a ratio is above `BUDGET` or the time grows faster than the file.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from advisor.parsers.postgresql import parse_file

SIZES = (10_000, 1_000_000)
BUDGET = 20.0
"""Times the plain loop."""
GROWTH = 2.0
"""
How much more a line may cost in the long file than in the short one.

Not 1: all entries are kept, and Python's collector and the caches pay for every one of them. The
plain loop gets five times slower a line. Quadratic time would show as 100.
"""

LINES = (
    "# a comment that explains the next setting\n",
    "shared_buffers = 4GB\t\t\t# min 128kB\n",
    "#work_mem = 4MB\n",
    "\n",
    "log_line_prefix = '%m [%p] %q%u@%d '\n",
    "max_connections = 200\n",
    "search_path = '\"$user\", public'\t# schema names\n",
    "autovacuum_vacuum_scale_factor = 0.05\n",
    "listen_addresses 'localhost'\n",
    "extension.setting_{number} = 'it''s {number}'\n",
)
"""Comments, blanks, and values of every kind, in the proportions of a maintained file."""


def main() -> int:
    """
    Print one line per size; 1 when a budget is exceeded.
    """
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    per_line: list[float] = []
    worst = 0.0
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "postgresql.conf"
            path.write_text("".join(_generated(size)), "utf-8")
            plain, ours = _fastest(path, rounds)
        per_line.append(ours / size)
        worst = max(worst, ours / plain)
        print(
            f"{size:9,} lines  {ours * 1e6 / size:6.2f} µs a line  {ours / plain:5.2f} ×"
            f" reading and splitting  budget {BUDGET}"
        )
    growth = per_line[-1] / per_line[0]
    print(f"a line of the longest file costs {growth:.2f} × one of the shortest  budget {GROWTH}")
    return int(worst > BUDGET or growth > GROWTH)


def _generated(size: int) -> list[str]:
    return [LINES[number % len(LINES)].replace("{number}", str(number)) for number in range(size)]


def _fastest(path: Path, rounds: int) -> tuple[float, float]:
    """
    Seconds of the plain loop and of the parser.
    """
    timed = [(_seconds(_split, path), _seconds(_parse, path)) for _ in range(rounds)]
    return min(plain for plain, _ in timed), min(ours for _, ours in timed)


def _seconds(work: Callable[[Path], object], path: Path) -> float:
    gc.collect()
    start = time.process_time()
    kept = work(path)
    spent = time.process_time() - start
    del kept
    return spent


def _split(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text("utf-8").split("\n")]


def _parse(path: Path) -> object:
    return parse_file("postgresql.conf", path.read_text("utf-8"))


if __name__ == "__main__":
    sys.exit(main())
