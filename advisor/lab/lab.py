"""
The laboratory: a schema and its statistics in a server without data, and what its planner answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from advisor.errors import LabError
from advisor.indexes import ddl
from advisor.indexes.model import Definition
from advisor.lab import asking, load, rebuild, versions
from advisor.lab.pages import PAGE, Files, grow, shrink
from advisor.lab.planner import Answer, Candidate, Note, Refused, unseen
from advisor.lab.record import Record
from advisor.lab.server import MAJOR, Server, serving
from advisor.lab.settings import PLANNER
from advisor.lab.sizing import Sizer

if TYPE_CHECKING:
    from advisor.lab.server import Connection

_MOST_MS = 30_000  # for one question
ROLE = "advisor_planner"
"""Explains without the rights of a superuser: a statement may name any function."""


class Lab(Struct):
    """
    The lab while it is open.
    """

    server: Server
    record: Record
    connection: Connection
    settings: Mapping[str, str]
    notes: list[Note] = msgspec.field(default_factory=list)
    candidates: list[Candidate] = msgspec.field(default_factory=list)
    refused: dict[Definition, str] = msgspec.field(default_factory=dict)
    existing: dict[str, int] = msgspec.field(default_factory=dict)
    """Identities of the indexes of the schema, by qualified name."""
    files: list[Files] = msgspec.field(default_factory=list)
    calls: int = 0
    """How often the planner was asked."""

    @property
    def name(self) -> str:
        """
        Whose planner it is.
        """
        return f"PostgreSQL {MAJOR}"

    def explain(
        self,
        statement: str,
        candidates: Iterable[Candidate] = (),
        without: Iterable[str] = (),
    ) -> Answer | Refused:
        """
        Plan a statement with these candidates and without these indexes of the schema.
        """
        candidates, without = list(candidates), list(without)
        gone: set[str] = set()
        while True:
            found = self._explain(statement, candidates, without)
            if isinstance(found, Refused) or self.record.server.major >= MAJOR:
                return found
            skipped = versions.skipped(found.plan, self.record, candidates)
            if skipped <= gone:
                return found
            gone |= skipped
            candidates = [one for one in candidates if not one.names & skipped]
            without += [name for name in self.existing if name.rpartition(".")[2] in skipped]

    def _explain(
        self, statement: str, candidates: Sequence[Candidate], without: Sequence[str]
    ) -> Answer | Refused:
        self.calls += 1
        wanted = [oid for one in candidates for oid in one.oids]
        gone = [self.existing[name] for name in without if name in self.existing]
        self.connection.execute(_switch(wanted, gone).encode())
        value, error = asking.plan(self.connection, statement)
        self.connection.execute(b"ROLLBACK")
        asking.forget(self.connection, statement)
        if value is None:
            return Refused(error)
        return Answer.of(json.loads(value)[0]["Plan"])

    def add(
        self, definitions: Iterable[Definition], pages: Mapping[str, int] | None = None
    ) -> list[Candidate]:
        """
        Have these indexes ready to be asked about; those that the server refuses go to `refused`.

        `pages` are true sizes by name, for tests; else they are estimated. Tables are empty while
        the indexes are made, else the server would read them through.
        """
        fresh = unseen(self, definitions)
        tables = [one for one in self.files if not one.method]
        for one in tables:
            shrink(self.server.data, one)
        sizer, rows = Sizer(self.connection, self.record), list[Sequence[Any]]()
        made: list[tuple[int, Definition]] = []
        for number, definition in enumerate(fresh, len(self.candidates) + len(self.refused)):
            reason = _create(self.connection, number, definition)
            if reason:
                self.refused[definition] = reason
            else:
                made.append((number, definition))
        for one in tables:
            grow(self.server.data, one)
        built = [self._candidate(sizer, number, one, pages or {}, rows) for number, one in made]
        load.relations(self.connection, rows)
        oids = [oid for one in built for oid in one.oids]
        hide = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = ANY(%s)"
        self.connection.execute(hide.encode(), (oids,))
        self.candidates += built
        self._restart()
        return built

    def _candidate(
        self,
        sizer: Sizer,
        number: int,
        definition: Definition,
        pages: Mapping[str, int],
        rows: list[Sequence[Any]],
    ) -> Candidate:
        """
        Size an index that was made; `rows` gets what its statistics will be.
        """
        name = f"{rebuild.PREFIX}{number}"
        parts = sizer.parts(definition.table.rpartition(".")[0], name)
        notes: dict[str, None] = {}
        total = 0
        for part in parts:
            found = sizer.size(part)
            known = pages.get(part.table) if pages else None
            files = sizer.files(part, found, known)
            if part.path:
                self.files.append(files)
            total += files.pages * PAGE
            if found.guessed and known is None:
                notes[f"size: {found.guessed}"] = None
            notes |= dict.fromkeys(sizer.describe(part))
            rows.append((part.schema, part.name, files.pages, part.rows, 0))
        names = frozenset(one.name for one in parts)
        oids = tuple(oid for one in parts for oid in one.oids)
        return Candidate(number, definition, names, oids, total, tuple(notes))

    def _restart(self) -> None:
        self.connection.close()
        self.server.stop()
        for one in self.files:
            grow(self.server.data, one)
        self.server.start()
        self.connection = self.server.connect()
        for name, value in self.settings.items():
            self.connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        own = f"SET jit = off; SET statement_timeout = {_MOST_MS}"
        self.connection.execute(own.encode())


@contextmanager
def laboratory(
    record: Record, *, settings: Mapping[str, str] | None = None, scripts: Sequence[str] = ()
) -> Iterator[Lab]:
    """
    Open a lab for a record; `scripts` are SQL that declares what the record leaves out.

    `settings` are those of the deployment; only those of the planner are taken over.
    """
    with serving() as server:
        import psycopg  # noqa: PLC0415 - of the extra, which serving() looks for

        server.start()
        lab = Lab(server, record, server.connect(), {})
        try:
            _build(lab, scripts)
            lab.settings = _accepted(lab, settings or {})
            lab._restart()  # noqa: SLF001 - of this module
            yield lab
        except psycopg.OperationalError as error:
            said = str(error).strip().split("\n")[0]
            raise LabError(f"the server of the lab does not answer any more: {said}") from error
        finally:
            lab.connection.close()


def _build(lab: Lab, scripts: Sequence[str]) -> None:
    connection, record = lab.connection, lab.record
    connection.execute(f"CREATE ROLE {ROLE}".encode())
    _types(lab, rebuild.enums(scripts))
    for stage in (rebuild.schemas, rebuild.tables, rebuild.indexes, rebuild.foreign_keys):
        for step in stage(record):
            _do(lab, step)
    for name in dict.fromkeys(one.schema for one in record.tables):
        quoted = ddl.quote(name)
        connection.execute(f"GRANT USAGE ON SCHEMA {quoted} TO {ROLE}".encode())
        rights = "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA"
        connection.execute(f"GRANT {rights} {quoted} TO {ROLE}".encode())
    _statistics(lab)
    lab.notes += [Note(*one) for one in versions.differences(record)]


def _types(lab: Lab, known: Mapping[str, str]) -> None:
    for step in rebuild.schemas(lab.record):
        _do(lab, step)
    from psycopg import Error  # noqa: PLC0415 - an extra

    names = dict.fromkeys(rebuild.base_type(one.type) for one in lab.record.columns if one.type)
    for name in names:
        try:
            found = lab.connection.execute("SELECT to_regtype(%s)", (name,)).fetchone()
        except Error:
            # Not a name at all: the table that has it is reported.
            found = None
        if found and found[0] is None:
            labels = known.get(name.rpartition(".")[2].strip('"'))
            if _do(lab, rebuild.stand_in(name, labels)) and not labels:
                why = "is not in the lab: its columns stand there as text, not verified"
                lab.notes.append(Note(f"type {name}", why))


def _do(lab: Lab, step: rebuild.Step) -> bool:
    """
    Run one statement of ours; whether it went well.
    """
    if not step.sql:
        lab.notes.append(Note(step.subject, "its definition is not understood"))
        return False
    result = lab.connection.pgconn.exec_params(step.sql.encode(), None)
    if not result.error_message:
        return True
    if step.subject:
        said = result.error_message.decode("utf-8", "replace").strip().split("\n")[0]
        lab.notes.append(Note(step.subject, said.removeprefix("ERROR:").strip()))
    return False


def _statistics(lab: Lab) -> None:
    connection, record = lab.connection, lab.record
    query = (
        "SELECT c.oid, n.nspname, c.relname, c.relkind::text, pg_relation_filepath(c.oid)"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'i', 'I')"
    )
    here = {f"{row[1]}.{row[2]}": row for row in connection.execute(query.encode()).fetchall()}
    rows: list[Sequence[Any]] = []
    sizer = Sizer(connection, record)
    for table in record.tables:
        row = here.get(table.qualified)
        if row is None or table.tuples is None or table.tuples < 0:
            continue
        pages = table.pages or 0
        rows.append((table.schema, table.name, pages, table.tuples, table.all_visible_pages or 0))
        if row[4]:
            lab.files.append(Files(row[4], pages))
    for index in record.indexes:
        row = here.get(index.qualified)
        if row is None:
            continue
        lab.existing[index.qualified] = row[0]
        pages = int(index.size // PAGE) if index.size is not None else index.pages or 0
        rows.append((index.schema, index.name, pages, index.tuples or 0, 0))
        if row[4] and pages:
            lab.files.append(sizer.existing(index, row[4], pages))
    load.relations(connection, rows)
    load.columns(connection, record, frozenset(here))
    load.prepare_casts(connection)
    for one in record.extended_statistics:
        if _do(lab, rebuild.extended(one, record)):
            load.extended(connection, one, record)


def _accepted(lab: Lab, settings: Mapping[str, str]) -> dict[str, str]:
    """
    Settings of the planner that the lab takes; the others become notes.
    """
    from psycopg import Error  # noqa: PLC0415 - an extra

    found = {}
    for name, value in settings.items():
        if name not in PLANNER:
            continue
        try:
            lab.connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        except Error as error:
            lab.notes.append(Note(f"setting {name}", str(error).split("\n", maxsplit=1)[0]))
        else:
            found[name] = value
    return found


def _create(connection: Connection, number: int, definition: Definition) -> str:
    """
    Make one candidate; why not, when the server refuses.
    """
    schema, _, table = definition.table.rpartition(".")
    include = [ddl.quote(name) for name in definition.include]
    body = ddl.Body(definition.columns, definition.method, include, definition.predicate)
    target = ddl.quote_qualified(schema, table)
    statement = f"CREATE INDEX {rebuild.PREFIX}{number} ON {target}{body}"
    result = connection.pgconn.exec_params(statement.encode(), None)
    said = result.error_message.decode("utf-8", "replace").strip().split("\n")[0]
    return said.removeprefix("ERROR:").strip()


def _switch(wanted: Sequence[int], gone: Sequence[int]) -> str:
    parts = ["BEGIN"]
    for oids, state in ((wanted, "true"), (gone, "false")):
        if oids:
            listed = ",".join(map(str, oids))
            parts.append(f"UPDATE pg_index SET indisvalid = {state} WHERE indexrelid IN ({listed})")
    return "; ".join([*parts, f"SET LOCAL ROLE {ROLE}"])
