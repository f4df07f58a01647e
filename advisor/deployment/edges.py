"""
Who talks to whom: proxies to applications, applications to databases.

A match needs a name or a port that fits; without any, exactly one of a kind belongs to exactly
one of the other. Everything else stays unmatched, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from advisor.deployment.model import Application, Database, DatabaseEdge, Proxy, ProxyEdge
from advisor.deployment.services import RunningService, Services
from advisor.model import Unknown, Value

if TYPE_CHECKING:
    from advisor.parsers.engines import Engine
    from advisor.parsers.nginx_scope import Address

LOOPBACK = ("127.0.0.1", "::1", "localhost", "0.0.0.0")  # noqa: S104 - names to recognise
_POOLER_PORT = 6432
_POSTGRES = ("postgresql", "postgres")
_HTTP = ("http", "https")


def proxy_edges(
    proxies: Sequence[Proxy], applications: Sequence[Application], services: Services
) -> tuple[tuple[ProxyEdge, ...], tuple[str, ...]]:
    """
    Edges from nginx to gunicorn, by upstream block or literal address; and notes.
    """
    edges: dict[tuple[str, str, str], ProxyEdge] = {}
    notes: dict[str, None] = {}
    for proxy in proxies:
        for upstream, address in _targets(proxy):
            found = _application_at(address, proxy, applications, services)
            if isinstance(found, str):
                notes[f"{_shown(upstream, address)}: {found}"] = None
            else:
                application, why = found
                key = (proxy.name, upstream, application.name)
                edges.setdefault(key, ProxyEdge(proxy, upstream, application, why))
    return tuple(edges.values()), tuple(notes)


def _targets(proxy: Proxy) -> Iterator[tuple[str, Address]]:
    """
    Name of the upstream (empty for a literal) and address of everything HTTP is passed to.
    """
    config = proxy.config
    used = {name for name, scopes in config.upstream_uses().items() if scopes}
    for upstream in config.upstreams:
        if upstream.name in used:
            yield from ((upstream.name, server.address) for server in upstream.servers)
    for location in config.locations:
        target = config.proxied(location)
        if target and target.scheme in _HTTP and not target.upstream and not target.has_variables:
            yield "", target.address


def _application_at(
    address: Address,
    proxy: Proxy,
    applications: Sequence[Application],
    services: Services,
) -> tuple[Application, str] | str:
    """
    The application behind an address and how it was told, or why none was.
    """
    if not applications:
        return "no application among the files"
    named = [one for one in services.running if one.answers_to(address.host)]
    if named:
        return _of_service(named[0], address, applications)
    fitting = [one for one in applications if _fits(address, one)]
    if len(fitting) == 1:
        how = "socket" if address.socket else f"port {address.port}"
        return fitting[0], f"{how} of {fitting[0].name}"
    if not fitting:
        return f"no application of {proxy.name} listens there"
    return "several applications listen there"


def _of_service(
    service: RunningService, address: Address, applications: Sequence[Application]
) -> tuple[Application, str] | str:
    for application in applications:
        if application.service == service.name:
            return application, f"service {service.name}"
    lone = [one for one in applications if not one.service and _fits(address, one)]
    starts_nothing = not service.program and service.service.command is None
    if len(lone) == 1 and starts_nothing:
        return lone[0], f"service {service.name}, the only application"
    return f"service {service.name} starts no gunicorn"


def _fits(address: Address, application: Application) -> bool:
    """
    Whether gunicorn binds this port or socket; true when its bind cannot be told.
    """
    bind = application.settings.setting("bind")
    if isinstance(bind, Unknown) or not isinstance(bind.value, list):
        return True
    binds = [str(one) for one in bind.value]
    if address.socket:
        return any(one.removeprefix("unix:") == address.socket for one in binds)
    if address.port is None:
        return True
    return any(one.rpartition(":")[2] == str(address.port) for one in binds)


def _shown(upstream: str, address: Address) -> str:
    place = address.socket or f"{address.host}:{address.port}"
    return f"upstream {upstream} ({place})" if upstream else f"proxy_pass to {place}"


def database_edges(
    applications: Sequence[Application], databases: Sequence[Database], services: Services
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
            found = _database_of(engine, databases, services)
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
    for service in services.running_program("pgbouncer"):
        if service.answers_to(host):
            return f"service {service.name}"
    return f"port {port}" if port == _POOLER_PORT else ""


def _database_of(
    engine: Engine, databases: Sequence[Database], services: Services
) -> tuple[Database, str, str] | str:
    """
    The server behind an engine's URL, the pooler before it, and how it was told; or why not.
    """
    host = _host(engine)
    pooler = pooler_of(engine, services)
    named = [one for one in services.running if host and one.answers_to(host)]
    if named and not pooler:
        for database in databases:
            if database.service == named[0].name:
                return database, "", f"service {named[0].name}"
        if any(database.service for database in databases):
            return f"service {named[0].name} is no PostgreSQL of this deployment"
    if len(databases) == 1:
        return databases[0], pooler, "the only server"
    return "no server among the files" if not databases else "several servers are possible"


def _host(engine: Engine) -> str:
    host = engine.url.host
    return host.value if isinstance(host, Value) else ""


def _port(engine: Engine) -> int:
    port = engine.url.port
    return port.value if isinstance(port, Value) else 0


def _dialect(engine: Engine) -> str:
    dialect = engine.url.dialect
    return dialect.value if isinstance(dialect, Value) else ""
