"""
What evaluating Python files costs, as a ratio to `ast.parse` of the same files.

A thousand files of Python's own library, in the order of their names: code as people write it, and
on every machine; they start over where there are fewer. Both run in the same process, alternating;
only the ratio of the fastest rounds means anything on a shared machine. A second line tells the
same of configuration files alone, where every line is evaluated; it has no budget.

Usage: ``python benchmarks/pyeval.py [ROUNDS]``. Exits with 1 when the ratio is above `BUDGET`.
"""

from __future__ import annotations

import ast
import gc
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

from advisor.parsers.pyeval import evaluate_module

FILES = 1000
BUDGET = 3.0
"""Times `ast.parse`."""
SKIPPED = {"site-packages", "test", "tests", "__pycache__", "lib2to3", "turtledemo"}
"""Folders whose files are no ordinary code: tests, and drawings that loop for ever."""
CONFIGURATION = """\
import multiprocessing
import os

bind = f"0.0.0.0:{os.getenv('PORT', '8000')}"
workers = int(os.getenv("WEB_CONCURRENCY", multiprocessing.cpu_count() * 2 + 1))
worker_class = os.environ.get("WORKER_CLASS", "uvicorn_worker.UvicornWorker")
timeout = int(os.getenv("TIMEOUT", "60"))
keepalive = 75 if os.getenv("BEHIND_PROXY", "true").lower() == "true" else 5
accesslog = "-"


def post_fork(server, worker):
    server.log.info("worker %s", worker.pid)
"""


def main() -> int:
    """
    Print one line per kind of file; 1 when the budget is exceeded.
    """
    warnings.simplefilter("ignore")
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    texts = list(islice(cycle(_library()), FILES))
    ratio = _ratio(texts, rounds)
    print(f"{len(texts):5,} files of Python's library    {ratio:4.2f} × ast.parse  budget {BUDGET}")
    dense = _ratio([CONFIGURATION] * FILES, rounds)
    print(f"{FILES:5,} configuration files          {dense:4.2f} × ast.parse")
    return int(ratio > BUDGET)


def _library() -> Iterator[str]:
    root = Path(os.__file__).parent
    paths = sorted(path for path in root.rglob("*.py") if SKIPPED.isdisjoint(path.parts))
    for path in paths:
        text = path.read_text("utf-8", errors="replace")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        yield text


def _ratio(texts: Sequence[str], rounds: int) -> float:
    timed = [(_seconds(ast.parse, texts), _seconds(_evaluate, texts)) for _ in range(rounds)]
    return min(ours for _, ours in timed) / min(plain for plain, _ in timed)


def _evaluate(text: str) -> object:
    return evaluate_module(text, "settings.py")


def _seconds(work: Callable[[str], object], texts: Sequence[str]) -> float:
    gc.collect()
    start = time.process_time()
    for text in texts:
        work(text)
    return time.process_time() - start


if __name__ == "__main__":
    sys.exit(main())
