"""
Facts of the nodes of a plan: what each did, and what that cost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from advisor.facts.common import computed
from advisor.facts.plan_views import PlanView, milliseconds
from advisor.indexes.days import cut_of, lines_of
from advisor.indexes.operators import is_spatial
from advisor.indexes.schema import Schema
from advisor.model import Location, Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.plans import scan
from advisor.plans.build import number
from advisor.plans.conditions import predicates
from advisor.plans.costs import GATHERS, SUBPLANS
from advisor.plans.misestimates import share_below
from advisor.plans.model import Buffers, PlanNode

BLOCK = 8192
_SEQUENTIAL = ("Seq Scan",)
_APPENDS = ("Append", "Merge Append")
_TABLE_SCANS = ("Seq Scan", "Index Only Scan")
_NOT_IN = r"\bNOT \((?:ANY \((?:(?!SubPlan).)*)?"
"""Before its subplan: ``NOT (SubPlan 1)``, from 17 on ``NOT (ANY (x = (SubPlan 1).col1))``."""
_OFF = "0"
_SHARES = ("hash", "below", "run", "offset", "counted", "fenced", "empty")
"""Facts that have a share of the plan, and so a time."""
_NO_PARALLEL = "max_parallel_workers_per_gather"
_Plain = bool | float | str


class NodeView(Struct, frozen=True):
    """
    One node with what is known of the plan around it.
    """

    plan: PlanView
    node: PlanNode
    schema: Schema | None = None

    @property
    def parent(self) -> PlanNode | None:
        """
        The node above.
        """
        return self.plan.parents.get(self.node.id)

    @property
    def children(self) -> list[PlanNode]:
        """
        The inputs, without subplans.
        """
        return [one for one in self.node.children if one.relationship not in SUBPLANS]

    @property
    def blocks(self) -> Buffers:
        """
        Blocks of the node alone, all 0 when they were not counted.
        """
        return self.plan.blocks.get(self.node.id) or Buffers()

    def detail(self, name: str) -> float:
        """
        A number among the properties that the model has no field for.
        """
        try:
            return float(self.node.details.get(name, 0))
        except ValueError:
            return 0.0

    def share_below(self, node: PlanNode) -> float:
        """
        The part of the plan of a node and all below it.
        """
        return share_below(node, self.plan.times)

    def rows(self, node: PlanNode) -> float:
        """
        Rows that a node returned in all its loops.
        """
        return self.plan.times[node.id].rows_out_total


def node_facts(
    view: PlanView, node: PlanNode, *, indexed: bool, schema: Schema | None = None
) -> dict[str, Fact]:
    """
    Facts under ``node.``; times are unknown where the plan has none.
    """
    about = NodeView(view, node, schema)
    place = Location(view.path, node.line)
    values = {**_plain(about, indexed=indexed), **_of_kind(about)}
    shares = {name: float(values.pop(f"{name}_share", 0.0)) for name in _SHARES}
    facts: dict[str, Fact] = {
        f"node.{name}": Value(value, Origin.LITERAL, place) for name, value in values.items()
    }
    facts["node.hot"] = computed(view.key(view.hottest(_seat(node, about.parent))))
    for name, share in shares.items():
        facts[f"node.{name}_share"] = view.share(share, node)
        facts[f"node.{name}_time"] = view.time(share, node)
    facts["node.share"] = view.share(view.times[node.id].share, node)
    facts["node.self_time"] = milliseconds(view.times[node.id].self_ms, place)
    facts["node.misestimate"] = _misestimate(node, place)
    return facts


def _seat(node: PlanNode, parent: PlanNode | None) -> PlanNode:
    """
    Where the work of a node is: that of a hash table is done by the join above it as well.
    """
    return parent if node.node_type == "Hash" and parent is not None else node


def _plain(about: NodeView, *, indexed: bool) -> dict[str, _Plain]:
    node, times = about.node, about.plan.times[about.node.id]
    scanned = times.rows_scanned_total
    spilled = [*_spilled(node)]
    blocks = about.blocks.shared_hit + about.blocks.shared_read
    return {
        "key": about.plan.key(node),
        "type": node.title,
        "kind": node.node_type,
        "relation": node.qualified_relation,
        "target": node.qualified_relation or node.cte_name or node.function_name,
        "index": node.index,
        "filter": node.filter,
        "sequential": node.node_type in _SEQUENTIAL,
        "rows_scanned": round(scanned),
        "rows_kept": round(times.rows_out_total),
        "removed_share": times.rows_removed_total / scanned if scanned else 0.0,
        "loops": node.loops if node.loops is not None else 1,
        "indexable": indexed,
        "disk_size": round(sum(spilled) * 1024),
        "disk_most": round(max(spilled) * 1024),
        "misled": node.id in about.plan.misled,
        "width": node.plan_width or 0,
        "temp_written": about.blocks.temp_written * BLOCK,
        "blocks": blocks,
        "blocks_per_row": blocks / max(scanned, 1.0),
    }


def _spilled(node: PlanNode) -> Iterator[float]:
    """
    What each process wrote to disk, in kB: a node's own lines are about the leader alone.
    """
    yield (node.sort_space_kb if node.sort_space_type == "Disk" else node.disk_usage_kb) or 0.0
    for worker in node.workers:
        said = worker.details
        is_sort = said.get("Sort Space Type") == "Disk"
        yield number(said.get("Sort Space Used" if is_sort else "Disk Usage")) or 0.0


def _of_kind(about: NodeView) -> dict[str, _Plain]:
    """
    Facts that only some kinds of nodes have; 0, empty or false for the others.
    """
    found: dict[str, _Plain] = dict(_NOTHING)
    node = about.node
    if node.loops:
        for name in (node.node_type, node.relationship):
            if name in _BY_KIND:
                found |= _BY_KIND[name](about)
    return found


_NOTHING: Mapping[str, _Plain] = {
    **dict.fromkeys(("batches", "batch_size", "lossy_share", "rechecked"), 0),
    **dict.fromkeys(("heap_fetches", "heap_fetch_share", "join_removed", "probes"), 0),
    **dict.fromkeys(("cache_hit_share", "cache_evictions", "workers_planned"), 0),
    **dict.fromkeys(("workers_launched", "runs", "offset", "counted", "fenced"), 0),
    **dict.fromkeys(("partitions", "empty_partitions", "searches"), 0),
    **dict.fromkeys(("join_or", "join_keyed", "not_in", "without_workers"), False),
    **dict.fromkeys(("join_filter", "cut", "cut_column", "cut_instead", "cut_lines"), ""),
}


def _hash(about: NodeView) -> dict[str, _Plain]:
    above = about.parent
    join = about.plan.times[above.id].share if above is not None else 0.0
    return {
        "batches": about.node.batches or 0,
        "batch_size": round((about.node.peak_memory_kb or 0) * 1024),
        "hash_share": min(1.0, about.plan.times[about.node.id].share + join),
    }


def _bitmap(about: NodeView) -> dict[str, _Plain]:
    node = about.node
    blocks = node.exact_heap_blocks + node.lossy_heap_blocks
    return {
        "lossy_share": node.lossy_heap_blocks / blocks if blocks else 0.0,
        "rechecked": round(node.rows_removed_by_index_recheck * (node.loops or 0.0)),
    }


def _index(about: NodeView) -> dict[str, _Plain]:
    node, above = about.node, about.parent
    loops = node.loops or 1.0
    fetched = node.heap_fetches or 0.0
    is_probe = node.relationship == "Inner" and above is not None
    return {
        "heap_fetches": fetched,
        "heap_fetch_share": min(1.0, fetched / max(about.rows(node), 1.0)),
        "probes": loops if is_probe and above and above.node_type == "Nested Loop" else 0,
        "searches": about.detail("Index Searches") / loops,
    }


def _seq(about: NodeView) -> dict[str, _Plain]:
    off = about.plan.plan.settings.get(_NO_PARALLEL) == _OFF
    table = about.schema.find(about.node.qualified_relation) if about.schema else None
    cut = cut_of(about.node, table)
    if cut is None:
        return {"without_workers": off}
    return {
        "without_workers": off,
        "cut": cut.condition,
        "cut_column": cut.column,
        "cut_instead": cut.instead,
        "cut_lines": "\n".join(lines_of(cut)),
    }


def _join(about: NodeView) -> dict[str, _Plain]:
    node = about.node
    condition = scan.strip_parentheses(node.join_filter)
    return {
        "join_removed": round(node.rows_removed_by_join_filter * (node.loops or 0.0)),
        "join_filter": node.join_filter,
        "join_or": len(scan.split(condition, "OR")) > 1,
        "join_keyed": bool(node.hash_cond or node.merge_cond) or _has_key(node.join_filter),
    }


def _has_key(join_filter: str) -> bool:
    """
    Whether a hash or an index could find the matches of a join filter: an equality of its two
    sides, or that geometries meet.
    """
    return any(
        is_spatial(one.text)
        or (
            one.kind == "eq"
            and bool(one.left.qualifiers and one.right.qualifiers)
            and not one.left.qualifiers & one.right.qualifiers
        )
        for one in predicates(join_filter)
    )


def _memoize(about: NodeView) -> dict[str, _Plain]:
    hits, misses = about.detail("Cache Hits"), about.detail("Cache Misses")
    return {
        "cache_hit_share": hits / (hits + misses) if hits + misses else 1.0,
        "cache_evictions": about.detail("Cache Evictions"),
    }


def _gather(about: NodeView) -> dict[str, _Plain]:
    return {
        "workers_planned": about.node.workers_planned or 0,
        "workers_launched": about.node.workers_launched or 0,
        "below_share": about.share_below(about.node),
    }


def _subplan(about: NodeView) -> dict[str, _Plain]:
    node, above = about.node, about.parent
    name = re.escape(node.subplan_name.split(" (")[0])
    text = "\n".join(above.conditions()) if above is not None else ""
    if re.search(rf"\bhashed {name}\b", text):
        return {}
    return {
        "runs": node.loops or 0,
        "run_share": about.share_below(node),
        "not_in": re.search(_NOT_IN + rf"\(?{name}\)", text) is not None,
    }


def _limit(about: NodeView) -> dict[str, _Plain]:
    """
    Rows that a LIMIT took and did not return. A Gather counts the rows that were taken from it as
    well, however far its workers read ahead (measured with PostgreSQL 15).
    """
    node = about.node
    made = sum(about.rows(child) for child in about.children)
    skipped = max(round(made - about.rows(node)), 0)
    return {"offset": skipped, "offset_share": about.share_below(node) if skipped else 0.0}


def _aggregate(about: NodeView) -> dict[str, _Plain]:
    """
    An aggregate of a whole table: nothing between it and full scans but workers and partitions.
    """
    node = about.node
    if node.group_key or node.strategy not in ("", "Plain") or node.partial_mode == "Partial":
        return {}
    waiting, scans = list(about.children), []
    while waiting:
        one = waiting.pop()
        if one.node_type in (*GATHERS, *_APPENDS, "Aggregate") and not one.group_key:
            waiting.extend(one.children)
        elif one.node_type in _TABLE_SCANS and not (one.filter or one.index_cond):
            scans.append(one)
        else:
            return {}
    counted = sum(about.rows(one) for one in scans)
    return {"counted": round(counted), "counted_share": about.share_below(node)}


def _cte_scan(about: NodeView) -> dict[str, _Plain]:
    node = about.node
    source = about.plan.only_source(node)
    if source is None or not node.filter:
        return {}
    removed = round(about.plan.times[node.id].rows_removed_total)
    share = about.share_below(source) + about.plan.times[node.id].share
    return {"fenced": removed, "fenced_share": min(1.0, share)}


def _append(about: NodeView) -> dict[str, _Plain]:
    scans = [one for one in about.children if one.loops and one.relation]
    empty = [one for one in scans if not one.actual_rows]
    return {
        "partitions": len(scans),
        "empty_partitions": len(empty),
        "empty_share": min(1.0, sum(about.share_below(one) for one in empty)),
    }


_BY_KIND: Mapping[str, Callable[[NodeView], dict[str, _Plain]]] = {
    "Hash": _hash,
    "Bitmap Heap Scan": _bitmap,
    "Index Scan": _index,
    "Index Only Scan": _index,
    "Seq Scan": _seq,
    "Nested Loop": _join,
    "Hash Join": _join,
    "Merge Join": _join,
    "Memoize": _memoize,
    "Gather": _gather,
    "Gather Merge": _gather,
    "SubPlan": _subplan,
    "Limit": _limit,
    "Aggregate": _aggregate,
    "CTE Scan": _cte_scan,
    "Append": _append,
}


def _misestimate(node: PlanNode, place: Location) -> Fact:
    """
    Factor between planned and actual rows of one loop; at least 1.
    """
    if node.plan_rows is None or node.actual_rows is None:
        return Unknown("the plan holds no actual rows", place)
    off = max(node.actual_rows, 1.0) / max(node.plan_rows, 1.0)
    return Value(max(off, 1 / off), Origin.LITERAL, place)
