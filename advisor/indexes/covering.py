"""
Columns carried along in an index, so that it answers without its table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from advisor.indexes.columns import Columns
from advisor.indexes.costs import RANDOM_READ, Model
from advisor.indexes.model import Access, Definition
from advisor.indexes.select import MIN_SHARE
from advisor.indexes.updates import Updates
from advisor.indexes.workload import Workload

MOST_INCLUDED = 4
MOST_COLUMNS = 6
"""Of an index with one key, which may carry more."""
MAX_WIDTH = 64
"""Bytes of what a scan returns of a row."""
CLEAR = 10.0
"""How much more time reading must save than writing takes, for a column that statements change."""
Left = Mapping[int, float]
MIN_ROWS = 1_000
"""Rows read for a plan below which their table may as well be read."""


class Wider(Struct, frozen=True):
    """
    An index with the columns that it carries along.
    """

    definition: Definition
    changed: tuple[str, ...] = ()
    """Those of them that statements of the workload set: what they save is worth that."""
    left_out: tuple[str, ...] = ()
    """Columns that would be carried if statements did not set them."""


def covered(
    workload: Workload, model: Model, served: Mapping[Definition, Sequence[Access]], left: Left
) -> dict[Definition, Wider]:
    """
    Every index with the columns that its scans need besides, where that saves as much of some plan
    as an index of its own must.

    `left` is what remains of each plan with all the indexes that were chosen. Statements are only
    taken apart when some plan reads many rows through an index.
    """
    large = {
        definition: found
        for definition, accesses in served.items()
        if _is_plain(definition) and (found := _large(model, definition, accesses))
    }
    if not large:
        return {one: Wider(one) for one in served}
    columns = Columns.of(workload.accounts, workload.schema)
    writes = _Writes(workload, Updates.of(workload), tuple(served))
    return {
        one: _wider(
            model, one, [_with(columns, access) for access in large.get(one, ())], left, writes
        )
        for one in served
    }


class _Writes(Struct, frozen=True):
    """
    What statements change, beside the indexes that there are and those that were chosen.
    """

    workload: Workload
    updates: Updates
    chosen: tuple[Definition, ...]

    def changed(self, table: str, columns: Iterable[str]) -> tuple[str, ...]:
        return self.updates.among(table, columns)

    def is_worth(self, access: Access, share: float, changed: tuple[str, ...]) -> bool:
        """
        Whether a scan that becomes faster by a part of its plan saves clearly more than it costs to
        index columns that statements change. A column that has an index costs one more entry.
        """
        known = self.workload.accounts[access.query]
        took = known.plan.execution_ms or known.times[known.plan.root.id].total_ms
        if took is None:
            return False
        there = self.workload.indexes().get(access.table, ())
        own = [*there, *(one for one in self.chosen if one.table == access.table)]
        indexed = {name for one in own for name in (*one.names, *one.include)}
        fresh = [name for name in changed if name not in indexed]
        cost = self.updates.cost_ms(access.table, changed, 1)
        cost += self.updates.cost_ms(access.table, fresh, len(own))
        runs = self.workload.queries[access.query].calls * known.plan.calls
        return share * took * runs >= CLEAR * cost


def _is_plain(definition: Definition) -> bool:
    return definition.method == "btree" and not any(key.opclass for key in definition.keys)


def _large(model: Model, definition: Definition, accesses: Sequence[Access]) -> list[Access]:
    least = RANDOM_READ * MIN_ROWS
    return [
        one
        for one in accesses
        if model.gain(one, definition).cost >= least
        and (one.node.plan_width or MAX_WIDTH + 1) <= MAX_WIDTH
    ]


def _with(columns: Columns, access: Access) -> Access:
    return replace(access, needed=columns.needed(access.query, access.node))


def _wider(
    model: Model,
    definition: Definition,
    accesses: Sequence[Access],
    left: Left,
    writes: _Writes,
) -> Wider:
    """
    Take along what saves most first, up to `MOST_INCLUDED` columns together.
    """
    most = max(MOST_INCLUDED, MOST_COLUMNS - len(definition.keys))
    rated: list[tuple[float, frozenset[str]]] = []
    left_out: set[str] = set()
    for access in accesses:
        more = _missing(definition, access)
        wider = replace(definition, include=tuple(sorted(more)))
        saved = model.gain(access, wider).share - model.gain(access, definition).share
        if saved < MIN_SHARE * left[access.query]:
            continue
        changed = writes.changed(definition.table, more)
        if changed and not writes.is_worth(access, saved, changed):
            left_out |= {*changed}
        else:
            rated.append((saved / left[access.query], more))
    wanted: frozenset[str] = frozenset()
    for _, more in sorted(rated, key=lambda pair: (-pair[0], sorted(pair[1]))):
        if len(wanted | more) <= most:
            wanted |= more
    return Wider(
        replace(definition, include=tuple(sorted(wanted))),
        writes.changed(definition.table, wanted),
        tuple(sorted(left_out - wanted)),
    )


def _missing(definition: Definition, access: Access) -> frozenset[str]:
    """
    Columns that a scan needs and an index does not hold; none when it is not known which it needs.
    """
    implied = " ".join(definition.predicate)
    return frozenset(
        name
        for name in access.needed or ()
        if name not in definition.names and not re.search(rf"\b{re.escape(name)}\b", implied)
    )
