"""
Facts of programs whose service limits how many files, connections among them, they may open.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisor.facts.common import computed, first_unknown, number, origin_of
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Subject

if TYPE_CHECKING:
    from advisor.deployment.model import Deployment, Pooler, Proxy
    from advisor.deployment.services import RunningService

_SETTINGS = {"systemd": "LimitNOFILE"}
_NOT_LIMITED = Value(None, Origin.DEFAULT)


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every nginx and PgBouncer whose service sets a limit.
    """
    for proxy in deployment.proxies:
        service = deployment.services.named(proxy.service)
        if service and service.service.nofile is not None:
            needed, formula = _of_nginx(proxy)
            limit = _NOT_LIMITED if _raises(proxy) else _limit(service)
            yield _subject("nginx", service, limit, needed, formula)
    for pooler in deployment.poolers:
        service = deployment.services.named(pooler.service)
        if service and service.service.nofile is not None:
            needed, formula = _of_pooler(deployment, pooler)
            yield _subject("PgBouncer", service, _limit(service), needed, formula)


def _subject(
    program: str, service: RunningService, limit: Fact, needed: Fact, formula: str
) -> Subject:
    place, name = service.service.location, f"{program} of {service.title}"
    return Subject(
        target="stack.files",
        name=name,
        facts={
            "files.program": computed(name),
            "files.needed": needed,
            "files.formula": computed(formula),
            "files.limit": limit,
            "files.setting": computed(_SETTINGS.get(service.manager, "ulimits.nofile")),
        },
        location=place,
        path=place.path,
    )


def _limit(service: RunningService) -> Fact:
    limit = service.service.nofile
    if not isinstance(limit, Value):
        return limit or _NOT_LIMITED
    if limit.value.soft < 0:
        return _NOT_LIMITED
    return Value(limit.value.soft, limit.origin, limit.location)


def _raises(proxy: Proxy) -> bool:
    """
    Whether nginx raises the limit of its workers itself.
    """
    return proxy.config.main.effective("worker_rlimit_nofile") is not None


def _of_nginx(proxy: Proxy) -> tuple[Fact, str]:
    """
    A connection is a file, whether to a client or to the application.
    """
    from advisor.facts.nginx import Reader  # noqa: PLC0415 - start-up cost

    connections: Fact = Reader(proxy).nginx_facts()["nginx.worker_connections"]
    return connections, f"worker_connections {number(connections)}"


def _of_pooler(deployment: Deployment, pooler: Pooler) -> tuple[Fact, str]:
    """
    Clients, and connections to the server.

    Source: pgbouncer.org/config.html, "max_client_conn".
    """
    from advisor.facts.pgbouncer import pooler_facts  # noqa: PLC0415 - start-up cost

    facts = pooler_facts(deployment, pooler)
    clients = facts["pgbouncer.max_client_conn"]
    server = facts["pgbouncer.server_connections"]
    if isinstance(clients, Unknown) or first_unknown(server, pooler.replicas):
        return clients, f"max_client_conn {number(clients)}"
    each = number(server) // max(number(pooler.replicas), 1)
    needed = Value(number(clients) + each, origin_of(clients, server), clients.location)
    return needed, f"max_client_conn {number(clients)} + {each} connections to the server"
