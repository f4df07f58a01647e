"""
What the record knows of the keys of an index in the lab, put together to its size.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from advisor import regex
from advisor.indexes import ddl
from advisor.lab import load, sizes
from advisor.lab.pages import Files
from advisor.lab.record import Column, ExtendedStatistics, Index, Record, Table
from advisor.lab.sizes import Part, Size

if TYPE_CHECKING:
    from advisor.lab.server import Connection

_FILL = regex.lazy(r"\bfillfactor\s*=\s*'?(\d+)")
_FOLDED = regex.lazy(r"(?:lower|upper)\(\(?\"?([\w$]+)\"?\)?(?:::text)?\)")
_PAIRS = regex.lazy(r'"([\d, -]+)": (\d+)')
_ELEMENT_BYTES = 24
"""Of a jsonb document or a text that become one key of a GIN index, about."""
_EXTRA_FREQUENCIES = 3
"""Behind those of elements stand the smallest, the largest and that of nulls."""
_UNVERIFIED = ("gist", "spgist")

_LEAVES = """
SELECT c.oid, n.nspname, c.relname, c.relkind::text, tn.nspname || '.' || t.relname AS "table",
  pg_relation_filepath(c.oid), m.amname, i.indnkeyatts, pg_get_expr(i.indpred, i.indrelid),
  array(SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
        WHERE a.attrelid = c.oid ORDER BY a.attnum),
  array(SELECT x.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(num, n)
        LEFT JOIN pg_attribute x ON x.attrelid = i.indrelid AND x.attnum = k.num AND k.num > 0
        ORDER BY k.n),
  array(SELECT pg_get_indexdef(c.oid, n::int, true) FROM generate_series(1, i.indnatts) n),
  coalesce(array_to_string(c.reloptions, ' '), ''), i.indisunique,
  (SELECT h.inhparent FROM pg_inherits h WHERE h.inhrelid = c.oid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am m ON m.oid = c.relam
JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
WHERE c.oid >= 16384 ORDER BY c.oid
"""
"""All indexes but the server's own: one question is cheaper than one for each."""


class Leaf(Struct, frozen=True):
    """
    One index with storage, or the one of a partitioned table, which has none.
    """

    oid: int
    schema: str
    name: str
    kind: str
    table: str
    path: str | None
    method: str
    keys: int
    predicate: str | None
    types: Sequence[str]
    columns: Sequence[str | None]
    texts: Sequence[str]
    options: str
    unique: bool
    parent: int | None = None
    rows: float = 0.0

    @property
    def oids(self) -> tuple[int, ...]:
        """
        Its identity, for those who switch it on.
        """
        return (self.oid,)


class Sizer:
    """
    Sizes of indexes that are in the lab, by the statistics of a record.
    """

    def __init__(self, connection: Connection, record: Record) -> None:
        self._connection = connection
        self._record = record
        self._foreign_keys = record.foreign_keys
        self._tables = {one.qualified: one for one in record.tables}
        self._columns: dict[tuple[str, str], Column] = {}
        for one in record.columns:
            if not one.inherited or (one.qualified, one.name) not in self._columns:
                self._columns[one.qualified, one.name] = one
        self._extended: dict[str, list[ExtendedStatistics]] = {}
        for stats in record.extended_statistics:
            bare = stats.table.rpartition(".")[2]
            self._extended.setdefault(f"{stats.schema}.{bare}", []).append(stats)

    def parts(self, schema: str, name: str) -> list[Leaf]:
        """
        An index of the lab and those of partitions below it, with the rows that each holds.
        """
        found = [one for one in self._indexes.values() if (one.schema, one.name) == (schema, name)]
        for one in found:
            found += self._below.get(one.oid, ())
        return [self._with_rows(one) for one in found]

    @cached_property
    def _indexes(self) -> Mapping[int, Leaf]:
        rows = self._connection.execute(_LEAVES.encode()).fetchall()
        return {row[0]: Leaf(*row) for row in rows}

    @cached_property
    def _below(self) -> Mapping[int, Sequence[Leaf]]:
        found: dict[int, list[Leaf]] = {}
        for one in self._indexes.values():
            if one.parent is not None:
                found.setdefault(one.parent, []).append(one)
        return found

    def size(self, leaf: Leaf) -> Size:
        """
        The estimate for one index.
        """
        if leaf.kind == "I":
            return Size(0)
        parts = [self._part(leaf, at) for at in range(len(leaf.types))]
        keys, include = parts[: leaf.keys], parts[leaf.keys :]
        pages = self._pages(leaf.table)
        if leaf.method == "brin":
            return sizes.brin(pages, keys)
        if leaf.method == "hash":
            return sizes.hashed(leaf.rows * (1 - keys[0].nulls), keys[0])
        if leaf.method == "gin":
            return self._gin(leaf, keys, pages)
        fill = _FILL.search(leaf.options)
        distinct = self._distinct(leaf) if len(keys) > 1 else None
        found = sizes.btree(
            leaf.rows,
            keys,
            include,
            fill=int(fill[1]) if fill else 90,
            distinct=distinct,
            unique=leaf.unique,
        )
        if leaf.method != "btree":
            return Size(found.pages, 0, None, f"{leaf.method} as if it were a B-tree")
        return found

    def files(self, leaf: Leaf, size: Size, pages: int | None = None) -> Files:
        """
        What the file of an index must look like; `pages` when its true size is known.
        """
        count = pages or size.pages
        height, counts = size.height, size.gin
        if pages and leaf.method == "btree":
            height = sizes.height_of(pages, size.pivot)
        if pages and counts is not None:
            counts = sizes.gin_counts(pages, counts)
        return Files(
            leaf.path or "",
            count,
            leaf.method,
            height,
            counts,
            table_pages=self._pages(leaf.table),
        )

    def existing(self, index: Index, path: str, pages: int) -> Files:
        """
        The same for an index of the schema.
        """
        (leaf, *_) = self.parts(index.schema, index.name)
        return self.files(replace(leaf, path=path), self.size(leaf), pages)

    def describe(self, leaf: Leaf) -> Iterator[str]:
        """
        Give expressions the statistics that are known, and say which are guessed.
        """
        if leaf.method in _UNVERIFIED:
            yield f"cost: {leaf.method} is not verified"
        for at in range(leaf.keys):
            if leaf.columns[at] is not None or leaf.kind == "I":
                continue
            source = self._folded(leaf, at)
            if source is None or source.null_frac is None:
                if leaf.method == "btree":
                    yield f"selectivity of {leaf.texts[at]}: the planner's 0.5 % for one value"
                continue
            known = Column(
                table=leaf.name,
                name="",
                null_frac=source.null_frac,
                avg_width=source.avg_width,
                n_distinct=source.n_distinct,
            )
            load.expression(self._connection, (leaf.schema, leaf.name), at + 1, known)

    def _with_rows(self, leaf: Leaf) -> Leaf:
        table = self._tables.get(leaf.table)
        rows = max((table.tuples if table else 0) or 0, 0)
        if leaf.predicate and leaf.kind == "i" and rows:
            rows = self._plan(f"SELECT 1 FROM ONLY {_quoted(leaf.table)} WHERE {leaf.predicate}")[
                "Plan Rows"
            ]
        return replace(leaf, rows=float(rows))

    def _part(self, leaf: Leaf, at: int) -> Part:
        name, kind = leaf.columns[at], leaf.types[at]
        column = self._columns.get((leaf.table, name)) if name else self._folded(leaf, at)
        if column is None or column.null_frac is None:
            own = self._columns.get((f"{leaf.schema}.{leaf.name}", _attribute(leaf, at)))
            column = own if own is not None and own.null_frac is not None else column
        if column is None or column.null_frac is None:
            select = f"SELECT {leaf.texts[at]} FROM ONLY {_quoted(leaf.table)}"
            return Part(kind, max(self._plan(select)["Plan Width"], 1), guessed=True)
        return Part(
            kind,
            column.avg_width or 8,
            column.null_frac,
            self._values(leaf, column),
            tuple(column.most_common_frequencies) if not leaf.predicate else (),
        )

    def _values(self, leaf: Leaf, column: Column) -> float | None:
        """
        Different values; negative n_distinct is a part of the rows.
        """
        found = column.n_distinct
        table = self._tables.get(leaf.table)
        if not found:
            return None
        all_rows = (table.tuples if table else 0) or leaf.rows
        count = -found * all_rows if found < 0 else found
        return min(count, max(leaf.rows, 1.0))

    def _folded(self, leaf: Leaf, at: int) -> Column | None:
        """
        The column of lower(column), whose statistics hold for the expression.
        """
        match = _FOLDED.fullmatch(leaf.texts[at])
        return self._columns.get((leaf.table, match[1])) if match else None

    def _distinct(self, leaf: Leaf) -> float | None:
        """
        Combinations of all keys, when a primary key or extended statistics tell them.
        """
        names = leaf.columns[: leaf.keys]
        if self._holds_key(leaf, {name for name in names if name}):
            return leaf.rows
        numbers = {
            self._columns[leaf.table, name].number
            for name in names
            if name and (leaf.table, name) in self._columns
        }
        for one in self._extended.get(leaf.table, ()):
            for listed, count in _PAIRS.findall(one.n_distinct or ""):
                if {int(part) for part in listed.split(",")} == numbers:
                    return float(count)
        return self._referenced(leaf, {name for name in names if name})

    def _holds_key(self, leaf: Leaf, names: set[str]) -> bool:
        """
        Whether the primary key is among the columns, so that no two rows are alike.
        """
        own = (one for one in self._record.indexes if f"{one.schema}.{one.table}" == leaf.table)
        keys = (one.columns[: one.keys] for one in own if one.primary)
        return any(one and names.issuperset(one) for one in keys)

    def _referenced(self, leaf: Leaf, names: set[str]) -> float | None:
        """
        Columns that refer to another table have no more combinations than that has rows.
        """
        for key in self._foreign_keys:
            parent = table_of(self._record, key.references)
            same = f"{key.schema}.{key.table}" == leaf.table and names == set(key.columns)
            if same and parent is not None and parent.tuples and parent.tuples > 0:
                return min(parent.tuples, leaf.rows)
        return None

    def _gin(self, leaf: Leaf, keys: Sequence[Part], pages: int) -> Size:
        name = leaf.columns[0]
        column = self._columns.get((leaf.table, name)) if name else None
        if column is not None and column.most_common_element_frequencies:
            listed = column.most_common_element_frequencies[:-_EXTRA_FREQUENCIES]
            groups = [(1.0, leaf.rows * one) for one in listed]
            counts = column.element_count_histogram
            rest = (counts[-1] if counts else sum(listed)) - sum(listed)
            least = min(listed) / 2
            if rest > least:
                groups.append((rest / least, leaf.rows * least))
            width = (column.avg_width or 24) / max(sum(listed) + max(rest, 0.0), 1.0)
            return sizes.gin(leaf.rows, pages, groups, min(width, 24))
        each = max(keys[0].width / _ELEMENT_BYTES, 1.0)
        found = sizes.gin(leaf.rows, pages, [(leaf.rows * each / 10, 10)], 8)
        return Size(found.pages, 0, found.gin, "what the documents hold is not in the statistics")

    def _pages(self, table: str) -> int:
        known = self._tables.get(table)
        return (known.pages if known else 0) or 0

    def _plan(self, statement: str) -> Mapping[str, Any]:
        result = self._connection.pgconn.exec_params(
            f"EXPLAIN (FORMAT JSON) {statement}".encode(), None
        )
        value = result.get_value(0, 0) if result.ntuples else None
        if value is None:
            return {"Plan Rows": 0, "Plan Width": 8}
        plan: Mapping[str, Any] = json.loads(value)[0]["Plan"]
        return plan


def table_of(record: Record, name: str) -> Table | None:
    """
    A table by its name with or without schema.
    """
    bare = [one for one in record.tables if name in (one.qualified, one.name)]
    return bare[0] if bare else None


def _attribute(leaf: Leaf, at: int) -> str:
    """
    The name that the server gives an expression of an index: its function's, else expr.
    """
    text = leaf.texts[at]
    head = text.partition("(")[0]
    return head if head.isidentifier() else "expr"


def _quoted(table: str) -> str:
    schema, _, name = table.partition(".")
    return ddl.quote_qualified(schema, name)
