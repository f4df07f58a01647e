"""
A query plan as a reader is shown it: rows of a tree with the numbers that matter.
"""

from __future__ import annotations

from msgspec import Struct

from advisor.model.location import Location


class PlanRow(Struct, frozen=True):
    """
    One node. Rows are averages per loop, as EXPLAIN prints them; None where the plan says nothing.
    """

    depth: int
    title: str
    """``Parallel Seq Scan on public.orders``."""
    name: str
    """``CTE big`` or ``SubPlan 1`` for the root of one, else empty."""
    share: float | None
    """
    The node's own part of the whole, 0 to 1: of time, or of cost if the tree is `estimated`; None
    where the plan does not tell.
    """
    self_ms: float | None
    rows_planned: float | None
    rows_actual: float | None
    loops: float | None
    """0 for a node that was never executed."""
    location: Location
    codes: tuple[str, ...] = ()
    """Of the findings that point here."""
    wall_ms: float | None = None
    """Time with everything below it, as a clock on the wall has it."""
    cpu_ms: float | None = None
    """The same summed over processes; more than `wall_ms` below a Gather."""


class PlanTree(Struct, frozen=True):
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
    jit_ms: float | None = None
    """Part of the nodes' times."""
    triggers_ms: float | None = None
    """Not part of the nodes' times, like `serialization_ms`."""
    serialization_ms: float | None = None
    calls: int = 1
    """Runs of the statement, in a log that was grouped."""
    total_ms: float | None = None
    """Time of all these runs; None when there is one."""
