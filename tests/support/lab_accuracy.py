"""
The lab held against a server that has the data and, really created, the indexes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from msgspec import Struct
from msgspec.structs import replace

from advisor.indexes import Definition
from advisor.indexes.declarations import definition as parsed
from advisor.lab.lab import laboratory
from advisor.lab.planner import Answer
from advisor.lab.record import Record
from advisor.lab.server import serving
from tests.support.lab_sources import record_of

OWN = "real_candidate_"
EXACT = 1e-4


class Pair(Struct, frozen=True):
    """
    One statement with one index, in both servers.
    """

    query: str
    index: str
    real: float
    lab: float
    is_same_shape: bool

    @property
    def error(self) -> float:
        """
        Relative difference of the costs.
        """
        return abs(self.lab - self.real) / max(self.real, 1e-9)


class Accuracy(Struct, frozen=True):
    """
    All pairs, once with the true sizes of indexes and once with estimated ones.
    """

    given: Sequence[Pair]
    own: Sequence[Pair]
    sizes: Mapping[str, tuple[int, int]]
    """Bytes by index: real and estimated."""
    notes: Sequence[str]
    ms: float
    """Of one configuration, planning included."""

    def exact(self, pairs: Sequence[Pair]) -> float:
        """
        Part of the pairs with the same cost.
        """
        return sum(one.error <= EXACT for one in pairs) / len(pairs)

    def p95(self, pairs: Sequence[Pair]) -> float:
        """
        The error that 95 % of the pairs do not exceed.
        """
        return sorted(one.error for one in pairs)[int(len(pairs) * 0.95)]

    def same_shape(self, pairs: Sequence[Pair]) -> float:
        """
        Part of the pairs with the same plan.
        """
        return sum(one.is_same_shape for one in pairs) / len(pairs)

    def close_sizes(self) -> float:
        """
        Part of the sizes within 20 %.
        """
        good = sum(0.8 <= own / real <= 1.2 for real, own in self.sizes.values())
        return good / len(self.sizes)

    def __str__(self) -> str:
        lines = [
            f"{name}: {self.exact(pairs):.1%} of {len(pairs)} exact, p95 {self.p95(pairs):.3%},"
            f" max {max(one.error for one in pairs):.3%}, same shape {self.same_shape(pairs):.1%}"
            for name, pairs in (("true sizes", self.given), ("own sizes", self.own))
        ]
        lines.append(f"sizes within 20 %: {self.close_sizes():.1%} of {len(self.sizes)}")
        lines.append(f"{self.ms:.2f} ms for a configuration")
        return "\n".join(lines)


@contextmanager
def real_server(*statements: str) -> Iterator[psycopg.Connection[Any]]:
    """
    A server with data.
    """
    with serving() as server:
        server.start()
        with server.connect() as connection:
            for one in statements:
                connection.execute(one.encode())
            yield connection


def compare(
    real: psycopg.Connection[Any],
    indexes: Sequence[str],
    queries: Mapping[str, str],
    settings: Mapping[str, str] | None = None,
) -> Accuracy:
    """
    `indexes` are what stands behind CREATE INDEX … ON. Counted are the statements without any of
    them, and the pairs in which the index changes the cost or the plan of the real server.
    """
    for number, one in enumerate(indexes):
        real.execute(f"CREATE INDEX {OWN}{number} ON {one}".encode())
    real.execute(b"VACUUM ANALYZE")
    for name, value in (settings or {}).items():
        real.execute("SELECT set_config(%s, %s, false)", (name, value))
    record, definitions, true = _without_candidates(real, record_of(real), len(indexes))
    every = {
        (name, number): _real(real, query, number, len(indexes))
        for name, query in queries.items()
        for number in range(-1, len(indexes))
    }
    expected = {
        (name, number): found
        for (name, number), found in every.items()
        if number < 0 or found != every[name, -1]
    }
    answers, notes, elapsed = [], [], 0.0
    sizes: dict[str, tuple[int, int]] = {}
    for pages in (true, {}):
        with laboratory(record, settings=settings) as lab:
            pairs = []
            names = []
            for number, definition in enumerate(definitions):
                names += lab.add([definition], pages.get(number))
            assert not lab.refused
            start = time.perf_counter()
            for (name, number), (cost, shape) in expected.items():
                chosen = [names[number]] if number >= 0 else []
                answer = lab.explain(queries[name], chosen)
                assert isinstance(answer, Answer), (answer, queries[name])
                same = _shape(answer.plan) == shape
                label = indexes[number] if number >= 0 else ""
                pairs.append(Pair(name, label, cost, answer.cost, same))
            elapsed = time.perf_counter() - start
            answers.append(pairs)
            if not pages:
                for number, made in enumerate(names):
                    sizes[indexes[number]] = (sum(true[number].values()) * 8192, made.size)
            notes += [f"{one.subject}: {one.reason}" for one in lab.notes]
    return Accuracy(answers[0], answers[1], sizes, notes, elapsed / len(expected) * 1000)


def _without_candidates(
    real: psycopg.Connection[Any], record: Record, count: int
) -> tuple[Record, list[Definition], dict[int, dict[str, int]]]:
    roots = {one.name: one for one in record.indexes}
    definitions, true = [], {}
    gone: set[str] = set()
    for number in range(count):
        root = roots[f"{OWN}{number}"]
        rest = root.definition.partition(" USING ")[2]
        method, _, tail = rest.partition(" ")
        definitions.append(parsed(f"{root.schema}.{root.table}", method, tail))
        members = [
            one
            for one in record.indexes
            if one.name == root.name or one.parent in (root.name, root.qualified)
        ]
        gone |= {one.name for one in members}
        true[number] = {
            f"{one.schema}.{one.table}": int(one.size // 8192) for one in members if one.size
        }
    kept = [one for one in record.indexes if one.name not in gone]
    columns = [one for one in record.columns if one.table not in gone]
    del real
    return replace(record, indexes=kept, columns=columns), definitions, true


def _real(
    real: psycopg.Connection[Any], query: str, number: int, count: int
) -> tuple[float, object]:
    hidden = [f"{OWN}{other}" for other in range(count) if other != number]
    real.execute(b"BEGIN")
    real.execute(
        b"WITH RECURSIVE tree(oid) AS (SELECT oid FROM pg_class WHERE relname = ANY(%s) UNION ALL"
        b" SELECT h.inhrelid FROM tree JOIN pg_inherits h ON h.inhparent = tree.oid)"
        b" UPDATE pg_index SET indisvalid = false WHERE indexrelid IN (SELECT oid FROM tree)",
        (hidden,),
    )
    row = real.execute(f"EXPLAIN (VERBOSE, FORMAT JSON) {query}".encode()).fetchone()
    real.execute(b"ROLLBACK")
    assert row is not None
    plan = row[0][0]["Plan"]
    return plan["Total Cost"], _shape(plan)


def _shape(plan: Mapping[str, Any]) -> object:
    below = [_shape(one) for one in plan.get("Plans", ())]
    uses = bool(plan.get("Index Name"))
    return json.dumps([plan["Node Type"], plan.get("Relation Name"), uses, below])
