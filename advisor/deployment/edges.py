"""
Who talks to whom: proxies to applications, applications to databases.

A match needs a name or a port that fits; without any, exactly one of a kind belongs to exactly
one of the other. Everything else stays unmatched, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from advisor.deployment.model import (
    Application,
    Database,
    DatabaseEdge,
    PoolerEdge,
    Proxy,
    ProxyEdge,
)
from advisor.deployment.services import RunningService, Services
from advisor.model import Location, Origin, Unknown, Value

if TYPE_CHECKING:
    from advisor.parsers.engines import Engine
    from advisor.parsers.nginx_scope import Address

LOOPBACK = ("127.0.0.1", "::1", "localhost", "0.0.0.0")  # noqa: S104 - names to recognise
POOLER_PORT = 6432
"""The port of PgBouncer's documentation."""
_HERE = ("", *LOOPBACK, "host.docker.internal")
_GUNICORN_PORT = 8000
"""Of an address without a port."""
_POSTGRES = ("postgresql", "postgres")
_HTTP = ("http", "https")
Match: TypeAlias = "tuple[Application, str] | str"
"""An application and how it was told; or why none was."""


def proxy_edges(
    proxies: Sequence[Proxy], applications: Sequence[Application], services: Services
) -> tuple[tuple[ProxyEdge, ...], tuple[str, ...]]:
    """
    Edges from nginx to gunicorn, by upstream block or literal address; and notes.
    """
    edges: dict[tuple[int, str, str], ProxyEdge] = {}
    notes: dict[str, None] = {}
    for index, proxy in enumerate(proxies if applications else ()):
        for upstream, address, _ in passed_addresses(proxy):
            found = _application_at(address, proxy, applications, services)
            if isinstance(found, str):
                notes[f"{_shown(upstream, address)}: {found}"] = None
            else:
                application, why = found
                key = (index, upstream, application.name)
                edge = edges.setdefault(key, ProxyEdge(proxy, upstream, application, why))
                edges[key] = replace(edge, addresses=(*edge.addresses, address))
    return tuple(edges.values()), tuple(notes)


def passed_addresses(proxy: Proxy) -> Iterator[tuple[str, Address, Location]]:
    """
    Name of the upstream (empty for a literal), address and place of everything that HTTP is passed
    to.
    """
    config = proxy.config
    targets = [target for one in config.locations if (target := config.proxied(one))]
    uses = config.upstream_uses().items()
    passed = ((name, config.proxied(scope)) for name, scopes in uses for scope in scopes)
    used = {name for name, target in passed if target and target.scheme in _HTTP}
    for upstream in config.upstreams:
        if upstream.name in used:
            for server in upstream.servers:
                yield upstream.name, server.address, server.directive.location
    for target in targets:
        if target.scheme in _HTTP and not target.upstream and not target.has_variables:
            yield "", target.address, target.directive.location


def _application_at(
    address: Address,
    proxy: Proxy,
    applications: Sequence[Application],
    services: Services,
) -> Match:
    """
    The application behind an address.
    """
    if not address.host and not address.socket:
        known = len(applications) == 1
        return (applications[0], "the only application") if known else "the address is not known"
    named = [one for one in services.running if one.answers_to(address.host, address.port)]
    if len(named) > 1:
        return f"several services answer to {address.host}"
    if named:
        return _of_service(named[0], port_inside(address, named[0]), applications)
    if any(one.answers_to(address.host) for one in services.running):
        return f"{address.host} has no port {address.port}"
    nginx = services.named(proxy.service)
    alone = address.host in LOOPBACK and nginx is not None and nginx.own_network
    near = [
        one
        for one in applications
        if not alone or not one.service or is_near(proxy.service, one.service, services)
    ]
    if not near:
        return f"{address.host} is the container of {proxy.name} itself"
    fitting = [
        one
        for one in near
        if (_binds(address, one) if _shares(proxy, one) else _answers(address, one, services))
    ]
    if len(fitting) == 1:
        how = "socket" if address.socket else f"port {address.port}"
        return fitting[0], f"{how} of {fitting[0].name}"
    return "several applications may listen there" if fitting else "no application listens there"


def _shares(proxy: Proxy, application: Application) -> bool:
    """
    Whether nginx runs in the very container of an application, where no port has to be published.
    """
    return bool(proxy.service) and proxy.service == application.service


def port_inside(address: Address, service: RunningService) -> Address:
    """
    The address in a container that an address outside of it leads to.
    """
    if address.port is None:
        return address
    return replace(address, port=service.inside(address.host, address.port))


def is_near(one: str, other: str, services: Services) -> bool:
    """
    Whether 127.0.0.1 is the same for two services.
    """
    first, second = services.named(one), services.named(other)
    return first is not None and second is not None and first.near(second)


def _of_service(
    service: RunningService, address: Address, applications: Sequence[Application]
) -> Match:
    for application in applications:
        if application.service == service.name:
            if _binds(address, application):
                return application, service.title
            return f"gunicorn of {service.title} does not listen on port {address.port}"
    lone = [one for one in applications if not one.service and _binds(address, one)]
    if len(lone) == 1 and not service.program and not service.words:
        return lone[0], f"{service.title}, the only application"
    return f"{service.title} starts no gunicorn"


def _answers(address: Address, application: Application, services: Services) -> bool:
    """
    Whether an application is behind an address that names no service.
    """
    service = services.named(application.service)
    if service is not None and service.pod and service.doors and address.host not in LOOPBACK:
        # Its names are known, and this is none of them.
        return False
    if service is None or not service.own_network or not service.service.ports:
        return _binds(address, application)
    # Who publishes ports is reached by those, and by no others.
    inside = service.publishes(address.port) if address.port is not None else ()
    return any(_binds_port(port, application) for port in inside)


def _binds(address: Address, application: Application) -> bool:
    """
    Whether gunicorn binds this port or socket; true when its bind cannot be told.
    """
    if address.port is not None:
        return _binds_port(address.port, application)
    binds = known_binds(application)
    return binds is None or not address.socket or f"unix:{address.socket}" in binds


def _binds_port(port: int, application: Application) -> bool:
    binds = known_binds(application)
    if binds is None:
        return True
    return any(port_of(one) in (port, None) for one in binds if not one.startswith("unix:"))


def known_binds(application: Application) -> tuple[str, ...] | None:
    """
    Addresses that gunicorn binds, None when they are not known or rest on an assumption.
    """
    bind, stated = application.settings.setting("bind"), application.settings.stated("bind")
    guessed = any({one.location, one.written} & application.assumed for one in stated[:1])
    if isinstance(bind, Unknown) or bind.origin is Origin.ASSUMED or guessed:
        return None
    return tuple(str(one) for one in bind.value) if isinstance(bind.value, list) else None


def port_of(bind: str) -> int | None:
    """
    The port of an address, gunicorn's own where none is written; None when it is not known.
    """
    if bind.startswith("fd://"):
        return None
    _, colon, port = bind.rpartition("]")[2].rpartition(":")
    if not colon:
        return _GUNICORN_PORT
    return int(port) if port.isascii() and port.isdigit() else None


def _shown(upstream: str, address: Address) -> str:
    port = f":{address.port}" if address.port else ""
    known = address.socket or (address.host and f"{address.host}{port}")
    place = known or "an unknown address"
    return f"upstream {upstream} ({place})" if upstream else f"proxy_pass to {place}"


def database_edges(
    applications: Sequence[Application],
    databases: Sequence[Database],
    services: Services,
    pooled: Sequence[PoolerEdge] = (),
) -> tuple[tuple[DatabaseEdge, ...], tuple[str, ...]]:
    """
    Edges from the engines of applications to PostgreSQL servers; and notes.
    """
    edges = []
    notes: dict[str, None] = {}
    for application in applications:
        for engine in application.engines:
            if str(engine.role) != "app" or _dialect(engine) not in (*_POSTGRES, ""):
                continue
            known = next((one.pooler for one in pooled if one.engine is engine), None)
            if known is not None and known.database is not None:
                edges.append(
                    DatabaseEdge(application, engine, known.database, known.name, known.name)
                )
                continue
            found = _database_of(engine, application, databases, services)
            if isinstance(found, str):
                notes[f"engine in {engine.location}: {found}"] = None
            else:
                database, pooler, why = found
                edges.append(DatabaseEdge(application, engine, database, pooler, why))
    return tuple(edges), tuple(notes)


def pooler_of(engine: Engine, services: Services) -> str:
    """
    Name of the pooler that an engine's URL leads to, empty when it leads to none.
    """
    host, port = _host(engine), _port(engine)
    for service in services.running_program("pooler"):
        if service.answers_to(host):
            return service.title
    return f"port {port}" if port == POOLER_PORT else ""


def _database_of(
    engine: Engine, application: Application, databases: Sequence[Database], services: Services
) -> tuple[Database, str, str] | str:
    """
    The server behind an engine's URL, the pooler before it, and how it was told; or why not.
    """
    host, pooler = _host(engine), pooler_of(engine, services)
    port = _port(engine) or None
    named = [one for one in services.running if host and one.answers_to(host, port)]
    if not named and host and any(one.answers_to(host) for one in services.running):
        return f"{host} has no port {port}"
    for service in named:
        for database in databases:
            if database.service == service.name:
                return database, pooler, service.title
    possible = [
        one for one in databases if pooler or _may_be(one, engine, application, named, services)
    ]
    if len(possible) == 1:
        return possible[0], pooler, "the only server"
    if possible:
        return "several servers are possible"
    if not databases:
        return "no PostgreSQL server among the files"
    what = named[0].title if named else host
    return f"{what} is no PostgreSQL server of this deployment"


def _may_be(
    database: Database,
    engine: Engine,
    application: Application,
    named: Sequence[RunningService],
    services: Services,
) -> bool:
    """
    Whether a server whose service the URL does not name may be the one behind it.

    A server of the compose file is reached by its name or, through the host, by loopback. Any name
    may be that of a server that only its configuration file is known of.
    """
    service = services.named(database.service)
    if service is None or not service.composed:
        return True
    if service.pod and _host(engine).lower() in LOOPBACK:
        return is_near(application.service, service.name, services)
    host = engine.url.host
    sure = isinstance(host, Value) and host.origin is not Origin.ASSUMED
    return not named and (not sure or _host(engine).lower() in _HERE or _host(engine)[:1] == "/")


def _host(engine: Engine) -> str:
    host = engine.url.host
    return host.value if isinstance(host, Value) else ""


def _port(engine: Engine) -> int:
    port = engine.url.port
    return port.value if isinstance(port, Value) else 0


def _dialect(engine: Engine) -> str:
    dialect = engine.url.dialect
    return dialect.value if isinstance(dialect, Value) else ""
