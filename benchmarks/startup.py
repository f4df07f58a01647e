"""
How long the advisor takes to start, as a ratio to a bare ``import click``.

The program is started as it is installed: with its rules as one prebuilt catalogue, its bytecode
compiled. Times on a shared machine are noise, so the commands run interleaved in one process tree
and only ratios of their fastest runs are printed. Usage: ``python benchmarks/startup.py [ROUNDS]``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GUIDE = str(ROOT / "fixtures" / "deploys" / "guide")
COMMANDS = {
    "python -c 'import click'": [sys.executable, "-c", "import click"],
    "advisor --help": [sys.executable, "-m", "advisor", "--help"],
    "advisor audit guide (with plans)": [sys.executable, "-m", "advisor", "audit", GUIDE],
    "advisor audit guide, no plan": [
        sys.executable,
        "-m",
        "advisor",
        "audit",
        f"{GUIDE}/gunicorn.conf.py",
    ],
}
BUDGET = {
    "advisor --help": 1.5,
    "advisor audit guide (with plans)": 7.0,
    "advisor audit guide, no plan": 4.0,
}
"""Ratios the design allows."""


def measure(rounds: int) -> dict[str, float]:
    """
    Fastest wall time of each command in seconds, over interleaved rounds.
    """
    best = dict.fromkeys(COMMANDS, float("inf"))
    with tempfile.TemporaryDirectory() as folder:
        install(Path(folder))
        # The first round compiles the bytecode.
        env = {**os.environ, "PYTHONPATH": folder, "PYTHONPYCACHEPREFIX": f"{folder}/cache"}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        for _ in range(rounds + 1):
            for name, command in COMMANDS.items():
                start = time.perf_counter()
                subprocess.run(command, cwd=folder, env=env, capture_output=True, check=False)
                best[name] = min(best[name], time.perf_counter() - start)
    return best


def install(folder: Path) -> None:
    """
    Put the package into `folder` as its wheel does.
    """
    from advisor.rules.catalogue import build  # noqa: PLC0415 - found from the checkout only

    shutil.copytree(ROOT / "advisor", folder / "advisor")
    build(ROOT / "rules", folder / "advisor" / "rules" / "catalogue.json")


def main() -> None:
    """
    Print one line per command.
    """
    sys.path.insert(0, str(ROOT))
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    best = measure(rounds)
    base = best["python -c 'import click'"]
    for name, seconds in best.items():
        budget = f"  budget {BUDGET[name]}" if name in BUDGET else ""
        print(f"{seconds * 1000:7.1f} ms  {seconds / base:5.2f} ×  {name}{budget}")


if __name__ == "__main__":
    main()
