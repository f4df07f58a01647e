"""
Facts across layers: servers with their applications, proxies with theirs, engines in workers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from advisor.deployment.model import (
    Database,
    DatabaseEdge,
    DeadEnd,
    Deployment,
    Proxy,
    ProxyEdge,
)
from advisor.facts.common import Joined, computed
from advisor.facts.engine import engine_facts, is_sqlalchemy, pooled_engines
from advisor.facts.gunicorn import gunicorn_facts
from advisor.model import Origin, Value
from advisor.model.subject import Fact, Subject

if TYPE_CHECKING:
    from advisor.parsers.engines import Engine


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    One subject per server with applications, per proxied upstream, per engine of an application.
    """
    gunicorn = {one.name: gunicorn_facts(one, deployment) for one in deployment.applications}
    for database in deployment.databases:
        edges = [one for one in deployment.database_edges if one.database is database]
        if edges:
            yield _database(deployment, database, edges)
    for proxy in deployment.proxies:
        passed = [one for one in deployment.proxy_edges if one.proxy is proxy and one.upstream]
        if passed:
            yield from _upstreams(proxy, passed, gunicorn)
        if any(one.proxy is proxy for one in deployment.proxy_edges):
            yield from _located(deployment, proxy, gunicorn)
    yield from map(_dead_end, deployment.dead_ends)
    pooled = pooled_engines(deployment)
    from advisor.facts.twins import twin_facts  # noqa: PLC0415 - start-up cost

    for application in deployment.applications:
        for engine in application.engines:
            pooler = id(engine) in pooled
            around = {
                **gunicorn[application.name],
                **twin_facts(engine, application.engines),
            }
            yield from _engine(deployment, engine, around, pooler=pooler)


def _engine(
    deployment: Deployment, engine: Engine, gunicorn: Mapping[str, Fact], *, pooler: bool
) -> Iterator[Subject]:
    """
    An engine in the workers of its application; what is no SQLAlchemy as what it is, too.
    """
    from advisor.facts.pools import link_facts, own_facts, target_of  # noqa: PLC0415 - start-up cost

    named, place = gunicorn["gunicorn.name"], engine.location
    name = str(named.value) if isinstance(named, Value) else ""
    around = {**gunicorn, **link_facts(deployment, engine)}
    facts = {**engine_facts(engine, pooler=pooler), **around}
    yield Subject("stack.engine", name, facts, place, place.path)
    if not is_sqlalchemy(engine):
        own = {**own_facts(engine, pooler=pooler), **around}
        yield Subject(f"stack.{target_of(engine)}", name, own, place, place.path)


def _database(deployment: Deployment, database: Database, edges: list[DatabaseEdge]) -> Subject:
    """
    The server with the application that takes the most of its connections.
    """
    from advisor.facts.connections import budget_facts, largest  # noqa: PLC0415 - start-up cost
    from advisor.facts.postgresql import database_facts  # noqa: PLC0415 - start-up cost

    facts = database_facts(deployment, database)
    edge = largest(edges)
    own: Mapping[str, Fact] = {
        **gunicorn_facts(edge.application, deployment),
        **engine_facts(edge.engine, pooler=bool(edge.pooler)),
        **budget_facts(edge, facts),
    }
    place = database.location
    return Subject("stack.database", database.name, Joined(own, facts), place, database.path)


def _upstreams(
    proxy: Proxy, edges: list[ProxyEdge], gunicorn: Mapping[str, Mapping[str, Fact]]
) -> Iterator[Subject]:
    from advisor.facts.nginx import Reader  # noqa: PLC0415 - start-up cost

    reader = Reader(proxy)
    upstreams = {one.name: one for one in reversed(proxy.config.upstreams)}
    for edge in edges:
        upstream, facts = upstreams[edge.upstream], gunicorn[edge.application.name]
        yield Subject(
            target="stack.upstream",
            name=upstream.scope.label,
            facts=Joined(
                {"upstream.backend": facts["gunicorn.class"], **facts},
                reader.upstream_facts(upstream),
            ),
            location=edge.application.location,
            path=edge.application.path,
        )


def _dead_end(end: DeadEnd) -> Subject:
    return Subject(
        target="stack.dead_end",
        name=end.address,
        facts={
            **gunicorn_facts(end.application),
            "dead_end.address": Value(end.address, Origin.LITERAL, end.location),
            "dead_end.binds": end.binds,
            "dead_end.inside": computed(end.inside),
        },
        location=end.location,
        path=end.location.path,
    )


def _located(
    deployment: Deployment, proxy: Proxy, gunicorn: Mapping[str, Mapping[str, Fact]]
) -> Iterator[Subject]:
    from advisor.facts.routes import location_subjects  # noqa: PLC0415 - start-up cost

    yield from location_subjects(deployment, proxy, gunicorn)
