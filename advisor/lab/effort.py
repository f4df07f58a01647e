"""
How long a plan takes when all that it reads is in memory.

The planner's costs are made for disks: a row that an index fetches from its table costs it hardly
more than one of a sequential scan, and in memory it takes ten times as long. Plans are therefore
compared by the rows that the planner expects of each node and what a row takes there; which plan it
chooses is up to its costs all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import exp, log2

from advisor.lab import checks
from advisor.lab import plan_nodes as nodes
from advisor.lab import unit_times as unit
from advisor.lab.clock import Clock
from advisor.lab.expectations import TRIED, Expectations, expectations
from advisor.lab.plan_nodes import Node

_KEEPING = frozenset({"Hash", "Materialize", "Sort"})
"""Nodes that keep what their child returned."""


def effort(clock: Clock, plan: Node) -> float:
    """
    Of a whole plan, in `unit_times.UNIT`.
    """
    return _time(expectations(clock, plan), plan, (1.0, 1.0, 1.0)) / unit.UNIT


def _time(plan: Expectations, node: Node, execution: tuple[float, float, float]) -> float:
    """
    Microseconds of a node and all below it, for all its executions.

    These are how many there are, how often what does not depend on an outer row is done again, and
    the part of the rows that is asked for.
    """
    kind, children = node["Node Type"], node.get("Plans", ())
    loops, base, first = execution
    found = loops * _OWN.get(kind, _other)(plan, node, loops, first)
    for child in children:
        found += _time(plan, child, _execution(plan, (node, child), loops, base))
    if kind == "Limit" and children:
        part = node["Total Cost"] / max(children[0]["Total Cost"], 1e-9)
        found *= min(part, 1.0)
    return found


def _execution(
    plan: Expectations, family: tuple[Node, Node], loops: float, base: float
) -> tuple[float, float, float]:
    """
    How a node executes a child.
    """
    node, child = family
    relation, kind = child.get("Parent Relationship"), node["Node Type"]
    if relation == "InitPlan":
        return 1.0, 1.0, 1.0
    if relation == "SubPlan":
        times = loops * plan.tries(node, str(child.get("Subplan Name")))
        return times, times, 1.0
    if kind in _KEEPING:
        return min(loops, base), min(loops, base), 1.0
    if kind == "Memoize":
        return min(loops, plan.keys(node, loops)), base, 1.0
    if kind == "Nested Loop" and relation == "Inner":
        outer = max(nodes.rows(node)[0], 1.0)
        stops = node.get("Join Type") in ("Semi", "Anti") or node.get("Inner Unique")
        matching = child["Plan Rows"]
        return loops * outer, base, 1 / (matching + 1) if stops and matching > 1 else 1.0
    return loops, base, 1.0


def _sequential(plan: Expectations, node: Node, _loops: float, first: float) -> float:
    table = plan.clock.table(node)
    kept = float(node["Plan Rows"]) / max(table.rows * plan.part(node), 1.0)
    row = unit.ROW + checks.time(node.get("Filter", ""), kept, plan.passing(node))
    return first * plan.part(node) * (table.pages * unit.PAGE + table.rows * row)


def _indexed(plan: Expectations, node: Node, loops: float, first: float) -> float:
    table, rows = plan.clock.table(node), float(node["Plan Rows"])
    index = plan.clock.index(node["Index Name"])
    fetched = max(plan.fetched(node) * first, min(1.0, rows))
    entries, rest = plan.entries(node, fetched)
    entries = max(entries * first, fetched)
    sequence = plan.sequence(node)
    leaf = sequence * unit.nearby(loops, index.pages)
    found = unit.reach(unit.DESCENT, index.pages, leaf)
    found += entries * unit.ENTRY + first * rows * unit.PASSED
    found += fetched * checks.time(node.get("Filter", ""), rows / max(fetched, rows, 1.0))
    if rest and entries > 0:
        found += entries * unit.OF_ENTRY * checks.time(rest, fetched / entries)
    if node["Node Type"] == "Index Only Scan":
        fetched *= 1 - table.visible
    # The first row of a loop is seldom on the page that was read last.
    near = max(fetched - 1.0, 0.0) * index.order
    page = sequence * index.order * unit.nearby(loops, table.pages)
    fetch = unit.reach(unit.FETCH, table.pages, page)
    return found + near * unit.FETCH_NEXT + (fetched - near) * fetch


def _bitmap(plan: Expectations, node: Node, _loops: float, _first: float) -> float:
    table, fetched = plan.clock.table(node), nodes.pointed(nodes.inputs(node)[0])
    pages = max(table.pages, 1.0)
    scattered = pages * (1 - exp(-fetched / pages))
    together = pages * min(fetched / max(table.rows, 1.0), 1.0)
    order = max((plan.clock.index(name).order for name in nodes.indexes(node)), default=0.0)
    read = scattered + order * (together - scattered)
    kept = float(node["Plan Rows"]) / max(fetched, 1.0)
    row = unit.BITMAP_ROW + checks.time(node.get("Filter", ""), kept)
    return plan.part(node) * (read * unit.BITMAP_PAGE + fetched * row)


def _bitmap_index(_plan: Expectations, node: Node, _loops: float, _first: float) -> float:
    return sum(unit.DESCENT) + float(node["Plan Rows"]) * unit.ENTRY


def _hash(_plan: Expectations, node: Node, _loops: float, _first: float) -> float:
    rows = float(node["Plan Rows"])
    return rows * unit.reach(unit.HASHED, unit.pages_of(rows, node["Plan Width"]))


def _hash_join(_plan: Expectations, node: Node, _loops: float, _first: float) -> float:
    outer, inner = nodes.rows(node)
    built = unit.pages_of(inner, nodes.inputs(node)[1]["Plan Width"])
    return outer * unit.reach(unit.PROBED, built) + _joined(node, node["Plan Rows"])


def _merge_join(_plan: Expectations, node: Node, _loops: float, _first: float) -> float:
    return sum(nodes.rows(node)) * unit.MERGED + _joined(node, node["Plan Rows"])


def _nested_loop(_plan: Expectations, node: Node, _loops: float, _first: float) -> float:
    outer, inner = nodes.rows(node)
    return outer * unit.LOOPED + _joined(node, outer * max(inner, 1.0))


def _joined(node: Node, pairs: float) -> float:
    rows = float(node["Plan Rows"])
    return rows * unit.PASSED + pairs * checks.time(
        node.get("Join Filter", ""), rows / max(pairs, 1.0)
    )


def _sort(plan: Expectations, node: Node, _loops: float, _first: float) -> float:
    rows = sum(nodes.rows(node))
    each = unit.SORTED_NUMBERS if plan.sorts_numbers(node) else unit.SORTED
    return rows * each * log2(max(rows, 2.0))


def _group(_plan: Expectations, node: Node, _loops: float, _first: float) -> float:
    groups = float(node["Plan Rows"])
    calls = sum(str(one).count("(") for one in (*node.get("Output", ()), node.get("Filter", "")))
    each = unit.GROUPED
    if node.get("Strategy") in ("Hashed", "Mixed"):
        all_groups = groups * (TRIED if node.get("Filter") else 1.0)
        each = unit.reach(unit.GROUP_FOUND, unit.pages_of(all_groups, node["Plan Width"]))
    return sum(nodes.rows(node)) * (each + calls * unit.CALL) + groups * unit.GROUPED


def _limit(_plan: Expectations, node: Node, _loops: float, _first: float) -> float:
    return float(node["Plan Rows"]) * unit.PASSED


def _other(_plan: Expectations, node: Node, _loops: float, _first: float) -> float:
    rows = max(float(node["Plan Rows"]), *nodes.rows(node), 0.0)
    kept = float(node["Plan Rows"]) / max(rows, 1.0)
    return rows * (unit.PASSED + checks.time(node.get("Filter", ""), kept))


_OWN: Mapping[str, Callable[[Expectations, Node, float, float], float]] = {
    "Seq Scan": _sequential,
    "Sample Scan": _sequential,
    "Index Scan": _indexed,
    "Index Only Scan": _indexed,
    "Bitmap Heap Scan": _bitmap,
    "Bitmap Index Scan": _bitmap_index,
    "Hash": _hash,
    "Hash Join": _hash_join,
    "Merge Join": _merge_join,
    "Nested Loop": _nested_loop,
    "Sort": _sort,
    "Incremental Sort": _sort,
    "Aggregate": _group,
    "Group": _group,
    "Limit": _limit,
    "WindowAgg": _group,
}
"""Microseconds of one loop of a node alone."""
