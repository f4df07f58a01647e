"""
What the indexes of ``advisor index`` are worth on TPC-H by measured time, when they are created.

The lab sees the statistics of the server with primary keys only; the set within ``--storage`` is
really created, and every query runs without and with it in turns. Usage: ``python
benchmarks/what_if_tpch.py [ROUNDS] [--storage 100] [--scale 0.1]``. Needs ``tpchgen-cli`` and the
extra lab. Exits with 1 when a mark is missed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import psycopg
from index_server import SETTINGS, compare, serving
from tpch_queries import QUERIES, SCHEMA, TABLES

from advisor.lab.advice import advise_in_lab
from advisor.lab.prices import Limits
from advisor.lab.workload import Statement
from tests.support.lab_sources import record_of

MOST_GEOMETRIC = {100: 0.22, 500: 0.135}
"""By megabytes."""
MOST_SLOWER = 1
MOST_CALLS = 5_000


def load(connection: psycopg.Connection[Any], scale: str) -> None:
    """
    Generate the data and fill the tables.
    """
    with tempfile.TemporaryDirectory() as folder:
        generator = Path(sys.executable).with_name("tpchgen-cli")
        command = [str(generator), "tbl", "-s", scale, "--output-dir", folder]
        subprocess.run(command, check=True, capture_output=True)
        for table in TABLES:
            copy = f"COPY {table} FROM STDIN WITH (DELIMITER '|')".encode()
            with (
                (Path(folder) / f"{table}.tbl").open(encoding="utf-8") as lines,
                connection.cursor().copy(copy) as target,
            ):
                for line in lines:
                    target.write(line.rstrip("\n").removesuffix("|") + "\n")
    connection.execute(b"VACUUM ANALYZE")


def main() -> int:
    """
    Print the set, every query and the marks; 1 when one is missed.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rounds", nargs="?", type=int, default=3)
    parser.add_argument("--storage", type=int, default=100, help="megabytes")
    parser.add_argument("--scale", default="0.1")
    parser.add_argument("--server", type=Path)
    given = parser.parse_args()
    statements = [Statement(name, sql) for name, sql in QUERIES.items()]
    with serving(programs=given.server) as server:
        server.do(*(part for part in SCHEMA.split(";\n") if part.strip()))
        load(server.connection, given.scale)
        record = record_of(server.connection)
        limits = Limits(given.storage << 20)
        advice = advise_in_lab(record, statements, limits, settings=SETTINGS)
        lines = [line for one in advice.chosen for line in one.statement.split("\n")]
        print("\n".join(lines))
        print(f"{advice.planner_calls} questions, {advice.seconds:.1f} s")
        print(f"planner cost: geometric mean {advice.ratio:.3f}, {advice.size >> 20} MB estimated")
        found = compare(server, lines, QUERIES, given.rounds)
    found.show(f"advisor index, {given.storage} MB")
    most = MOST_GEOMETRIC.get(given.storage)
    missed = {
        "within the storage": sum(found.made.values()) > given.storage << 20,
        "at most one query is slower": len(found.slower()) > MOST_SLOWER,
        f"at most {MOST_CALLS} questions": advice.planner_calls > MOST_CALLS,
    }
    if most is not None:
        missed[f"geometric mean ≤ {most}"] = found.geometric_mean() > most
    for mark, is_missed in missed.items():
        print(f"{'MISSED' if is_missed else 'ok':7}{mark}")
    return int(any(missed.values()))


if __name__ == "__main__":
    sys.exit(main())
