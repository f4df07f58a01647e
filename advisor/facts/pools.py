"""
Facts of Django's databases and of the drivers' own pools, and of what is behind any of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from advisor.catalog.pools_drivers import ASYNCPG, DJANGO, PSYCOPG
from advisor.facts.bounds import bounds_of, django_pool, kept_without_pool, setting
from advisor.facts.common import computed, holds, number
from advisor.facts.engine import engine_facts, is_sqlalchemy, pooled_engines
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Subject

if TYPE_CHECKING:
    from advisor.deployment.model import Deployment
    from advisor.parsers.engines import Engine

_POOLER_CLOSES = "client_idle_timeout of PgBouncer"
_SERVER_CLOSES = "idle_session_timeout of PostgreSQL"
_SHARED = ("role", "dialect", "host", "local", "through_pooler", "resolved", "version")
"""What `engine_facts` says of every library."""


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every database of Django's settings, and every pool of a driver.
    """
    pooled = pooled_engines(deployment)
    for engine in deployment.engines:
        if not is_sqlalchemy(engine):
            place = engine.location
            facts = own_facts(engine, pooler=id(engine) in pooled)
            yield Subject(target_of(engine), title_of(engine), facts, place, place.path)


def target_of(engine: Engine) -> str:
    """
    What rules about this library look at.
    """
    return "django" if str(engine.library) == "django" else "pool"


def title_of(engine: Engine) -> str:
    """
    What to call it in a list.
    """
    if target_of(engine) == "django":
        return f"database {engine.name}"
    return f"{engine.function} in {engine.location}"


def own_facts(engine: Engine, *, pooler: bool) -> dict[str, Fact]:
    """
    Facts under ``django.`` or ``pool.``.
    """
    space = target_of(engine)
    shared = engine_facts(engine, pooler=pooler)
    facts = _django(engine) if space == "django" else _pool(engine)
    common = {f"{space}.{name}": shared[f"engine.{name}"] for name in _SHARED}
    return {**common, **facts}


def link_facts(deployment: Deployment, engine: Engine) -> dict[str, Fact]:
    """
    Facts under ``link.``: who closes idle connections of an engine, and after how long.

    Sources: PostgreSQL "Client Connection Defaults", idle_session_timeout; pgbouncer.org/config,
    client_idle_timeout.
    """
    found = _closer(deployment, engine)
    if isinstance(found, Unknown):
        names = ("idle_limit", "idle_closer", "statement_timeout")
        return {f"link.{name}": found for name in names}
    limit, closer, statement = found
    if isinstance(limit, Value) and limit.value is None:
        limit = Value(0, Origin.DEFAULT, note="this version closes nobody")
    return {
        "link.idle_limit": limit,
        "link.idle_closer": computed(closer),
        "link.statement_timeout": statement,
    }


def _closer(deployment: Deployment, engine: Engine) -> tuple[Fact, str, Fact] | Unknown:
    """
    The idle timeout on the other side, its name, and the server's statement_timeout.
    """
    for edge in deployment.pooler_edges:
        if edge.engine is engine:
            from advisor.facts.pgbouncer import pooler_facts  # noqa: PLC0415 - start-up cost

            facts = pooler_facts(deployment, edge.pooler)
            behind = Unknown("a pooler opens the connections")
            return facts["pgbouncer.client_idle_timeout"], _POOLER_CLOSES, behind
    for link in deployment.database_edges:
        if link.engine is engine and not link.pooler:
            from advisor.facts.postgresql import database_facts  # noqa: PLC0415 - start-up cost

            server = database_facts(deployment, link.database)
            return server["pg.idle_session_timeout"], _SERVER_CLOSES, server["pg.statement_timeout"]
    return Unknown("what is behind it could not be told")


def _django(engine: Engine) -> dict[str, Fact]:
    age = setting(engine, "CONN_MAX_AGE", DJANGO["CONN_MAX_AGE"])
    if isinstance(age, Value) and age.value is None:
        age = Value(-1, age.origin, age.location, "None, which is for ever")
    pool = django_pool(engine)
    sized = any(name.startswith("OPTIONS.pool.m") for name in engine.arguments)
    return {
        "django.name": computed(f"{engine.name} in {engine.location.path}"),
        "django.alias": Value(engine.name, Origin.EVALUATED, engine.location),
        "django.conn_max_age": age,
        "django.persistent": kept_without_pool(engine),
        "django.health_checks": _switch(engine, "CONN_HEALTH_CHECKS"),
        "django.pool": pool,
        "django.pool_sized": computed(sized),
        "django.pool_size": _most(engine) if holds(pool) else Unknown("Django keeps no pool"),
        "django.cursors_off": _switch(engine, "DISABLE_SERVER_SIDE_CURSORS"),
        "django.connect_timeout_set": computed("OPTIONS.connect_timeout" in engine.arguments),
    }


def _pool(engine: Engine) -> dict[str, Fact]:
    bounds = bounds_of(engine)
    library = str(engine.library)
    lost = Unknown("nothing is pooled")
    defaults: Mapping[str, float | None] = ASYNCPG if library == "asyncpg" else PSYCOPG
    known = library == "psycopg_pool"
    absent = Value(None, Origin.DEFAULT, note=f"no setting of {library}")
    return {
        "pool.library": Value(library, Origin.LITERAL, engine.location),
        "pool.function": Value(engine.function, Origin.LITERAL, engine.location),
        "pool.min_size": bounds.kept if bounds else lost,
        "pool.max_size": _most(engine),
        "pool.timeout": setting(engine, "timeout", defaults["timeout"]) if known else absent,
        "pool.max_waiting": setting(engine, "max_waiting", 0) if known else absent,
    }


def _most(engine: Engine) -> Fact:
    bounds = bounds_of(engine)
    if bounds is None:
        return Unknown("nothing is pooled")
    most = bounds.most
    unbound = isinstance(most, Value) and most.value is None
    return Unknown("the pool has no upper bound") if unbound else most


def _switch(engine: Engine, name: str) -> Fact:
    fact = setting(engine, name, DJANGO[name])
    if isinstance(fact, Unknown):
        return fact
    on = fact.value if isinstance(fact.value, bool) else number(fact) != 0
    return Value(on, fact.origin, fact.location, fact.note)
