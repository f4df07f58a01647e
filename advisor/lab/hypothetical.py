"""
Asking a running server that has HypoPG: its own planner, with its data behind it.

Everything happens in one transaction that reads only; hypothetical indexes live in the memory of
the session. After each question all locks that it took are given back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from advisor.indexes import ddl
from advisor.indexes.model import Definition
from advisor.lab import asking, rebuild
from advisor.lab.pages import PAGE
from advisor.lab.planner import Answer, Candidate, Note, Refused, unseen
from advisor.lab.record import Record
from advisor.lab.sizing import Leaf, Sizer

if TYPE_CHECKING:
    from advisor.lab.server import Connection

_STATEMENT_MS, _LOCK_MS, _IDLE_MS = 10_000, 500, 60_000
_FIND = """
SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_extension e
JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'hypopg'
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
"""


class Hypothetical(Struct):
    """
    A running server while its HypoPG is used.
    """

    connection: Connection
    record: Record
    schema: str
    """Where the extension is, quoted."""
    notes: list[Note] = msgspec.field(default_factory=list)
    candidates: list[Candidate] = msgspec.field(default_factory=list)
    refused: dict[Definition, str] = msgspec.field(default_factory=dict)
    existing: dict[str, int] = msgspec.field(default_factory=dict)
    """None: HypoPG hides indexes that exist from 1.4 on only."""
    calls: int = 0
    shown: dict[int, str] = msgspec.field(default_factory=dict)
    """What the server calls the candidates that it knows now, by their numbers."""

    @property
    def name(self) -> str:
        """
        Whose planner it is.
        """
        return f"PostgreSQL {self.record.server.major} with HypoPG"

    def explain(
        self,
        statement: str,
        candidates: Iterable[Candidate] = (),
        without: Iterable[str] = (),
    ) -> Answer | Refused:
        """
        Plan a statement with these candidates.
        """
        if any(without):
            return Refused("HypoPG cannot be asked what happens without an index")
        self.calls += 1
        wanted = {one.number: one for one in candidates}
        if wanted.keys() != self.shown.keys():
            self._show(wanted)
        with self._question():
            value, error = asking.plan(self.connection, statement)
        asking.forget(self.connection, statement)
        if value is None:
            return Refused(error)
        plan = json.loads(value)[0]["Plan"]
        _rename(plan, {name: _name(number) for number, name in self.shown.items()})
        return Answer.of(plan)

    def add(self, definitions: Iterable[Definition]) -> list[Candidate]:
        """
        Have these indexes ready to be asked about.
        """
        fresh = unseen(self, definitions)
        self._show({})
        made = []
        for number, one in enumerate(fresh, len(self.candidates) + len(self.refused)):
            created = self._create(one)
            if isinstance(created, str):
                self.refused[one] = created
                continue
            size, notes = self._size(one, created[0])
            made.append(Candidate(number, one, frozenset({_name(number)}), (), size, notes))
        self._show({})
        self.candidates += made
        return made

    def _show(self, wanted: Mapping[int, Candidate]) -> None:
        self.connection.execute(f"SELECT {self.schema}.hypopg_reset()".encode())
        self.shown.clear()
        for number, one in wanted.items():
            created = self._create(one.definition)
            if not isinstance(created, str):
                self.shown[number] = created[1]

    def _create(self, one: Definition) -> tuple[int, str] | str:
        """
        Identity and name of a hypothetical index, or why there is none.
        """
        from psycopg import Error  # noqa: PLC0415 - an extra

        schema, _, table = one.table.rpartition(".")
        include = [ddl.quote(name) for name in one.include]
        body = ddl.Body(one.columns, one.method, include, one.predicate)
        statement = f"CREATE INDEX ON {ddl.quote_qualified(schema, table)}{body}"
        create = f"SELECT indexrelid, indexname FROM {self.schema}.hypopg_create_index(%s)"
        try:
            with self._question():
                row = self.connection.execute(create.encode(), (statement,)).fetchone()
        except Error as error:
            return str(error).split("\n", maxsplit=1)[0].removeprefix("hypopg: ")
        return (row[0], row[1]) if row else "HypoPG does not make it"

    def _size(self, one: Definition, oid: int) -> tuple[int, tuple[str, ...]]:
        """
        Bytes by our own estimate, else by the extension's, which knows no posting lists.
        """
        leaf = self._leaf(one)
        if leaf is not None:
            found = Sizer(self.connection, self.record).size(leaf)
            return found.pages * PAGE, ((f"size: {found.guessed}",) if found.guessed else ())
        ask = f"SELECT {self.schema}.hypopg_relation_size(%s)"
        row = self.connection.execute(ask.encode(), (oid,)).fetchone()
        return int(row[0]) if row else 0, ("size: HypoPG's estimate",)

    def _leaf(self, one: Definition) -> Leaf | None:
        """
        A B-tree of columns whose statistics are known.
        """
        known = {
            column.name: column.type
            for column in self.record.columns
            if column.qualified == one.table and column.null_frac is not None
        }
        names = [*one.names, *one.include]
        table = next((each for each in self.record.tables if each.qualified == one.table), None)
        if table is None or one.method != "btree" or one.predicate or not {*names} <= {*known}:
            return None
        types = [known[name] for name in names]
        keys, rows = len(one.keys), max(table.tuples or 0.0, 0.0)
        leaf = Leaf(
            0, "", "", "i", one.table, None, "btree", keys, None, types, names, names, "", False
        )
        return msgspec.structs.replace(leaf, rows=rows)

    @contextmanager
    def _question(self) -> Iterator[None]:
        self.connection.execute(b"SAVEPOINT question")
        try:
            yield
        finally:
            self.connection.execute(b"ROLLBACK TO SAVEPOINT question")
            self.connection.execute(b"RELEASE SAVEPOINT question")


@contextmanager
def hypothetical(connection: Connection, record: Record) -> Iterator[Hypothetical | None]:
    """
    The planner of a running server; None when it has no HypoPG that the role may use.

    Raises what the driver raises when the server goes away.
    """
    row = connection.execute(_FIND.encode()).fetchone()
    if row is None:
        yield None
        return
    connection.execute(b"BEGIN READ ONLY")
    try:
        for name, value in {
            "statement_timeout": _STATEMENT_MS,
            "lock_timeout": _LOCK_MS,
            "idle_in_transaction_session_timeout": _IDLE_MS,
        }.items():
            ask = "SELECT pg_catalog.set_config(%s, %s, true)"
            connection.execute(ask.encode(), (name, str(value)))
        note = Note(
            "planner", "the server's own, with HypoPG: it judges B-trees, hash and BRIN only"
        )
        found = Hypothetical(connection, record, row[0], [note])
        yield found
        connection.execute(f"SELECT {row[0]}.hypopg_reset()".encode())
    finally:
        if not connection.closed:
            connection.execute(b"ROLLBACK")


def _name(number: int) -> str:
    return f"{rebuild.PREFIX}{number}"


def _rename(node: MutableMapping[str, Any], names: Mapping[str, str]) -> None:
    """
    Names that stay the same, however often an index is made.
    """
    name = str(node.get("Index Name"))
    if name in names:
        node["Index Name"] = names[name]
    children: Sequence[MutableMapping[str, Any]] = node.get("Plans", ())
    for child in children:
        _rename(child, names)
