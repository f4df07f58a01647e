"""
B-tree indexes that would have saved a plan its sequential scans, found from the plan alone.

No database is asked, so whether an index exists already is only known where the plan uses one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from advisor.plans import ddl
from advisor.plans.model import Plan, PlanNode
from advisor.plans.proposals import Account, Proposal, proposals
from advisor.plans.requirements import Requirement, of_scan

MIN_SHARE = 0.08
"""Part of the plan's time or cost below which an index is not worth its writes."""
_INTERNAL = ("pg_", "information_schema", "_timescaledb", "_hyper_", "compress_hyper_")
_APPENDS = ("Append", "Merge Append")


@dataclass(frozen=True, slots=True)
class IndexCandidate:
    """
    One index, what it is for, and the numbers that speak for it.
    """

    table: str
    """With its schema where the plan names it; not quoted."""
    columns: tuple[str, ...]
    """Quoted where needed, with ``DESC`` or ``NULLS …`` where the order needs it."""
    node_id: int
    node_line: int
    """Of the sequential scan that it replaces."""
    serves: str
    """``filter``, ``sort`` (filter and order of a LIMIT) or ``join``."""
    rows_scanned: float
    """Rows that the plan read there."""
    rows_kept: float
    """Rows that were wanted: left by the filter, asked for by the LIMIT, or found by the join."""
    self_ms: float | None
    """Time of the nodes that become cheaper; None when the plan has no times."""
    share: float
    """Their part of the plan."""
    expected_gain_ms: float | None
    """
    self_ms − time of the scan · (4 · rows read + 10 · descents) ÷ rows scanned.

    4 is the default of random_page_cost; a descent is taken as ten rows. None without times.
    """
    statement: str
    rollback: str
    estimated: bool = False
    """Whether rows and share are the planner's estimates."""
    assumptions: tuple[str, ...] = ()
    """What must hold and cannot be seen in a plan."""
    siblings: tuple[str, ...] = ()
    """Partitions scanned in the same way; statement and rollback have a line for each."""


def index_candidates(plan: Plan) -> tuple[IndexCandidate, ...]:
    """
    At most one index for each sequential scan, the most useful first.

    Left out: small tables, conditions that keep much, parts of a plan that hardly count, system
    catalogs, and filters of which a B-tree serves only a part, because then nothing says how much
    that part would keep.
    """
    known = Account.of(plan)
    found: dict[int, list[IndexCandidate]] = defaultdict(list)
    for node in plan.walk():
        if _is_table_scan(node) and not _is_remote(known, node):
            parent = known.parents.get(node.id)
            is_member = parent is not None and parent.node_type in _APPENDS
            group = parent.id if is_member and parent is not None else -1
            found[group].extend(_of_scan(known, node))
    single = _merged(found.pop(-1, []))
    partitioned = (one for members in found.values() for one in _of_partitions(members))
    worthy = (one for one in (*single, *partitioned) if one.share >= MIN_SHARE)
    return tuple(sorted(_without_prefixes(worthy), key=_rank))


def _is_table_scan(node: PlanNode) -> bool:
    """
    Whether a node scans a table that its users index themselves: no catalog, no temporary table,
    no chunk of TimescaleDB, which gets its indexes from the hypertable.
    """
    is_internal = node.relation.startswith(_INTERNAL) or node.schema.startswith(_INTERNAL)
    return node.node_type == "Seq Scan" and bool(node.relation) and not is_internal


def _is_remote(known: Account, node: PlanNode) -> bool:
    """
    Whether a scan runs on a worker of Citus, where tables are shards with names of their own.
    """
    above: PlanNode | None = node
    while above is not None:
        if above.node_type == "Task" or above.provider.startswith("Citus"):
            return True
        above = known.parents.get(above.id)
    return False


def _of_scan(known: Account, node: PlanNode) -> Iterator[IndexCandidate]:
    needs = of_scan(node, known.plan.query)
    rated = [(_gain(known, node, one), one) for one in proposals(known, node, needs)]
    useful = [(gain, one) for gain, one in rated if gain > 0]
    if useful:
        _, best = max(useful, key=lambda pair: pair[0])
        yield _candidate(known, node, needs, best)


def _gain(known: Account, node: PlanNode, proposal: Proposal) -> float:
    """
    Part of the plan that an index saves.
    """
    row = known.times[node.id]
    share = sum(known.times[saved.id].share for saved in (node, *proposal.saved))
    return share - row.share * proposal.cost / max(row.rows_scanned_total, 1.0)


def _candidate(
    known: Account, node: PlanNode, needs: Requirement, proposal: Proposal
) -> IndexCandidate:
    row = known.times[node.id]
    rows = [known.times[saved.id] for saved in (node, *proposal.saved)]
    self_ms = None if row.self_ms is None else sum(max(one.self_ms or 0.0, 0.0) for one in rows)
    gain = None
    if self_ms is not None and row.self_ms is not None:
        gain = self_ms - row.self_ms * proposal.cost / max(row.rows_scanned_total, 1.0)
    names = [key.column for key in proposal.keys]
    columns = tuple(ddl.quote(key.column) + key.suffix for key in proposal.keys)
    name = ddl.index_name(node.relation, names)
    return IndexCandidate(
        table=node.qualified_relation,
        columns=columns,
        node_id=node.id,
        node_line=node.line,
        serves=proposal.serves,
        rows_scanned=row.rows_scanned_total,
        rows_kept=proposal.wanted,
        self_ms=self_ms,
        share=min(1.0, sum(one.share for one in rows)),
        expected_gain_ms=gain,
        statement=ddl.create_index(name, node.schema, node.relation, columns),
        rollback=ddl.drop_index(name, node.schema),
        estimated=row.estimated,
        assumptions=tuple(f"{n} is varchar or text" for n in names if n in needs.relabelled),
    )


def _of_partitions(members: list[IndexCandidate]) -> list[IndexCandidate]:
    """
    One candidate for all members of an Append that want the same columns.
    """
    groups: dict[tuple[str, ...], list[IndexCandidate]] = defaultdict(list)
    for member in _merged(members):
        groups[member.columns].append(member)
    return [_sum(group, as_siblings=True) for group in groups.values()]


def _merged(found: Iterable[IndexCandidate]) -> list[IndexCandidate]:
    """
    One candidate for the same index wanted by several scans.
    """
    groups: dict[tuple[str, tuple[str, ...]], list[IndexCandidate]] = defaultdict(list)
    for candidate in found:
        groups[candidate.table, candidate.columns].append(candidate)
    return [_sum(group, as_siblings=False) for group in groups.values()]


def _sum(group: list[IndexCandidate], *, as_siblings: bool) -> IndexCandidate:
    first, *others = sorted(group, key=lambda one: (-one.share, one.node_line))
    if not others:
        return first
    total = replace(
        first,
        rows_scanned=sum(one.rows_scanned for one in group),
        rows_kept=sum(one.rows_kept for one in group),
        self_ms=_total([one.self_ms for one in group]),
        share=min(1.0, sum(one.share for one in group)),
        expected_gain_ms=_total([one.expected_gain_ms for one in group]),
    )
    if not as_siblings:
        return total
    return replace(
        total,
        statement="\n".join(one.statement for one in (first, *others)),
        rollback="\n".join(one.rollback for one in (first, *others)),
        siblings=tuple(one.table for one in others),
    )


def _total(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _without_prefixes(found: Iterable[IndexCandidate]) -> list[IndexCandidate]:
    """
    Without indexes whose columns begin another one of the same table.
    """
    kept = list(found)
    return [
        one
        for one in kept
        if not any(
            other is not one
            and other.table == one.table
            and len(other.columns) > len(one.columns)
            and other.columns[: len(one.columns)] == one.columns
            for other in kept
        )
    ]


def _rank(candidate: IndexCandidate) -> tuple[float, float, int]:
    return (-(candidate.expected_gain_ms or 0.0), -candidate.share, candidate.node_line)
