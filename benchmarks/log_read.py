"""
How fast a log of auto_explain is read, as a ratio to looking at its lines and parsing its plans.

The comparison is a bare loop over the lines of the file plus ``json.loads`` of every plan in it.
Everything is measured in processes of their own, alternating, so that the peak of memory is that of
one way alone. Usage: ``python benchmarks/log_read.py [MEGABYTES]``. Exits with 1 when the reader is
slower than `LEAST` of the comparison, or when a log of twice the size takes more memory.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from advisor.examine import examine
from advisor.model import Given

LEAST = 0.3
"""Speed of the reader over that of the comparison."""
GROWTH = 1.25
"""Peak memory for a log over that for one of half the size."""
ROUNDS = 2
_STATEMENTS = 50


def main() -> int:
    """
    Print a line for every way and size; 1 when a budget is exceeded.
    """
    if len(sys.argv) == 3:
        return _measure(sys.argv[1], Path(sys.argv[2]))
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    peaks: list[float] = []
    worst = float("inf")
    with tempfile.TemporaryDirectory() as folder:
        for size in (megabytes // 2, megabytes):
            for form in _LOGS:
                path = Path(folder) / f"server.{form}"
                _write(path, form, size * 1024**2)
                bare, _ = _best("bare", path)
                ours, peak = _best("ours", path)
                path.unlink()
                worst = min(worst, bare / ours)
                peaks.append(peak)
                print(
                    f"{size:5} MB {form:6}  {size / ours:6.1f} MB/s  {bare / ours:5.2f} of a bare"
                    f" scan with json.loads ({size / bare:.1f} MB/s)  peak {peak:.0f} MB"
                )
    growth = max(late / early for early, late in zip(peaks, peaks[len(_LOGS) :], strict=False))
    print(f"slowest {worst:.2f}  budget {LEAST}; memory {growth:.2f} × with twice the log")
    return int(worst < LEAST or growth > GROWTH)


def _best(way: str, path: Path) -> tuple[float, float]:
    """
    Seconds of the fastest round, and megabytes at its peak.
    """
    command = [sys.executable, __file__, way, str(path)]
    rounds = [
        json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        for _ in range(ROUNDS)
    ]
    return min(seconds for seconds, _ in rounds), min(peak for _, peak in rounds)


def _measure(way: str, path: Path) -> int:
    work = _WAYS[way]
    start = time.process_time()
    work(path)
    spent = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([spent, peak]))
    return 0


def _bare(path: Path) -> None:
    """
    Every line, and every plan: what nobody can do without who wants to see them all.
    """
    waiting: list[str] = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("{"):
                _, _, plan = json.loads(line)["message"].partition("plan:\n")
                json.loads(plan)
            elif line.startswith("\t"):
                waiting.append(line)
            elif waiting:
                json.loads("".join(waiting))
                waiting.clear()


def _ours(path: Path) -> None:
    examine(path, Given())


_WAYS: dict[str, Callable[[Path], None]] = {"bare": _bare, "ours": _ours}


def _stderr(number: int, plan: str) -> str:
    body = plan.replace("\n", "\n\t")
    head = f"2026-01-01 00:00:00.000 UTC [{number}] app@shop LOG:  duration: {number % 997}.125 ms"
    return f"{head}  plan:\n\t{body}\n{head.partition(' app@')[0]} LOG:  statement: BEGIN\n"


def _jsonlog(number: int, plan: str) -> str:
    message = f"duration: {number % 997}.125 ms  plan:\n{plan}"
    return json.dumps({"pid": number, "error_severity": "LOG", "message": message}) + "\n"


_LOGS: dict[str, Callable[[int, str], str]] = {"stderr": _stderr, "json": _jsonlog}


def _write(path: Path, form: str, size: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        written = 0
        for number, plan in enumerate(_plans()):
            written += file.write(_LOGS[form](number, plan))
            if written >= size:
                return


def _plans() -> Iterator[str]:
    """
    Plans as auto_explain writes them in JSON, of a few statements with ever new values.
    """
    number = 0
    while True:
        number += 1
        kind = number % _STATEMENTS
        query = f"TABLE orders_{kind} JOIN users USING (user_id) WHERE id = {number} AND paid"
        top = {"Query Text": query, "Plan": _join(number, kind)}
        yield json.dumps(top, indent=2)


def _join(number: int, kind: int) -> dict[str, object]:
    scans = [
        _node("Index Scan", number, relation=f"orders_{kind}", cond=f"(id = {number})"),
        _node("Seq Scan", number, relation="users", cond="(id = o.user_id)"),
    ]
    return {**_node("Nested Loop", number), "Join Type": "Inner", "Plans": scans}


def _node(title: str, number: int, relation: str = "", cond: str = "") -> dict[str, object]:
    node: dict[str, object] = {
        "Node Type": title,
        "Parallel Aware": False,
        "Async Capable": False,
        "Startup Cost": 0.43,
        "Total Cost": 8.45 + number % 89,
        "Plan Rows": 1,
        "Plan Width": 72,
        "Actual Startup Time": 0.021,
        "Actual Total Time": number % 997,
        "Actual Rows": 1,
        "Actual Loops": 1,
        "Shared Hit Blocks": 4,
        "Shared Read Blocks": number % 7,
    }
    if relation:
        node |= {"Relation Name": relation, "Alias": relation[0], "Filter": cond}
    return node


if __name__ == "__main__":
    sys.exit(main())
