"""
From the properties of the JSON form, whichever reader found them, to the plan model.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from advisor.model import Location, Problem
from advisor.plans.model import Buffers, Jit, Plan, PlanNode, Trigger, Worker

MAX_DEPTH = 200
"""Deeper nodes are hung on the last one allowed: real plans have a tenth of it."""
_PLAUSIBLE = 1e18

_TEXTS: Mapping[str, str] = {
    "Parent Relationship": "relationship",
    "Subplan Name": "subplan_name",
    "Relation Name": "relation",
    "Schema": "schema",
    "Alias": "alias",
    "Index Name": "index",
    "CTE Name": "cte_name",
    "Function Name": "function_name",
    "Join Type": "join_type",
    "Strategy": "strategy",
    "Partial Mode": "partial_mode",
    "Operation": "operation",
    "Command": "command",
    "Scan Direction": "scan_direction",
    "Custom Plan Provider": "provider",
    "Filter": "filter",
    "Index Cond": "index_cond",
    "Recheck Cond": "recheck_cond",
    "Hash Cond": "hash_cond",
    "Merge Cond": "merge_cond",
    "Join Filter": "join_filter",
    "One-Time Filter": "one_time_filter",
    "TID Cond": "tid_cond",
    "Order By": "order_by",
    "Run Condition": "run_condition",
    "Sort Method": "sort_method",
    "Sort Space Type": "sort_space_type",
}
_UNSAID: Mapping[tuple[str, str], str] = {
    ("Operation", "Select"): "",
    ("Scan Direction", "NoMovement"): "Forward",
}
"""Values of the document forms that the text form does not print, and what it says instead."""
_NUMBERS: Mapping[str, str] = {
    "Startup Cost": "startup_cost",
    "Total Cost": "total_cost",
    "Plan Rows": "plan_rows",
    "Plan Width": "plan_width",
    "Actual Startup Time": "actual_startup_ms",
    "Actual Total Time": "actual_total_ms",
    "Actual Rows": "actual_rows",
    "Actual Loops": "loops",
    "Heap Fetches": "heap_fetches",
    "Sort Space Used": "sort_space_kb",
    "Hash Batches": "batches",
    "HashAgg Batches": "batches",
    "Original Hash Batches": "original_batches",
    "Peak Memory Usage": "peak_memory_kb",
    "Workers Planned": "workers_planned",
    "Workers Launched": "workers_launched",
}
_COUNTS: Mapping[str, str] = {
    "Rows Removed by Filter": "rows_removed_by_filter",
    "Rows Removed by Join Filter": "rows_removed_by_join_filter",
    "Rows Removed by Index Recheck": "rows_removed_by_index_recheck",
    "Exact Heap Blocks": "exact_heap_blocks",
    "Lossy Heap Blocks": "lossy_heap_blocks",
    "Disk Usage": "disk_usage_kb",
}
_LISTS: Mapping[str, str] = {
    "Sort Key": "sort_key",
    "Presorted Key": "presorted_key",
    "Group Key": "group_key",
    "Cache Key": "cache_key",
    "Output": "output",
}
_FLAGS: Mapping[str, str] = {
    "Parallel Aware": "parallel_aware",
    "Async Capable": "async_capable",
    "Inner Unique": "inner_unique",
}
_BUFFERS: Mapping[str, str] = {
    f"{kind} {what} Blocks": f"{kind}_{what}".lower()
    for kind in ("Shared", "Local", "Temp")
    for what in ("Hit", "Read", "Dirtied", "Written")
    if kind != "Temp" or what in ("Read", "Written")
}
_TIMED = ("Read", "Write", "Extend")
_OF_WORKERS = ("actual_rows", "loops", "actual_startup_ms", "actual_total_ms")
_STRUCTURE = frozenset({"Node Type", "Plans", "Workers"})
_KNOWN = _STRUCTURE.union(_TEXTS, _NUMBERS, _COUNTS, _LISTS, _FLAGS, _BUFFERS)
_OF_PLAN = frozenset(
    {"Plan", "Planning Time", "Execution Time", "Total Runtime", "Triggers"}
).union({"JIT", "Settings", "Query Text", "Serialization"})
PROPERTIES = _KNOWN.union(
    (f"{kind}I/O {what} Time" for kind in ("", "Shared ", "Local ", "Temp ") for what in _TIMED),
    ("Full-sort Groups", "Pre-sorted Groups"),
)
"""Names that a document may have in a spelling of its own."""


class RawNode(Struct):
    """
    A node as a reader found it: properties under their JSON names, still open to additions.
    """

    line: int
    properties: dict[str, Any]
    children: list[RawNode] = field(default_factory=list)


class RawPlan(Struct):
    """
    A plan as a reader found it.
    """

    root: RawNode
    form: str
    location: Location
    properties: dict[str, Any] = field(default_factory=dict)
    """Of the plan as a whole: ``Planning Time``, ``Triggers`` …"""
    query: str = ""
    problems: list[Problem] = field(default_factory=list)
    is_guess: bool = False
    is_part: bool = False


def number(value: object) -> float | None:
    """
    A plausible finite number, of a number or of text; None for anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and abs(found) <= _PLAUSIBLE else None


def plan(raw: RawPlan) -> Plan:
    """
    The finished plan.
    """
    root = _tree(raw.root)
    given = raw.properties
    serialization = given.get("Serialization")
    return Plan(
        root=root,
        form=raw.form,
        location=raw.location,
        analyzed=root.loops is not None,
        planning_ms=number(given.get("Planning Time")),
        execution_ms=number(given.get("Execution Time", given.get("Total Runtime"))),
        serialization_ms=number(serialization.get("Time"))
        if isinstance(serialization, dict)
        else None,
        triggers=tuple(_triggers(given.get("Triggers"))),
        jit=_jit(given.get("JIT")),
        settings=dict(_details(given.get("Settings"), ())),
        query=raw.query,
        details=dict(_details(given, _OF_PLAN)),
        problems=tuple(raw.problems),
        is_guess=raw.is_guess,
        is_part=raw.is_part,
    )


def _tree(root: RawNode) -> PlanNode:
    """
    Frozen nodes, children first, without recursion: a hostile plan may be very deep.
    """
    order: list[RawNode] = []
    waiting = [root]
    while waiting:
        raw = waiting.pop()
        order.append(raw)
        waiting.extend(reversed(raw.children))
    done: dict[int, PlanNode] = {}
    for position in range(len(order) - 1, -1, -1):
        raw = order[position]
        children = tuple(done.pop(id(child)) for child in raw.children)
        done[id(raw)] = _node(raw, position, children)
    return done[id(root)]


def _node(raw: RawNode, position: int, children: tuple[PlanNode, ...]) -> PlanNode:
    given = raw.properties
    fields: dict[str, Any] = {}
    for key, value in given.items():
        if key in _TEXTS:
            text = value if isinstance(value, str) else str(value)
            fields[_TEXTS[key]] = _UNSAID.get((key, text), text)
        elif key in _NUMBERS:
            fields[_NUMBERS[key]] = number(value)
        elif key in _COUNTS:
            fields[_COUNTS[key]] = number(value) or 0.0
        elif key in _LISTS:
            fields[_LISTS[key]] = _texts(value)
        elif key in _FLAGS:
            fields[_FLAGS[key]] = value is True or value == "true"
    if fields.get("relation") and not fields.get("alias"):
        fields["alias"] = fields["relation"]
    if fields.get("loops") == 0:
        fields |= {"never_executed": True, "actual_rows": 0.0}
        fields |= {"actual_startup_ms": 0.0, "actual_total_ms": 0.0}
    return PlanNode(
        id=position,
        line=raw.line,
        node_type=str(given.get("Node Type", "")),
        children=children,
        workers=tuple(_workers(given.get("Workers"))),
        buffers=_buffers(given),
        details=dict(_details(given, _KNOWN)),
        **fields,
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


def _buffers(given: Mapping[str, Any]) -> Buffers | None:
    """
    Text leaves out what is zero and JSON does not, so all zeros mean none in both.
    """
    counts = {name: int(number(given.get(key)) or 0) for key, name in _BUFFERS.items()}
    return Buffers(**counts) if any(counts.values()) else None


def _workers(value: object) -> Iterator[Worker]:
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            fields = {_NUMBERS[k]: number(v) for k, v in item.items() if k in _NUMBERS}
            yield Worker(
                number=int(number(item.get("Worker Number")) or 0),
                details=dict(_details(item, ("Worker Number", "Plans"))),
                **{name: fields.get(name) for name in _OF_WORKERS},
            )


def _triggers(value: object) -> Iterator[Trigger]:
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            yield Trigger(
                name=str(item.get("Trigger Name", "")),
                constraint=str(item.get("Constraint Name", "")),
                relation=str(item.get("Relation", "")),
                time_ms=number(item.get("Time")),
                calls=number(item.get("Calls")),
                line=int(number(item.get("Line")) or 0),
            )


def _jit(value: object) -> Jit | None:
    if not isinstance(value, dict):
        return None
    details = dict(_details(value, ()))
    total = details.get("Timing.Total")
    return Jit(number(details.get("Functions")), number(total), details)


def _details(value: object, known: frozenset[str] | tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """
    Properties without a field of their own, nested ones with dotted names.
    """
    if not isinstance(value, dict):
        return
    waiting = [(str(key), item) for key, item in reversed(value.items()) if key not in known]
    while waiting:
        key, item = waiting.pop()
        if isinstance(item, dict):
            waiting += [(f"{key}.{name}"[-200:], inner) for name, inner in reversed(item.items())]
        elif isinstance(item, list):
            yield key, ", ".join(_text(inner) for inner in item)
        elif item is not None:
            yield key, _text(item)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "…" if isinstance(value, dict | list) else str(value)
