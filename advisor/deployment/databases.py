"""
PostgreSQL servers of a deployment: configuration files, command lines and the services they fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from advisor import regex
from advisor.catalog.cloudnativepg import PLATFORM, POSTGRESQL
from advisor.deployment.hosts import host_of
from advisor.deployment.model import Database, Managed
from advisor.deployment.paths import (
    folder_of,
    is_in,
    is_template,
    is_variant,
    name_of,
    outermost,
    text_of,
)
from advisor.deployment.services import RunningService, Services, tag_version
from advisor.model import Given, Location, Tree, Unknown, Value
from advisor.parsers.postgresql import (
    Assignment,
    Folder,
    PostgresDocument,
    command_line,
    read_config,
    with_command_line,
)

_STANDARD = "/etc/postgresql/postgresql.conf"
"""Where the documentation of the official image puts the file; it must then be named."""
_CONFIG_FILE = "config_file"
_MAIN = "postgresql.conf"
_SERVER_TAG = regex.lazy(r"(?:^|[^a-z])pg-?(\d{1,2})(?!\d)")
"""Tags of images whose first number is that of an extension: ``2.14.2-pg16``."""
_SPILO = Managed(
    size=Unknown("its operator has no classes"),
    provided={},
    kept=frozenset(),
    others=Unknown("what the image Spilo sets where nobody does is not known"),
)
"""A cluster of Zalando's operator: the start of its image computes most of the configuration."""
_VERSIONED = frozenset({"postgres", "postgresql", "postgis"})
"""Images whose tags start with the version of the server."""


def find_databases(
    files: Iterable[str], services: Services, tree: Tree, given: Given
) -> tuple[tuple[Database, ...], tuple[str, ...]]:
    """
    Servers by service, then those whose files no service could be told for; and notes.

    A file belongs to the service that mounts it or names it on its command line; a single file and
    a single service belong together.
    """
    running = services.running_program("postgresql")
    # What stands where a server reads its configuration is one, whatever it looks like.
    named = (path for service in running for path in _named(service))
    paths = {*files, *(path for path in named if text_of(tree, path) is not None)}
    read = [read_config(path, tree) for path in sorted(paths, key=_main_first)]
    documents = _without_strays(outermost(read))
    pairs = _mounting(documents, running)
    left, notes = _without_variants(documents, pairs)
    waiting = [service for service in running if service.name not in pairs]
    if len(left) == 1 and len(waiting) == 1:
        pairs[waiting[0].name] = left.pop()
    names = ", ".join(service.name for service in running)
    if running:
        notes += [f"{one.path} could not be matched to one of the services {names}" for one in left]
    notes += [note for service in running for note in _unnamed(service, pairs.get(service.name))]
    databases = [
        *(_database(service, pairs.get(service.name), services, given) for service in running),
        *(_lone(document, given) for document in left),
    ]
    return tuple(databases), tuple(notes)


def _without_strays(documents: Sequence[PostgresDocument]) -> list[PostgresDocument]:
    """
    Documents without files that an include_dir of another one passes over, which it then names.
    """
    found: dict[str, list[Folder]] = {}
    strays: set[str] = set()
    for document in documents:
        for folder in document.folders:
            below = tuple(one.path for one in documents if _is_below(one, folder))
            strays.update(below, (path for path in folder.files if not is_template(path)))
            found.setdefault(document.path, []).append(
                replace(folder, files=(*folder.files, *below))
            )
    kept = (one for one in documents if one.path not in strays)
    return [replace(one, folders=tuple(found.get(one.path, ()))) for one in kept]


def _is_below(document: PostgresDocument, folder: Folder) -> bool:
    """
    Whether a file is in a folder inside that one and no configuration of its own by its name.
    """
    own = folder_of(document.path)
    nested = bool(folder.path) and own != folder.path and is_in(own, folder.path)
    return nested and name_of(document.path) != _MAIN


def _main_first(path: str) -> tuple[bool, str]:
    return (name_of(path) != _MAIN, path)


def _mounting(
    documents: Sequence[PostgresDocument], running: Sequence[RunningService]
) -> dict[str, PostgresDocument]:
    """
    Documents by the name of the service whose container holds them.
    """
    by_path = {document.path: document for document in documents}
    found = {
        service.name: next((by_path[path] for path in _mounted(service) if path in by_path), None)
        for service in running
    }
    return {name: document for name, document in found.items() if document is not None}


def _without_variants(
    documents: Sequence[PostgresDocument], pairs: Mapping[str, PostgresDocument]
) -> tuple[list[PostgresDocument], list[str]]:
    """
    Documents of no service, those for development and tests left out where there are others.
    """
    taken = [document.path for document in pairs.values()]
    free = [one for one in documents if one.path not in taken]
    main = next(iter((*taken, *(one.path for one in free if not is_variant(one.path)))), None)
    if main is None:
        return free, []
    kept = [one for one in free if not is_variant(one.path)]
    dropped = [one for one in free if is_variant(one.path)]
    return kept, [f"{one.path} is not judged: {main} configures the server" for one in dropped]


def _mounted(service: RunningService) -> Iterator[str]:
    """
    Files of the deployment that a service may read as its configuration, likeliest first.
    """
    yield from _named(service)
    for placed in service.placed():
        if placed.target.endswith(".conf"):
            yield placed.source


def _named(service: RunningService) -> Iterator[str]:
    """
    Files that the command line names, the last one first, and the one in the standard place.
    """
    named = [one.raw for one in _arguments(service) if one.name.lower() == _CONFIG_FILE]
    for target in (*named[::-1], _STANDARD):
        yield from service.sources_of(target)


def _unnamed(service: RunningService, document: PostgresDocument | None) -> Iterator[str]:
    """
    A file that is mounted where the official image does not look unless it is told to.
    """
    image = service.image
    if document is None or image is None or image.name != "postgres":
        return
    named = any(one.name.lower() == _CONFIG_FILE for one in _arguments(service))
    if not named and document.path in service.sources_of(_STANDARD):
        yield (
            f"{document.path} is mounted at {_STANDARD}, but {service.title} does not name it: "
            f"without -c config_file={_STANDARD} the server reads another file"
        )


def _arguments(service: RunningService) -> tuple[Assignment, ...]:
    words = service.words
    places = [word.location for word in words if word.location]
    if not places:
        return ()
    return command_line([word.value for word in words], places[0], places=places)


def _database(
    service: RunningService, document: PostgresDocument | None, services: Services, given: Given
) -> Database:
    place = service.service.location
    read = document or PostgresDocument(place.path, (), {}, (), ())
    return Database(
        name=service.title,
        service=service.name,
        document=with_command_line(read, _arguments(service)),
        path=document.path if document else "",
        major=_major(given, service),
        host=host_of(service, given, services.running),
        location=place,
        operated=POSTGRESQL if service.operated_by(PLATFORM) else {},
        managed=_SPILO if service.operated_by("zalando") else None,
    )


def _lone(document: PostgresDocument, given: Given) -> Database:
    return Database(
        name=document.path,
        service="",
        document=document,
        path=document.path,
        major=_major(given, None),
        host=host_of(None, given),
        location=Location(document.path, 1),
    )


def _major(given: Given, service: RunningService | None) -> Value[int] | Unknown:
    stated = given.versions.get("postgresql") or (service.stated if service else None)
    version = stated or (_version(service) if service and not service.bare else None)
    if isinstance(version, Value):
        return Value(version.value[0], version.origin, version.location, version.note)
    return version or Unknown("the version of PostgreSQL is not stated", needs=("pg.major",))


def _version(service: RunningService) -> Value[tuple[int, ...]] | Unknown:
    """
    The server's version by the tag of its image, which may say an extension's version as well.
    """
    image, written = service.image, service.written_image
    match = _SERVER_TAG.search(image.tag.lower()) if image else None
    if image and written and match:
        note = f"image {image.name}:{image.tag}"
        return Value((int(match[1]),), written.origin, written.location, note)
    if image and image.name in _VERSIONED:
        return tag_version(service)
    return Unknown(
        f"the image of {service.title} does not say the version of PostgreSQL",
        written.location if written else None,
        needs=("pg.major",),
    )
