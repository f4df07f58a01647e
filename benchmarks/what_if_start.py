"""
How long a lab of 200 tables with 500 candidates takes until it answers, and each answer.

Usage: ``python benchmarks/what_if_start.py [TABLES] [CANDIDATES]``. Needs the extra lab. Exits with
1 when a mark is missed.
"""

from __future__ import annotations

import sys
import time

from advisor.indexes import Definition, Key
from advisor.lab.lab import laboratory
from advisor.lab.planner import Answer
from advisor.lab.record import Column, Index, Record, Source, Table

MOST_SECONDS = 5.0
MOST_MS = 3.0
COLUMNS = 10
QUESTIONS = 500


def main() -> int:
    """
    Print both times; 1 when a mark is missed.
    """
    tables, candidates = (
        int(text) for text in (sys.argv[1:] + ["200", "500"][len(sys.argv) - 1 :])
    )
    record = _record(tables)
    wanted = [
        Definition(f"public.t{at % tables}", (Key(f"c{at // tables + 1}"), Key("c0")))
        for at in range(candidates)
    ]
    start = time.perf_counter()
    with laboratory(record) as lab:
        built = time.perf_counter() - start
        made = lab.add(wanted)
        ready = time.perf_counter() - start
        start = time.perf_counter()
        for at in range(QUESTIONS):
            number = at % len(made)
            table = made[number].definition.table
            answer = lab.explain(f"SELECT * FROM {table} WHERE c1 = {at}", [made[number]])  # noqa: S608 - own names
            assert isinstance(answer, Answer)  # noqa: S101 - a benchmark of refusals is none
        each = (time.perf_counter() - start) / QUESTIONS * 1000
    print(f"{tables} tables: {built:.2f} s; with {len(made)} candidates: {ready:.2f} s")
    print(f"{each:.2f} ms for a configuration")
    marks = {
        f"ready in {MOST_SECONDS} s": ready <= MOST_SECONDS,
        f"≤ {MOST_MS} ms": each <= MOST_MS,
    }
    for mark, is_met in marks.items():
        print(f"{'ok' if is_met else 'MISSED':7}{mark}")
    return int(not all(marks.values()))


def _record(tables: int) -> Record:
    columns = [
        Column(
            table=f"t{at}",
            name=f"c{number}",
            number=number + 1,
            type="bigint",
            not_null=number == 0,
            null_frac=0,
            avg_width=8,
            n_distinct=-1 / (number + 1),
            histogram_bounds="{" + ",".join(str(one * 10_000) for one in range(101)) + "}",
            correlation=0.1,
        )
        for at in range(tables)
        for number in range(COLUMNS)
    ]
    keys = [
        Index(
            table=f"t{at}",
            name=f"t{at}_pkey",
            definition=f"CREATE UNIQUE INDEX t{at}_pkey ON public.t{at} USING btree (c0)",
            columns=("c0",),
            unique=True,
            primary=True,
            constraint=f"t{at}_pkey",
            tuples=1_000_000,
            pages=2_745,
        )
        for at in range(tables)
    ]
    sized = [Table(name=f"t{at}", tuples=1_000_000, pages=15_000) for at in range(tables)]
    server = Source(major=18, samples=True)
    return Record(server=server, tables=sized, columns=columns, indexes=keys)


if __name__ == "__main__":
    sys.exit(main())
