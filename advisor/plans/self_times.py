"""
Which node each millisecond and block belongs to: children, SubPlans, CTEs, InitPlans taken apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from advisor import regex
from advisor.plans.costs import GATHERS
from advisor.plans.model import Plan, PlanNode

_REFERENCE = regex.lazy(r"\$\d+|InitPlan \w+")
_PASSED_ON = regex.lazy(r"\(\$\d+\)|\(\(.*")
"""Output that a node hands up without computing it."""


class Attribution:
    """
    Takes amounts that EXPLAIN nests into each other apart: wall times, blocks.

    Children and SubPlans are subtracted from the node above them, a CTE from the scans that read
    it, an InitPlan from the nodes that use its value. What these did not wait for was spent when
    the plan was shut down, in the node that the subplan hangs on; but a CTE that changes data does
    what nobody reads after the root is finished, so nobody pays.
    """

    def __init__(self, plan: Plan) -> None:
        users = _Users(plan)
        self._plain: list[tuple[int, int]] = []
        self._subplans: list[tuple[PlanNode, int, tuple[int, ...]]] = []
        for node in plan.walk():
            for child in node.children:
                if child.relationship == "InitPlan":
                    payers = tuple(dict.fromkeys(users.of(child, node)))
                    self._subplans.append((child, node.id, payers))
                else:
                    self._plain.append((child.id, node.id))

    def of_each_alone(self, amounts: Mapping[int, float]) -> dict[int, float]:
        """
        The amount of every node without what it contains, by id; below 0 only by rounding.
        """
        own = dict(amounts)
        for child, node in self._plain:
            own[node] -= amounts[child]
        for subplan, node, payers in self._subplans:
            left = _charge(own, payers, amounts[subplan.id])
            if subplan.node_type != "ModifyTable":
                own[node] -= left
        return own


def _charge(own: dict[int, float], payers: Iterable[int], time: float) -> float:
    """
    Take a subplan's time from those who waited for it, in proportion to their own time.

    None pays more than it has; what is left of the time is returned.
    """
    weights = {payer: max(own[payer], 0.0) for payer in payers}
    total = sum(weights.values())
    paid = min(time, total)
    for payer, weight in weights.items():
        own[payer] -= paid * weight / total if total else 0.0
    return time - paid


class _Users:
    """
    Who reads the result of a CTE or an InitPlan.
    """

    def __init__(self, plan: Plan) -> None:
        self.parents = plan.parents()
        self.references: dict[str, list[PlanNode]] = defaultdict(list)
        self.readers: dict[int, list[int]] = defaultdict(list)
        self.ends: dict[int, int] = {}
        nodes = list(plan.walk())
        definitions = {
            (node.id, child.subplan_name.removeprefix("CTE ")): child.id
            for node in nodes
            for child in node.children
            if child.subplan_name.startswith("CTE ")
        }
        for node in nodes:
            if node.node_type == "CTE Scan" and (cte := self._definition(node, definitions)):
                self.readers[cte].append(node.id)
            for name in set(_REFERENCE.findall("\n".join(_computed(node)))):
                self.references[name].append(node)
        for node in reversed(nodes):
            self.ends[node.id] = self.ends[node.children[-1].id] if node.children else node.id

    def of(self, subplan: PlanNode, parent: PlanNode) -> list[int]:
        """
        Ids of the nodes that pay for a subplan that hangs on `parent`.

        A data-modifying CTE that nothing reads runs after the root, so nobody pays.
        """
        if subplan.subplan_name.startswith("CTE "):
            return self.readers[subplan.id]
        users = [
            self._payer(node, parent)
            for name in _REFERENCE.findall(subplan.subplan_name)
            for node in self.references[name]
            if self._is_below(node, parent) and not self._is_below(node, subplan)
        ]
        return users or [parent.id]

    def _definition(
        self, reader: PlanNode, definitions: Mapping[tuple[int, str], int]
    ) -> int | None:
        """
        The nearest CTE of that name above a CTE Scan: inner ones hide outer ones.
        """
        names = {reader.cte_name, '"' + reader.cte_name.replace('"', '""') + '"'}
        node: PlanNode | None = reader
        while node is not None:
            for name in names:
                if (node.id, name) in definitions:
                    return definitions[node.id, name]
            node = self.parents.get(node.id)
        return None

    def _payer(self, user: PlanNode, carrier: PlanNode) -> int:
        """
        The topmost Gather above a user: it evaluates the parameters before it starts its workers.

        Not beyond an InitPlan's root, whose time its own user pays, nor above the carrier.
        """
        payer = node = user
        while node.id != carrier.id and node.relationship != "InitPlan":
            parent = self.parents[node.id]
            if parent.node_type in GATHERS and node.relationship != "SubPlan":
                payer = parent
            node = parent
        return payer.id

    def _is_below(self, node: PlanNode, top: PlanNode) -> bool:
        return top.id <= node.id <= self.ends[top.id]


def _computed(node: PlanNode) -> Iterator[str]:
    """
    The expressions that a node evaluates itself.
    """
    for text in node.conditions():
        if text not in node.output or not _PASSED_ON.fullmatch(text):
            yield text
