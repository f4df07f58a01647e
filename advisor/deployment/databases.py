"""
PostgreSQL servers of a deployment: configuration files, command lines and the services they fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from advisor.deployment.hosts import host_of
from advisor.deployment.model import Database
from advisor.deployment.services import RunningService, Services, location_of, tag_version
from advisor.model import Given, Tree, Unknown, Value
from advisor.parsers.postgresql import (
    Assignment,
    PostgresDocument,
    command_line,
    read_config,
    with_command_line,
)

_STANDARD = "/etc/postgresql/postgresql.conf"
_CONFIG_FILE = "config_file"


def find_databases(
    files: Iterable[str], services: Services, tree: Tree, given: Given
) -> tuple[tuple[Database, ...], tuple[str, ...]]:
    """
    Servers by service, then those whose files no service could be told for; and notes.

    A file belongs to the service that mounts it or names it on its command line; a single file and
    a single service belong together.
    """
    documents = list(_documents(files, tree))
    running = services.running_program("postgresql")
    pairs = _pair(documents, running)
    databases = [
        _database(service, pairs.get(service.name), services, given) for service in running
    ]
    left = [one for one in documents if one not in pairs.values()]
    databases += [_lone(document, given) for document in left]
    notes = [
        f"{one.path} could not be matched to one of the services "
        f"{', '.join(service.name for service in running)}"
        for one in left
        if running
    ]
    return tuple(databases), tuple(notes)


def _documents(files: Iterable[str], tree: Tree) -> Iterator[PostgresDocument]:
    """
    One document per main file: what another file includes is no server of its own.
    """
    documents = [read_config(path, tree) for path in sorted(files, key=_main_first)]
    included = {path for one in documents for path in one.files if path != one.path}
    for document in documents:
        if document.path not in included:
            yield document


def _main_first(path: str) -> tuple[bool, str]:
    return (path.rpartition("/")[2] != "postgresql.conf", path)


def _pair(
    documents: Sequence[PostgresDocument], running: Sequence[RunningService]
) -> dict[str, PostgresDocument]:
    pairs: dict[str, PostgresDocument] = {}
    by_path = {document.path: document for document in documents}
    for service in running:
        document = next((by_path[path] for path in _mounted(service) if path in by_path), None)
        if document is not None:
            pairs[service.name] = document
    free = [one for one in documents if one not in pairs.values()]
    waiting = [service for service in running if service.name not in pairs]
    if len(free) == 1 and len(waiting) == 1:
        pairs[waiting[0].name] = free[0]
    return pairs


def _mounted(service: RunningService) -> Iterator[str]:
    """
    Files of the deployment that a service may read as its configuration, likeliest first.
    """
    named = [one.raw for one in _arguments(service) if one.name.lower() == _CONFIG_FILE]
    for target in (*named, _STANDARD):
        if source := service.source_of(target):
            yield source
    for mount in service.mounts():
        if mount.target.endswith(".conf"):
            yield service.source_of(mount.target) or ""


def _arguments(service: RunningService) -> tuple[Assignment, ...]:
    command = service.service.command
    return command_line(service.words, command.location) if command else ()


def _database(
    service: RunningService, document: PostgresDocument | None, services: Services, given: Given
) -> Database:
    place = location_of(service)
    path = document.path if document else (place.path if place else "")
    read = document or PostgresDocument(path, (), {}, (), ())
    return Database(
        name=f"service {service.name}",
        service=service.name,
        document=with_command_line(read, _arguments(service)),
        path=document.path if document else "",
        major=_major(given, service),
        host=host_of(service, given, services.running),
        location=place,
    )


def _lone(document: PostgresDocument, given: Given) -> Database:
    return Database(
        name=document.path,
        service="",
        document=document,
        path=document.path,
        major=_major(given, None),
        host=host_of(None, given),
        location=None,
    )


def _major(given: Given, service: RunningService | None) -> Value[int] | Unknown:
    version = given.versions.get("postgresql") or (tag_version(service) if service else None)
    if isinstance(version, Value):
        return Value(version.value[0], version.origin, version.location, version.note)
    return version or Unknown("the version of PostgreSQL is not stated", needs=("pg.major",))
