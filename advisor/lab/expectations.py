"""
What the planner expects of the nodes of a plan: rows that are read and thrown away, how often
something is tried, and in which order. What the plan does not show, the same planner is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp

from msgspec import Struct

from advisor import regex
from advisor.lab import checks
from advisor.lab import plan_nodes as nodes
from advisor.lab.clock import Clock
from advisor.lab.plan_nodes import Node
from advisor.plans import scan

TRIED = 3.0
"""Rows or groups for each that a condition keeps of which nothing is known, as the planner
supposes."""
_NAME = r'("(?:[^"]|"")+"|[a-z_][\w$]*)'
_REFERENCE = regex.lazy(rf'(?<![\w."$]){_NAME}\.{_NAME}')
_ELSEWHERE = regex.lazy(r"SubPlan|InitPlan|\$\d")
"""What a condition takes from elsewhere."""
_NUMBERS = ("integer", "bigint", "smallint", "date", "timestamp", "double", "real", "oid")
_CONDITIONS = ("Filter", "Join Filter", "Hash Cond", "Merge Cond", "Index Cond", "Output")


class Expectations(Struct):
    """
    Of one plan.
    """

    clock: Clock
    aliases: Mapping[str, Node]
    leaders: Mapping[int, Node]
    """The scan whose order the repeated executions of a node have, by the identity of the node."""
    processes: float
    """That share a parallel scan."""

    def part(self, node: Node) -> float:
        """
        Of a table that one process reads.
        """
        return 1 / self.processes if node.get("Parallel Aware") else 1.0

    def fetched(self, node: Node) -> float:
        """
        Rows that an index points to, before the filter.
        """
        rows, most = float(node["Plan Rows"]), self.clock.table(node).rows * self.part(node)
        condition = node.get("Index Cond")
        if not node.get("Filter"):
            return rows
        asked = self._asked(node["Alias"], condition) if condition else most
        if asked is None:
            return min(rows * TRIED, most)
        return max(rows, min(asked * self.part(node), most))

    def entries(self, node: Node, fetched: float) -> tuple[float, str]:
        """
        What is read of an index, and the conditions that only filter it: those behind a range, or
        behind a key without any.
        """
        parts = scan.split(scan.strip_parentheses(node.get("Index Cond", "")), "AND")
        bounds: dict[str, None] = {}
        for key in self.clock.index(node["Index Name"]).keys:
            own = [one for one in parts if nodes.mentions(one, key)]
            bounds.update(dict.fromkeys(own))
            if not any(" = " in one for one in own):
                break
        rest = [one for one in parts if one not in bounds]
        if not bounds or not rest:
            return fetched, ""
        asked = self._asked(node["Alias"], " AND ".join(bounds))
        return max(fetched, (asked or 0.0) * self.part(node)), " AND ".join(rest)

    def sequence(self, node: Node) -> float:
        """
        How much the executions of an index scan come in the order of the index: 0 to 1.
        """
        leader = self.leaders.get(id(node))
        if leader is None:
            return 0.0
        columns = [
            column.strip('"')
            for alias, column in _REFERENCE.findall(node.get("Index Cond", ""))
            if alias.strip('"') == leader["Alias"]
        ]
        return max((self._order(leader, one) for one in columns), default=0.0)

    def _order(self, leader: Node, column: str) -> float:
        """
        How much the rows of a scan come in the order of a column.
        """
        if "Index Name" in leader:
            return float(column in self.clock.index(leader["Index Name"]).keys[:1])
        return self.clock.orders.get((nodes.qualified(leader), column), 0.0)

    def _asked(self, alias: str, condition: str) -> float | None:
        """
        Rows of a table that a condition holds for, for one row of each other table in it; the
        planner is asked once.
        """
        names = dict.fromkeys(
            [alias, *(one.strip('"') for one, _ in _REFERENCE.findall(condition))]
        )
        if any(name not in self.aliases for name in names):
            return None
        listed = [nodes.source(name, self.aliases[name]) for name in names]
        key = (*listed, condition)
        if key not in self.clock.known:
            rows = self.clock.count(f"SELECT 1 FROM {', '.join(listed)} WHERE {condition}")
            for name in [*names][1:]:
                others = self.clock.table(self.aliases[name]).rows
                rows = rows / max(others, 1.0) if rows is not None else None
            self.clock.known[key] = rows
        return self.clock.known[key]

    def passing(self, node: Node) -> checks.Passing:
        """
        Which part of a table passes a condition that asks for nothing else.
        """
        rows = self.clock.table(node).rows

        def share(condition: str) -> float | None:
            if _ELSEWHERE.search(condition):
                return None
            left = self._asked(node["Alias"], condition)
            return None if left is None or not rows else min(left / rows, 1.0)

        return share

    def tries(self, node: Node, subplan: str) -> float:
        """
        How often one loop of a node executes a subplan: for each row on which it is tried.
        """
        if any(f"hashed {subplan}" in str(node.get(name, "")) for name in _CONDITIONS):
            return 1.0
        rows = float(node["Plan Rows"])
        if f"{subplan})" in node.get("Hash Cond", ""):
            rows = nodes.rows(node)[0]
        elif f"{subplan})" in node.get("Join Filter", ""):
            rows *= TRIED
        elif f"{subplan})" in node.get("Filter", ""):
            rows = max([self._left(node), *nodes.rows(node)])
        return max(rows, 1.0)

    def _left(self, node: Node) -> float:
        """
        Rows of a table for which a filter comes to its subplans: cheaper conditions go first.
        """
        read = self._read(node)
        parts = scan.split(scan.strip_parentheses(node["Filter"]), "AND")
        cheap = [one for one in parts if not _ELSEWHERE.search(one)]
        if "Relation Name" not in node or not cheap:
            return read
        left = self._asked(node["Alias"], " AND ".join(cheap))
        return read if left is None else min(read, left * self.part(node))

    def _read(self, node: Node) -> float:
        """
        Rows of a table on which the filter of its scan is tried.
        """
        if node["Node Type"] == "Seq Scan":
            return self.clock.table(node).rows * self.part(node)
        return self.fetched(node) if "Index Name" in node else float(node["Plan Rows"])

    def sorts_numbers(self, node: Node) -> bool:
        """
        Whether the first key of a sort is compared without calling a function of its type.
        """
        key = next(iter(node.get("Sort Key", ())), "")
        found = _REFERENCE.match(key)
        alias, _, column = found[0].rpartition(".") if found else ("", "", key.partition(" ")[0])
        if not alias and len(self.aliases) == 1:
            (alias,) = self.aliases
        source = self.aliases.get(alias.strip('"'))
        table = nodes.qualified(source) if source is not None else ""
        return self.clock.types.get((table, column.strip('"')), "").startswith(_NUMBERS)

    def keys(self, node: Node, loops: float) -> float:
        """
        Different values among those that a Memoize is asked for.
        """
        found = 1.0
        for part in str(node.get("Cache Key", "")).split(", "):
            alias, _, column = part.partition(".")
            source = self.aliases.get(alias.strip('"'))
            name = nodes.qualified(source) if source else ""
            found *= self.clock.distinct.get((name, column.strip('"')), loops)
        return max(found * (1 - exp(-loops / found)), 1.0)


def expectations(clock: Clock, plan: Node) -> Expectations:
    """
    Of a whole plan.
    """
    aliases, leaders = dict(nodes.aliases(plan)), dict(nodes.leaders(plan))
    return Expectations(clock, aliases, leaders, nodes.processes(plan))
