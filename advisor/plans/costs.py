"""
What the planner's estimates alone say: executions, rows and shares of cost.

Cruder than times: below a Limit or in a semi join only part of a child's cost is ever spent.
"""

from __future__ import annotations

from advisor.plans import scan
from advisor.plans.model import Plan, PlanNode

GATHERS = ("Gather", "Gather Merge")
SUBPLANS = ("InitPlan", "SubPlan")
_KEEPERS = ("Materialize", "Memoize")
"""Nodes that answer a rescan from what they kept, without running their child again."""
_ROWS_PER_PAGE = 60
_SEQ_PAGE_COST = 1.0
_CPU_TUPLE_COST = 0.01
_CPU_OPERATOR_COST = 0.0025
_LEADER_SHARE = 0.3
"""What the leader loses per worker it serves (get_parallel_divisor in costsize.c)."""


def divisors(plan: Plan) -> dict[int, float]:
    """
    By how many processes the planner divided the rows of each node.
    """
    found = {0: 1.0}
    for node in plan.walk():
        own = found[node.id]
        below = own
        if node.node_type in GATHERS:
            workers = node.workers_planned or 0.0
            below = own * (workers + max(0.0, 1.0 - _LEADER_SHARE * workers))
        for child in node.children:
            found[child.id] = own if child.relationship in SUBPLANS else below
    return found


def executions(plan: Plan) -> dict[int, float]:
    """
    How often the planner expects each node to run: the inner side of a nested loop once per row.
    """
    found = {0: 1.0}
    kept = {0: 1.0}
    for node in plan.walk():
        for child in node.children:
            times = _repetitions(node, child)
            start = kept[node.id] if node.node_type in _KEEPERS else found[node.id]
            found[child.id] = min(start * times, 1e15)
            kept[child.id] = start
    return found


def shares(plan: Plan) -> dict[int, float]:
    """
    Which part of the root's cost is each node's own, 0 to 1; all 0 when the plan has no costs.

    A node's cost is handed down to its children in order, never more than is left of it.
    """
    whole = plan.root.total_cost or 0.0
    found: dict[int, float] = {}
    spent = {0: whole}
    for node in plan.walk():
        left = spent[node.id]
        # The part of the node's own estimate that is really spent; less than 1 under a Limit.
        scale = left / node.total_cost if node.total_cost else 0.0
        for child in node.children:
            wanted = (child.total_cost or 0.0) * _repetitions(node, child) * min(scale, 1e6)
            spent[child.id] = min(wanted, left)
            left -= spent[child.id]
        found[node.id] = left / whole if whole else 0.0
    return found


def scanned(node: PlanNode, divisor: float) -> float:
    """
    Rows a sequential scan reads, worked backwards from its cost at default cost settings.

    cost = pages · 1.0 + rows · (0.01 + 0.0025 · conditions) / processes, at 60 rows a page. Other
    nodes: the rows they return, because the plan says no more.
    """
    rows = (node.plan_rows or 0.0) * divisor
    if node.node_type != "Seq Scan" or not node.total_cost:
        return rows
    conditions = len(scan.split(scan.strip_parentheses(node.filter), "AND"))
    cpu = (_CPU_TUPLE_COST + _CPU_OPERATOR_COST * conditions) / divisor
    return max(rows, node.total_cost / (_SEQ_PAGE_COST / _ROWS_PER_PAGE + cpu))


def _repetitions(node: PlanNode, child: PlanNode) -> float:
    outer = next((c for c in node.children if c.relationship not in SUBPLANS), None)
    if child.relationship == "Inner" and node.node_type == "Nested Loop" and outer is not None:
        return max(1.0, outer.plan_rows or 1.0)
    if child.relationship == "SubPlan":
        hashed = f"hashed {child.subplan_name}"
        if any(hashed in text for text in node.conditions()):
            return 1.0
        rows = outer.plan_rows if outer is not None else node.plan_rows
        return max(1.0, rows or 1.0)
    return 1.0
