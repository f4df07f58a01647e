"""
Indexes as values: what one consists of, what a scan could use, and what is advised.
"""

from __future__ import annotations

from msgspec import Struct

from advisor import regex
from advisor.indexes import ddl
from advisor.model import Location, Problem
from advisor.plans import scan
from advisor.plans.model import Plan, PlanNode

_CALL = regex.lazy(r"[\w.]+\s*(?=\()")


class Key(Struct, frozen=True):
    """
    One key of an index, and one element of an order: a column or an expression over columns.
    """

    column: str
    """The column's name without quotes, or the expression verbatim."""
    descending: bool = False
    nulls_first: bool = False
    is_column: bool = True
    opclass: str = ""

    def reversed(self) -> Key:
        """
        The same key as a backward scan returns it.
        """
        backward = (not self.descending, not self.nulls_first)
        return Key(self.column, *backward, self.is_column, self.opclass)

    @property
    def suffix(self) -> str:
        """
        What stands behind the key in CREATE INDEX; NULLS only where it is not the default.
        """
        opclass = f" {self.opclass}" if self.opclass else ""
        direction = " DESC" if self.descending else ""
        if self.nulls_first == self.descending:
            return opclass + direction
        return f"{opclass}{direction} NULLS {'FIRST' if self.nulls_first else 'LAST'}"

    @property
    def sql(self) -> str:
        """
        The key in CREATE INDEX. An expression stands in parentheses unless it is one call.
        """
        if self.is_column:
            return ddl.quote(self.column) + self.suffix
        return (self.column if _is_call(self.column) else f"({self.column})") + self.suffix


def _is_call(text: str) -> bool:
    match = _CALL.match(text)
    return match is not None and scan.strip_parentheses(text[match.end() :]) != text[match.end() :]


class Definition(Struct, frozen=True):
    """
    What makes one index different from another.
    """

    table: str
    """With its schema where that is known; not quoted."""
    keys: tuple[Key, ...]
    method: str = "btree"
    include: tuple[str, ...] = ()
    """Columns that are only carried along. Not quoted."""
    predicate: tuple[str, ...] = ()
    """Conditions of a partial index, verbatim, joined by AND."""

    @property
    def columns(self) -> tuple[str, ...]:
        """
        The keys as CREATE INDEX has them.
        """
        return tuple(key.sql for key in self.keys)

    @property
    def names(self) -> tuple[str, ...]:
        """
        Columns and expressions without order and operator class.
        """
        return tuple(key.column for key in self.keys)


class Condition(Struct, frozen=True):
    """
    One condition of a scan, and the key that would serve it.
    """

    kind: str
    """
    ``eq``, ``in``, ``range``, ``prefix``, ``null``, ``flag``, ``join``, ``special`` (an operator
    of GIN or GiST), ``weak`` (holds for most rows) or ``other``.
    """
    text: str
    """Verbatim, without the alias."""
    key: Key | None = None
    method: str = "btree"
    weight: float = 1.0
    """
    How selective a condition of this kind is beside others, as a part of the logarithm of what
    they keep together. Only counts where no plan says what it keeps alone.
    """
    is_literal: bool = True
    """Whether the plan shows its value, so that it can be the predicate of a partial index."""
    bounds: int = 1
    """Sides of a range that are closed."""
    relabelled: bool = False
    has_trigram: bool = False
    """Whether a pattern is long enough for an index of trigrams."""

    @property
    def name(self) -> str:
        """
        The column or expression that is compared; empty when nothing serves it.
        """
        return self.key.column if self.key else ""


class Access(Struct, frozen=True, eq=False):
    """
    One way in which an index could serve one scan of one plan.
    """

    query: int
    """Position of the plan in the workload."""
    node: PlanNode
    table: str
    serves: str
    """``filter``, ``sort`` (filter and order of a LIMIT) or ``join``."""
    conditions: tuple[Condition, ...]
    rows: float
    """Rows read, in all executions."""
    kept: float
    """Rows left by the conditions."""
    wanted: float
    """Rows the plan needs of them."""
    executions: float
    """Descents of the index."""
    share: float
    """Part of the plan that reading the rows takes."""
    saved_share: float
    """Part of the plan that other nodes take which become unnecessary or cheap."""
    total_ms: float | None
    """Time of the scan and of those nodes; None without times."""
    scan_ms: float | None
    """Time of the scan alone, which read `read` rows in `scans` executions."""
    estimated: bool
    read: float
    scans: float
    whole: str = ""
    """The index of which it reads all entries: its conditions are not on the first column."""
    order: tuple[Key, ...] = ()
    lookups: float = 0.0
    """Rows that are looked up in other tables, one by one, when the order is kept through joins."""
    walked: bool = False
    """Whether an index is followed for this order already, so that the order alone is no gain."""
    needed: frozenset[str] | None = None
    """Columns that the statement needs of the table; None when that is not known."""
    members: tuple[str, ...] = ()
    """Partitions that are scanned alike, this one included, when their parent is not known."""


class Query(Struct, frozen=True):
    """
    One plan of the workload.
    """

    path: str
    plan: Plan
    calls: float = 1.0
    """How often it runs, relative to the others."""


class Service(Struct, frozen=True):
    """
    What an index does for one scan of one plan.
    """

    path: str
    query: int
    node_id: int
    node_line: int
    serves: str
    rows_scanned: float
    rows_kept: float
    self_ms: float | None
    share: float
    gain_ms: float | None
    walked: bool = False
    """Whether another index is followed there for its order until a LIMIT is met."""
    unit: str = "rows"
    """What is counted: ``pairs`` where a loop compares all with all, ``entries`` of an index."""
    index: str = ""
    """The index whose entries these are."""


class IndexCandidate(Struct, frozen=True):
    """
    One index, what it is for, and the numbers that speak for it.
    """

    definition: Definition
    services: tuple[Service, ...]
    """Every scan that it serves, the one that gains most first."""
    rows_scanned: float
    """Rows that the plans read there."""
    rows_kept: float
    """Rows that were wanted: left by the filter, asked for by the LIMIT, or found by the join."""
    self_ms: float | None
    """Time of the nodes that become cheaper; None when a plan has no times."""
    share: float
    """Their part of the plan that gains most."""
    expected_gain_ms: float | None
    """By the cost model of `advisor.indexes.costs`, times calls. None without times."""
    statement: str
    rollback: str
    size: int | None = None
    """Bytes, estimated; None when nothing tells the number of rows."""
    extension: str = ""
    """What must be created first."""
    estimated: bool = False
    """Whether rows and share are the planner's estimates."""
    assumptions: tuple[str, ...] = ()
    """What must hold and cannot be seen in a plan."""
    siblings: tuple[str, ...] = ()
    """Partitions scanned in the same way; statement and rollback have a line for each."""
    changed: tuple[str, ...] = ()
    """Columns behind INCLUDE that statements of the workload set; what they save is worth that."""
    left_out: tuple[str, ...] = ()
    """Columns that are not behind INCLUDE because statements of the workload set them."""
    replaces: tuple[str, ...] = ()
    """Indexes of the schema that it makes superfluous."""

    @property
    def table(self) -> str:
        """
        With its schema where that is known; not quoted.
        """
        return self.definition.table

    @property
    def columns(self) -> tuple[str, ...]:
        """
        The keys as CREATE INDEX has them.
        """
        return self.definition.columns

    @property
    def serves(self) -> str:
        """
        What the scan that gains most wants of it.
        """
        return self.services[0].serves

    @property
    def node_id(self) -> int:
        """
        The scan that gains most.
        """
        return self.services[0].node_id

    @property
    def node_line(self) -> int:
        """
        Its line.
        """
        return self.services[0].node_line


class Flaw(Struct, frozen=True):
    """
    Something about the indexes of a schema: one too many, one missing, one that is broken.
    """

    kind: str
    """``duplicate``, ``redundant``, ``invalid`` or ``foreign-key``."""
    table: str
    index: str
    """Name of the index, or of the constraint that lacks one."""
    columns: tuple[str, ...]
    other: str
    """The index that does its work, or the table that is referred to."""
    statement: str
    rollback: str
    location: Location


class Advice(Struct, frozen=True):
    """
    The outcome for a workload.
    """

    candidates: tuple[IndexCandidate, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    problems: tuple[Problem, ...] = ()
    """What of the schema could not be read."""
