"""
Facts of SQLAlchemy engines: their pools, written or defaulted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from advisor.catalog.pools import ACCEPTS, ARGUMENTS, QUEUED, default_poolclass
from advisor.deployment.model import Deployment
from advisor.facts.common import computed
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Subject

if TYPE_CHECKING:
    from advisor.parsers.engines import Engine

_LOCAL = ("", "localhost", "127.0.0.1", "::1")
_SIZING = ("pool_size", "max_overflow", "pool_timeout", "pool_use_lifo")
_SETTINGS = ("pool_size", "max_overflow", "pool_timeout", "pool_recycle", "pool_pre_ping")
_POOLER_PORT = 6432
_OPEN = "arguments come from elsewhere (**) and are not all known"


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every engine of the deployment.
    """
    for engine in deployment.engines:
        yield Subject(
            target="engine",
            name=f"engine in {engine.location}",
            facts=engine_facts(engine),
            location=engine.location,
            path=engine.location.path,
        )


def engine_facts(engine: Engine) -> dict[str, Fact]:
    """
    Facts under ``engine.`` for one engine.
    """
    place = engine.location
    poolclass = _poolclass(engine)
    settings = {f"engine.{name}": _setting(engine, name) for name in _SETTINGS}
    size, overflow = settings["engine.pool_size"], settings["engine.max_overflow"]
    pooled = _of_class(poolclass, lambda name: name in QUEUED)
    return {
        "engine.function": Value(engine.function, Origin.LITERAL, place),
        "engine.is_async": Value(engine.is_async, Origin.LITERAL, place),
        "engine.role": Value(str(engine.role), Origin.EVALUATED, place),
        "engine.dialect": _text(engine.url.dialect),
        "engine.driver": _text(engine.url.driver),
        "engine.host": _text(engine.url.host),
        "engine.local": _local(engine),
        "engine.poolclass": poolclass,
        "engine.poolclass_set": computed(engine.poolclass is not None),
        "engine.pooled": pooled,
        "engine.capacity": _capacity(size, overflow, pooled),
        "engine.unbounded": _unbounded(size, overflow, pooled),
        "engine.refused_arguments": _of_class(
            poolclass, lambda name: " and ".join(_refused(engine, name))
        ),
        "engine.through_pooler": computed(_through_pooler(engine)),
        "engine.resolved": computed(not engine.starred),
        **settings,
    }


def _setting(engine: Engine, name: str) -> Fact:
    argument = engine.arguments.get(name)
    if argument is None:
        if engine.starred:
            return Unknown(_OPEN, engine.location)
        return Value(ARGUMENTS[name].default, Origin.DEFAULT, note="default of SQLAlchemy")
    value = argument.value()
    if isinstance(value, Unknown):
        return value
    if not isinstance(value.value, (bool, int, float)):
        return Unknown("is no number", argument.location)
    return Value(value.value, value.origin, argument.location, value.note)


def _poolclass(engine: Engine) -> Fact:
    named = engine.poolclass
    if isinstance(named, Unknown):
        return named
    if named is not None:
        return Value(named, Origin.LITERAL, engine.arguments["poolclass"].location)
    if engine.starred:
        return Unknown(_OPEN, engine.location)
    dialect = engine.url.dialect
    known = dialect.value if isinstance(dialect, Value) else ""
    default = default_poolclass(known, is_async=engine.is_async, memory=engine.url.memory)
    return Value(default, Origin.DEFAULT, note="default of SQLAlchemy")


def _of_class(poolclass: Fact, function: Callable[[str], bool | str]) -> Fact:
    if isinstance(poolclass, Unknown):
        return poolclass
    return Value(function(str(poolclass.value)), Origin.EVALUATED, poolclass.location)


def _refused(engine: Engine, poolclass: str) -> list[str]:
    """
    Sizing arguments that are given and that the class does not take.
    """
    accepted = ACCEPTS.get(poolclass)
    if accepted is None:
        return []
    return [name for name in _SIZING if name in engine.arguments and name not in accepted]


def _capacity(size: Fact, overflow: Fact, pooled: Fact) -> Fact:
    for fact in (pooled, size, overflow):
        if isinstance(fact, Unknown):
            return fact
    if not _truth(pooled):
        return Unknown("the pool class keeps no fixed number of connections")
    origin = max(_origin(size), _origin(overflow), key=list(Origin).index)
    total = _number(size) + max(_number(overflow), 0)
    return Value(total, Origin.EVALUATED if origin is not Origin.ASSUMED else origin)


def _unbounded(size: Fact, overflow: Fact, pooled: Fact) -> Fact:
    for fact in (pooled, size, overflow):
        if isinstance(fact, Unknown):
            return fact
    return computed(_truth(pooled) and (_number(size) == 0 or _number(overflow) < 0))


def _local(engine: Engine) -> Fact:
    """
    Loopback and sockets; unknown when the URL is not known.
    """
    url = engine.url
    if url.dialect is None or isinstance(url.dialect, Unknown) or isinstance(url.host, Unknown):
        return Unknown("the URL is not known", engine.location)
    host = url.host.value if url.host is not None else ""
    return computed(host.lower() in _LOCAL or host.startswith("/"))


def _through_pooler(engine: Engine) -> bool:
    host, port = engine.url.host, engine.url.port
    named = isinstance(host, Value) and "bouncer" in host.value.lower()
    return named or (isinstance(port, Value) and port.value == _POOLER_PORT)


def _text(part: Value[str] | Unknown | None) -> Fact:
    return computed("") if part is None else part


def _truth(fact: Fact) -> bool:
    return isinstance(fact, Value) and bool(fact.value)


def _number(fact: Fact) -> int:
    value = fact.value if isinstance(fact, Value) else 0
    return int(value) if isinstance(value, (int, float)) else 0


def _origin(fact: Fact) -> Origin:
    return fact.origin if isinstance(fact, Value) else Origin.ASSUMED
