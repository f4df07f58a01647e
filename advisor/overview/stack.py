"""
The programs of a deployment on one line, and their names for it and the diagram.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from advisor.deployment.model import Application, Database, Deployment, Pooler, Proxy
from advisor.facts.engine import engine_facts, is_sqlalchemy
from advisor.facts.gunicorn import gunicorn_facts
from advisor.model import Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.engines import Engine


def stack_line(deployment: Deployment) -> str:
    """
    ``nginx 1.30 → gunicorn, 9 uvicorn workers → SQLAlchemy 20 + 10 → PostgreSQL 16``.
    """
    proxies = {_server(one): proxy_words(one) for one in deployment.proxies}
    parts = [
        _counted(proxies.values()),
        _counted(", ".join(application_words(one)) for one in deployment.applications),
        _pools(deployment),
        _counted(pooler_words(one) for one in deployment.poolers),
        _counted(database_words(one) for one in deployment.databases),
    ]
    servers = deployment.redis.servers if deployment.redis else ()
    if servers:
        parts.append(_counted(f"Redis {_version(one.version)}".rstrip() for one in servers))
    if not any(parts):
        parts.append(next(_others(deployment), ""))
    return " → ".join(part for part in parts if part)


def _others(deployment: Deployment) -> Iterator[str]:
    """
    What there is besides programs and pools, the most telling first: ``2 query plans``.
    """
    schema, redis = deployment.schema, deployment.redis
    numbers = (
        (len(deployment.plans), "1 query plan", "query plans"),
        (len(deployment.loads), "1 load test", "load tests"),
        (len(deployment.access), "pg_hba.conf", "pg_hba.conf files"),
        (len(redis.clients) if redis else 0, "Redis client", "Redis clients"),
        (len(schema.tables) if schema else 0, "1 table", "tables"),
        (len(deployment.services.running), "1 service", "services"),
    )
    for number, one, several in numbers:
        if number:
            yield one if number == 1 else f"{number} {several}"


def value_of(fact: Fact) -> object:
    """
    What is known, None for what is not.
    """
    return fact.value if isinstance(fact, Value) else None


def proxy_words(proxy: Proxy) -> str:
    """
    ``nginx 1.30``.
    """
    return f"nginx {_version(proxy.version)}".rstrip()


def application_words(application: Application) -> list[str]:
    """
    ``gunicorn 27.0`` and ``9 uvicorn workers``, as far as both are known.
    """
    facts = gunicorn_facts(application)
    workers, kind = value_of(facts["gunicorn.workers"]), value_of(facts["gunicorn.class"])
    name = f"gunicorn {_version(application.version)}".rstrip()
    if workers is None:
        return [name, f"{kind} workers"] if kind else [name]
    noun = "worker" if workers == 1 else "workers"
    return [name, f"{workers} {kind or ''} {noun}".replace("  ", " ")]


def pooler_words(pooler: Pooler) -> str:
    """
    ``PgBouncer 1.23``.
    """
    return f"PgBouncer {_version(pooler.version)}".rstrip()


def database_words(database: Database) -> str:
    """
    ``PostgreSQL 16``.
    """
    major = database.major
    return f"PostgreSQL {major.value}" if isinstance(major, Value) else "PostgreSQL"


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


_LIBRARIES = {"sqlalchemy": "SQLAlchemy", "django": "Django", "psycopg_pool": "psycopg pool"}
"""Libraries as they write their own names, where that is not the name of the package."""
_NOUNS = {"SQLAlchemy": "engines", "Django": "databases"}


def _libraries(engines: Iterable[Engine]) -> Iterator[str]:
    """
    ``SQLAlchemy, 2 engines``, ``Django``: each library once.
    """
    counts = Counter(_LIBRARIES.get(str(one.library), str(one.library)) for one in engines)
    for name, number in counts.items():
        yield f"{name}, {number} {_NOUNS.get(name, 'pools')}" if number > 1 else name


def _pools(deployment: Deployment) -> str:
    engines = [one for one in deployment.engines if str(one.role) == "app"]
    if len(engines) != 1 or not is_sqlalchemy(engines[0]):
        return " + ".join(_libraries(engines))
    facts = engine_facts(engines[0])
    size, overflow = value_of(facts["engine.pool_size"]), value_of(facts["engine.max_overflow"])
    if not value_of(facts["engine.pooled"]) or size is None or overflow is None:
        return "SQLAlchemy"
    return f"SQLAlchemy {size} + {overflow}"


def _version(version: Value[tuple[int, ...]] | Unknown) -> str:
    return ".".join(map(str, version.value[:2])) if isinstance(version, Value) else ""
