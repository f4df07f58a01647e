"""
Plans as EXPLAIN (VERBOSE, FORMAT JSON) has them: what stands below, above and beside a node.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from advisor.indexes import ddl

Node: TypeAlias = Mapping[str, Any]
_LEADER = 0.3
"""Part of its time that the leader spends on each worker (``get_parallel_divisor``)."""
_REORDERING = frozenset({"Sort", "Incremental Sort", "Aggregate", "Hash"})


def mentions(text: str, key: str) -> bool:
    """
    Whether a condition is about a column or an expression.
    """
    return re.search(rf"(?<![\w$]){re.escape(key)}(?![\w$])", text) is not None


def walk(node: Node) -> Iterator[Node]:
    """
    A node and all below it, each before its children.
    """
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(reversed(one.get("Plans", ())))


def aliases(node: Node) -> Iterator[tuple[str, Node]]:
    """
    Nodes that read a table, by its alias.
    """
    for one in walk(node):
        if "Relation Name" in one and "Alias" in one:
            yield one["Alias"], one


def processes(node: Node) -> float:
    """
    Processes that share the work below a Gather, as the planner counts them.
    """
    if workers := node.get("Workers Planned"):
        return float(workers + max(1 - _LEADER * workers, 0.0))
    return max((processes(child) for child in node.get("Plans", ())), default=1.0)


def inputs(node: Node) -> list[Node]:
    """
    Children whose rows the node takes.
    """
    own = ("InitPlan", "SubPlan")
    return [one for one in node.get("Plans", ()) if one.get("Parent Relationship") not in own]


def rows(node: Node) -> list[float]:
    """
    What the planner expects of each input.
    """
    return [float(one["Plan Rows"]) for one in inputs(node)]


def pointed(node: Node) -> float:
    """
    Rows in a bitmap; what is combined of several has no number in the plan.
    """
    parts = [pointed(child) for child in inputs(node)]
    if node["Node Type"] == "BitmapAnd":
        return min(parts)
    return sum(parts) if node["Node Type"] == "BitmapOr" else float(node["Plan Rows"])


def indexes(node: Node) -> Iterator[str]:
    """
    Names of the indexes below a bitmap.
    """
    for child in inputs(node):
        if name := child.get("Index Name"):
            yield name
        yield from indexes(child)


def source(alias: str, node: Node) -> str:
    """
    A table with its alias, for FROM.
    """
    name = ddl.quote_qualified(node.get("Schema", "public"), node["Relation Name"])
    return f"{name} AS {ddl.quote(alias)}"


def qualified(node: Node) -> str:
    """
    Schema and name of the table that a node reads.
    """
    return f"{node.get('Schema', 'public')}.{node.get('Relation Name')}"


def leaders(node: Node) -> Iterator[tuple[int, Node]]:
    """
    For each node that a nested loop repeats, by identity, the scan that sets the order of the
    repetitions; an inner loop comes after the outer ones.
    """
    below = inputs(node)
    if node["Node Type"] == "Nested Loop" and (first := _first_scan(below[0])) is not None:
        yield from ((id(one), first) for one in walk(below[1]))
    for child in node.get("Plans", ()):
        yield from leaders(child)


def _first_scan(node: Node) -> Node | None:
    """
    The scan in whose order a node returns its rows, as far as nothing sorts them.
    """
    while node["Node Type"] not in _REORDERING:
        if "Relation Name" in node:
            return node
        below = inputs(node)
        if not below:
            return None
        node = below[0]
    return None
