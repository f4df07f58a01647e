"""
Facts of query plans: the whole, its nodes, wrong estimates, and the indexes that would serve.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from advisor.deployment.model import Deployment
from advisor.facts.common import computed
from advisor.facts.indexes import advice_on, index_subjects, served
from advisor.facts.plan_nodes import node_facts
from advisor.facts.plan_views import PlanView, milliseconds, title
from advisor.indexes import ddl
from advisor.model import Location, Origin, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.plans.fingerprint import fingerprint
from advisor.plans.misestimates import Misestimate
from advisor.plans.model import Plan, PlanNode, Trigger

_NOTABLE = 0.1
"""Of the slowest trigger's time: what is less is not worth naming."""
QUERY_LENGTH = 80
"""Characters of a statement that are shown."""
_NO_TIMES = "the plan was made without ANALYZE or with TIMING off"


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every plan, its nodes and its wrong estimates, and everything about indexes.
    """
    advice = advice_on(deployment)
    indexed = served(advice)
    facts_of: list[dict[str, Fact]] = []
    runs = _runs(deployment.plans)
    for number, ((path, plan), ran) in enumerate(zip(deployment.plans, runs, strict=True)):
        view = PlanView.of(path, plan)
        nodes = indexed.get(number, frozenset())
        facts = {**_plan_facts(view), **ran, "plan.indexable": computed(bool(nodes))}
        facts_of.append(facts)
        name = f"plan in {path}:{plan.location.line}"
        yield Subject("plan", name, facts, plan.location, path)
        for node in plan.walk():
            own = node_facts(view, node, indexed=node.id in nodes, schema=deployment.schema)
            place = Location(path, node.line)
            yield Subject("plan.node", title(node), {**own, **facts}, place, path)
        for wrong in view.wrong:
            place = Location(path, wrong.node.line)
            own = _misestimate_facts(view, wrong, place)
            yield Subject("plan.misestimate", title(wrong.node), {**own, **facts}, place, path)
    yield from index_subjects(deployment, advice, facts_of)


def _runs(plans: Sequence[tuple[str, Plan]]) -> Iterator[dict[str, Fact]]:
    """
    How often the statement of each plan ran, and how much that is of all that is known.
    """
    keys = [fingerprint(plan.query) or str(number) for number, (_, plan) in enumerate(plans)]
    calls: Counter[str] = Counter()
    spent: dict[str, float] = defaultdict(float)
    for key, (_, plan) in zip(keys, plans, strict=True):
        calls[key] += plan.calls
        spent[key] += (plan.execution_ms or 0.0) if plan.total_ms is None else plan.total_ms
    whole = sum(spent.values())
    for key in keys:
        weight = spent[key] / whole if whole else 1.0
        yield {"plan.calls": computed(calls[key]), "plan.weight": computed(weight)}


def _plan_facts(view: PlanView) -> dict[str, Fact]:
    plan, path = view.plan, view.path
    nodes = [(node, view.times[node.id]) for node in plan.walk()]
    slowest, slow = max(nodes, key=lambda pair: pair[1].share)
    largest, most = max(nodes, key=lambda pair: pair[1].rows_scanned_total)
    return {
        "plan.query": _query(plan),
        "plan.analyzed": computed(plan.analyzed),
        "plan.timed": computed(view.whole_ms is not None),
        "plan.buffers": computed(bool(view.blocks)),
        "plan.execution_time": milliseconds(plan.execution_ms, plan.location),
        "plan.planning_time": milliseconds(plan.planning_ms, plan.location),
        "plan.max_rows": _at(most.rows_scanned_total, path, largest),
        "plan.max_rows_node": _at(title(largest), path, largest),
        "plan.max_rows_key": computed(view.key(largest)),
        "plan.slowest": computed(view.key(slowest)),
        "plan.slowest_node": _at(title(slowest), path, slowest),
        "plan.slowest_share": view.share(slow.share, slowest),
        "plan.rows": _rows(view),
        "plan.changes": computed(any(n.node_type == "ModifyTable" for n in plan.walk())),
        "plan.disabled": computed(", ".join(_disabled(plan))),
        **_beside(view),
        **_blocks(view),
    }


def _rows(view: PlanView) -> Fact:
    root = view.plan.root
    if view.plan.is_part:
        return Unknown("the plan starts below its root", Location(view.path, root.line))
    return _at(view.times[0].rows_out_total, view.path, root)


def _disabled(plan: Plan) -> Iterator[str]:
    """
    Planner methods that somebody switched off.
    """
    for name, value in plan.settings.items():
        if name.startswith("enable_") and value == "off":
            yield name


def _beside(view: PlanView) -> dict[str, Fact]:
    """
    What takes time beside the nodes, or is told apart from them: JIT, triggers, serialization.
    """
    plan = view.plan
    whole = plan.execution_ms or view.whole_ms or 0.0
    costliest = max(plan.triggers, key=lambda one: one.time_ms or 0.0, default=Trigger(""))
    place = Location(view.path, costliest.line) if costliest.line else plan.location
    times = {
        "jit": (plan.jit.total_ms if plan.jit else 0.0) or 0.0,
        "trigger": sum(one.time_ms or 0.0 for one in plan.triggers),
        "serialization": plan.serialization_ms or 0.0,
    }
    facts: dict[str, Fact] = {}
    for name, time in times.items():
        where = place if name == "trigger" else plan.location
        facts[f"plan.{name}_time"] = Value(time / 1000, Origin.LITERAL, where)
        facts[f"plan.{name}_share"] = computed(min(1.0, time / whole) if whole else 0.0)
    is_key = bool(costliest.constraint) and costliest.constraint != costliest.name
    return {
        **facts,
        "plan.trigger": computed(_trigger(costliest)),
        "plan.other_triggers": computed(", ".join(_others(plan, costliest))),
        "plan.trigger_is_key": computed(is_key),
    }


def _trigger(one: Trigger) -> str:
    """
    A trigger or a constraint with its table, which several may share the name of.
    """
    name = one.constraint or one.name
    return f"{name} on {one.relation}" if one.relation else name


def _others(plan: Plan, costliest: Trigger) -> Iterator[str]:
    """
    The other triggers that take a tenth or more of what the costliest takes, slowest first.
    """
    least = _NOTABLE * (costliest.time_ms or 0.0)
    for one in sorted(plan.triggers, key=lambda one: -(one.time_ms or 0.0)):
        if one is not costliest and (one.time_ms or 0.0) >= max(least, 1.0):
            yield f"{_trigger(one)} ({one.time_ms:,.0f} ms)"


def _blocks(view: PlanView) -> dict[str, Fact]:
    plan, root = view.plan, view.plan.root
    whole = plan.execution_ms or view.whole_ms or 0.0
    blocks = root.buffers
    hit, read = (blocks.shared_hit, blocks.shared_read) if blocks else (0, 0)
    spent = sum(_detail(root, name) for name in ("I/O Read Time", "Shared I/O Read Time"))
    records = _detail(root, "WAL Records")
    return {
        "plan.read_time": Value(spent / 1000, Origin.LITERAL, plan.location),
        "plan.read_share": computed(min(1.0, spent / whole) if whole else 0.0),
        "plan.cold_share": computed(read / (hit + read) if read else 0.0),
        "plan.blocks_read": _at(read, view.path, root),
        "plan.blocks_written": _at(blocks.shared_written if blocks else 0, view.path, root),
        "plan.wal_size": _at(_detail(root, "WAL Bytes"), view.path, root),
        "plan.wal_full_pages": computed(_detail(root, "WAL FPI") / records if records else 0.0),
    }


def _detail(node: PlanNode, name: str) -> float:
    try:
        return float(node.details.get(name, 0))
    except ValueError:
        return 0.0


def _misestimate_facts(view: PlanView, one: Misestimate, place: Location) -> dict[str, Fact]:
    return {
        "misestimate.node": Value(title(one.node), Origin.LITERAL, place),
        "misestimate.relation": computed(one.node.qualified_relation),
        "misestimate.kind": computed(one.kind),
        "misestimate.columns": computed(", ".join(one.columns)),
        "misestimate.planned": Value(one.planned, Origin.LITERAL, place),
        "misestimate.actual": Value(one.actual, Origin.LITERAL, place),
        "misestimate.factor": computed(max(one.actual, 1.0) / max(one.planned, 1.0)),
        "misestimate.harmed": _at(title(one.harmed), view.path, one.harmed),
        "misestimate.harm": computed(one.harm),
        "misestimate.hot": computed(view.key(view.hottest(one.harmed))),
        "misestimate.share": view.share(one.share, one.harmed),
        "misestimate.time": view.time(one.share, one.harmed),
        "misestimate.statement": computed(_statistics(one)),
        "misestimate.analyze": computed(f"ANALYZE {_table(one.node)}".rstrip()),
    }


def _statistics(one: Misestimate) -> str:
    """
    The statistics that tell the planner how columns depend on each other.
    """
    columns = ", ".join(column.rpartition(".")[2] for column in one.columns)
    table = _table(one.node)
    return f"CREATE STATISTICS (dependencies, mcv) ON {columns} FROM {table};\nANALYZE {table};"


def _table(node: PlanNode) -> str:
    return ".".join(ddl.quote(part) for part in (node.schema, node.relation) if part)


def _query(plan: Plan) -> Fact:
    if not plan.query:
        return Unknown("the file does not hold the statement", plan.location)
    text = " ".join(plan.query.split())
    short = text if len(text) <= QUERY_LENGTH else f"{text[: QUERY_LENGTH - 1]}…"
    return Value(short, Origin.LITERAL, plan.location)


def _at(value: bool | float | str, path: str, node: PlanNode) -> Fact:  # noqa: FBT001 - a fact
    return Value(value, Origin.LITERAL, Location(path, node.line))
