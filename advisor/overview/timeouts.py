"""
The timeouts that a request meets, from the inside out, and which of them end too late.

Waiting for the pool, for the pooler and for the server happen one after the other inside of one
request. Each has to end before what is around the request gives up: the worker's deadline, then
the proxy's. Otherwise the application is cut off before it can say what it was waiting for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from advisor import regex
from advisor.deployment.model import Application, Deployment, Proxy, ProxyEdge
from advisor.deployment.places import located
from advisor.facts.engine import engine_facts
from advisor.facts.gunicorn import gunicorn_facts
from advisor.facts.schema import DURATION
from advisor.model import Order, Origin, TimeoutChain, TimeoutStep, Unknown, Value, Wait
from advisor.model.subject import Fact
from advisor.parsers.engines import Engine
from advisor.rules.template import show

_AROUND = (Wait.WORKER, Wait.PROXY, Wait.BALANCER)
"""Bounds of the request itself, innermost first; everything else happens inside of it."""
_CONNECT = {"psycopg2": "connect_timeout", "psycopg": "connect_timeout", "asyncpg": "timeout"}
"""Driver → its parameter for the time to connect (libpq, "Parameter Key Words"; asyncpg)."""
_AT_ONCE = (Wait.POOL, Wait.PROXY)
"""Where 0 is no time at all: QueuePool and nginx give up at once (tried with both)."""
_STATEMENT = regex.lazy(r"(?:-c\s*|--)statement_timeout\b")
_NOT_ALL = "the arguments of the engine are not all known"


def timeouts(deployment: Deployment) -> Iterator[TimeoutChain]:
    """
    One chain for each application that a proxy or a database of the deployment knows.
    """
    connected = {
        *(one.application.name for one in deployment.proxy_edges),
        *(one.application.name for one in deployment.database_edges),
        *(one.application.name for one in deployment.pooler_edges),
    }
    for application in deployment.applications:
        if application.name in connected:
            files, steps = deployment.embedded, [*_steps(deployment, application)]
            placed = (replace(one, location=located(one.location, files)) for one in steps)
            yield TimeoutChain(application.name, tuple(_judged([*placed])))


def _judged(steps: Sequence[TimeoutStep]) -> Iterator[TimeoutStep]:
    """
    The steps, late where one of those around them ends at the same time or before.
    """
    for step in steps:
        first = min(_around(step, steps), key=lambda one: one.seconds or 0, default=None)
        late = first is not None and step.order is Order.FITS
        if first is None or not late or (step.seconds or 0) < (first.seconds or 0):
            yield step
            continue
        words = f"{first.setting} ends the request after {show(first.seconds, DURATION)}"
        note = f"{step.note}; {words}" if step.note else words
        yield replace(step, order=Order.LATE, note=note)


def _around(step: TimeoutStep, steps: Sequence[TimeoutStep]) -> Iterator[TimeoutStep]:
    inside = _AROUND.index(step.wait) + 1 if step.wait in _AROUND else 0
    outer = _AROUND[inside:]
    return (one for one in steps if one.wait in outer and one.order is Order.FITS)


def _steps(deployment: Deployment, application: Application) -> Iterator[TimeoutStep]:
    for engine in (one for one in application.engines if str(one.role) == "app"):
        yield _connect(engine)
        yield from _pool(engine)
        yield from _pooler(deployment, application, engine)
        yield from _statement(deployment, application, engine)
    yield _worker(application)
    edges = [one for one in deployment.proxy_edges if one.application is application]
    for proxy in {id(one.proxy): one.proxy for one in edges}.values():
        yield from _proxy(proxy, [one for one in edges if one.proxy is proxy], deployment)
    yield TimeoutStep(
        Wait.BALANCER, "", None, Order.UNKNOWN, "what stands before the proxy is not in the files"
    )


def _connect(engine: Engine) -> TimeoutStep:
    """
    How long the driver tries to connect.
    """
    arguments = _arguments(engine)
    driver = engine.url.driver.value if isinstance(engine.url.driver, Value) else "psycopg2"
    unknown = isinstance(engine.url.driver, Unknown) or driver not in _CONNECT
    name = "connect_timeout" if unknown else _CONNECT[driver]
    if unknown or isinstance(arguments, Unknown):
        reason = arguments.reason if isinstance(arguments, Unknown) else "the driver is not known"
        return TimeoutStep(Wait.CONNECT, name, None, Order.UNKNOWN, reason, engine.location)
    if name not in arguments:
        if driver == "asyncpg":
            return _step(Wait.CONNECT, name, Value(60, Origin.DEFAULT, note="default of asyncpg"))
        if driver == "psycopg":
            reason = "not set, its default depends on the version of psycopg"
            return TimeoutStep(Wait.CONNECT, name, None, Order.UNKNOWN, reason, engine.location)
        return _step(Wait.CONNECT, name, Value(0, Origin.DEFAULT, note="default of libpq"))
    try:
        seconds = float(str(arguments[name]))
    except ValueError:
        reason = "its value is no number"
        return TimeoutStep(Wait.CONNECT, name, None, Order.UNKNOWN, reason, engine.location)
    return _step(Wait.CONNECT, name, Value(seconds, Origin.LITERAL, engine.location))


def _pool(engine: Engine) -> Iterator[TimeoutStep]:
    facts = engine_facts(engine)
    pooled, argument = facts["engine.pooled"], engine.arguments.get("pool_timeout")
    if isinstance(pooled, Value) and not pooled.value:
        return
    written = argument.value() if argument else None
    if isinstance(written, Value) and written.value is None:
        yield TimeoutStep(Wait.POOL, "pool_timeout", None, Order.UNLIMITED, "", written.location)
    else:
        yield _step(Wait.POOL, "pool_timeout", facts["engine.pool_timeout"])


def _pooler(
    deployment: Deployment, application: Application, engine: Engine
) -> Iterator[TimeoutStep]:
    for edge in deployment.pooler_edges:
        if edge.application is application and edge.engine is engine:
            from advisor.facts.pgbouncer import pooler_facts  # noqa: PLC0415 - start-up cost

            facts = pooler_facts(deployment, edge.pooler)
            name = "query_wait_timeout"
            yield _step(Wait.POOLER, name, facts[f"pgbouncer.{name}"])


def _statement(
    deployment: Deployment, application: Application, engine: Engine
) -> Iterator[TimeoutStep]:
    """
    How long a statement may run, by the server's configuration; a role may have its own limit.
    """
    for edge in deployment.database_edges:
        if edge.application is application and edge.engine is engine:
            from advisor.facts.postgresql import database_facts  # noqa: PLC0415 - start-up cost

            name, arguments = "statement_timeout", _arguments(engine)
            if isinstance(arguments, Unknown) or _sets_statement(arguments):
                reason = arguments.reason if isinstance(arguments, Unknown) else ""
                reason = reason or "the connection sets it"
                where = engine.location
                yield TimeoutStep(Wait.STATEMENT, name, None, Order.UNKNOWN, reason, where)
            else:
                facts = database_facts(deployment, edge.database)
                yield _step(Wait.STATEMENT, name, facts[f"pg.{name}"])


def _sets_statement(arguments: Mapping[str, object]) -> bool:
    settings = arguments.get("server_settings")
    named = isinstance(settings, dict) and "statement_timeout" in settings
    return named or bool(_STATEMENT.search(str(arguments.get("options") or "")))


def _arguments(engine: Engine) -> Mapping[str, object] | Unknown:
    """
    What goes to the driver, from the URL and the call.
    """
    argument = engine.arguments.get("connect_args")
    if argument is None:
        return Unknown(_NOT_ALL) if engine.starred else dict(engine.url.query)
    value = argument.value()
    if isinstance(value, Unknown) or not isinstance(value.value, dict):
        return Unknown(_NOT_ALL)
    return {**engine.url.query, **{str(name): one for name, one in value.value.items()}}


def _worker(application: Application) -> TimeoutStep:
    """
    Only a synchronous worker is killed because of its request; others must show signs of life.
    """
    facts = gunicorn_facts(application)
    step = _step(Wait.WORKER, "timeout", facts["gunicorn.timeout"])
    kind = facts["gunicorn.class"]
    if step.order is not Order.FITS:
        return step
    if isinstance(kind, Unknown) or kind.value == "unknown":
        return replace(step, order=Order.IDLE, note="what it bounds depends on the worker class")
    if kind.value != "sync":
        return replace(step, order=Order.IDLE, note=f"a heartbeat of {kind.value} workers")
    return step


def _proxy(
    proxy: Proxy, edges: Sequence[ProxyEdge], deployment: Deployment
) -> Iterator[TimeoutStep]:
    """
    How long nginx waits for an answer: the shortest time of all locations that pass to it.
    """
    from advisor.facts.nginx import Reader  # noqa: PLC0415 - start-up cost

    name, settings, config = "proxy_read_timeout", Reader(proxy, deployment).settings, proxy.config
    uses = config.upstream_uses()
    scopes = [scope for edge in edges for scope in uses.get(edge.upstream, ())]
    if not scopes:
        targets = ((one, config.proxied(one)) for one in config.locations)
        scopes = [one for one, target in targets if target and not target.upstream]
    facts = [settings.typed(scope, name, context="location") for scope in scopes]
    steps = [_step(Wait.PROXY, name, fact) for fact in facts]
    known = [one for one in steps if one.order is Order.FITS]
    if len(known) == len(steps):
        yield from sorted(known, key=lambda one: one.seconds or 0)[:1]
    else:
        yield from [one for one in steps if one.order is not Order.FITS][:1]


def _step(wait: Wait, name: str, fact: Fact) -> TimeoutStep:
    """
    A timeout as it is known; 0 or less stands for none, but for those of `_AT_ONCE`.
    """
    if isinstance(fact, Unknown):
        return TimeoutStep(wait, name, None, Order.UNKNOWN, fact.reason, fact.location)
    seconds = fact.value
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        return TimeoutStep(wait, name, None, Order.UNKNOWN, "it is not set", fact.location)
    if seconds < 0 or (not seconds and wait not in _AT_ONCE):
        return TimeoutStep(wait, name, None, Order.UNLIMITED, fact.note, fact.location)
    return TimeoutStep(wait, name, float(seconds), Order.FITS, fact.note, fact.location)
