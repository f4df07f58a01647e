"""
A plan together with everything that was worked out of it, once for all its facts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from msgspec import Struct

from advisor.model import Location, Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.plans.arithmetic import NodeTimes, account
from advisor.plans.buffers import self_buffers
from advisor.plans.misestimates import Misestimate, misestimates
from advisor.plans.model import Buffers, Plan, PlanNode

_NO_SHARES = "the plan does not tell what each node took alone"
_NO_TIMES = "the plan was made without ANALYZE or with TIMING off"


class PlanView(Struct, frozen=True):
    """
    One plan of a file, its times, its blocks and its wrong estimates.
    """

    path: str
    plan: Plan
    times: Mapping[int, NodeTimes]
    blocks: Mapping[int, Buffers]
    parents: Mapping[int, PlanNode]
    wrong: tuple[Misestimate, ...]
    ctes: Mapping[str, Sequence[PlanNode]]
    """The roots of CTEs by name."""
    readers: Mapping[str, int]
    """How many scans read a CTE of a name."""

    @classmethod
    def of(cls, path: str, plan: Plan) -> PlanView:
        """
        Work everything out.
        """
        times = account(plan)
        wrong = misestimates(plan, times)
        ctes: dict[str, list[PlanNode]] = defaultdict(list)
        for node in plan.walk():
            if node.subplan_name.startswith("CTE "):
                ctes[node.subplan_name.removeprefix("CTE ")].append(node)
        readers = Counter(node.cte_name for node in plan.walk() if node.cte_name)
        return cls(path, plan, times, self_buffers(plan), plan.parents(), wrong, ctes, readers)

    @property
    def whole_ms(self) -> float | None:
        """
        What shares are parts of: the time of the root; None without times.
        """
        return self.times[0].total_ms

    @property
    def shares_known(self) -> bool:
        """
        Whether the plan tells how much of it each node is.
        """
        return self.times[0].known

    def share(self, share: float, node: PlanNode) -> Fact:
        """
        A part of the plan, found at a node.
        """
        place = Location(self.path, node.line)
        if self.shares_known and self.times[node.id].known:
            return Value(share, Origin.LITERAL, place)
        return Unknown(_NO_SHARES, place)

    def time(self, share: float, node: PlanNode) -> Fact:
        """
        The time that a part of the plan took.
        """
        place = Location(self.path, node.line)
        if not self.shares_known and self.whole_ms is not None:
            return Unknown(_NO_SHARES, place)
        return milliseconds(None if self.whole_ms is None else share * self.whole_ms, place)

    @property
    def misled(self) -> frozenset[int]:
        """
        Nodes that were chosen or sized for rows that were planned wrongly.
        """
        return frozenset(one.harmed.id for one in self.wrong)

    def key(self, node: PlanNode) -> str:
        """
        Names a node in its deployment.
        """
        return f"{self.path}:{node.line} {node.id}"

    def hottest(self, top: PlanNode) -> PlanNode:
        """
        The node with the largest share among one and all below it.
        """
        waiting, found = [top], top
        while waiting:
            node = waiting.pop()
            if self.times[node.id].share > self.times[found.id].share:
                found = node
            waiting.extend(node.children)
        return found

    def only_source(self, reader: PlanNode) -> PlanNode | None:
        """
        The CTE of a scan that is the only one to read it, unless it is recursive or changes data.
        """
        found = self.ctes.get(reader.cte_name, ())
        is_only = len(found) == 1 and self.readers[reader.cte_name] == 1
        is_plain = is_only and found[0].node_type not in ("Recursive Union", "ModifyTable")
        return found[0] if is_plain else None


def milliseconds(number: float | None, place: Location | None) -> Fact:
    """
    A duration of a plan, unknown when it has no times.
    """
    if number is None:
        return Unknown(_NO_TIMES, place)
    return Value(number / 1000, Origin.LITERAL, place)


def title(node: PlanNode) -> str:
    """
    How messages call a node.
    """
    name = node.title or "node without a type"
    return f"{name} on {node.qualified_relation}" if node.relation else name
