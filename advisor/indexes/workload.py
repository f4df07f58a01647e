"""
What the plans of a deployment know together: names of tables, indexes in use, selectivities.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from msgspec import Struct

from advisor.indexes.model import Definition, Key, Query
from advisor.indexes.parents import parent_of
from advisor.indexes.schema import Schema, Table
from advisor.indexes.skips import entries
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
    parents: Mapping[str, tuple[str, ...]]
    """Partitions that plans scan, by a parent that the schema does not declare."""

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
        names, members, parents = _names(accounts, schema)
        return cls(known, accounts, schema, names, members, parents)

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
                is_used = bool(node.index and node.index_cond) and not self.entries(known, node)
                name = self._of_index(known, node) if is_used else ""
                if name and self.declared(name) is None:
                    found[name].append(used(name, node))
        return found

    def entries(self, known: Account, node: PlanNode) -> float:
        """
        Entries that one execution of a scan reads of an index whose first column it does not ask
        for; else 0.
        """
        if not (node.index and node.index_cond and node.relation):
            return 0.0
        declared = self.declared(self.table(node))
        named = (one for one in (declared.indexes if declared else ()) if one.name == node.index)
        first = next((one.definition.keys[0].column for one in named), "")
        return entries(known.plan, known.parents, node, first)

    def _of_index(self, known: Account, node: PlanNode) -> str:
        """
        The table of an index scan; a Bitmap Index Scan has it above.
        """
        above: PlanNode | None = node
        while above is not None and not above.relation:
            above = known.parents.get(above.id)
        return self.table(above) if above is not None else ""


def used(table: str, node: PlanNode) -> Definition:
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
) -> tuple[dict[tuple[str, str], str], dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    groups: dict[str, tuple[str, ...]] = {}
    parents: dict[str, tuple[str, ...]] = {}
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
            if node.node_type not in _APPENDS:
                continue
            parent = _parent(node, known.plan.query, schema)
            if parent:
                members = [names.get((one.schema, one.relation), "") for one in _scans_of(node)]
                parents[parent] = tuple(dict.fromkeys((*parents.get(parent, ()), *members)))
            else:
                _group(node, names, groups, schema)
    for parent, found in parents.items():
        for node in scans:
            if names[node.schema, node.relation] in found:
                names[node.schema, node.relation] = parent
    return names, groups, parents


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


def _parent(append: PlanNode, query: str, schema: Schema | None) -> str:
    """
    The parent of the partitions below an Append, where the schema declares none of them.
    """
    members = _scans_of(append)
    parent = parent_of(members, query)
    if not parent or schema is None:
        return parent
    is_known = any(schema.find(one.qualified_relation) for one in members)
    declared = schema.find(parent)
    if is_known or (declared is not None and not declared.is_partitioned):
        return ""
    return declared.name if declared is not None else parent


def _scans_of(append: PlanNode) -> list[PlanNode]:
    return [node for node in append.children if node.relation and node.node_type in _SCANS]


def _group(
    append: PlanNode,
    names: dict[tuple[str, str], str],
    groups: dict[str, tuple[str, ...]],
    schema: Schema | None,
) -> None:
    """
    Partitions below one Append share the name of the first, unless a schema knows their parent.
    """
    members = _scans_of(append)
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
