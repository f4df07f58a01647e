"""
The rows of a snapshot about tables, indexes and what the planner knows of them.
"""

from __future__ import annotations

from advisor.parsers._snapshot_rows import Number, Row


class Table(Row, frozen=True, kw_only=True):
    """
    A table, partition or materialized view.
    """

    schema: str = "public"
    name: str
    kind: str = "r"
    persistence: str = "p"
    tuples: Number | None = None
    pages: int | None = None
    all_visible_pages: int | None = None
    size: Number | None = None
    options: tuple[str, ...] = ()
    replica_identity: str = "d"
    partition: bool = False
    parent: str = ""
    partition_key: str = ""
    bound: str = ""
    primary_key: bool = True
    published: bool = False
    xid_age: int | None = None
    mxid_age: int | None = None
    toast_xid_age: int | None = None
    seq_scan: Number | None = None
    seq_tup_read: Number | None = None
    idx_scan: Number | None = None
    inserted: Number | None = None
    updated: Number | None = None
    deleted: Number | None = None
    hot_updated: Number | None = None
    live: Number | None = None
    dead: Number | None = None
    modified_since_analyze: Number | None = None
    inserted_since_vacuum: Number | None = None
    last_vacuum: str | None = None
    last_analyze: str | None = None
    vacuums: Number | None = None
    analyzes: Number | None = None

    @property
    def qualified(self) -> str:
        """
        Schema and name.
        """
        return f"{self.schema}.{self.name}"


class Index(Row, frozen=True, kw_only=True):
    """
    An index.
    """

    schema: str = "public"
    table: str
    name: str
    method: str = "btree"
    definition: str = ""
    columns: tuple[str | None, ...] = ()
    """Those of INCLUDE last; None for an expression."""
    keys: int = 1
    opclasses: str = ""
    collations: str = ""
    orders: str = ""
    expressions: str = ""
    predicate: str = ""
    unique: bool = False
    primary: bool = False
    nulls_not_distinct: bool = False
    constraint: str = ""
    referenced: bool = False
    """Whether a foreign key refers to it."""
    replica_identity: bool = False
    clustered: bool = False
    valid: bool = True
    ready: bool = True
    partitioned: bool = False
    parent: str = ""
    tuples: Number | None = None
    pages: int | None = None
    size: Number | None = None
    options: tuple[str, ...] = ()
    scans: Number | None = None
    tuples_read: Number | None = None
    last_scan: str | None = None

    @property
    def qualified(self) -> str:
        """
        Schema and name.
        """
        return f"{self.schema}.{self.name}"


class ForeignKey(Row, frozen=True, kw_only=True):
    """
    A foreign key.
    """

    schema: str = "public"
    table: str
    name: str
    references: str = ""
    columns: tuple[str, ...] = ()
    validated: bool = True


class Column(Row, frozen=True, kw_only=True):
    """
    A column of a table, or an expression of an index, with its statistics.
    """

    schema: str = "public"
    table: str
    name: str
    number: int = 0
    type: str = ""
    not_null: bool = False
    collation: str = ""
    inherited: bool = False
    statistics_target: int | None = None
    null_frac: Number | None = None
    avg_width: int | None = None
    n_distinct: Number | None = None
    correlation: Number | None = None
    most_common_frequencies: tuple[Number, ...] = ()
    most_common_values: str | None = None
    histogram_size: int | None = None
    histogram_bounds: str | None = None
    most_common_elements: str | None = None
    most_common_element_frequencies: tuple[Number, ...] = ()
    element_count_histogram: tuple[Number, ...] = ()

    @property
    def qualified(self) -> str:
        """
        Schema and table.
        """
        return f"{self.schema}.{self.table}"


class ExtendedStatistics(Row, frozen=True, kw_only=True):
    """
    A CREATE STATISTICS, and what ANALYZE found for it.
    """

    schema: str = "public"
    name: str
    table: str = ""
    definition: str = ""
    n_distinct: str | None = None
    """As the server prints it: ``{"1, 2": 11}``, by the numbers of columns."""
    dependencies: str | None = None
    most_common_values: tuple[tuple[str | None, ...], ...] = ()
    most_common_frequencies: tuple[Number, ...] = ()
    most_common_base_frequencies: tuple[Number, ...] = ()
    expressions: tuple[Column, ...] = ()
    """Statistics of its expressions, in their order (pg_stats_ext_exprs)."""


class Extent(Row, frozen=True, kw_only=True):
    """
    Smallest and largest value of a column that begins an index.
    """

    schema: str = "public"
    table: str
    column: str
    index: str = ""
    smallest: str | None = None
    largest: str | None = None


class Io(Row, frozen=True, kw_only=True):
    """
    A row of pg_stat_io.
    """

    backend_type: str = ""
    object: str = ""
    context: str = ""
    reads: Number | None = None
    read_bytes: Number | None = None
    read_time: Number | None = None
    writes: Number | None = None
    write_bytes: Number | None = None
    write_time: Number | None = None
    extends: Number | None = None
    hits: Number | None = None
    evictions: Number | None = None
    reuses: Number | None = None
    fsyncs: Number | None = None
