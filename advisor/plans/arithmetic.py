"""
Where the time of a plan went: wall time, self time and rows of every node.

The figures of an analysed plan are averages per loop, summed over processes and nested into each
other; the rules here take them apart again. Plans that were not executed get shares of cost.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from advisor.plans import costs, names
from advisor.plans.model import Plan, PlanNode
from advisor.plans.self_times import Attribution

_ROUNDING_MS = 0.0005
"""EXPLAIN prints milliseconds with three decimals, per loop."""


class NodeTimes(Struct, frozen=True):
    """
    What one node did in all its loops and processes together.
    """

    total_ms: float | None
    """Wall time including children; None when the plan has no times."""
    self_ms: float | None
    """Wall time of the node alone; None also for a node without measurements of its own."""
    cpu_ms: float | None
    """Time including children, summed over processes."""
    share: float
    """The node's own part of the whole plan, 0 to 1; of time, or of cost if `estimated`."""
    executions: float
    """How often it ran, all processes of one run counted as one; 0 when it never did."""
    processes: float
    """How many processes ran it side by side."""
    rows_out_total: float
    """Rows returned; the planner's estimate in a plan that was not executed."""
    rows_scanned_total: float
    """Rows looked at: returned and removed."""
    rows_removed_total: float
    """By filters, join filters and rechecks."""
    estimated: bool
    """Whether `share` is a share of cost."""
    known: bool = True
    """Whether `share` is: not without times and costs, nor in a tree that is a guess."""
    consistent: bool = True
    """False when children and subplans took longer than the node by more than rounding explains."""


def account(plan: Plan) -> Mapping[int, NodeTimes]:
    """
    The times of every node, by its id.

    Self times sum up to the root's time, apart from rounding and from data-modifying CTEs that
    nothing reads: those run after the root.
    """
    if plan.root.loops is None:
        return _estimates(plan)
    nodes = tuple(plan.walk())
    processes = _processes(nodes)
    if plan.root.actual_total_ms is None:
        shares = costs.shares(plan)
        known = bool(plan.root.total_cost) and not plan.is_guess
        return {n.id: _row(n, processes[n.id], share=shares[n.id], known=known) for n in nodes}
    walls = _walls(nodes, processes)
    if plan.is_guess:
        return {n.id: _row(n, processes[n.id], wall=walls[n.id], known=False) for n in nodes}
    own = Attribution(plan).of_each_alone(walls)
    whole = max(walls[0], sum(time for time in own.values() if time > 0))
    found = {}
    for node in nodes:
        bound = _rounding(node, processes)
        time = 0.0 if -bound <= own[node.id] < 0 else own[node.id]
        share = max(time, 0.0) / whole if whole else 0.0
        wall = walls[node.id]
        # What was not measured is not 0: the node above seems to take it.
        is_silent = node.loops is None and names.is_type(node.node_type)
        alone = None if is_silent else time
        known = not is_silent
        found[node.id] = _row(
            node, processes[node.id], share=share, wall=wall, own=alone, known=known
        )
    return found


def _processes(nodes: tuple[PlanNode, ...]) -> dict[int, float]:
    """
    How many processes ran each node side by side.

    Below a Gather: the child's loops per loop of the Gather. The number of launched workers says
    less: the leader may have taken part or not. Subplans run where the node above them runs.
    """
    found = {0: 1.0}
    for node in nodes:
        own = below = found[node.id]
        plain = (child for child in node.children if child.relationship not in costs.SUBPLANS)
        first = next(plain, None)
        if node.node_type in costs.GATHERS and first is not None and node.loops:
            below = own * max(1.0, (first.loops or 0.0) / node.loops)
        for child in node.children:
            found[child.id] = own if child.relationship in costs.SUBPLANS else below
    return found


def _walls(nodes: tuple[PlanNode, ...], processes: Mapping[int, float]) -> dict[int, float]:
    """
    Wall time of every node with its children.

    Workers may go on after their Gather has been told that nobody wants more rows (EXISTS, LIMIT).
    Nobody waits for that, so nodes below a Gather share no more than the Gather's own time.
    """
    scales, found = {0: 1.0}, {}
    for node in nodes:
        wall = found[node.id] = _cpu(node) / processes[node.id] * scales[node.id]
        for child in node.children:
            scales[child.id] = scales[node.id]
            if node.node_type in costs.GATHERS and child.relationship not in costs.SUBPLANS:
                below = _cpu(child) / processes[child.id] * scales[node.id]
                scales[child.id] *= min(1.0, wall / below) if below else 1.0
    for node in reversed(nodes):
        # An extension's own line among measured ones, such as Citus' `Task`: all it has is below.
        if node.loops is None:
            found[node.id] = sum(found[child.id] for child in node.children)
    return found


def _cpu(node: PlanNode) -> float:
    return (node.actual_total_ms or 0.0) * (node.loops or 0.0)


def _rounding(node: PlanNode, processes: Mapping[int, float]) -> float:
    """
    How far below 0 a self time can come by rounding alone: each figure is off by half a digit.
    """
    figures = (node, *node.children)
    loops = sum((figure.loops or 0.0) / processes[figure.id] for figure in figures)
    return _ROUNDING_MS * (loops + 1)


def _row(
    node: PlanNode,
    processes: float,
    *,
    share: float = 0.0,
    wall: float | None = None,
    own: float | None = None,
    known: bool = True,
) -> NodeTimes:
    loops = node.loops or 0.0
    removed = (
        node.rows_removed_by_filter
        + node.rows_removed_by_join_filter
        + node.rows_removed_by_index_recheck
    ) * loops
    out = (node.actual_rows or 0.0) * loops
    return NodeTimes(
        total_ms=wall,
        self_ms=own,
        cpu_ms=None if wall is None else _cpu(node),
        share=share,
        executions=max(loops / processes, min(loops, 1.0)),
        processes=processes,
        rows_out_total=out,
        rows_scanned_total=out + removed,
        rows_removed_total=removed,
        estimated=wall is None,
        known=known,
        consistent=own is None or own >= 0,
    )


def _estimates(plan: Plan) -> dict[int, NodeTimes]:
    known = bool(plan.root.total_cost) and not plan.is_guess
    shares, executions, divisors = costs.shares(plan), costs.executions(plan), costs.divisors(plan)
    found = {}
    for node in plan.walk():
        times, divisor = executions[node.id], divisors[node.id]
        out = (node.plan_rows or 0.0) * divisor * times
        scanned = costs.scanned(node, divisor) * times
        found[node.id] = NodeTimes(
            total_ms=None,
            self_ms=None,
            cpu_ms=None,
            share=shares[node.id],
            executions=times,
            processes=divisor,
            rows_out_total=out,
            rows_scanned_total=scanned,
            rows_removed_total=scanned - out,
            estimated=True,
            known=known,
        )
    return found
