"""
A deployment put together: who runs where, with which settings, and who talks to whom.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from advisor.deployment.services import Services
from advisor.model import Location, Problem, Tree, Unknown, Value

if TYPE_CHECKING:
    # Only names here: a deployment without nginx must not pay for reading nginx.
    from advisor.deployment.django import DjangoApplication
    from advisor.deployment.redis import Redis
    from advisor.deployment.snapshots import Snapshot
    from advisor.indexes.schema import Schema
    from advisor.loads.model import LoadResult
    from advisor.parsers.embedded import Embedded
    from advisor.parsers.engines import Engine
    from advisor.parsers.gunicorn import Effective as GunicornSettings
    from advisor.parsers.gunicorn import UnknownName
    from advisor.parsers.nginx import NginxDocument
    from advisor.parsers.nginx_scope import Address, NginxConfig
    from advisor.parsers.pg_hba import HbaDocument
    from advisor.parsers.pgbouncer import PgbouncerDocument
    from advisor.parsers.pgbouncer_users import UsersDocument
    from advisor.parsers.postgresql import PostgresDocument
    from advisor.plans.model import Plan

Number: TypeAlias = Value[float] | Value[int] | Unknown
Version: TypeAlias = Value[tuple[int, ...]] | Unknown
_NOT_STATED = Unknown("how the application is started is not stated")
_NO_SERVICES = Services((), (), ())
_NOT_STARTED = Unknown("what starts gunicorn is not among the files")
_NO_WORKLOAD = Unknown("the workload is not stated", needs=("host.workload",))


class Host(Struct, frozen=True):
    """
    What a service may use: the limit of its container, else what the user stated.
    """

    cpus: Number
    memory: Value[int] | Unknown
    storage: Value[str] | Unknown
    shared: Value[bool] | Unknown
    """Whether other services of the deployment live on the same memory."""
    container: bool
    limited: bool
    """Whether the cpus are a container's limit, which `cpu_count()` does not see."""
    workload: Value[str] | Unknown = _NO_WORKLOAD
    """``web``, ``oltp``, ``dw`` or ``mixed``."""
    platform: Value[str] | None = None
    """The managed service, None for a server that its operator configures himself."""
    shm: Value[int] | Unknown | None = None
    """What ``/dev/shm`` of its container holds, None outside of containers."""


class Proxy(Struct, frozen=True):
    """
    One nginx with its whole configuration.
    """

    name: str
    service: str
    """Name of its service, empty when none could be told."""
    document: NginxDocument
    config: NginxConfig
    version: Version
    host: Host


class Launch(Struct, frozen=True):
    """
    How an application is started.
    """

    supervised: bool = False
    """Whether a container or supervisor waits for this very process and takes its end for its."""
    development: bool = False
    """Whether names or variables say that it is for development."""
    exposed: Value[bool] | Unknown = _NOT_STATED
    """Whether others than the proxy reach it over the network."""
    tmp_in_memory: bool = False
    """Whether /tmp of its container is a tmpfs."""
    unloaded: tuple[str, ...] = ()
    """Configuration files of its code that neither it nor anybody else loads."""


class Application(Struct, frozen=True):
    """
    One gunicorn application and the database engines of its code.
    """

    name: str
    service: str
    settings: GunicornSettings
    typos: tuple[UnknownName, ...]
    path: str
    """Configuration file a new setting goes to; empty when there is none."""
    version: Version
    host: Host
    replicas: Value[int]
    engines: tuple[Engine, ...]
    location: Location | None
    """Where it is started or configured."""
    assumed: frozenset[str | Location] = frozenset()
    """Variables, and places of arguments, whose text is a default of Compose."""
    launch: Launch = Launch()
    packages: Mapping[str, Version] = field(default_factory=dict)
    """Packages that matter among those its files list; empty when no file lists any."""
    shell: Value[bool] | Unknown = _NOT_STARTED
    """Whether a shell stays between the runtime of a container and gunicorn, so that no signal
    reaches it."""
    code: tuple[str, ...] = ()
    """Paths of its Python files, of those that were looked for."""


class Managed(Struct, frozen=True):
    """
    What a cloud that runs a server sets where nobody says anything.
    """

    size: Value[str] | Unknown
    """Its class, tier or product: ``db.t4g.medium``."""
    provided: Mapping[str, Value[float] | Unknown]
    """Settings with values of the platform's own, sizes in bytes and durations in seconds."""
    kept: frozenset[str]
    """Settings that keep PostgreSQL's own defaults."""
    others: Unknown
    """All others: why they are not known."""
    formulas: Mapping[str, Value[str]] = field(default_factory=dict)
    """Formulas of its own parameter group by the setting, as they are written."""


class Database(Struct, frozen=True):
    """
    One PostgreSQL server.
    """

    name: str
    service: str
    document: PostgresDocument
    path: str
    """Main configuration file, empty when only a command line is known."""
    major: Value[int] | Unknown
    host: Host
    location: Location | None
    managed: Managed | None = None
    """None for a server that its operator configures himself."""
    operated: Mapping[str, str] = field(default_factory=dict)
    """Settings that an operator of Kubernetes writes where nobody says anything."""


class Access(Struct, frozen=True):
    """
    One pg_hba.conf and the server that reads it.
    """

    document: HbaDocument
    database: Database | None
    """None when the server could not be told."""


class Pooler(Struct, frozen=True):
    """
    One PgBouncer, or several of the same.
    """

    name: str
    service: str
    document: PgbouncerDocument
    """Its file, or what its image makes of variables."""
    path: str
    """Its file, empty when only variables are known."""
    version: Version
    replicas: Value[int] | Unknown
    database: Database | None
    """The server behind it, None when it could not be told."""
    location: Location | None
    users: UsersDocument | None = None
    """Its auth_file, None where that is not among the files of the deployment."""
    missing_users: str = ""
    """Where the deployment would put that file in and has none; else empty."""


class PoolerEdge(Struct, frozen=True):
    """
    An application's engine connects to a pooler.
    """

    application: Application
    engine: Engine
    pooler: Pooler


class ProxyEdge(Struct, frozen=True):
    """
    nginx passes requests to an application.
    """

    proxy: Proxy
    upstream: str
    """Name of the upstream block; empty for a literal address in ``proxy_pass``."""
    application: Application
    why: str
    """How the two were matched: ``host app, port 8000`` or ``the only pair``."""
    addresses: tuple[Address, ...] = ()
    """Under which the proxy reaches it."""


class DeadEnd(Struct, frozen=True):
    """
    nginx passes requests to an application that does not listen there.
    """

    proxy: Proxy
    application: Application
    location: Location
    """Where nginx names the address."""
    address: str
    """``app:8001``."""
    binds: Value[str]
    """Where gunicorn listens instead."""
    inside: bool
    """Whether the port is right and only the container itself reaches it."""


class DatabaseEdge(Struct, frozen=True):
    """
    An application's engine connects to a server, directly or through a pooler.
    """

    application: Application
    engine: Engine
    database: Database
    pooler: str
    """Name of the pooler between them, empty when there is none."""
    why: str


class FileProblem(Struct, frozen=True):
    """
    A problem of one file, with the kind of the file.
    """

    kind: str
    problem: Problem


class Deployment(Struct, frozen=True):
    """
    Everything that was read below one path.
    """

    name: str
    tree: Tree
    proxies: tuple[Proxy, ...]
    applications: tuple[Application, ...]
    databases: tuple[Database, ...]
    engines: tuple[Engine, ...]
    """All engines, also those that belong to no application."""
    plans: tuple[tuple[str, Plan], ...]
    """Path and plan."""
    proxy_edges: tuple[ProxyEdge, ...]
    database_edges: tuple[DatabaseEdge, ...]
    problems: tuple[FileProblem, ...]
    notes: tuple[str, ...]
    """What could not be paired or was left out, as sentences."""
    access: tuple[Access, ...] = ()
    poolers: tuple[Pooler, ...] = ()
    pooler_edges: tuple[PoolerEdge, ...] = ()
    services: Services = _NO_SERVICES
    dead_ends: tuple[DeadEnd, ...] = ()
    loads: tuple[LoadResult, ...] = ()
    """Runs of load generators."""
    snapshots: tuple[Snapshot, ...] = ()
    """What running servers said of themselves."""
    django: tuple[DjangoApplication, ...] = ()
    """Applications whose Django settings are known."""
    redis: Redis | None = None
    """None when nothing of the deployment has to do with Redis."""
    schema: Schema | None = None
    """Tables and indexes, when SQL of the deployment declares any."""
    embedded: Mapping[str, Embedded] = field(default_factory=dict)
    """Files inside of other files, by the path that is made up for them."""
    machine: Host | None = None
    """The machine as stated; None in a deployment that was not assembled from files."""
