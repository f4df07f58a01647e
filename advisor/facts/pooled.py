"""
Facts of an engine that talks to PgBouncer: what its driver does that a pooler may not stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from advisor import regex
from advisor.facts.bounds import setting
from advisor.facts.common import computed
from advisor.facts.connecting import connection_arguments
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact

if TYPE_CHECKING:
    from advisor.parsers.engines import Engine

_PSYCOPG = ("psycopg", "psycopg_async")
_NEVER = ("psycopg2", "psycopg2cffi")
"""Drivers that prepare nothing by themselves."""
_PSYCOPG_SINCE = (2, 1)
"""SQLAlchemy connects with psycopg 3 from here on where a URL names no driver."""
_TRACKED = frozenset(
    {"client_encoding", "datestyle", "timezone", "standard_conforming_strings"}
    | {"application_name"}
)
"""Parameters that PgBouncer keeps per client, whatever it is told to ignore."""
_OPTIONS_SINCE = (1, 20)
_OPTION = regex.lazy(r"(?:-c\s*|--)([A-Za-z_][\w.-]*)\s*=")


def pooled_facts(
    engine: Engine, gunicorn: Mapping[str, Fact], pooler: Mapping[str, Fact]
) -> dict[str, Fact]:
    """
    Facts under ``pooled.``.
    """
    driver = _driver(engine)
    arguments = connection_arguments(engine)
    return {
        "pooled.driver": driver,
        "pooled.cursors": _cursors(engine),
        "pooled.transactions": _transactions(engine),
        "pooled.prepares": _prepares(engine, driver, arguments),
        "pooled.refused": _sent(engine, driver, arguments, pooler, refused=True),
        "pooled.ignored": _sent(engine, driver, arguments, pooler, refused=False),
        "pooled.deadline": _deadline(gunicorn),
    }


def _driver(engine: Engine) -> Fact:
    driver, dialect = engine.url.driver, engine.url.dialect
    if dialect is None or isinstance(dialect, Unknown) or isinstance(driver, Unknown):
        return Unknown("the URL is not known", engine.location)
    if driver is not None:
        return driver
    if str(engine.library) == "django":
        note = "Django takes psycopg 3 where it is installed"
        return Value("psycopg", Origin.DEFAULT, dialect.location, note)
    version = engine.version
    newer = isinstance(version, Value) and version.value >= _PSYCOPG_SINCE
    name = "psycopg" if newer else "psycopg2"
    return Value(name, Origin.DEFAULT, dialect.location, "default of SQLAlchemy")


def _cursors(engine: Engine) -> Fact:
    """
    Django's iterator() uses cursors WITH HOLD unless DISABLE_SERVER_SIDE_CURSORS is on.
    """
    if str(engine.library) != "django":
        return computed(value=False)
    off = setting(engine, "DISABLE_SERVER_SIDE_CURSORS", default=False)
    if isinstance(off, Unknown):
        return off
    return Value(not off.value, off.origin, off.location or engine.location)


def _transactions(engine: Engine) -> Fact:
    """
    Whether the engine opens transaction blocks, as SQLAlchemy does unless told to commit by itself.
    """
    if str(engine.library) in ("django", "asyncpg"):
        return Unknown("it opens transaction blocks where the code asks for them")
    levels: list[object] = []
    for name in ("isolation_level", "execution_options"):
        argument = engine.arguments.get(name)
        value = argument.value() if argument else None
        if isinstance(value, Unknown):
            return value
        given = value.value if value else None
        levels.append(given.get("isolation_level") if isinstance(given, dict) else given)
    if engine.starred:
        return Unknown("the engine's arguments are not all known", engine.location)
    return Value("AUTOCOMMIT" not in levels, Origin.EVALUATED, engine.location)


def _prepares(engine: Engine, driver: Fact, arguments: dict[str, object] | Unknown) -> Fact:
    """
    asyncpg and psycopg 3 prepare unless told not to.

    Sources: SQLAlchemy's PostgreSQL dialect, "Prepared Statement Cache" and "Prepared Statement
    Name with PGBouncer"; psycopg 3, "Prepared statements".
    """
    if isinstance(driver, Unknown):
        return driver
    if driver.value in _NEVER:
        return computed(value=False)
    if str(engine.library) == "django":
        # Django sets prepare_threshold to None unless OPTIONS say otherwise.
        own = isinstance(arguments, dict) and arguments.get("prepare_threshold") is not None
        return arguments if isinstance(arguments, Unknown) else computed(own)
    if isinstance(arguments, Unknown):
        return arguments
    place = engine.location
    if driver.value in _PSYCOPG:
        off = "prepare_threshold" in arguments and arguments["prepare_threshold"] is None
        return Value(not off, Origin.EVALUATED, place)
    if driver.value != "asyncpg":
        return Unknown(f"what {driver.value} prepares is not known", driver.location)
    renamed = "prepared_statement_name_func" in arguments
    caches = ["statement_cache_size"]
    if str(engine.library) == "sqlalchemy":
        caches.append("prepared_statement_cache_size")
    off = all(str(arguments.get(name)) == "0" for name in caches)
    return Value(not (renamed or off), Origin.EVALUATED, place)


def _sent(
    engine: Engine,
    driver: Fact,
    arguments: dict[str, object] | Unknown,
    pooler: Mapping[str, Fact],
    *,
    refused: bool,
) -> Fact:
    """
    Parameters of the first packet that PgBouncer refuses, or takes and then drops.
    """
    ignored, version = pooler["pgbouncer.ignore_startup_parameters"], pooler["pgbouncer.version"]
    extra = pooler["pgbouncer.track_extra_parameters"]
    for fact in (driver, arguments, ignored, extra):
        if isinstance(fact, Unknown):
            return fact
    sent = set(_parameters(arguments)) if isinstance(arguments, dict) else set()
    dropped, tracked = _names(ignored), _TRACKED | _names(extra)
    known = version.value if isinstance(version, Value) else None
    by_options = isinstance(arguments, dict) and bool(arguments.get("options"))
    parts = [one for one in known if isinstance(one, int)] if isinstance(known, tuple) else []
    old = bool(parts) and tuple(parts[:2]) < _OPTIONS_SINCE
    if by_options and (old or "options" in dropped):
        lost = sent - tracked if "options" in dropped else {"options"}
        found = lost if refused != ("options" in dropped) else set()
    else:
        unknown = sent - tracked
        found = unknown - dropped if refused else unknown & dropped
    return Value(" and ".join(sorted(found)), Origin.EVALUATED, engine.location)


def _parameters(arguments: Mapping[str, object]) -> Iterator[str]:
    options = arguments.get("options")
    if isinstance(options, str):
        for match in _OPTION.finditer(unquote_plus(options)):
            yield match[1].lower().replace("-", "_")
    settings = arguments.get("server_settings")
    if isinstance(settings, dict):
        yield from (str(name).lower() for name in settings)


def _names(fact: Fact) -> set[str]:
    text = str(fact.value) if isinstance(fact, Value) else ""
    return {one.strip().lower() for one in text.split(",")}


def _deadline(gunicorn: Mapping[str, Fact]) -> Fact:
    kind, timeout = gunicorn["gunicorn.class"], gunicorn["gunicorn.timeout"]
    if isinstance(kind, Unknown):
        return kind
    if kind.value != "sync":
        return Unknown("only synchronous workers are killed when a request takes too long")
    return timeout
