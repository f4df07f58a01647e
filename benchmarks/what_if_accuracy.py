"""
The lab held against a server with data: the same costs for every statement and index?

TPC-H and a small application with partitions, documents, arrays, expressions and dependent columns.
The indexes are really created there; statistics are equal. Usage: ``python
benchmarks/what_if_accuracy.py [--scale 0.1] [--users 100000]``. Needs ``tpchgen-cli`` and the extra
lab. Exits with 1 when a mark is missed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tpch_queries import QUERIES, SCHEMA
from what_if_tpch import load

from tests.support import oltp
from tests.support.lab_accuracy import Accuracy, compare, real_server

INDEXES = (
    "lineitem (l_partkey)",
    "lineitem (l_shipdate)",
    "lineitem (l_suppkey, l_partkey)",
    "lineitem (l_shipmode, l_receiptdate)",
    "lineitem (l_partkey, l_suppkey) INCLUDE (l_quantity)",
    "lineitem (l_extendedprice)",
    "lineitem USING brin (l_shipdate)",
    "orders (o_custkey)",
    "orders (o_orderdate)",
    "orders (o_comment)",
    "orders (lower(o_clerk))",
    "orders (o_orderdate) WHERE o_orderstatus = 'F'",
    "partsupp (ps_suppkey)",
    "customer (c_mktsegment)",
    "customer (c_nationkey)",
    "part (p_type)",
    "part (p_brand, p_container)",
    "part USING hash (p_name)",
    "supplier (s_name)",
)
SETTINGS = {"random_page_cost": "1.1"}


def main() -> int:
    """
    Print all numbers and the marks; 1 when one is missed.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", default="0.1")
    parser.add_argument("--users", type=int, default=100_000)
    given = parser.parse_args()
    missed = False
    with real_server(*(part for part in SCHEMA.split(";\n") if part.strip())) as real:
        load(real, given.scale)
        missed |= _judge(f"TPC-H, scale {given.scale}", compare(real, INDEXES, QUERIES, SETTINGS))
    with real_server(*oltp.statements(given.users, given.users * 3)) as real:
        found = compare(real, oltp.INDEXES, oltp.QUERIES, SETTINGS)
        missed |= _judge(f"application, {given.users} users", found)
    return int(missed)


def _judge(title: str, found: Accuracy) -> bool:
    print(f"{title}\n{found}")
    for name, (real, own) in found.sizes.items():
        print(f"  {own / real:6.3f} of {real >> 13:6} pages  {name}")
    for kind, pairs in (("true sizes", found.given), ("own sizes", found.own)):
        for one in sorted(pairs, key=lambda pair: -pair.error)[:5]:
            print(f"  {kind}: {one.query} with {one.index or 'none'}: {one.real} → {one.lab}")
    marks = {
        "exact ≥ 90 % with true sizes": found.exact(found.given) >= 0.9,
        "p95 ≤ 1 % with true sizes": found.p95(found.given) <= 0.01,
        "p95 ≤ 5 % with own sizes": found.p95(found.own) <= 0.05,
        "same shape ≥ 98 %": min(found.same_shape(found.given), found.same_shape(found.own))
        >= 0.98,
        "90 % of sizes within 20 %": found.close_sizes() >= 0.9,
        "≤ 3 ms for a configuration": found.ms <= 3,
    }
    for mark, is_met in marks.items():
        print(f"{'ok' if is_met else 'MISSED':7}{mark}")
    return not all(marks.values())


if __name__ == "__main__":
    sys.exit(main())
