"""
How many connections one process keeps, and opens at most, with what is no pool of SQLAlchemy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.catalog.pools_drivers import ASYNCPG, DJANGO, PSYCOPG
from advisor.facts.common import first_unknown, holds, number, of_type, origin_of
from advisor.facts.schema import NUMBER
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from advisor.parsers.engines import Engine

_OPEN = "arguments come from elsewhere (**) and are not all known"
_SIZES: Mapping[str, tuple[str, str]] = {
    "django": ("OPTIONS.pool.min_size", "OPTIONS.pool.max_size"),
    "psycopg_pool": ("min_size", "max_size"),
    "asyncpg": ("min_size", "max_size"),
    "psycopg2": ("minconn", "maxconn"),
}
"""Names of the least and the largest size, by library."""


class Bounds(Struct, frozen=True):
    """
    The size of a pool that is no pool of SQLAlchemy.
    """

    kept: Fact
    """Connections that are opened at once and kept."""
    most: Fact
    """Connections at most; a known None where there is no limit."""


def bounds_of(engine: Engine) -> Bounds | None:
    """
    The sizes of a pool; None where nothing is pooled and every thread has a connection.
    """
    library = str(engine.library)
    if library == "django":
        pooled = django_pool(engine)
        if isinstance(pooled, Unknown):
            return Bounds(pooled, pooled)
        if not holds(pooled):
            return None
    low, high = _SIZES[library]
    default = ASYNCPG if library == "asyncpg" else PSYCOPG
    null = "NullConnectionPool" in engine.function
    least = setting(engine, low, 0 if null else default["min_size"])
    largest = setting(engine, high, default["max_size"])
    if null and _is_none(largest):
        return Bounds(least, largest)
    if _is_none(largest):
        # psycopg_pool: max_size follows min_size.
        largest = least
    return Bounds(least, _at_least(largest, least))


def setting(engine: Engine, name: str, default: float | bool | None) -> Fact:  # noqa: FBT001 - a value
    """
    One argument, else what holds without it.
    """
    argument = engine.arguments.get(name)
    if argument is None:
        if engine.starred:
            return Unknown(_OPEN, engine.location)
        return Value(default, Origin.DEFAULT, note=f"default of {engine.library}")
    value = argument.value()
    if isinstance(value, Unknown):
        return value
    if value.value is None or isinstance(value.value, bool):
        return Value(value.value, value.origin, argument.location, value.note)
    fact = of_type(value, NUMBER)
    return fact if isinstance(fact, Unknown) else Value(fact.value, fact.origin, argument.location)


def django_pool(engine: Engine) -> Fact:
    """
    Whether Django keeps a pool: ``OPTIONS["pool"]`` is true or a dict that says something.
    """
    if isinstance(engine.poolclass, Unknown):
        return engine.poolclass
    argument = engine.arguments.get("OPTIONS.pool")
    if argument is None:
        if engine.starred:
            return Unknown(_OPEN, engine.location)
        return Value(False, Origin.DEFAULT, note="default of Django")
    value = argument.value()
    if isinstance(value, Unknown):
        # A dict with a value that is not known still says something.
        sized = any(name.startswith("OPTIONS.pool.") for name in engine.arguments)
        return Value(True, Origin.EVALUATED, argument.location) if sized else value
    return Value(bool(value.value), value.origin, argument.location, value.note)


def kept_without_pool(engine: Engine) -> Fact:
    """
    Whether a thread of Django keeps its connection after a request.
    """
    age = setting(engine, "CONN_MAX_AGE", DJANGO["CONN_MAX_AGE"])
    if isinstance(age, Unknown):
        return age
    return Value(age.value is None or number(age) != 0, origin_of(age), age.location)


def _at_least(largest: Fact, least: Fact) -> Fact:
    unknown = first_unknown(largest, least)
    if unknown is not None:
        return unknown
    if number(largest) >= number(least):
        return largest
    return least


def _is_none(fact: Fact) -> bool:
    return isinstance(fact, Value) and fact.value is None
