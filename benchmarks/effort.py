"""
How long the lab's model says that plans take, against the clock: one statement for each kind of
work that an executor does, with the rows that really came.

Between two runs the caches of the processor are filled with something else, as other statements do
on a server. Usage: ``python benchmarks/effort.py [ROUNDS]``. Needs ``tpchgen-cli``. Prints what the
model says ÷ what was measured; nothing is a failure, machines differ.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from math import exp, log
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

sys.path.insert(0, str(Path(__file__).parents[1]))

from index_server import Server, serving
from tpch_queries import SCHEMA
from what_if_tpch import load

from advisor.lab import unit_times
from advisor.lab.clock import Clock, Indexes, Sorted, clock_of
from advisor.lab.effort import effort
from tests.support.lab_sources import record_of

Plan: TypeAlias = dict[str, Any]

_LONG_MS = 2_000
INDEXES = (
    "by_day ON orders (o_orderdate) INCLUDE (o_custkey, o_orderkey)",
    "by_customer ON orders (o_custkey) INCLUDE (o_orderkey)",
    "by_order ON lineitem (l_orderkey) INCLUDE (l_commitdate, l_quantity)",
    "by_part ON lineitem (l_partkey) INCLUDE (l_quantity)",
    "by_ship ON lineitem (l_shipdate, l_discount)",
)
WASH = "SELECT count(*) FROM lineitem"
OFF: Mapping[str, tuple[str, ...]] = {
    "scan": ("indexscan", "indexonlyscan", "bitmapscan"),
    "index": ("seqscan", "bitmapscan"),
    "bitmap": ("seqscan", "indexscan", "indexonlyscan"),
    "loop": ("hashjoin", "mergejoin", "memoize", "bitmapscan"),
    "loop, all by index": ("hashjoin", "mergejoin", "memoize", "bitmapscan", "seqscan"),
    "memoize": ("hashjoin", "mergejoin"),
    "hash": ("nestloop", "mergejoin", "indexscan", "indexonlyscan", "bitmapscan"),
    "merge": ("nestloop", "hashjoin", "seqscan", "bitmapscan"),
    "hashed": ("indexscan", "indexonlyscan", "bitmapscan", "sort"),
    "sorted": ("seqscan", "bitmapscan", "hashagg"),
}
"""What the planner may not use, so that a statement is executed as it shall be."""
KINDS = """
scan: all | scan | SELECT count(l_orderkey) FROM lineitem
scan: last column | scan | SELECT count(l_comment) FROM lineitem
scan: numbers | scan | SELECT count(*) FROM lineitem WHERE l_quantity < 24
scan: days | scan | SELECT count(*) FROM orders WHERE MONTHS
scan: pattern | scan | SELECT count(*) FROM orders WHERE o_comment NOT LIKE '%ab%cd%'
scan: function | scan | SELECT count(*) FROM customer WHERE substr(c_phone, 1, 2) = '13'
index only: all | index | SELECT count(l_quantity) FROM lineitem WHERE l_partkey > 0
index only: some | index | SELECT count(o_orderkey) FROM orders WHERE MONTHS
index only: filter | index | SELECT count(*) FROM lineitem WHERE l_partkey > 0 AND l_quantity < 2
index only: late key | index | SELECT count(*) FROM lineitem WHERE l_shipdate > '1992-01-02' AND l_discount = 0.11
index: scattered | index | SELECT count(o_comment) FROM orders WHERE MONTHS
index: far | index | SELECT count(l_comment) FROM lineitem WHERE l_partkey < 400
index: in order | index | SELECT count(l_comment) FROM lineitem WHERE l_orderkey < 90000
bitmap: near | bitmap | SELECT count(o_comment) FROM orders WHERE MONTHS
bitmap: far | bitmap | SELECT count(l_comment) FROM lineitem WHERE l_partkey < 400
bitmap: much | bitmap | SELECT count(*) FROM orders WHERE o_orderdate < '1995-01-01'
look up: covered | loop, all by index | SELECT count(l_quantity) FROM ORDERED WHERE MONTHS
look up: fetched | loop, all by index | SELECT count(l_comment) FROM ORDERED WHERE MONTHS
look up: few in order | loop | SELECT count(o_comment) FROM ORDERED WHERE o_comment LIKE '%aa%'
look up: all in order | loop | SELECT count(l_quantity) FROM ORDERED WHERE o_comment LIKE '%e%'
look up: many rows | loop | SELECT count(l_quantity) FROM PARTS WHERE p_size = 15
look up: many fetched | loop | SELECT count(l_comment) FROM PARTS WHERE p_size = 15
look up: small table | loop | SELECT count(s_name) FROM SUPPLIED
look up: key | loop | SELECT count(c_name) FROM orders JOIN customer ON c_custkey = o_custkey
look up: one of many | loop, all by index | SELECT count(*) FROM orders WHERE MONTHS AND EXISTS (SELECT FROM lineitem WHERE l_orderkey = o_orderkey AND l_commitdate < '1993-09-01')
look up: remembered | memoize | SELECT count(s_name) FROM SUPPLIED
hash: small | hash | SELECT count(*) FROM lineitem JOIN supplier ON s_suppkey = l_suppkey
hash: customers | hash | SELECT count(c_name) FROM orders JOIN customer ON c_custkey = o_custkey
hash: parts | hash | SELECT count(p_name) FROM lineitem JOIN part ON p_partkey = l_partkey
hash: orders | hash | SELECT count(*) FROM ORDERED WHERE l_shipdate < '1993-01-01'
merge | merge | SELECT count(l_quantity) FROM ORDERED
sort: decimals | scan | SELECT o_totalprice FROM orders ORDER BY o_totalprice
sort: integers | scan | SELECT o_custkey FROM orders ORDER BY o_custkey
sort: texts | scan | SELECT o_clerk FROM orders ORDER BY o_clerk
sum | scan | SELECT sum(l_quantity) FROM lineitem
sum: expression | scan | SELECT sum(l_extendedprice * (1 - l_discount)) FROM lineitem
group: few | scan | SELECT l_returnflag, count(*) FROM lineitem GROUP BY 1
group: many | scan | SELECT l_partkey, count(*) FROM lineitem GROUP BY 1
group: most | hashed | SELECT l_orderkey, sum(l_quantity) FROM lineitem GROUP BY 1 HAVING sum(l_quantity) > 300
group: in order | sorted | SELECT l_orderkey, sum(l_quantity) FROM lineitem GROUP BY 1 HAVING sum(l_quantity) > 300
subquery | scan | SELECT count(*) FROM customer WHERE c_custkey < 20 AND c_acctbal < (SELECT sum(s_acctbal) FROM supplier WHERE s_nationkey = c_nationkey)
"""  # noqa: E501 - one line each
"""Kind of work, what is off, statement."""
SHORT = {
    "MONTHS": "o_orderdate >= date '1993-07-01' AND o_orderdate < date '1993-10-01'",
    "ORDERED": "orders JOIN lineitem ON l_orderkey = o_orderkey",
    "PARTS": "part JOIN lineitem ON l_partkey = p_partkey",
    "SUPPLIED": "partsupp JOIN supplier ON s_suppkey = ps_suppkey",
}


def clock_for(server: Server) -> Clock:
    """
    The model for the tables of a server.
    """
    record = record_of(server.connection)
    indexes = Indexes.of(record).existing(record)

    def count(sql: str) -> float:
        return float(json.loads(server.explain(sql, "COSTS"))[0]["Plan"]["Plan Rows"])

    return clock_of(record, lambda name: indexes.get(name, Sorted()), count)


def measured(server: Server, sql: str, rounds: int) -> tuple[float, Plan]:
    """
    Milliseconds of a statement, and its plan with the rows that came instead of those expected.
    """
    times = []
    for _ in range(rounds):
        server.rows(WASH)
        times.append(server.run(sql).cpu_ms)
        if times[0] > _LONG_MS:
            break
    (plan,) = json.loads(server.explain(sql, "ANALYZE, VERBOSE, TIMING OFF"))
    for node in _nodes(plan["Plan"]):
        node["Plan Rows"] = node["Actual Rows"]
    return median(times), plan["Plan"]


def _nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def main() -> int:
    """
    Print each kind of work.
    """
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    factors = []
    with serving() as server:
        server.do(*(part for part in SCHEMA.split(";\n") if part.strip()))
        load(server.connection, "0.1")
        server.do(*(f"CREATE INDEX {one}" for one in INDEXES), "VACUUM ANALYZE")
        clock = clock_for(server)
        for line in KINDS.strip().splitlines():
            name, off, sql = line.split(" | ")
            for short, text in SHORT.items():
                sql = sql.replace(short, text)
            server.do(*(f"SET enable_{one} = off" for one in OFF[off]))
            ms, plan = measured(server, sql, rounds)
            server.do("RESET ALL")
            said = effort(clock, plan) * unit_times.UNIT / 1000
            factors.append(said / ms)
            nodes = ", ".join(node["Node Type"] for node in _nodes(plan))
            print(f"{name:22} {said:8.2f} ÷ {ms:8.2f} ms = {said / ms:5.2f}  {nodes}")
    spread = [abs(log(one)) for one in factors]
    mean = exp(sum(map(log, factors)) / len(factors))
    print(f"geometric mean {mean:.2f}; off by a factor of {exp(median(spread)):.2f} (median)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
