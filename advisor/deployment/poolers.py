"""
PgBouncer: its files, the services that run it, the server behind it and the engines before it.

Variables are those of the two common images: `edoburu/pgbouncer` takes settings by their names in
capitals, `bitnami/pgbouncer` with the prefix ``PGBOUNCER_``. Both write a file of their own only
where none is mounted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from advisor.catalog.cloudnativepg import APPENDED, PGBOUNCER, PGBOUNCER_FIXED, PLATFORM
from advisor.catalog.pgbouncer import SETTINGS, read_value
from advisor.deployment.edges import LOOPBACK, POOLER_PORT
from advisor.deployment.model import Application, Database, Pooler, PoolerEdge
from advisor.deployment.paths import (
    exists,
    folder_of,
    is_variant,
    join,
    name_of,
    outermost,
    text_of,
)
from advisor.deployment.services import tag_version
from advisor.model import Location, Origin, Unknown, Value
from advisor.parsers.pgbouncer import (
    PgbouncerDocument,
    PooledDatabase,
    Written,
    read_pgbouncer,
    setting_value,
)
from advisor.parsers.pgbouncer_users import UsersDocument, parse_users

if TYPE_CHECKING:
    from advisor.deployment.services import RunningService, Services
    from advisor.model import Given, Tree
    from advisor.parsers.engines import Engine

_PROGRAM = "pgbouncer"


class _Image(NamedTuple):
    """
    How an image takes its settings from variables, and what it sets where they are missing.
    """

    prefix: str
    defaults: Mapping[str, str]
    renamed: Mapping[str, str]
    database: Mapping[str, str]
    """Parameters of the one entry of ``[databases]`` by variable."""


_IMAGES: Mapping[str, _Image] = {
    "edoburu/pgbouncer": _Image(
        "",
        {"listen_port": "5432", "auth_type": "md5", "listen_addr": "0.0.0.0"}  # noqa: S104 - theirs
        | {"ignore_startup_parameters": "extra_float_digits"}
        | {"auth_file": "/etc/pgbouncer/userlist.txt"},
        {},
        {"host": "DB_HOST", "port": "DB_PORT", "user": "DB_USER", "dbname": "DB_NAME"},
    ),
    "bitnami/pgbouncer": _Image(
        "PGBOUNCER_",
        {"listen_port": "6432", "auth_type": "scram-sha-256", "listen_addr": "0.0.0.0"}  # noqa: S104 - theirs
        | {"ignore_startup_parameters": "extra_float_digits"}
        | {"auth_file": "/opt/bitnami/pgbouncer/conf/userlist.txt"},
        {"PGBOUNCER_PORT": "listen_port", "PGBOUNCER_BIND_ADDRESS": "listen_addr"},
        {"host": "POSTGRESQL_HOST", "port": "POSTGRESQL_PORT", "dbname": "POSTGRESQL_DATABASE"},
    ),
}


def find_poolers(
    files: Iterable[str],
    databases: Sequence[Database],
    services: Services,
    tree: Tree,
    given: Given,
) -> tuple[tuple[Pooler, ...], tuple[str, ...]]:
    """
    Every PgBouncer, by service and by file; and notes.

    A file belongs to the service that mounts it; a single one and a single service belong
    together. Files for development and tests are left out where there are others.
    """
    documents = outermost([read_pgbouncer(path, tree) for path in sorted(files)])
    real = [one for one in documents if not is_variant(one.path)] or documents
    notes = [
        f"{one.path} is not judged: {real[0].path} configures the pooler"
        for one in documents
        if one not in real
    ]
    pairs = _pairs(real, services)
    left = [one for one in real if one not in pairs.values()]
    found = [
        *(
            _served(one, pairs.get(one.name), databases, services, tree)
            for one in _running(services, pairs)
        ),
        *(_lone(one, databases, services, tree) for one in left),
    ]
    stated = given.versions.get(_PROGRAM)
    return tuple(_with_version(one, stated) for one in found), tuple(notes)


def pooler_edges(
    applications: Sequence[Application], poolers: Sequence[Pooler], services: Services
) -> tuple[PoolerEdge, ...]:
    """
    Engines of applications that connect to one of the poolers.
    """
    return tuple(
        PoolerEdge(application, engine, pooler)
        for application in applications
        for engine in application.engines
        if str(engine.role) == "app"
        for pooler in poolers
        if leads_to(engine, pooler, services, application.service)
    )


def leads_to(engine: Engine, pooler: Pooler, services: Services, client: str = "") -> bool:
    """
    Whether an engine's URL names a pooler: its service, or its port where no service is named.

    `client` is the service that the engine is in.
    """
    host, port = _text(engine.url.host), engine.url.port
    number = port.value if isinstance(port, Value) else 0
    running = services.running
    named = next((one for one in running if host and one.answers_to(host, number or None)), None)
    if named is not None:
        return bool(pooler.service) and named.name == pooler.service
    own, inside = services.named(pooler.service), services.named(client)
    if own is not None and own.pod:
        beside = inside is not None and inside.near(own)
        return beside and host.lower() in LOOPBACK and number == _listens(pooler)
    if own is not None and own.composed:
        return host.lower() in ("", *LOOPBACK) and number in _published(own)
    return number == _listens(pooler)


def _listens(pooler: Pooler) -> object:
    listens = pooler.document.settings.get("listen_port")
    return listens.value if isinstance(listens, Value) else POOLER_PORT


def _published(service: RunningService) -> Iterator[int]:
    for mapping in service.service.ports:
        yield from mapping.value.published or ()


def _running(
    services: Services, pairs: Mapping[str, PgbouncerDocument]
) -> Iterator[RunningService]:
    for service in services.running:
        if service.name in pairs or (service.image is not None and service.image.name == _PROGRAM):
            yield service


def _pairs(
    documents: Sequence[PgbouncerDocument], services: Services
) -> dict[str, PgbouncerDocument]:
    found = {}
    for service in services.running:
        sources = [one.source for one in service.placed()]
        sources += [
            source
            for one in service.placed()
            for source in service.sources_of(f"{one.target.rstrip('/')}/pgbouncer.ini")
        ]
        held = next((one for one in documents if one.path in sources), None)
        if held is not None:
            found[service.name] = held
    free = [one for one in documents if one not in found.values()]
    waiting = [one for one in _running(services, {}) if one.name not in found]
    if len(free) == 1 and len(waiting) == 1:
        found[waiting[0].name] = free[0]
    return found


def _served(
    service: RunningService,
    document: PgbouncerDocument | None,
    databases: Sequence[Database],
    services: Services,
    tree: Tree,
) -> Pooler:
    read = _operated(document) if document and service.operated_by(PLATFORM) else document
    read = read or _from_variables(service)
    replicas = service.service.replicas
    return Pooler(
        name=service.title,
        service=service.name,
        document=read,
        path=document.path if document else "",
        version=tag_version(service),
        replicas=replicas or Value(1, Origin.DEFAULT, note="one container"),
        database=_database_behind(read.databases, databases, services),
        location=document.location if document else service.service.location,
        users=_users(read, tree, service),
        missing_users=_missing_users(read, tree, service),
    )


def _operated(document: PgbouncerDocument) -> PgbouncerDocument:
    """
    The settings of a pooler with what its operator writes below and above them.
    """
    note = "set by CloudNativePG"
    own, fixed = (
        {
            name: Value(read_value(name, raw) or raw, Origin.DEFAULT, document.location, note)
            for name, raw in known.items()
            if name in SETTINGS
        }
        for known in (PGBOUNCER, PGBOUNCER_FIXED)
    )
    settings: dict[str, Written] = {**own, **document.settings, **fixed}
    further = document.settings.get(APPENDED)
    if isinstance(further, Value):
        whole = f"{PGBOUNCER[APPENDED]},{further.value}"
        settings[APPENDED] = Value(whole, Origin.DEFAULT, further.location, f"begun by {note[7:]}")
    return replace(document, settings=settings)


def _lone(
    document: PgbouncerDocument, databases: Sequence[Database], services: Services, tree: Tree
) -> Pooler:
    return Pooler(
        name=document.path,
        service="",
        document=document,
        path=document.path,
        version=Unknown("the version of PgBouncer is not stated", needs=("pgbouncer.version",)),
        replicas=Value(1, Origin.DEFAULT, note="one process"),
        database=_database_behind(document.databases, databases, services),
        location=document.location,
        users=_users(document, tree, None),
    )


def _users(
    document: PgbouncerDocument, tree: Tree, service: RunningService | None
) -> UsersDocument | None:
    """
    The auth_file where the container's path leads to, else the one of that name beside the file.
    """
    written = _auth_file(document)
    paths = [*(service.sources_of(written) if service else ())]
    if document.files and written:
        paths.append(join(folder_of(document.path), name_of(written)))
    texts = ((path, text_of(tree, path)) for path in paths)
    return next((parse_users(path, text) for path, text in texts if text is not None), None)


def _missing_users(document: PgbouncerDocument, tree: Tree, service: RunningService) -> str:
    """
    Where a mount of the service or its image would take the auth_file from, if nothing is there.
    """
    paths = list(service.sources_of(_auth_file(document)))
    return "" if any(exists(tree, path) for path in paths) else next(iter(paths), "")


def _auth_file(document: PgbouncerDocument) -> str:
    setting = document.settings.get("auth_file")
    return str(setting.value) if isinstance(setting, Value) else ""


def _with_version(pooler: Pooler, stated: Value[tuple[int, ...]] | None) -> Pooler:
    if stated is None:
        return pooler
    return replace(pooler, version=stated)


def _database_behind(
    entries: Sequence[PooledDatabase], databases: Sequence[Database], services: Services
) -> Database | None:
    hosts = {entry.parameters.get("host", "") for entry in entries}
    named = {
        one.name for one in services.running for host in hosts if host and one.answers_to(host)
    }
    for database in databases:
        if database.service and database.service in named:
            return database
    return databases[0] if len(databases) == 1 and not named else None


def _from_variables(service: RunningService) -> PgbouncerDocument:
    """
    What the image makes of its variables; incomplete for an image whose ways are not known.
    """
    place = service.service.location
    name = "/".join(service.image.repository.lower().split("/")[-2:]) if service.image else ""
    image = _IMAGES.get(name)
    settings = dict(_settings(service, image, place)) if image else {}
    entries = tuple(_entry(service, image, place)) if image else ()
    return PgbouncerDocument(
        place.path, place, settings, entries, (), (), (), complete=image is not None
    )


def _settings(
    service: RunningService, image: _Image, place: Location
) -> Iterator[tuple[str, Written]]:
    for name, raw in image.defaults.items():
        yield name, Value(read_value(name, raw) or raw, Origin.DEFAULT, note="set by the image")
    for variable, value in service.variables.items():
        name = image.renamed.get(variable) or variable.removeprefix(image.prefix).lower()
        if name not in SETTINGS or not variable.startswith(image.prefix):
            continue
        if isinstance(value.value, str):
            where = value.location or place
            written = setting_value(name, value.value, where)
            yield name, written or Unknown("PgBouncer refuses its value", where)


def _entry(service: RunningService, image: _Image, place: Location) -> Iterator[PooledDatabase]:
    known = service.environment
    parameters = {
        name: known[variable] for name, variable in image.database.items() if variable in known
    }
    if "host" in parameters:
        yield PooledDatabase(parameters.get("dbname", "*"), parameters, place)


def _text(part: Value[str] | Unknown | None) -> str:
    return part.value if isinstance(part, Value) else ""
