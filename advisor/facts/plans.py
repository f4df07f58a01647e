"""
Facts of query plans: the whole, its nodes, and the indexes that would serve them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor.deployment.model import Deployment
from advisor.facts.common import computed
from advisor.model import Location, Origin, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.plans.arithmetic import NodeTimes, account
from advisor.plans.indexes import IndexCandidate, index_candidates
from advisor.plans.model import Plan, PlanNode

LEAST_MS = 0.1
"""No index scan is promised to be faster: descending the tree and returning rows takes time too."""
QUERY_LENGTH = 80
"""Characters of a statement that are shown."""
_NO_TIMES = "the plan was made without ANALYZE or with TIMING off"
_SERVES = {
    "filter": "the filter",
    "sort": "the filter and the order that LIMIT asks for",
    "join": "the join",
}
_SEQUENTIAL = ("Seq Scan",)


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every plan, its nodes, and its index candidates.
    """
    for path, plan in deployment.plans:
        times = account(plan)
        candidates = index_candidates(plan)
        served = {one.node_id for one in candidates}
        facts = {**_plan_facts(path, plan, times), "plan.indexable": computed(bool(candidates))}
        name = f"plan in {path}:{plan.location.line}"
        yield Subject("plan", name, facts, plan.location, path)
        for node in plan.walk():
            own = _node_facts(path, node, times[node.id], indexed=node.id in served)
            place = Location(path, node.line)
            yield Subject("plan.node", _title(node), {**own, **facts}, place, path)
        for candidate in candidates:
            place = Location(path, candidate.node_line)
            own = _index_facts(plan, candidate, place)
            yield Subject("plan.index", f"table {candidate.table}", {**own, **facts}, place, path)


def _plan_facts(path: str, plan: Plan, times: Mapping[int, NodeTimes]) -> dict[str, Fact]:
    nodes = [(node, times[node.id]) for node in plan.walk()]
    slowest, slow = max(nodes, key=lambda pair: pair[1].share)
    largest, most = max(nodes, key=lambda pair: pair[1].rows_scanned_total)
    return {
        "plan.query": _query(plan),
        "plan.analyzed": computed(plan.analyzed),
        "plan.execution_time": _milliseconds(plan.execution_ms, plan.location),
        "plan.planning_time": _milliseconds(plan.planning_ms, plan.location),
        "plan.max_rows": _at(most.rows_scanned_total, path, largest),
        "plan.max_rows_node": _at(_title(largest), path, largest),
        "plan.slowest_node": _at(_title(slowest), path, slowest),
        "plan.slowest_share": _at(slow.share, path, slowest),
    }


def _node_facts(path: str, node: PlanNode, times: NodeTimes, *, indexed: bool) -> dict[str, Fact]:
    scanned, kept = times.rows_scanned_total, times.rows_out_total
    spilled = node.sort_space_kb if node.sort_space_type == "Disk" else node.disk_usage_kb
    return {
        "node.type": _at(node.title, path, node),
        "node.relation": _at(node.qualified_relation, path, node),
        "node.filter": _at(node.filter, path, node),
        "node.sequential": _at(node.node_type in _SEQUENTIAL, path, node),
        "node.rows_scanned": _at(round(scanned), path, node),
        "node.rows_kept": _at(round(kept), path, node),
        "node.removed_share": _at(
            times.rows_removed_total / scanned if scanned else 0.0, path, node
        ),
        "node.self_time": _milliseconds(times.self_ms, Location(path, node.line)),
        "node.share": _at(times.share, path, node),
        "node.loops": _at(node.loops if node.loops is not None else 1, path, node),
        "node.indexable": computed(indexed),
        "node.disk_size": _at(round((spilled or 0) * 1024), path, node),
        "node.misestimate": _misestimate(path, node),
    }


def _index_facts(plan: Plan, one: IndexCandidate, place: Location) -> dict[str, Fact]:
    no_times = Unknown(_NO_TIMES, place)
    now, gain, share = one.self_ms, one.expected_gain_ms, one.share
    seconds: dict[str, Fact] = {
        "index.time_now": no_times,
        "index.time_then": no_times,
        "index.saving": no_times,
    }
    if now is not None and gain is not None:
        then = min(max(now - gain, LEAST_MS), now)
        share = (now - then) / plan.execution_ms if plan.execution_ms else share
        seconds = {
            "index.time_now": computed(now / 1000),
            "index.time_then": computed(then / 1000),
            "index.saving": computed((now - then) / 1000),
        }
    return {
        "index.table": Value(one.table, Origin.LITERAL, place),
        "index.columns": computed(", ".join(one.columns)),
        "index.statement": computed(one.statement),
        "index.rollback": computed(one.rollback),
        "index.serves": computed(_SERVES[one.serves]),
        "index.sorted": computed(one.serves == "sort"),
        "index.rows_scanned": computed(round(one.rows_scanned)),
        "index.rows_kept": computed(round(one.rows_kept)),
        "index.share": computed(min(share, 1.0)),
        "index.measured": computed(now is not None and gain is not None),
        **seconds,
    }


def _misestimate(path: str, node: PlanNode) -> Fact:
    """
    Factor between planned and actual rows of one loop; at least 1.
    """
    if node.plan_rows is None or node.actual_rows is None:
        return Unknown("the plan holds no actual rows", Location(path, node.line))
    planned, actual = max(node.plan_rows, 1.0), max(node.actual_rows, 1.0)
    return _at(max(planned / actual, actual / planned), path, node)


def _query(plan: Plan) -> Fact:
    if not plan.query:
        return Unknown("the file does not hold the statement", plan.location)
    text = " ".join(plan.query.split())
    short = text if len(text) <= QUERY_LENGTH else f"{text[: QUERY_LENGTH - 1]}…"
    return Value(short, Origin.LITERAL, plan.location)


def _title(node: PlanNode) -> str:
    title = node.title or "node without a type"
    return f"{title} on {node.qualified_relation}" if node.relation else title


def _milliseconds(number: float | None, place: Location) -> Fact:
    if number is None:
        return Unknown(_NO_TIMES, place)
    return Value(number / 1000, Origin.LITERAL, place)


def _at(value: bool | float | str, path: str, node: PlanNode) -> Fact:  # noqa: FBT001 - a fact
    return Value(value, Origin.LITERAL, Location(path, node.line))
