"""
The stack as a graph: one node for each program, numbers on its edges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from advisor.deployment.model import (
    Application,
    Database,
    DatabaseEdge,
    Deployment,
    Pooler,
    PoolerEdge,
    Proxy,
    ProxyEdge,
)
from advisor.facts.engine import engine_facts
from advisor.facts.gunicorn import gunicorn_facts
from advisor.facts.schema import DURATION
from advisor.model import Budget, BudgetKind, TimeoutChain, Value, Wait
from advisor.model.subject import Fact
from advisor.overview.budgets import application_terms, pooler_term
from advisor.overview.stack import (
    application_words,
    database_words,
    pooler_words,
    proxy_words,
    value_of,
)
from advisor.rules.template import show
from advisor.units import format_number

Edge: TypeAlias = tuple[str, str, str]
_WARNING = " ⚠"
_PER_REQUEST = "a connection per request"


def diagram(
    deployment: Deployment, budgets: Sequence[Budget], chains: Sequence[TimeoutChain]
) -> tuple[Edge, ...]:
    """
    Edges between the tiers: from, label, to. Lines of a text are apart by line breaks.

    A program that is not alone in its tier bears its name, so that no two nodes are the same.
    """
    names = _Names(deployment, budgets)
    edges = [
        *_from_ingresses(deployment, names),
        *_from_proxies(deployment, names, {one.subject: _answer(one) for one in chains}),
        *_to_poolers(deployment, names),
        *_to_databases(deployment, names),
    ]
    return tuple(dict.fromkeys(edges))


class _Names:
    """
    What is written into the nodes.
    """

    def __init__(self, deployment: Deployment, budgets: Sequence[Budget]) -> None:
        connections = [one for one in budgets if one.kind is BudgetKind.CONNECTIONS]
        self._load = {one.subject: _load(one) for one in connections}
        self._proxies = len(deployment.proxies) > 1
        self._applications = len(deployment.applications) > 1
        self._poolers = len(deployment.poolers) > 1
        self._databases = len(deployment.databases) > 1
        # A proxy may have thousands of upstreams that all lead to one application.
        self._nodes = {one.name: self._application(one) for one in deployment.applications}

    def proxy(self, proxy: Proxy) -> str:
        return _lines(proxy.name if self._proxies else "", proxy_words(proxy))

    def application(self, one: Application) -> str:
        return self._nodes[one.name]

    def _application(self, one: Application) -> str:
        copies = one.replicas.value
        words = application_words(one)
        name = one.name if self._applications else ""
        return _lines(name, *words, f"{copies} replicas" if copies != 1 else "")

    def pooler(self, one: Pooler) -> str:
        mode = one.document.settings.get("pool_mode")
        words = f"{mode.value} mode" if isinstance(mode, Value) else ""
        name = one.name if self._poolers else ""
        return _lines(name, pooler_words(one), words, self._load.get(one.name, ""))

    def database(self, one: Database) -> str:
        name = one.name if self._databases else ""
        return _lines(name, database_words(one), self._load.get(one.name, ""))


def _load(budget: Budget) -> str:
    """
    ``270 of 197 connections``, marked where that is too many.
    """
    if budget.most is None or budget.limit is None:
        return ""
    warning = _WARNING if budget.exceeded else ""
    numbers = f"{format_number(budget.most)} of {format_number(budget.limit)}"
    return f"{numbers} connections{warning}"


def _answer(chain: TimeoutChain) -> str:
    """
    How long the proxy waits for an answer; empty where several proxies may wait differently.
    """
    waits = [one.seconds for one in chain.steps if one.wait is Wait.PROXY]
    known = len(waits) == 1 and waits[0] is not None
    return f"waits {show(waits[0], DURATION)} for an answer" if known else ""


def _from_proxies(
    deployment: Deployment, names: _Names, waits: Mapping[str, str]
) -> Iterator[Edge]:
    for proxy in deployment.proxies:
        passed = [edge for edge in deployment.proxy_edges if edge.proxy is proxy]
        for edge, label in zip(passed, _proxy_labels(proxy, passed), strict=True):
            wait = waits.get(edge.application.name, "")
            yield names.proxy(proxy), _lines(label, wait), names.application(edge.application)


def _from_ingresses(deployment: Deployment, names: _Names) -> Iterator[Edge]:
    """
    Ways into a cluster, to an nginx of the deployment or to an application itself.
    """
    if not deployment.services.ingresses:
        return
    from advisor.facts.ingress import ingress_facts  # noqa: PLC0415 - start-up cost

    proxies = {one.service: one for one in deployment.proxies if one.service}
    applications = {one.service: one for one in deployment.applications if one.service}
    for ingress in deployment.services.ingresses:
        facts = ingress_facts(ingress)
        node = _lines(ingress.title, str(value_of(facts["ingress.controller"]) or ""))
        kept, wait = value_of(facts["ingress.idle"]), value_of(facts["ingress.read_timeout"])
        keeps = "" if kept is None else f"keeps idle ones for {show(kept, DURATION)}"
        waits = "" if wait is None else f"waits {show(wait, DURATION)} for an answer"
        if ingress.service in proxies:
            yield node, _lines(keeps, waits), names.proxy(proxies[ingress.service])
        elif ingress.service in applications:
            application = applications[ingress.service]
            closing = _closing(gunicorn_facts(application), kept)
            yield node, _lines(keeps, closing, waits), names.application(application)


def _to_poolers(deployment: Deployment, names: _Names) -> Iterator[Edge]:
    for pooler in deployment.poolers:
        edges = [edge for edge in deployment.pooler_edges if edge.pooler is pooler]
        for application, own in _by_application(edges):
            yield names.application(application), _pool_label(own), names.pooler(pooler)


def _to_databases(deployment: Deployment, names: _Names) -> Iterator[Edge]:
    known = {one.name for one in deployment.poolers}
    for database in deployment.databases:
        edges = [edge for edge in deployment.database_edges if edge.database is database]
        direct = [edge for edge in edges if not edge.pooler]
        for application, own in _by_application(direct):
            yield names.application(application), _pool_label(own), names.database(database)
        for edge in edges:
            if edge.pooler and edge.pooler not in known:
                yield names.application(edge.application), _pool_label([edge]), edge.pooler
                yield edge.pooler, "", names.database(database)
        for pooler in deployment.poolers:
            if pooler.database is database:
                label = _pooler_label(deployment, pooler)
                yield names.pooler(pooler), label, names.database(database)


def _by_application(
    edges: Sequence[DatabaseEdge | PoolerEdge],
) -> Iterator[tuple[Application, list[DatabaseEdge | PoolerEdge]]]:
    for application in {edge.application.name: edge.application for edge in edges}.values():
        yield application, [edge for edge in edges if edge.application is application]


def _pool_label(edges: Sequence[DatabaseEdge | PoolerEdge]) -> str:
    """
    ``9 workers × 30 = 270``, and how long a request waits for one of them.
    """
    (term,) = application_terms(edges)
    formula = "" if term.most is None else f"{term.how} = {format_number(term.most)}"
    facts = engine_facts(edges[0].engine)
    wait = value_of(facts["engine.pool_timeout"]) if value_of(facts["engine.pooled"]) else None
    alone = len(edges) == 1 and wait is not None
    return _lines(formula, f"waits {show(wait, DURATION)} for one" if alone else "")


def _pooler_label(deployment: Deployment, pooler: Pooler) -> str:
    term = pooler_term(deployment, pooler)
    return "" if term.most is None else f"{term.how} = {format_number(term.most)}"


def _proxy_labels(proxy: Proxy, edges: Sequence[ProxyEdge]) -> list[str]:
    """
    What nginx does with its connections to each of the applications.
    """
    if not edges:
        return []
    from advisor.facts.nginx import Reader  # noqa: PLC0415 - start-up cost

    reader = Reader(proxy)
    names = {edge.upstream for edge in edges}
    upstreams = [one for one in reversed(proxy.config.upstreams) if one.name in names]
    found = {one.name: reader.upstream_facts(one) for one in upstreams}
    behind = {edge.application.name: edge.application for edge in edges}
    facts = {name: gunicorn_facts(one) for name, one in behind.items()}
    return [_proxy_label(found.get(edge.upstream), facts[edge.application.name]) for edge in edges]


def _proxy_label(facts: Mapping[str, Fact] | None, gunicorn: Mapping[str, Fact]) -> str:
    if facts is None:
        return _PER_REQUEST
    reused, kept = value_of(facts["upstream.reused"]), value_of(facts["upstream.keepalive_timeout"])
    if reused is None:
        return ""
    if not reused:
        return _PER_REQUEST
    idle = value_of(facts["upstream.keepalive"])
    keeps = f"keeps {idle} idle" if idle else "reused"
    return _lines(
        keeps if kept is None else f"{keeps} for {show(kept, DURATION)}",
        _closing(gunicorn, kept),
    )


def _closing(facts: Mapping[str, Fact], kept: object) -> str:
    """
    When gunicorn closes idle connections, marked where nginx would still use them (STK020).

    Synchronous workers know no persistent connections (gunicorn, "Design", "Sync Workers").
    """
    own, kind = value_of(facts["gunicorn.keepalive"]), value_of(facts["gunicorn.class"])
    if kind == "sync":
        return "gunicorn closes each after use"
    if not isinstance(own, (int, float)) or kind in (None, "unknown"):
        return ""
    early = isinstance(kept, (int, float)) and own <= kept
    return f"gunicorn closes after {show(own, DURATION)}{_WARNING if early else ''}"


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
