"""
What the plans of a deployment know together: names of tables, indexes in use, selectivities.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from msgspec import Struct

from advisor.indexes.model import Definition, Key, Query
from advisor.indexes.schema import Schema, Table
from advisor.plans.arithmetic import NodeTimes, account
from advisor.plans.conditions import predicates
from advisor.plans.model import Plan, PlanNode

_INTERNAL = ("pg_", "information_schema", "_timescaledb", "_hyper_", "compress_hyper_")
_APPENDS = ("Append", "Merge Append")
_SCANS = ("Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan")
_COMMON_PREFIX = 3
"""Letters that the names of partitions begin with alike; else they are tables of a UNION."""


class Account(Struct, frozen=True):
    """
    A plan with what was computed from it once.
    """

    number: int
    plan: Plan
    times: Mapping[int, NodeTimes]
    parents: Mapping[int, PlanNode]

    def scans(self) -> Iterable[PlanNode]:
        """
        Scans of tables that their users index themselves: no catalog, no temporary table, no chunk
        of TimescaleDB and no shard of Citus, which get their indexes from the whole.
        """
        for node in self.plan.walk():
            is_internal = node.relation.startswith(_INTERNAL) or node.schema.startswith(_INTERNAL)
            is_table = node.node_type in _SCANS and bool(node.relation) and not is_internal
            if is_table and not self._is_remote(node):
                yield node

    def _is_remote(self, node: PlanNode) -> bool:
        above: PlanNode | None = node
        while above is not None:
            if above.node_type == "Task" or above.provider.startswith("Citus"):
                return True
            above = self.parents.get(above.id)
        return False


class Workload(Struct, frozen=True):
    """
    All plans, and the schema if there is one.
    """

    queries: tuple[Query, ...]
    accounts: tuple[Account, ...]
    schema: Schema | None
    names: Mapping[tuple[str, str], str]
    """Schema and relation as plans write them → the table that an index would be made on."""
    members: Mapping[str, tuple[str, ...]]
    """Partitions that stand for a parent nobody knows, by the name they share."""

    @classmethod
    def of(cls, queries: Iterable[Query], schema: Schema | None) -> Workload:
        """
        Put plans together.
        """
        known = tuple(queries)
        accounts = tuple(
            Account(number, one.plan, account(one.plan), one.plan.parents())
            for number, one in enumerate(known)
        )
        names, members = _names(accounts, schema)
        return cls(known, accounts, schema, names, members)

    def table(self, node: PlanNode) -> str:
        """
        The table that an index for a scan would be made on.
        """
        return self.names.get((node.schema, node.relation), node.qualified_relation)

    def declared(self, table: str) -> Table | None:
        """
        What the schema says about a table.
        """
        return self.schema.find(table) if self.schema else None

    def indexes(self) -> dict[str, list[Definition]]:
        """
        Indexes that exist: those of the schema, and those that plans use.
        """
        found: dict[str, list[Definition]] = defaultdict(list)
        if self.schema:
            for table in self.schema.tables.values():
                root = self.schema.root(table).name
                found[root] += [one.definition for one in table.indexes]
        for known in self.accounts:
            for node in known.plan.walk():
                name = self._of_index(known, node) if node.index and node.index_cond else ""
                if name and self.declared(name) is None:
                    found[name].append(_used(name, node))
        return found

    def _of_index(self, known: Account, node: PlanNode) -> str:
        """
        The table of an index scan; a Bitmap Index Scan has it above.
        """
        above: PlanNode | None = node
        while above is not None and not above.relation:
            above = known.parents.get(above.id)
        return self.table(above) if above is not None else ""


def _used(table: str, node: PlanNode) -> Definition:
    """
    An index as far as one scan shows it: the columns of its condition, in the index's order.
    """
    columns = dict.fromkeys(
        side.column
        for predicate in predicates(node.index_cond)
        for side in (predicate.left, predicate.right)
        if side.is_column and side.qualifier in ("", node.alias)
    )
    return Definition(table, tuple(Key(column) for column in columns))


def _names(
    accounts: Iterable[Account], schema: Schema | None
) -> tuple[dict[tuple[str, str], str], dict[str, tuple[str, ...]]]:
    groups: dict[str, tuple[str, ...]] = {}
    scans = [node for known in accounts for node in known.scans()]
    schemas: dict[str, set[str]] = defaultdict(set)
    for node in scans:
        if node.schema:
            schemas[node.relation].add(node.schema)
    names = {
        (node.schema, node.relation): _known_name(node, schemas[node.relation], schema)
        for node in scans
    }
    for known in accounts:
        for node in known.plan.walk():
            if node.node_type in _APPENDS:
                _group(node, names, groups, schema)
    return names, groups


def _known_name(node: PlanNode, schemas: set[str], schema: Schema | None) -> str:
    """
    The name that the schema has for a relation, else with the schema that another plan names.
    """
    declared = schema.find(node.qualified_relation) if schema else None
    if declared is not None and schema is not None:
        return schema.root(declared).name
    if not node.schema and len(schemas) == 1:
        return f"{next(iter(schemas))}.{node.relation}"
    return node.qualified_relation


def _group(
    append: PlanNode,
    names: dict[tuple[str, str], str],
    groups: dict[str, tuple[str, ...]],
    schema: Schema | None,
) -> None:
    """
    Partitions below one Append share the name of the first, unless a schema knows their parent.
    """
    members = [node for node in append.children if node.relation and node.node_type in _SCANS]
    found = list(dict.fromkeys(names.get((n.schema, n.relation), "") for n in members))
    bare = [name.rpartition(".")[2] for name in found]
    shared = _shared_prefix(bare)
    if len(found) < 2 or "" in found or shared < _COMMON_PREFIX:
        return
    if any(schema and schema.find(name) for name in found):
        return
    first = next((name for name, known in groups.items() if set(known) & set(found)), found[0])
    groups[first] = tuple(dict.fromkeys((*groups.get(first, ()), *found)))
    for node in members:
        names[node.schema, node.relation] = first


def _shared_prefix(names: list[str]) -> int:
    shortest, longest = min(names, default=""), max(names, default="")
    pairs = zip(shortest, longest, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), len(shortest))
