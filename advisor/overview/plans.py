"""
Query plans as trees to show, with the findings about each node.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from advisor.model import Finding, Location, PlanRow, PlanTree

if TYPE_CHECKING:
    from advisor.plans.model import Plan, PlanNode

_Marks: TypeAlias = Mapping[tuple[str, int], list[Finding]]


def plan_trees(
    plans: Iterable[tuple[str, Plan]], findings: Iterable[Finding], *, most: int
) -> tuple[PlanTree, ...]:
    """
    The plans in their order, each beside its file; of more than `most` those to look at first.

    These are the ones that findings point into, and of the others the slowest.
    """
    marked = _by_line(findings)
    chosen = _chosen([*plans], marked, most)
    return tuple(_tree(path, plan, marked) for path, plan in chosen)


def _chosen(plans: list[tuple[str, Plan]], marked: _Marks, most: int) -> list[tuple[str, Plan]]:
    if len(plans) <= most:
        return plans

    def urgency(place: int) -> tuple[bool, float]:
        path, plan = plans[place]
        quiet = not any((path, node.line) in marked for node in plan.walk())
        return quiet, -(plan.execution_ms or 0.0)

    return [plans[place] for place in sorted(sorted(range(len(plans)), key=urgency)[:most])]


def _by_line(findings: Iterable[Finding]) -> _Marks:
    found: dict[tuple[str, int], list[Finding]] = defaultdict(list)
    for finding in findings:
        places = [mark.location for mark in (finding.mark, *finding.related) if mark]
        for path, line in dict.fromkeys((place.path, place.line) for place in places):
            found[path, line].append(finding)
    return found


def _tree(path: str, plan: Plan, marked: _Marks) -> PlanTree:
    from advisor.plans.arithmetic import account  # noqa: PLC0415 - start-up cost

    times = account(plan)
    nodes = list(plan.walk())
    depths = {0: 0}
    for node in nodes:
        depths |= {child.id: depths[node.id] + 1 for child in node.children}
    lines: dict[int, list[PlanNode]] = defaultdict(list)
    for node in nodes:
        lines[node.line].append(node)
    rows = (
        PlanRow(
            depth=depths[node.id],
            title=_title(node),
            name=node.subplan_name,
            share=times[node.id].share if times[node.id].known else None,
            self_ms=times[node.id].self_ms,
            rows_planned=node.plan_rows,
            rows_actual=None if node.never_executed else node.actual_rows,
            loops=node.loops,
            location=Location(path, node.line),
            wall_ms=times[node.id].total_ms,
            cpu_ms=times[node.id].cpu_ms,
            codes=_codes(node, lines[node.line], marked.get((path, node.line), ())),
        )
        for node in nodes
    )
    return PlanTree(
        location=plan.location,
        query=plan.query,
        form=plan.form,
        planning_ms=plan.planning_ms,
        execution_ms=plan.execution_ms,
        estimated=times[0].estimated,
        rows=tuple(rows),
        jit_ms=plan.jit.total_ms if plan.jit else None,
        triggers_ms=sum(one.time_ms or 0.0 for one in plan.triggers) if plan.triggers else None,
        serialization_ms=plan.serialization_ms,
        calls=plan.calls,
        total_ms=plan.total_ms,
    )


def _codes(
    node: PlanNode, same_line: list[PlanNode], findings: Iterable[Finding]
) -> tuple[str, ...]:
    """
    Codes of the findings about a node. Of nodes on one line, those that are named are meant.
    """
    codes: dict[str, None] = {}
    for finding in findings:
        named = [one for one in same_line if finding.subject in _names(one)] or same_line[:1]
        if node in named:
            codes |= dict.fromkeys((finding.code, *finding.also))
    return tuple(codes)


def _names(node: PlanNode) -> tuple[str, ...]:
    """
    What findings about a node are about.
    """
    if not node.relation:
        return (node.title,)
    target = node.qualified_relation
    return f"{node.title} on {target}", f"table {target}"


def _title(node: PlanNode) -> str:
    title = node.title or "node without a type"
    target = node.qualified_relation or node.cte_name or node.function_name
    index = f" using {node.index}" if node.index else ""
    return f"{title}{index} on {target}" if target else f"{title}{index}"
