"""
What the advised indexes are worth for a web application, beside the best plain B-trees.

Statements of every kind an application sends are explained with primary keys only; the advice is
made of these plans, and its indexes are really created. The same is done with the set of B-trees
over plain columns that serves these statements best. Usage: ``python
benchmarks/index_advice_web.py [ROUNDS]``; ``--server DIR`` names the ``bin`` of a PostgreSQL with
pg_trgm (Debian's package postgresql has it). Exits with 1 when a mark is missed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from index_server import advice_for, compare, plans, serving
from web_queries import PLAIN, QUERIES, ROWS, SCHEMA

MOST_OF_PLAIN = 0.5
"""Geometric mean of the times with the advice ÷ the same with plain B-trees."""


def main() -> int:
    """
    Print both sets, every query and the marks; 1 when one is missed.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rounds", nargs="?", type=int, default=3)
    parser.add_argument("--server", type=Path)
    given = parser.parse_args()
    with serving(programs=given.server) as server:
        server.do(*(part for part in (SCHEMA + ROWS).split(";\n") if part.strip()))
        server.do("VACUUM ANALYZE")
        advice = advice_for(plans(server, QUERIES), {})
        lines = [line for one in advice.candidates for line in one.statement.split("\n")]
        print("\n".join(lines))
        advised = compare(server, lines, QUERIES, given.rounds)
        plain = compare(server, [f"CREATE INDEX ON {one}" for one in PLAIN], QUERIES, given.rounds)
    advised.show("advised")
    plain.show("plain B-trees")
    ratio = advised.geometric_mean() / plain.geometric_mean()
    print(f"advised ÷ plain: {ratio:.3f}")
    missed = {
        f"geometric mean ≤ {MOST_OF_PLAIN} of plain B-trees": ratio > MOST_OF_PLAIN,
        "no query is slower": bool(advised.slower()),
        "every index is used": bool(advised.unused()),
    }
    for mark, is_missed in missed.items():
        print(f"{'MISSED' if is_missed else 'ok':7}{mark}")
    return int(any(missed.values()))


if __name__ == "__main__":
    sys.exit(main())
