"""
Snapshots of running servers: whose they are, what really counts there, and what has drifted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from advisor import regex
from advisor.catalog import postgresql as catalog
from advisor.catalog.postgresql import Canonical
from advisor.deployment.hosts import host_of
from advisor.deployment.model import Database, FileProblem
from advisor.deployment.paths import folder_of, name_of
from advisor.deployment.snapshot_schema import schema_of
from advisor.indexes.schema import Schema
from advisor.model import Given, Location, Origin, Unknown, Value
from advisor.parsers._snapshot_rows import Setting, Unreadable
from advisor.parsers.postgresql import Effective, PostgresDocument
from advisor.parsers.redaction import MASK
from advisor.parsers.snapshot import SnapshotDocument, read_snapshot

_SHARED = frozenset(
    {"default", "override", "configuration file", "command line", "environment variable"}
)
"""Sources of a value that all sessions see; the others are of one role, database or session."""
_UNSET = frozenset({"default", "override"})
"""Sources of values that nobody wrote."""
_OWN_PLACE = frozenset(
    {
        "config_file",
        "data_directory",
        "hba_file",
        "ident_file",
        "external_pid_file",
        "unix_socket_directories",
        "listen_addresses",
        "port",
    }
)
"""Settings that depend on where a server was installed: a container maps its own."""
_WORD = regex.lazy(r"[a-z0-9]+")


class Drift(Struct, frozen=True):
    """
    A setting with one value in the files and another in the running server.
    """

    name: str
    file: Effective
    row: Setting
    place: Location
    """Of the row."""


class Snapshot(Struct, frozen=True):
    """
    What one file says about a server, and which server of the deployment that is.
    """

    document: SnapshotDocument
    database: Database
    declared: Value[int] | None
    """Major version that the deployment states, None where it states none."""
    drifts: tuple[Drift, ...]


class Snapshots(Struct, frozen=True):
    """
    What was found, and the servers with what counts on them.
    """

    found: tuple[Snapshot, ...]
    databases: tuple[Database, ...]
    problems: tuple[FileProblem, ...]
    notes: tuple[str, ...]
    schema: Schema | None = None
    """What a single snapshot says of tables and indexes; it stands for the scripts of the files."""


def find_snapshots(
    texts: Mapping[str, str], databases: Sequence[Database], given: Given
) -> Snapshots:
    """
    Read snapshots and lay what they say over the servers that they are of.

    A snapshot belongs to the server whose name or folder its path names, a single one to a single
    server; another is a server of its own. Of two for one server the newer counts.
    """
    problems: list[FileProblem] = []
    documents: list[SnapshotDocument] = []
    for path, text in sorted(texts.items()):
        document, wrong = read_snapshot(path, text)
        problems += [FileProblem("snapshot", one) for one in wrong]
        if document:
            documents.append(document)
    newest, notes = _newest(documents)
    servers, found = list(databases), []
    for document in newest:
        at = _server_of(document, newest, databases)
        known = databases[at] if at is not None else _of_its_own(document, given)
        live = _as_it_runs(known, document)
        if at is None:
            servers.append(live)
        else:
            servers[at] = live
        declared = known.major if isinstance(known.major, Value) and at is not None else None
        drifts = tuple(_drifts(known, document)) if at is not None else ()
        found.append(Snapshot(document, live, declared, drifts))
    lacking = tuple(note for document in newest for note in _lacking(document))
    schema = schema_of(newest[0]) if len(newest) == 1 else None
    return Snapshots(tuple(found), tuple(servers), tuple(problems), (*notes, *lacking), schema)


def _lacking(document: SnapshotDocument) -> Iterator[str]:
    for one in document.read(Unreadable) or ():
        yield f"{document.place(one)}: {document.path} lacks {one.what}: {one.reason}"


def _newest(
    documents: Sequence[SnapshotDocument],
) -> tuple[list[SnapshotDocument], tuple[str, ...]]:
    """
    Of several snapshots of one start of a server and one database the last one.
    """
    by_server: dict[object, SnapshotDocument] = {}
    notes = []
    for document in sorted(documents, key=lambda one: one.server.collected_at):
        server = document.server
        key = (server.started_at or document.path, server.version_num, server.database)
        if key in by_server:
            notes.append(f"{by_server[key].path} is not judged: {document.path} is newer")
        by_server[key] = document
    return sorted(by_server.values(), key=lambda one: one.path), tuple(notes)


def _server_of(
    document: SnapshotDocument, all_: Sequence[SnapshotDocument], databases: Sequence[Database]
) -> int | None:
    """
    The number of the server that a snapshot is of, None when it cannot be told.
    """
    if len(all_) == len(databases) == 1:
        return 0
    words = set(_WORD.findall(name_of(document.path).lower()))
    named = [at for at, one in enumerate(databases) if one.service and one.service.lower() in words]
    beside = [
        at
        for at, one in enumerate(databases)
        if one.path and folder_of(one.path) == folder_of(document.path)
    ]
    for fitting in (named, beside):
        if len(fitting) == 1:
            rivals = [one for one in all_ if one is not document]
            if not rivals or fitting is named:
                return fitting[0]
    return None


def _of_its_own(document: SnapshotDocument, given: Given) -> Database:
    stated = given.versions.get("postgresql")
    place = document.place(document.server)
    return Database(
        name=f"the server of {document.path}",
        service="",
        document=PostgresDocument(document.path, (), {}, (), (document.path,)),
        path="",
        major=Value(stated.value[0], stated.origin) if stated else Unknown("it is not stated"),
        host=host_of(None, given),
        location=place,
    )


def _as_it_runs(database: Database, document: SnapshotDocument) -> Database:
    """
    The server with the settings and the version that it really has.
    """
    server, major = document.server, database.major
    if not (isinstance(major, Value) and major.origin is Origin.GIVEN):
        place = document.place(server)
        major = Value(server.major, Origin.LITERAL, place, "the server says so")
    settings = dict(database.document.settings)
    for row in document.read(Setting) or ():
        if row.source not in _SHARED or MASK in row.setting:
            continue
        name = catalog.canonical_name(row.name)
        written = settings.get(name)
        if written is not None and _is_same(written, row, server.major):
            continue
        if row.source in _UNSET:
            settings.pop(name, None)
        else:
            settings[name] = _effective(name, row, document.place(row))
    live = replace(database.document, settings=settings)
    return replace(database, document=live, major=major)


def _effective(name: str, row: Setting, place: Location) -> Effective:
    return Effective(
        name=name, written=row.name, raw=row.setting, location=place, value_location=place
    )


def _drifts(database: Database, document: SnapshotDocument) -> Iterator[Drift]:
    """
    Settings of the files that the server runs with another value of.

    What waits for a restart is told as that. What a file of the deployment has wrong, what belongs
    to the place of installation, and what a session has of its own is no drift.
    """
    rows = {catalog.canonical_name(row.name): row for row in document.read(Setting) or ()}
    for name, written in database.document.settings.items():
        row = rows.get(name)
        if row is None or row.pending_restart or row.source not in _SHARED:
            continue
        if name in _OWN_PLACE or row.source == "override" or MASK in row.setting:
            continue
        if _canonical(name, written.raw, document.server.major) is None or written.placeholder:
            continue
        if not _is_same(written, row, document.server.major):
            yield Drift(name, written, row, document.place(row))


def _is_same(written: Effective, row: Setting, major: int) -> bool:
    if written.placeholder:
        return False
    ours = _canonical(written.name, written.raw, major)
    theirs = _canonical(written.name, row.setting, major)
    if ours is None or theirs is None:
        return written.raw == row.setting
    return ours.text == theirs.text


def _canonical(name: str, raw: str, major: int) -> Canonical | None:
    """
    A value as the server keeps it; None where it would refuse it, or has no such setting.
    """
    nearest = min(max(major, catalog.MAJORS[0]), catalog.MAJORS[-1])
    guc = catalog.find(name, nearest)
    found = catalog.canonical(guc, raw, nearest) if guc else None
    return found if isinstance(found, Canonical) else None
