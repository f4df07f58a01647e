"""
In what the lab differs from the server that the record is of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from advisor.lab.plan_nodes import mentions, walk
from advisor.lab.record import Record
from advisor.lab.server import MAJOR

if TYPE_CHECKING:
    from advisor.lab.planner import Candidate

_HARMLESS = ("plpgsql", "pg_stat_statements")


def differences(record: Record) -> Iterator[tuple[str, str]]:
    """
    What the lab is not, and what follows from that.
    """
    major = record.server.major
    if major and major != MAJOR:
        yield "version", f"the lab plans as PostgreSQL {MAJOR}; a plan of {major} may differ"
    if not record.server.samples and not any(one.most_common_values for one in record.columns):
        why = "the record holds no values: how selective a constant is, is only known on average"
        yield "statistics", why
    for one in record.extensions:
        if (name := one.get("name")) not in _HARMLESS:
            why = "is not in the lab: statements and indexes that need it are not verified"
            yield f"extension {name}", why


def skipped(
    plan: Mapping[str, Any], record: Record, candidates: Iterable[Candidate] = ()
) -> set[str]:
    """
    Indexes that a plan searches without a condition on their first key.

    PostgreSQL 18 skips from one value of it to the next; older ones read such an index as a whole,
    at a multiple of the cost.
    """
    first = {one.name: one.columns[0] for one in record.indexes if one.columns}
    for one in candidates:
        first |= dict.fromkeys(one.names, one.definition.names[0])
    found: set[str] = set()
    for node in walk(plan):
        condition, key = node.get("Index Cond"), first.get(node.get("Index Name", ""))
        if condition and key and not mentions(condition, key):
            found.add(node["Index Name"])
    return found
