"""
The outcome of a search, as values. All costs are the planner's, not times.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log

from msgspec import Struct

from advisor.lab.planner import Note
from advisor.lab.prices import OVERHEAD
from advisor.lab.server import MAJOR


class QueryCost(Struct, frozen=True):
    """
    One statement before and after, in planner cost.
    """

    name: str
    sql: str
    calls: float
    weight: float
    before: float
    after: float
    indexes: Sequence[str]
    """Advised ones that its plan uses."""


class Chosen(Struct, frozen=True):
    """
    One index to create.
    """

    name: str
    table: str
    statement: str
    rollback: str
    size: int
    factor: float
    """How many times dearer the statements that use it would be without it, on average."""
    queries: Sequence[str]
    guessed: Sequence[str] = ()


class Dropped(Struct, frozen=True):
    """
    One index that is there and not needed.
    """

    name: str
    table: str
    statement: str
    rollback: str
    reason: str
    size: int


class Unverified(Struct, frozen=True):
    """
    What may be worth having or planning, but the lab could not be asked.
    """

    subject: str
    reason: str


class Writes(Struct, frozen=True):
    """
    What the set means for the writes of one table.
    """

    table: str
    before: int
    """Indexes that every new row enters, now."""
    after: int
    inserted: float | None = None
    updated: float | None = None

    @property
    def amplification(self) -> float:
        """
        Relations written for a new row, then ÷ now: the table and each index count one.
        """
        return (1 + self.after) / (1 + self.before)


class LabAdvice(Struct, frozen=True):
    """
    The outcome. All costs are the planner's, not times.
    """

    queries: Sequence[QueryCost]
    chosen: Sequence[Chosen]
    dropped: Sequence[Dropped]
    unverified: Sequence[Unverified]
    writes: Sequence[Writes]
    notes: Sequence[Note]
    candidates: int
    planner_calls: int
    seconds: float
    planner: str = f"PostgreSQL {MAJOR}"
    """Whose planner was asked."""

    @property
    def before(self) -> float:
        """
        Cost of all calls, now.
        """
        return sum(one.calls * one.before for one in self.queries)

    @property
    def after(self) -> float:
        """
        Cost of all calls with the set.
        """
        return sum(one.calls * one.after for one in self.queries)

    @property
    def ratio(self) -> float:
        """
        Geometric mean of after ÷ before, each statement once.
        """
        ratios = [log((one.after + OVERHEAD) / (one.before + OVERHEAD)) for one in self.queries]
        return exp(sum(ratios) / len(ratios)) if ratios else 1.0

    @property
    def size(self) -> int:
        """
        Bytes of the new indexes.
        """
        return sum(one.size for one in self.chosen)
