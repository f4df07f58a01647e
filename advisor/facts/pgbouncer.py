"""
Facts of PgBouncer: its settings, what clients ask of it, and what it asks of the server.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from advisor import regex
from advisor.catalog.pgbouncer import default_of
from advisor.deployment.edges import LOOPBACK
from advisor.deployment.model import Deployment, Pooler, PoolerEdge
from advisor.facts._access_names import SETTINGS
from advisor.facts._pgbouncer_users import user_facts
from advisor.facts.code import texts_of
from advisor.facts.common import computed, first_unknown, number, of_type, origin_of
from advisor.facts.connections import Demand, demand_of
from advisor.facts.engine import engine_facts
from advisor.facts.gunicorn import gunicorn_facts
from advisor.facts.pooled import pooled_facts
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.parsers.session_state import find_session_state

_PARAMETER = regex.lazy(
    r"(host|port|dbname|user|password|auth_user|auth_dbname|auth_query|client_encoding|datestyle"
    r"|timezone|pool_size|min_pool_size|reserve_pool|reserve_pool_size|pool_mode|connect_query"
    r"|max_db_connections|max_user_connections|application_name)="
)
"""Parameters of a connection string (pgbouncer.org/config.html, section [databases])."""
_TRANSACTIONAL = ("transaction", "statement")


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every pooler, and every engine that connects to one.
    """
    for pooler in deployment.poolers:
        facts = pooler_facts(deployment, pooler)
        yield Subject("pgbouncer", pooler.name, facts, pooler.location, pooler.path)
        for edge in deployment.pooler_edges:
            if edge.pooler is pooler:
                yield _pooled(deployment, edge, facts)


def pooler_facts(deployment: Deployment, pooler: Pooler) -> dict[str, Fact]:
    """
    Facts under ``pgbouncer.`` for one pooler.
    """
    settings = {f"pgbouncer.{name}": _setting(pooler, name) for name in SETTINGS}
    mode, listens = settings["pgbouncer.pool_mode"], settings["pgbouncer.listen_addr"]
    edges = [one for one in deployment.pooler_edges if one.pooler is pooler]
    return {
        "pgbouncer.version": pooler.version,
        "pgbouncer.name": computed(pooler.name),
        "pgbouncer.local": _local(listens),
        "pgbouncer.transactional": mode
        if isinstance(mode, Unknown)
        else Value(mode.value in _TRANSACTIONAL, origin_of(mode), mode.location),
        "pgbouncer.default_used": _default_used(pooler),
        **_swallowed(pooler),
        **_clients(edges),
        **_server(deployment, pooler, settings),
        **user_facts(pooler, settings),
        **settings,
    }


def _pooled(deployment: Deployment, edge: PoolerEdge, facts: Mapping[str, Fact]) -> Subject:
    gunicorn = gunicorn_facts(edge.application, deployment)
    engine, pooler = edge.engine.location, edge.pooler
    return Subject(
        target="stack.pooled",
        name=edge.application.name,
        facts={
            **facts,
            **engine_facts(edge.engine, pooler=True),
            **gunicorn,
            **pooled_facts(edge.engine, gunicorn, facts),
            "pooled.session_state": _session_state(deployment, edge),
        },
        location=pooler.location or engine,
        path=pooler.path or engine.path,
    )


def _session_state(deployment: Deployment, edge: PoolerEdge) -> Fact:
    """
    What the application's statements leave in their session, where all of them go to the pooler.
    """
    application = edge.application
    found = [
        one
        for path, text in texts_of(deployment, application)
        for one in find_session_state(path, text)
    ]
    pooled = {id(one.engine) for one in deployment.pooler_edges if one.application is application}
    if found and any(id(one) not in pooled for one in application.engines):
        return Unknown("another connection of the application may run it", found[0].location)
    names = tuple(dict.fromkeys(one.value for one in found))
    return Value(names, Origin.LITERAL, found[0].location if found else None)


def _setting(pooler: Pooler, name: str) -> Fact:
    written = pooler.document.settings.get(name)
    if written is not None:
        return of_type(written, SETTINGS[name][0])
    if not pooler.document.complete:
        return Unknown("the configuration of PgBouncer was not read wholly", pooler.location)
    version = pooler.version.value if isinstance(pooler.version, Value) else None
    default = default_of(name, version)
    if default is None:
        reason = f"the default of {name} depends on the version of PgBouncer"
        return Unknown(reason, needs=("pgbouncer.version",))
    return Value(default, Origin.DEFAULT, note="default of PgBouncer")


def _default_used(pooler: Pooler) -> Fact:
    """
    Whether default_pool_size counts for a database; it does for one that is still to be written.
    """
    entries = pooler.document.databases
    return computed(not entries or any(one.number("pool_size") is None for one in entries))


def _swallowed(pooler: Pooler) -> dict[str, Fact]:
    """
    Parameters of databases that are written empty: the next word is then their value.

    ``host= port=5432`` is a host of the name ``port=5432`` (PgBouncer 1.18, SHOW DATABASES). Only
    names are kept of that word, which may be a password.
    """
    found = [
        (entry, name, match[1])
        for entry in pooler.document.databases
        for name, value in entry.parameters.items()
        if (match := _PARAMETER.match(value))
    ]
    entry, name, swallowed = found[0] if found else (None, "", "")
    databases = tuple(dict.fromkeys(one.name for one, _, _ in found))
    place = entry.location if entry else None
    return {
        "pgbouncer.empty_parameter": Value(name, Origin.LITERAL, place),
        "pgbouncer.swallowed": Value(swallowed, Origin.LITERAL, place),
        "pgbouncer.swallowing": Value(databases, Origin.LITERAL, place),
    }


def _local(listens: Fact) -> Fact:
    if isinstance(listens, Unknown):
        return listens
    hosts = [one.strip() for one in str(listens.value).split(",") if one.strip()]
    alone = all(one in LOOPBACK and one != "0.0.0.0" for one in hosts)  # noqa: S104 - compared
    return Value(alone, origin_of(listens), listens.location)


def _clients(edges: Sequence[PoolerEdge]) -> dict[str, Fact]:
    names = ("pgbouncer.clients", "pgbouncer.clients_formula")
    if not edges:
        return dict.fromkeys(names, Unknown("no application could be matched to this pooler"))
    demands: list[Demand] = []
    for application in {one.application.name: one.application for one in edges}.values():
        demand = demand_of(application, [one for one in edges if one.application is application])
        if isinstance(demand, Unknown):
            return dict.fromkeys(names, demand)
        demands.append(demand)
    origin = Origin.EVALUATED if all(one.sure for one in demands) else Origin.ASSUMED
    return {
        names[0]: Value(sum(one.peak for one in demands), origin),
        names[1]: Value(" + ".join(one.formula for one in demands), origin),
    }


def _server(
    deployment: Deployment, pooler: Pooler, settings: Mapping[str, Fact]
) -> dict[str, Fact]:
    """
    The server behind, and how many of its connections the pools may take.
    """
    names = ("pgbouncer.server_connections", "pgbouncer.server_formula")
    behind: Mapping[str, Fact] = {}
    if pooler.database is not None:
        from advisor.facts.postgresql import database_facts  # noqa: PLC0415 - start-up cost

        behind = database_facts(deployment, pooler.database)
    absent = Unknown("no PostgreSQL server could be matched to this pooler")
    pools = _pools(pooler, settings)
    facts: dict[str, Fact] = (
        dict.fromkeys(names, pools)
        if isinstance(pools, Unknown)
        else dict(zip(names, pools, strict=True))
    )
    return {
        **facts,
        "pgbouncer.usable": behind.get("connections.usable", absent),
        "pgbouncer.cpus": behind.get("host.cpus", absent),
    }


def _pools(pooler: Pooler, settings: Mapping[str, Fact]) -> tuple[Fact, Fact] | Unknown:
    """
    One pool per database and user; of the users at least one is known to come.

    Source: pgbouncer.org/config.html, default_pool_size, reserve_pool_size, max_db_connections.
    """
    parts = ("default_pool_size", "reserve_pool_size", "max_db_connections", "max_client_conn")
    size, reserve, most, clients = (settings[f"pgbouncer.{name}"] for name in parts)
    unknown = first_unknown(size, reserve, most, clients, pooler.replicas)
    if unknown is not None:
        return unknown
    entries = pooler.document.databases
    if not entries:
        return Unknown("the databases of PgBouncer are not known", pooler.location)
    if len({(one.parameters.get("host"), one.parameters.get("port")) for one in entries}) > 1:
        return Unknown("its databases are on several servers", pooler.location)
    sums = []
    for entry in entries:
        own = entry.number("pool_size")
        extra = entry.number("reserve_pool_size") or entry.number("reserve_pool")
        total = (number(size) if own is None else own) + (extra or number(reserve))
        bound = entry.number("max_db_connections") or number(most)
        sums.append(min(total, bound) if bound > 0 else total)
    copies, total = number(pooler.replicas), sum(sums)
    each = min(total, number(clients))
    text = f"{len(sums)} pools of {total} in all" if len(sums) > 1 else f"a pool of {total}"
    text = f"{copies} instances × {text}" if copies > 1 else text
    origin = origin_of(size, reserve, most, clients, pooler.replicas)
    place = entries[sums.index(max(sums))].location
    return Value(copies * each, origin, place), Value(text, origin)
