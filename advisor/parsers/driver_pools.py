"""
Pools of connections that Python code makes with the drivers of PostgreSQL themselves.

Sources: psycopg "Connection pools" (psycopg_pool), asyncpg "API Reference" (create_pool), psycopg2
"psycopg2.pool".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from advisor import regex
from advisor.model import Location, Origin, Unknown, Value
from advisor.parsers._engine_calls import POOLS, Found, find_calls
from advisor.parsers._engine_model import Argument, Engine, EnginesDocument, PoolLibrary, role_of
from advisor.parsers._engine_reached import Reached, all_reached
from advisor.parsers._engine_urls import EngineUrl, Part, read_url
from advisor.parsers.pyeval import Library, Outcome, Program, Watch, parse, settle

_MENTIONS = ("psycopg_pool", "asyncpg", "psycopg2")
_PAIR = regex.lazy(r"(\w+)\s*=\s*(?:'([^']*)'|(\S*))")
_OPEN = "the arguments of the connection are not all known"


class _Kind(Struct, frozen=True):
    """
    How the pools of one library are made.
    """

    library: PoolLibrary
    driver: str
    url: tuple[int, str]
    """Position and name of the argument that says where to connect to."""
    settings: tuple[str, ...]
    """Arguments that are kept; any other may hold a password."""
    places: tuple[str, ...] = ()
    """Names of the first arguments, which may be given by position."""
    database: str = "database"


_PSYCOPG = _Kind(
    PoolLibrary.PSYCOPG_POOL,
    "psycopg",
    (0, "conninfo"),
    ("min_size", "max_size", "timeout", "max_waiting", "max_lifetime", "max_idle", "kwargs"),
    database="dbname",
)
_ASYNCPG = _Kind(
    PoolLibrary.ASYNCPG,
    "asyncpg",
    (0, "dsn"),
    (
        "min_size",
        "max_size",
        "max_queries",
        "max_inactive_connection_lifetime",
        "statement_cache_size",
        "server_settings",
        "timeout",
        "command_timeout",
    ),
)
_PSYCOPG2 = _Kind(
    PoolLibrary.PSYCOPG2,
    "psycopg2",
    (2, "dsn"),
    ("minconn", "maxconn", "connect_timeout", "options"),
    ("minconn", "maxconn"),
)
_KINDS: Mapping[str, _Kind] = {
    "ConnectionPool": _PSYCOPG,
    "NullConnectionPool": _PSYCOPG,
    "AsyncConnectionPool": _PSYCOPG,
    "AsyncNullConnectionPool": _PSYCOPG,
    "create_pool": _ASYNCPG,
    "SimpleConnectionPool": _PSYCOPG2,
    "ThreadedConnectionPool": _PSYCOPG2,
}


def mentions_pool(text: str) -> bool:
    """
    Whether a text may make such a pool: cheap enough to ask of every file.
    """
    return any(name in text for name in _MENTIONS) and any(name in text for name in _KINDS)


def find_pools(
    path: str,
    text: str,
    *,
    env: Mapping[str, str] | None = None,
    library: Library | None = None,
) -> EnginesDocument:
    """
    The pools that a Python file makes, without importing or running it; see `find_engines`.
    """
    if not mentions_pool(text):
        return EnginesDocument(path, (), ())
    source = parse(path, text)
    calls = tuple(find_calls(source.tree, POOLS))
    watches = tuple(Watch(found.node, found.inside) for found in calls)
    program = Program(source, dict(env or {}), "", watches, library)
    pools = (pool for found in calls for pool in _pools(program, found))
    return EnginesDocument(path, tuple(pools), source.problems)


def _pools(program: Program, found: Found) -> Iterator[Engine]:
    seen: list[tuple[Mapping[str, Outcome], EngineUrl]] = []
    for reached in all_reached(program, found):
        pool = _pool(reached)
        outcomes = {name: argument.outcome for name, argument in pool.arguments.items()}
        if (outcomes, pool.url) not in seen:
            seen.append((outcomes, pool.url))
            yield pool


def _pool(reached: Reached) -> Engine:
    found, call = reached.found, reached.call
    kind = _KINDS[found.function]
    places = {name: index for index, name in enumerate(kind.places)}
    given = {name: reached.argument(name, places.get(name)) for name in kind.settings}
    arguments: dict[str, Argument] = {name: one for name, one in given.items() if one is not None}
    return Engine(
        found.function,
        found.is_async,
        reached.location,
        arguments,
        _url(reached, kind),
        None,
        bool(found.inside),
        reached.cached,
        call.partial,
        tuple(sorted(call.spread.assumed)),
        reached.active,
        role_of(reached.program.source.path),
        reached.name,
        kind.library,
        handler=found.handler and not reached.cached,
        arms=found.arms,
    )


def _url(reached: Reached, kind: _Kind) -> EngineUrl:
    """
    Where a pool connects to, from a URL, from ``host=db dbname=shop``, or from single arguments.
    """
    where = reached.program.source.locate(reached.found.node)
    position, name = kind.url
    dialect = Value("postgresql", Origin.EVALUATED, where)
    driver = Value(kind.driver, Origin.EVALUATED, where)
    if reached.call.argument(position, name) is None:
        found = _from_arguments(reached, kind, where)
    else:
        outcome = reached.outcome(position, name)
        found = _from_conninfo(settle(outcome, where, cpus=None)) or read_url(outcome, where)
    return replace(found, dialect=dialect, driver=driver)


def _from_conninfo(value: Value[object] | Unknown) -> EngineUrl | None:
    """
    libpq's keyword/value form; None for anything else. The password is dropped.
    """
    text = value.value if isinstance(value, Value) else None
    if not isinstance(text, str) or "://" in text or not isinstance(value, Value):
        return None
    pairs = {match[1]: match[2] or match[3] for match in _PAIR.finditer(text)}
    port = pairs.get("port", "")

    def part(name: str) -> Value[str] | None:
        written = pairs.get(name)
        return Value(written, value.origin, value.location, value.note) if written else None

    number = int(port) if re.fullmatch(r"\d{1,5}", port) else None
    return EngineUrl(
        host=part("host"),
        port=None if number is None else Value(number, value.origin, value.location),
        database=part("dbname"),
        location=value.location,
    )


def _from_arguments(reached: Reached, kind: _Kind, where: Location) -> EngineUrl:
    host, port, database = (_part(reached, name) for name in ("host", "port", kind.database))
    lost = Unknown(_OPEN, where)
    if reached.call.partial and host is None:
        return EngineUrl(host=lost, port=lost, database=lost, location=where)
    number: Value[int] | Unknown | None = None
    if isinstance(port, Value):
        text = str(port.value)
        number = Value(int(text), port.origin) if re.fullmatch(r"\d{1,5}", text) else lost
    return EngineUrl(
        host=_text(host), port=number or (lost if port else None), database=_text(database)
    )


def _part(reached: Reached, name: str) -> Value[object] | Unknown | None:
    """
    One argument of the connection: of the call itself, or of psycopg's ``kwargs``.
    """
    argument = reached.argument(name)
    if argument is not None:
        return argument.value()
    held = reached.argument("kwargs")
    value = held.value() if held is not None else None
    if isinstance(value, Unknown) or value is None:
        return value
    found = value.value.get(name) if isinstance(value.value, dict) else None
    return None if found is None else Value(found, value.origin, value.location, value.note)


def _text(value: Value[object] | Unknown | None) -> Part | None:
    if not isinstance(value, Value):
        return value
    return Value(str(value.value), value.origin, value.location, value.note)
