"""
Columns that statements of the workload change, and what it costs when an index carries them.

An UPDATE that changes no indexed column is a HOT update: it writes to no index at all
(https://www.postgresql.org/docs/current/storage-hot.html). Columns behind INCLUDE count as indexed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor import regex
from advisor.indexes.workload import Account, Workload

if TYPE_CHECKING:
    from sqlglot import exp

_WRITES = regex.lazy(r"\bSET\b", re.IGNORECASE)
_MAX_LENGTH = 20_000
"""Characters of a statement that is still taken apart."""
ENTRY_MS = 0.02
"""Writing one entry into an index: a descent, and a record of the log."""


class Updates(Struct, frozen=True):
    """
    What the UPDATE statements of a workload set.
    """

    rows: Mapping[tuple[str, str], float]
    """Rows in which a column is set, by bare name of the table and column."""

    @classmethod
    def of(cls, workload: Workload) -> Updates:
        """
        Read the statements above the plans.
        """
        rows: dict[tuple[str, str], float] = defaultdict(float)
        for known in workload.accounts:
            if not _WRITES.search(known.plan.query[:_MAX_LENGTH]):
                continue
            runs = workload.queries[known.number].calls * known.plan.calls
            for where in set(_set(known.plan.query)):
                rows[where] += max(_rows(known), 1.0) * runs
        return cls(rows)

    def among(self, table: str, columns: Iterable[str]) -> tuple[str, ...]:
        """
        Which of these columns of a table are set by some statement.
        """
        bare = table.rpartition(".")[2]
        return tuple(sorted(name for name in columns if (bare, name) in self.rows))

    def cost_ms(self, table: str, columns: Iterable[str], indexes: int) -> float:
        """
        Time that the statements take longer when these columns are indexed: for every row an entry
        in the new index and, because the row has a new place, in each of the others.
        """
        bare = table.rpartition(".")[2]
        return max((self.rows[bare, name] for name in columns), default=0.0) * indexes * ENTRY_MS


def _rows(known: Account) -> float:
    """
    Rows that a plan writes: those that come to its ModifyTable.
    """
    writers = (node for node in known.plan.walk() if node.node_type == "ModifyTable")
    return sum(known.times[node.children[0].id].rows_out_total for node in writers if node.children)


def _set(query: str) -> Iterator[tuple[str, str]]:
    """
    Table and column of everything that an UPDATE, an upsert or a MERGE sets.
    """
    from sqlglot import exp, parse_one  # noqa: PLC0415 - start-up cost
    from sqlglot.errors import SqlglotError  # noqa: PLC0415 - start-up cost

    if len(query) > _MAX_LENGTH:
        return
    try:
        tree = parse_one(query, read="postgres")
    except (SqlglotError, RecursionError):
        return
    for change in tree.find_all(exp.Update, exp.OnConflict):
        table = _table(change)
        for one in change.expressions if table else ():
            if isinstance(one, exp.EQ):
                yield from ((table, column.name) for column in one.this.find_all(exp.Column))


def _table(change: exp.Expr) -> str:
    """
    The bare name of the table that is changed: an upsert and a MERGE have it above.
    """
    from sqlglot import exp  # noqa: PLC0415 - start-up cost

    above = change.find_ancestor(exp.Insert, exp.Merge) if not change.this else change
    found = above.this.find(exp.Table) if above is not None and above.this else None
    return found.name if found is not None else ""
