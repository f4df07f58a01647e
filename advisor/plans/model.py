"""
The plan model: what every EXPLAIN form says, in one shape and under the names of the JSON form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
from msgspec import Struct

from advisor.model import Location, Problem


class Buffers(Struct, frozen=True):
    """
    Blocks of 8 kB, totals over all loops and processes, children included.
    """

    shared_hit: int = 0
    shared_read: int = 0
    shared_dirtied: int = 0
    shared_written: int = 0
    local_hit: int = 0
    local_read: int = 0
    local_dirtied: int = 0
    local_written: int = 0
    temp_read: int = 0
    temp_written: int = 0


class Worker(Struct, frozen=True):
    """
    What one parallel worker did in a node. Only VERBOSE plans say so.
    """

    number: int
    actual_rows: float | None = None
    loops: float | None = None
    actual_startup_ms: float | None = None
    actual_total_ms: float | None = None
    details: Mapping[str, str] = msgspec.field(default_factory=dict)


class PlanNode(Struct, frozen=True, eq=False):
    """
    One node of a plan.

    Texts are empty and numbers None where the plan says nothing. Identifiers are unquoted,
    conditions verbatim. `actual_*` and `rows_removed_*` are averages per loop, everything else is a
    total over all loops (explain.c). Two nodes are equal when they are the same object.
    """

    id: int
    """Position in preorder, the root is 0."""
    line: int
    """1-based line of the file."""
    node_type: str
    """As in JSON: ``Seq Scan``, ``Hash Join``, ``Aggregate``, ``ModifyTable``; see `title`."""
    children: tuple[PlanNode, ...] = ()
    relationship: str = ""
    """``Outer``, ``Inner``, ``Member``, ``Subquery``, ``InitPlan`` (also CTEs), ``SubPlan``."""
    subplan_name: str = ""
    """``CTE big``, ``InitPlan 1 (returns $0)``, ``SubPlan 2``."""
    relation: str = ""
    schema: str = ""
    alias: str = ""
    """The relation's own name when the query gives no other."""
    index: str = ""
    cte_name: str = ""
    """What a CTE Scan or WorkTable Scan reads."""
    function_name: str = ""
    join_type: str = ""
    """``Inner``, ``Left``, ``Right``, ``Full``, ``Semi``, ``Anti``, ``Right Semi`` …"""
    strategy: str = ""
    """Of Aggregate and SetOp: ``Plain``, ``Sorted``, ``Hashed``, ``Mixed``."""
    partial_mode: str = ""
    """Of Aggregate: ``Simple``, ``Partial``, ``Finalize``."""
    operation: str = ""
    """Of ModifyTable and Foreign Scan: ``Insert``, ``Update``, ``Delete``, ``Merge``."""
    command: str = ""
    """Of SetOp: ``Intersect``, ``Except All`` …"""
    scan_direction: str = ""
    provider: str = ""
    """Of Custom Scan: the text in parentheses, for example ``ChunkAppend``."""
    parallel_aware: bool = False
    async_capable: bool = False
    startup_cost: float | None = None
    total_cost: float | None = None
    plan_rows: float | None = None
    plan_width: float | None = None
    """Bytes per row."""
    actual_startup_ms: float | None = None
    actual_total_ms: float | None = None
    actual_rows: float | None = None
    loops: float | None = None
    """Executions, summed over processes."""
    never_executed: bool = False
    filter: str = ""
    index_cond: str = ""
    recheck_cond: str = ""
    hash_cond: str = ""
    merge_cond: str = ""
    join_filter: str = ""
    one_time_filter: str = ""
    tid_cond: str = ""
    order_by: str = ""
    run_condition: str = ""
    sort_key: tuple[str, ...] = ()
    presorted_key: tuple[str, ...] = ()
    group_key: tuple[str, ...] = ()
    cache_key: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    rows_removed_by_filter: float = 0.0
    rows_removed_by_join_filter: float = 0.0
    rows_removed_by_index_recheck: float = 0.0
    heap_fetches: float | None = None
    exact_heap_blocks: float = 0.0
    lossy_heap_blocks: float = 0.0
    sort_method: str = ""
    sort_space_kb: float | None = None
    sort_space_type: str = ""
    """``Memory`` or ``Disk``."""
    batches: float | None = None
    """Of Hash and of a hashed Aggregate; more than 1 spilled to disk."""
    original_batches: float | None = None
    peak_memory_kb: float | None = None
    disk_usage_kb: float = 0.0
    workers_planned: float | None = None
    workers_launched: float | None = None
    workers: tuple[Worker, ...] = ()
    buffers: Buffers | None = None
    """None when BUFFERS was off or no block was touched."""
    inner_unique: bool = False
    details: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Every other property, by its JSON name."""

    def walk(self) -> Iterator[PlanNode]:
        """
        The node and all below it, in preorder.
        """
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))

    @property
    def title(self) -> str:
        """
        What the text form calls the node, without its relation: ``Parallel Hash Left Join``.
        """
        parallel = "Parallel " if self.parallel_aware else ""
        partial = f"{self.partial_mode} " if self.partial_mode not in ("", "Simple") else ""
        if self.node_type == "Aggregate":
            prefix = {"Sorted": "Group", "Hashed": "Hash", "Mixed": "Mixed"}.get(self.strategy, "")
            return f"{parallel}{partial}{prefix}Aggregate"
        if self.node_type == "ModifyTable" and self.operation:
            return self.operation
        if self.join_type not in ("", "Inner"):
            return f"{parallel}{self.node_type.removesuffix(' Join')} {self.join_type} Join"
        suffix = f" ({self.provider})" if self.provider else ""
        suffix = " Backward" if self.scan_direction == "Backward" else suffix
        return f"{parallel}{self.node_type}{suffix}"

    @property
    def qualified_relation(self) -> str:
        """
        The relation, with its schema where the plan names it. Not quoted.
        """
        return f"{self.schema}.{self.relation}" if self.schema else self.relation

    def conditions(self) -> tuple[str, ...]:
        """
        Every expression the node evaluates that the plan shows, verbatim.
        """
        return (*self.decisions(), *self.output)

    def decisions(self) -> tuple[str, ...]:
        """
        The same without what the node returns: conditions and keys.
        """
        single = (
            self.filter,
            self.index_cond,
            self.recheck_cond,
            self.hash_cond,
            self.merge_cond,
            self.join_filter,
            self.one_time_filter,
            self.tid_cond,
            self.order_by,
            self.run_condition,
        )
        lists = (self.sort_key, self.group_key, self.cache_key)
        shown = [text for text in single if text]
        return (*shown, *(text for texts in lists for text in texts), *self.details.values())


class Trigger(Struct, frozen=True):
    """
    Time spent in one trigger or foreign-key check; it is not part of any node's time.
    """

    name: str
    constraint: str = ""
    relation: str = ""
    time_ms: float | None = None
    calls: float | None = None
    line: int = 0
    """1-based line of the file; 0 where it is not known."""


class Jit(Struct, frozen=True):
    """
    Just-in-time compilation; its time is part of the nodes' times.
    """

    functions: float | None = None
    total_ms: float | None = None
    details: Mapping[str, str] = msgspec.field(default_factory=dict)


class Plan(Struct, frozen=True, eq=False):
    """
    One plan: its tree and what the server says about the whole.
    """

    root: PlanNode
    form: str
    """``text``, ``json``, ``yaml`` or ``xml``."""
    location: Location
    """From the root's line to the last line of the plan."""
    analyzed: bool = False
    """Whether the statement was executed (EXPLAIN ANALYZE)."""
    planning_ms: float | None = None
    execution_ms: float | None = None
    serialization_ms: float | None = None
    triggers: tuple[Trigger, ...] = ()
    jit: Jit | None = None
    settings: Mapping[str, str] = msgspec.field(default_factory=dict)
    calls: int = 1
    """How often the statement ran, when a log has more of it than this plan."""
    total_ms: float | None = None
    """Time of all these runs; None when it ran once."""
    query: str = ""
    """The statement that was explained, without EXPLAIN and the semicolon, when the file has it."""
    details: Mapping[str, str] = msgspec.field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    """Lines of this plan that could not be read."""
    is_guess: bool = False
    """Whether the text leaves open how the tree goes: then nobody knows a node's own time."""
    is_part: bool = False
    """Whether the plan starts below its root: what the statement returns is not known."""

    def walk(self) -> Iterator[PlanNode]:
        """
        All nodes in preorder, so `node.id` counts from 0.
        """
        return self.root.walk()

    def parents(self) -> dict[int, PlanNode]:
        """
        The parent of every node but the root, by the child's id.
        """
        return {child.id: node for node in self.walk() for child in node.children}


class PlanDocument(Struct, frozen=True):
    """
    Everything one file says about plans.
    """

    plans: tuple[Plan, ...]
    problems: tuple[Problem, ...] = ()
    """What concerns the file; each plan has its own `problems` besides."""
