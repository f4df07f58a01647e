"""
The deployment at a glance: its stack on one line, its edges with numbers, its facts as rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from advisor.deployment.model import Application, Database, Deployment, Proxy
from advisor.facts.engine import engine_facts, is_sqlalchemy
from advisor.facts.gunicorn import gunicorn_facts
from advisor.facts.namespaces import scope_of
from advisor.facts.schema import DURATION, Kind
from advisor.model import FactRow, Origin, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.rules.template import show

_LISTED: Mapping[str, tuple[str, ...]] = {
    "postgresql": ("host", "pg", "connections", "memory"),
    "nginx": ("nginx",),
    "nginx.server": ("server",),
    "nginx.upstream": ("upstream",),
    "gunicorn": ("host", "gunicorn"),
    "engine": ("engine",),
    "stack.application": ("service",),
    "plan": ("plan",),
    "load": ("load",),
    "redis": ("redis",),
}
"""Targets whose facts are listed, and which of them; others see the same from another side."""
_ALWAYS = ("host", "connections", "memory")
"""Namespaces whose facts are listed although nobody wrote them."""


def stack_line(deployment: Deployment) -> str:
    """
    ``nginx 1.30 → gunicorn, 9 uvicorn workers → SQLAlchemy 20 + 10 → PostgreSQL 16``.
    """
    proxies = {_server(one): _proxy(one) for one in deployment.proxies}
    parts = [
        _counted(proxies.values()),
        _counted(_application(one) for one in deployment.applications),
        _pools(deployment),
        _counted(_database(one) for one in deployment.databases),
    ]
    servers = deployment.redis.servers if deployment.redis else ()
    if servers:
        parts.append(_counted(f"Redis {_version(one.version)}".rstrip() for one in servers))
    plans = len(deployment.plans)
    if plans and not any(parts):
        parts.append(f"{plans} query {'plan' if plans == 1 else 'plans'}")
    loads = len(deployment.loads)
    if loads and not any(parts):
        parts.append(f"{loads} load {'test' if loads == 1 else 'tests'}")
    return " → ".join(part for part in parts if part)


def diagram(deployment: Deployment) -> tuple[tuple[str, str, str], ...]:
    """
    Edges between the tiers: from, label with numbers, to.
    """
    names = {one.name: _application(one) for one in deployment.applications}
    edges: list[tuple[str, str, str]] = []
    for proxy in deployment.proxies:
        passed = [edge for edge in deployment.proxy_edges if edge.proxy is proxy]
        labels = _reuses(proxy, {edge.upstream for edge in passed})
        edges += [
            (_proxy(proxy), labels[edge.upstream], names[edge.application.name]) for edge in passed
        ]
    for database in deployment.databases:
        clients = [edge for edge in deployment.database_edges if edge.database is database]
        label = _connections(deployment, database) if clients else ""
        edges += [(names[edge.application.name], label, _database(database)) for edge in clients]
    return tuple(dict.fromkeys(edges))


def fact_rows(subjects: Iterable[Subject], *, most: int = 0) -> Iterator[FactRow]:
    """
    Every fact that is written somewhere, was stated, or is derived from such facts.

    `most` is how many subjects of a target are listed, 0 for all: of thousands of servers a report
    needs no more than an example.
    """
    listed: Counter[str] = Counter()
    for subject in subjects:
        spaces = _LISTED.get(subject.target, ())
        listed[subject.target] += 1
        if spaces and not 0 < most < listed[subject.target]:
            yield from _rows(subject, spaces)


def _rows(subject: Subject, spaces: tuple[str, ...]) -> Iterator[FactRow]:
    there = set(subject.facts)
    for name, spec in scope_of(subject.target).items():
        space = name.partition(".")[0]
        if space not in spaces or name not in there or spec.type.kind is Kind.LIST:
            continue
        fact = subject.facts[name]
        if space in _ALWAYS or _is_stated(fact):
            yield _row(name, fact, show(_value(fact), spec.type), subject.name)


def is_essential(row: FactRow) -> bool:
    """
    Whether a fact belongs into a report: it has a place, or is one of the sums.
    """
    return row.location is not None or row.name.partition(".")[0] in _ALWAYS


def _row(name: str, fact: Fact, text: str, subject: str) -> FactRow:
    if isinstance(fact, Unknown):
        return FactRow(name, "", None, fact.location, fact.reason, subject)
    return FactRow(name, text, fact.origin, fact.location, fact.note, subject)


def _is_stated(fact: Fact) -> bool:
    if isinstance(fact, Unknown):
        return fact.location is not None
    return fact.origin is not Origin.DEFAULT and fact.value not in (None, "")


def _value(fact: Fact) -> object:
    return fact.value if isinstance(fact, Value) else None


def _server(proxy: Proxy) -> str:
    """
    What tells one nginx from another: fragments without a main file may all belong to one.
    """
    if proxy.service:
        return f"service {proxy.service}"
    return proxy.document.path if proxy.document.context == "main" else ""


def _counted(parts: Iterable[str]) -> str:
    """
    ``nginx 1.30 + 2 × nginx``.
    """
    counts = Counter(parts)
    return " + ".join(f"{n} × {part}" if n > 1 else part for part, n in counts.items())


def _proxy(proxy: Proxy) -> str:
    return f"nginx {_version(proxy.version)}".rstrip()


def _application(application: Application) -> str:
    facts = gunicorn_facts(application)
    workers, kind = _value(facts["gunicorn.workers"]), _value(facts["gunicorn.class"])
    name = f"gunicorn {_version(application.version)}".rstrip()
    if workers is None:
        return f"{name}, {kind} workers" if kind else name
    noun = "worker" if workers == 1 else "workers"
    return f"{name}, {workers} {kind or ''} {noun}".replace("  ", " ")


_LIBRARIES = {"sqlalchemy": "SQLAlchemy", "django": "Django", "psycopg_pool": "psycopg pool"}
"""Libraries as they write their own names, where that is not the name of the package."""


def _pools(deployment: Deployment) -> str:
    engines = [one for one in deployment.engines if str(one.role) == "app"]
    libraries = Counter(_LIBRARIES.get(str(one.library), str(one.library)) for one in engines)
    if len(engines) != 1 or not is_sqlalchemy(engines[0]):
        names = {"SQLAlchemy": "engine", "Django": "database"}
        counted = (
            f"{name}, {n} {names.get(name, 'pool')}s" if n > 1 else name
            for name, n in libraries.items()
        )
        return " + ".join(counted)
    facts = engine_facts(engines[0])
    size, overflow = _value(facts["engine.pool_size"]), _value(facts["engine.max_overflow"])
    if not _value(facts["engine.pooled"]) or size is None or overflow is None:
        return "SQLAlchemy"
    return f"SQLAlchemy {size} + {overflow}"


def _database(database: Database) -> str:
    major = database.major
    return f"PostgreSQL {major.value}" if isinstance(major, Value) else "PostgreSQL"


def _version(version: Value[tuple[int, ...]] | Unknown) -> str:
    return ".".join(map(str, version.value[:2])) if isinstance(version, Value) else ""


def _reuses(proxy: Proxy, names: Collection[str]) -> dict[str, str]:
    """
    What nginx does with its connections, by name of the upstream.
    """
    if not names:
        return {}
    from advisor.facts.nginx import Reader  # noqa: PLC0415 - start-up cost

    reader = Reader(proxy)
    upstreams = (one for one in proxy.config.upstreams if one.name in names)
    found = {one.name: _reuse(reader.upstream_facts(one)) for one in upstreams}
    return {name: found.get(name, "a connection per request") for name in names}


def _reuse(facts: Mapping[str, Fact]) -> str:
    reused, kept = _value(facts["upstream.reused"]), _value(facts["upstream.keepalive_timeout"])
    if reused is None:
        return ""
    if not reused:
        return "a connection per request"
    return "reused" if kept is None else f"reused for {show(kept, DURATION)}"


def _connections(deployment: Deployment, database: Database) -> str:
    from advisor.facts.postgresql import database_facts  # noqa: PLC0415 - start-up cost

    facts = database_facts(deployment, database)
    names = ("connections.formula", "connections.peak", "connections.usable")
    formula, peak, usable = (_value(facts[name]) for name in names)
    if formula is None or usable is None:
        return ""
    return f"{formula} = {peak} of {usable}"
