"""
Facts of SQLAlchemy engines: their pools, written or defaulted; and what they share with others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from advisor.catalog.pools import ACCEPTS, ARGUMENTS, QUEUED, default_poolclass, limits
from advisor.deployment.edges import LOOPBACK, POOLER_PORT
from advisor.deployment.model import Deployment
from advisor.facts.bounds import bounds_of, django_pool
from advisor.facts.common import computed, first_unknown, holds, number, of_type, origin_of
from advisor.facts.connecting import timeout_facts
from advisor.facts.namespaces import namespace
from advisor.facts.schema import BOOL
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Subject

if TYPE_CHECKING:
    from advisor.parsers.engines import Engine

_IN_CALL = frozenset(
    {"pool_size", "max_overflow", "pool_timeout", "pool_recycle", "pool_pre_ping", "poolclass"}
)
_OFF = frozenset({"false", "no", "off", "0", "f", "n"})
_PSYCOPG_SINCE = (2, 1)
_OLDER = frozenset({"psycopg2", "psycopg2-binary"})
_NEWER = frozenset({"psycopg", "psycopg-binary", "psycopg-c"})
_SIZING = ("pool_size", "max_overflow", "pool_timeout", "pool_use_lifo")
_OPEN = "arguments come from elsewhere (**) and are not all known"


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every engine of SQLAlchemy in the deployment.
    """
    pooled = pooled_engines(deployment)
    for engine in deployment.engines:
        if not is_sqlalchemy(engine):
            continue
        yield Subject(
            target="engine",
            name=f"engine in {engine.location}",
            facts=engine_facts(engine, pooler=id(engine) in pooled),
            location=engine.location,
            path=engine.location.path,
        )


def is_sqlalchemy(engine: Engine) -> bool:
    """
    Whether it is an engine of SQLAlchemy, and no other pool.
    """
    return str(engine.library) == "sqlalchemy"


def pooled_engines(deployment: Deployment) -> frozenset[int]:
    """
    Identities of the engines that were found to reach their server through a pooler.
    """
    return frozenset(id(edge.engine) for edge in deployment.database_edges if edge.pooler)


def engine_facts(engine: Engine, *, pooler: bool = False) -> dict[str, Fact]:
    """
    Facts under ``engine.`` for one engine. `pooler` says that one was found behind its URL.
    """
    own = _sqlalchemy(engine) if is_sqlalchemy(engine) else _other(engine)
    place = engine.location
    return {
        "engine.library": Value(str(engine.library), Origin.LITERAL, place),
        "engine.version": engine.version,
        "engine.function": Value(engine.function, Origin.LITERAL, place),
        "engine.is_async": Value(engine.is_async, Origin.LITERAL, place),
        "engine.role": Value(str(engine.role), Origin.EVALUATED, place),
        "engine.dialect": _text(engine.url.dialect),
        "engine.driver": _text(engine.url.driver),
        "engine.host": _text(engine.url.host),
        "engine.local": _local(engine),
        "engine.in_memory": computed(engine.url.memory),
        "engine.through_pooler": computed(pooler or _through_pooler(engine)),
        "engine.connects_at_import": Value(
            engine.connects is not None, Origin.EVALUATED, engine.connects
        ),
        "engine.resolved": computed(not engine.starred),
        "engine.place": Value(f"{place.path}:{place.line}", Origin.EVALUATED, place),
        "engine.handler": Value(engine.handler, Origin.LITERAL, place),
        "engine.misplaced_options": _misplaced(engine),
        "engine.missing_driver": _missing_driver(engine),
        "engine.unread_keys": _unread(engine),
        "engine.binary_driver": _binary_driver(engine),
        **timeout_facts(engine),
        **own,
    }


def _sqlalchemy(engine: Engine) -> dict[str, Fact]:
    poolclass = _poolclass(engine)
    specs = [one for one in namespace("engine").values() if one.program]
    settings = {one.name: of_type(_setting(engine, one.setting), one.type) for one in specs}
    size, overflow = settings["engine.pool_size"], settings["engine.max_overflow"]
    pooled = _of_class(poolclass, lambda name: name in QUEUED)
    return {
        "engine.poolclass": poolclass,
        "engine.poolclass_set": computed(engine.poolclass is not None),
        "engine.pooled": pooled,
        "engine.capacity": _capacity(size, overflow, pooled),
        "engine.unbounded": _unbounded(size, overflow, pooled),
        "engine.per_thread": computed(value=False),
        "engine.echo": _literally(engine, "echo"),
        "engine.false_text": _false_text(engine),
        "engine.autocommit": _autocommit(engine),
        "engine.refused_arguments": _of_class(
            poolclass, lambda name: " and ".join(_refused(engine, name))
        ),
        **settings,
    }


def _other(engine: Engine) -> dict[str, Fact]:
    """
    The same facts for what has no pool of SQLAlchemy: its settings are nobody's.
    """
    specs = [one for one in namespace("engine").values() if one.program]
    absent = Value(None, Origin.DEFAULT, note=f"no setting of {engine.library}")
    bounds = bounds_of(engine)
    most = bounds.most if bounds else Unknown("every thread has a connection of its own")
    endless = isinstance(most, Value) and most.value is None
    return {
        "engine.poolclass": computed(""),
        "engine.poolclass_set": computed(value=False),
        "engine.pooled": computed(value=False),
        "engine.capacity": Unknown("the pool has no upper bound") if endless else most,
        "engine.unbounded": computed(endless),
        "engine.per_thread": _per_thread(engine),
        "engine.echo": computed(value=False),
        "engine.false_text": computed(""),
        "engine.autocommit": computed(value=False),
        "engine.refused_arguments": computed(""),
        **dict.fromkeys((one.name for one in specs), absent),
    }


def _literally(engine: Engine, name: str) -> Fact:
    """
    Whether a switch is on whatever the environment says: no variable, and no ``if`` around it.
    """
    argument = None if engine.arms else engine.arguments.get(name)
    value = argument.value() if argument else None
    if argument is None or isinstance(value, Unknown) or value is None:
        return computed(value=False)
    return Value(
        value.value is True and value.origin is Origin.LITERAL, value.origin, argument.location
    )


def _false_text(engine: Engine) -> Fact:
    """
    A switch that is given a text for "off", which is true like any text that is not empty.
    """
    for name in ("pool_pre_ping", "pool_use_lifo"):
        argument = engine.arguments.get(name)
        value = argument.value() if argument else None
        text = value.value if isinstance(value, Value) else None
        if argument and value and isinstance(text, str) and text.strip().lower() in _OFF:
            said = f"{name} = {text}"
            origin = Origin.EVALUATED if isinstance(value, Unknown) else value.origin
            return Value(said, origin, argument.location)
    return computed("")


def _autocommit(engine: Engine) -> Fact:
    """
    Whether every statement commits by itself, for all who use the engine.
    """
    argument = engine.arguments.get("isolation_level")
    value = argument.value() if argument else None
    if argument is None or value is None:
        return Unknown(_OPEN, engine.location) if engine.starred else computed(value=False)
    if isinstance(value, Unknown):
        return value
    return Value(value.value == "AUTOCOMMIT", value.origin, argument.location, value.note)


def _misplaced(engine: Engine) -> Fact:
    """
    Options of the pool that stand in the URL, which goes to the driver whole.
    """
    names = sorted(_IN_CALL & engine.url.query.keys())
    return Value(" and ".join(names), Origin.EVALUATED, engine.url.location)


def _missing_driver(engine: Engine) -> Fact:
    """
    The driver that SQLAlchemy 2.1 takes where a URL names none, if only the older is installed.

    Source: SQLAlchemy 2.1 "What's New", default PostgreSQL driver.
    """
    dialect, version, packages = engine.url.dialect, engine.version, engine.packages
    plain = isinstance(dialect, Value) and dialect.value == "postgresql"
    if not plain or engine.url.driver is not None or not is_sqlalchemy(engine):
        return computed("")
    if not isinstance(version, Value) or version.value < _PSYCOPG_SINCE:
        return computed("")
    lacks = _OLDER & packages.keys() and not _NEWER & packages.keys()
    return computed("psycopg" if lacks and not engine.is_async else "")


def _binary_driver(engine: Engine) -> Fact:
    """
    Whether psycopg2 comes with libraries of its own, at the line that asks for it.
    """
    place = engine.packages.get("psycopg2-binary")
    driver, dialect = engine.url.driver, engine.url.dialect
    named = driver.value if isinstance(driver, Value) else "psycopg2"
    mine = isinstance(dialect, Value) and dialect.value == "postgresql" and named == "psycopg2"
    newer = not _NEWER.isdisjoint(engine.packages) and driver is None
    used = place is not None and mine and not newer and "psycopg2" not in engine.packages
    return Value(used, Origin.EVALUATED, place if used else None)


def _unread(engine: Engine) -> Fact:
    names = " and ".join(name for name, _ in engine.unread)
    place = engine.unread[0][1] if engine.unread else None
    return Value(names, Origin.EVALUATED, place)


def _per_thread(engine: Engine) -> Fact:
    """
    Whether every thread has a connection of its own; shown at the database of the settings.
    """
    if str(engine.library) != "django":
        return computed(value=False)
    pooled = django_pool(engine)
    if isinstance(pooled, Unknown):
        return pooled
    if holds(pooled):
        return computed(value=False)
    return Value(value=True, origin=pooled.origin, location=engine.location)


def _setting(engine: Engine, name: str) -> Value[object] | Unknown:
    argument = engine.arguments.get(name)
    if argument is None:
        if engine.starred:
            return Unknown(_OPEN, engine.location)
        return Value(ARGUMENTS[name].default, Origin.DEFAULT, note="default of SQLAlchemy")
    value = argument.value()
    if isinstance(value, Unknown):
        return value
    # SQLAlchemy takes anything that is true for a switch.
    truths = (int, str, type(None))
    switch = namespace("engine")[name].type == BOOL and isinstance(value.value, truths)
    known = bool(value.value) if switch else value.value
    if known is None:
        return Unknown("is None, which stands for no number", argument.location)
    return Value(known, value.origin, argument.location, value.note)


def _poolclass(engine: Engine) -> Fact:
    named = engine.poolclass
    if isinstance(named, Unknown):
        return named
    if named is not None:
        return Value(named, Origin.LITERAL, engine.arguments["poolclass"].location)
    if "pool" in engine.arguments:
        return Unknown("a pool made elsewhere is passed", engine.arguments["pool"].location)
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
    unknown = first_unknown(pooled, size, overflow)
    if unknown is not None:
        return unknown
    if not holds(pooled):
        return Unknown("the pool class keeps no fixed number of connections")
    most = limits(number(size), number(overflow))[1]
    if most is None:
        return Unknown("the pool has no upper bound")
    return Value(most, origin_of(size, overflow))


def _unbounded(size: Fact, overflow: Fact, pooled: Fact) -> Fact:
    unknown = first_unknown(pooled, size, overflow)
    if unknown is not None:
        return unknown
    bound = limits(number(size), number(overflow))[1]
    return Value(holds(pooled) and bound is None, origin_of(size, overflow))


def _local(engine: Engine) -> Fact:
    """
    Loopback and sockets; unknown when the URL is not known.
    """
    url = engine.url
    if url.dialect is None or isinstance(url.dialect, Unknown) or isinstance(url.host, Unknown):
        return Unknown("the URL is not known", engine.location)
    host = url.host.value if url.host is not None else ""
    return computed(host.lower() in ("", *LOOPBACK) or host.startswith("/"))


def _through_pooler(engine: Engine) -> bool:
    host, port = engine.url.host, engine.url.port
    named = isinstance(host, Value) and "bouncer" in host.value.lower()
    return named or (isinstance(port, Value) and port.value == POOLER_PORT)


def _text(part: Value[str] | Unknown | None) -> Fact:
    return computed("") if part is None else part
