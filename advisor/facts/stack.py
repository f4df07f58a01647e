"""
Facts across layers: servers with their applications, proxies with theirs, engines in workers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor.deployment.model import Database, DatabaseEdge, Deployment, ProxyEdge
from advisor.facts.common import Joined
from advisor.facts.engine import behind_pooler, engine_facts
from advisor.facts.gunicorn import gunicorn_facts
from advisor.model.subject import Fact, Subject


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    One subject per server with applications, per proxied upstream, per engine of an application.
    """
    for database in deployment.databases:
        edges = [one for one in deployment.database_edges if one.database is database]
        if edges:
            yield _database(deployment, database, edges)
    for edge in deployment.proxy_edges:
        if edge.upstream:
            yield _upstream(deployment, edge)
    for application in deployment.applications:
        for engine in application.engines:
            yield Subject(
                target="stack.engine",
                name=application.name,
                facts={
                    **engine_facts(engine, pooler=behind_pooler(deployment, engine)),
                    **gunicorn_facts(application, deployment),
                },
                location=engine.location,
                path=engine.location.path,
            )


def _database(deployment: Deployment, database: Database, edges: list[DatabaseEdge]) -> Subject:
    """
    The server with the application that takes the most of its connections.
    """
    from advisor.facts.connections import budget_facts, weight  # noqa: PLC0415 - start-up cost
    from advisor.facts.postgresql import database_facts  # noqa: PLC0415 - start-up cost

    facts = database_facts(deployment, database)
    largest = max(edges, key=weight)
    own: Mapping[str, Fact] = {
        **gunicorn_facts(largest.application, deployment),
        **engine_facts(largest.engine, pooler=bool(largest.pooler)),
        **budget_facts(largest, facts),
    }
    place = database.location
    return Subject("stack.database", database.name, Joined(own, facts), place, database.path)


def _upstream(deployment: Deployment, edge: ProxyEdge) -> Subject:
    from advisor.facts.nginx import Reader  # noqa: PLC0415 - start-up cost

    reader = Reader(edge.proxy)
    upstream = next(one for one in edge.proxy.config.upstreams if one.name == edge.upstream)
    facts = gunicorn_facts(edge.application, deployment)
    return Subject(
        target="stack.upstream",
        name=upstream.scope.label,
        facts={
            **reader.upstream_facts(upstream),
            "upstream.backend": facts["gunicorn.class"],
            **reader.nginx_facts(),
            **facts,
        },
        location=edge.application.location,
        path=edge.application.path,
    )
