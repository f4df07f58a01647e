"""
A query plan as a reader is shown it: rows of a tree with the numbers that matter.
"""

from __future__ import annotations

from dataclasses import dataclass

from advisor.model.location import Location


@dataclass(frozen=True, slots=True)
class PlanRow:
    """
    One node. Rows are averages per loop, as EXPLAIN prints them; None where the plan says nothing.
    """

    depth: int
    title: str
    """``Parallel Seq Scan on public.orders``."""
    name: str
    """``CTE big`` or ``SubPlan 1`` for the root of one, else empty."""
    share: float
    """The node's own part of the whole, 0 to 1: of time, or of cost if the tree is `estimated`."""
    self_ms: float | None
    rows_planned: float | None
    rows_actual: float | None
    loops: float | None
    """0 for a node that was never executed."""
    location: Location
    codes: tuple[str, ...] = ()
    """Of the findings that point here."""


@dataclass(frozen=True, slots=True)
class PlanTree:
    """
    One plan, rows in preorder.
    """

    location: Location
    query: str
    """Empty when the file does not hold it."""
    form: str
    planning_ms: float | None
    execution_ms: float | None
    estimated: bool
    """Whether shares are shares of cost: the statement was not executed, or without times."""
    rows: tuple[PlanRow, ...]
