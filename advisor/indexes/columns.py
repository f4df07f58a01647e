"""
Which columns of a table a statement needs, so that an index may answer it alone.

The plan says which, or the statement; then the plans of the workload and the schema say whose they
are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from advisor.indexes.needs import Needs
from advisor.indexes.references import references
from advisor.indexes.schema import Schema
from advisor.plans.model import PlanNode

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.optimizer.scope import Scope

    from advisor.indexes.workload import Account

_MAX_LENGTH = 20_000
"""Characters of a statement that is still taken apart."""

Owners = dict[str, set[str]]
"""Bare names of tables, by column."""
Statement = Mapping[str, "frozenset[str] | None"]
"""Columns by the name of their table; None when all are needed, or it is not known which."""


class Columns(Struct, frozen=True):
    """
    Columns of the statements of a workload.
    """

    statements: Mapping[int, Statement]
    """By the number of the plan."""
    accounts: Mapping[int, Account]
    """The plans."""
    needs: dict[int, Needs] = msgspec.field(default_factory=dict)
    """What plans say, once it was asked for."""

    @classmethod
    def of(cls, accounts: Sequence[Account], schema: Schema | None) -> Columns:
        """
        Take all statements apart, and learn whose columns are whose from all of them together, from
        the conditions of their plans and from the schema.
        """
        owners: Owners = defaultdict(set)
        for table in schema.tables.values() if schema else ():
            for column in table.columns:
                owners[column].add(_bare(table.name))
        for account in accounts:
            for table_name, column in _columns_of(account):
                owners[column].add(table_name)
        scopes = {one.number: _scopes(one.plan.query) for one in accounts}
        for scope in (scope for found in scopes.values() for scope in found):
            _learn(scope, owners)
        stated = {number: _statement(found, owners) for number, found in scopes.items()}
        return cls(stated, {one.number: one for one in accounts})

    def needed(self, query: int, node: PlanNode) -> frozenset[str] | None:
        """
        The columns that a plan needs of a scan's table; None when that is not sure.
        """
        if query not in self.needs:
            self.needs[query] = Needs.of(self.accounts[query])
        of_plan = self.needs[query].of_scan(node)
        if of_plan is not None:
            return of_plan
        return self.statements.get(query, {}).get(node.relation)


def _scopes(query: str) -> list[Scope]:
    from sqlglot import exp, parse_one  # noqa: PLC0415 - start-up cost
    from sqlglot.errors import SqlglotError  # noqa: PLC0415 - start-up cost
    from sqlglot.optimizer.scope import traverse_scope  # noqa: PLC0415 - start-up cost

    if not query or len(query) > _MAX_LENGTH:
        return []
    try:
        tree = parse_one(query, read="postgres")
        return traverse_scope(tree) if isinstance(tree, exp.Query) else []
    except (SqlglotError, RecursionError):
        return []


def _tables(scope: Scope) -> dict[str, str]:
    """
    Names of tables by their aliases; neither CTEs nor subqueries.
    """
    from sqlglot import exp  # noqa: PLC0415 - start-up cost

    sources = scope.sources.items()
    return {alias: source.name for alias, source in sources if isinstance(source, exp.Table)}


def _learn(scope: Scope, owners: Owners) -> None:
    """
    A statement of one table alone, and columns with an alias, say whose columns they are.
    """
    tables = _tables(scope)
    is_single = len(scope.sources) == len(tables) == 1
    is_alone = is_single and scope.parent is None and not scope.subquery_scopes
    for column in scope.columns:
        table = tables.get(column.table) if column.table else None
        if is_alone:
            table = next(iter(tables.values()))
        if table:
            owners[column.name].add(table)


def _statement(scopes: Iterable[Scope], owners: Owners) -> Statement:
    found: dict[str, set[str]] = defaultdict(set)
    unsure: set[str] = set()
    for scope in scopes:
        tables = _tables(scope)
        every = set(tables.values())
        if _has_star(scope.expression):
            unsure |= every
        for column in scope.columns:
            of_column = owners.get(column.name, set()) & every
            if column.table:
                of_column = {tables[column.table]} if column.table in tables else set()
            if len(of_column) == 1:
                found[next(iter(of_column))].add(column.name)
            elif of_column or (not column.table and column.name not in owners):
                unsure |= every
    names = {*found, *unsure}
    return {name: None if name in unsure else frozenset(found[name]) for name in names}


def _has_star(select: exp.Expr) -> bool:
    """
    Whether all columns are asked for; ``EXISTS (SELECT *`` asks for none.
    """
    from sqlglot import exp  # noqa: PLC0415 - start-up cost

    if isinstance(select.parent, exp.Exists):
        return False
    listed = select.expressions if isinstance(select, exp.Select) else []
    return any(isinstance(one, exp.Star) or one.is_star for one in listed)


def _columns_of(account: Account) -> Iterator[tuple[str, str]]:
    """
    Table and column of everything that the conditions of a plan name.
    """
    tables = {node.alias: node.relation for node in account.plan.walk() if node.relation}
    for node in account.plan.walk():
        own = (node.filter, node.index_cond, node.recheck_cond)
        for text in own if node.relation else ():
            yield from _references(text, tables, node.relation)
        for text in (node.hash_cond, node.merge_cond, node.join_filter, *node.sort_key):
            yield from _references(text, tables, "")


def _references(text: str, tables: Mapping[str, str], own: str) -> Iterator[tuple[str, str]]:
    for one in references(text):
        table = tables.get(one.qualifier, "") if one.qualifier else own
        if table:
            yield table, one.column


def _bare(name: str) -> str:
    return name.rpartition(".")[2]
