"""
Several pools of one process for one database.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from advisor.facts.common import computed
from advisor.facts.engine import engine_facts
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.engines import exclusive

if TYPE_CHECKING:
    from advisor.parsers.engines import Engine

_COUNTED = ("sqlalchemy", "psycopg_pool", "asyncpg", "psycopg2")
"""Django's aliases are databases of their own, and are meant to be."""


def twin_facts(engine: Engine, engines: Iterable[Engine]) -> dict[str, Fact]:
    """
    Facts under ``twin.``: the first of the application's `engines` for the same database.

    Whose host or database is not known is nobody's twin; engines of different branches of one
    ``if`` are not, and neither is what a function makes for its caller.
    """
    first = next((one for one in engines if one is engine or _are_twins(one, engine)), engine)
    if first is engine:
        return {"twin.place": computed(""), "twin.capacity": Unknown("it has no twin")}
    place = first.location
    return {
        "twin.place": Value(f"{place.path}:{place.line}", Origin.EVALUATED, place),
        "twin.capacity": engine_facts(first)["engine.capacity"],
    }


def _are_twins(one: Engine, other: Engine) -> bool:
    alike = _target(one) is not None and _target(one) == _target(other)
    return alike and _lasts(one) and _lasts(other) and not exclusive(one, other)


def _lasts(engine: Engine) -> bool:
    kept = engine.active and (engine.cached or not engine.in_function)
    return kept and str(engine.role) == "app" and str(engine.library) in _COUNTED


def _target(engine: Engine) -> tuple[object, ...] | None:
    """
    Host, port and database of a server, None where one of them is not known.
    """
    url = engine.url
    dialect = url.dialect.value if isinstance(url.dialect, Value) else ""
    if dialect in ("", "sqlite") or not isinstance(url.host, Value):
        return None
    if not isinstance(url.database, Value) or isinstance(url.port, Unknown):
        return None
    port = url.port.value if url.port else None
    return dialect, url.host.value, port, url.database.value
