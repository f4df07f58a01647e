"""
What goes to the driver when it connects, and which timeouts are in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from advisor.facts.common import computed
from advisor.model import Unknown, Value
from advisor.model.subject import Fact

if TYPE_CHECKING:
    from advisor.parsers.engines import Engine

_DIRECT: Mapping[str, Mapping[str, str]] = {
    "django": {
        "OPTIONS.options": "options",
        "OPTIONS.prepare_threshold": "prepare_threshold",
        "OPTIONS.connect_timeout": "connect_timeout",
    },
    "asyncpg": {
        "statement_cache_size": "statement_cache_size",
        "server_settings": "server_settings",
        "command_timeout": "command_timeout",
    },
    "psycopg2": {"options": "options", "connect_timeout": "connect_timeout"},
}
"""Libraries that take arguments of the driver beside their own: name there, name of the driver."""
_OPEN = "the connection's arguments are not all known"
_CONNECT = ("connect_timeout", "timeout")
"""Names of the time that connecting may take: libpq's, and that of pg8000 and asyncpg."""
_STATEMENT = "statement_timeout"


def timeout_facts(engine: Engine) -> dict[str, Fact]:
    """
    Whether connecting, and a statement, are bounded in time by what goes to the driver.

    Sources: PostgreSQL "Database Connection Control Functions", connect_timeout; asyncpg "API
    Reference", connect: its timeout is 60 s unless told otherwise.
    """
    arguments, driver = connection_arguments(engine), engine.url.driver
    if isinstance(arguments, Unknown):
        return {
            "engine.connect_timeout_set": arguments,
            "engine.statement_timeout_set": arguments,
        }
    own = isinstance(driver, Value) and driver.value == "asyncpg"
    texts = [str(arguments.get("options", "")), *_names(arguments.get("server_settings"))]
    bounded = any(_STATEMENT in text for text in texts) or "command_timeout" in arguments
    return {
        "engine.connect_timeout_set": computed(own or any(one in arguments for one in _CONNECT)),
        "engine.statement_timeout_set": computed(bounded),
    }


def _names(settings: object) -> list[str]:
    return [str(name) for name in settings] if isinstance(settings, dict) else []


def connection_arguments(engine: Engine) -> dict[str, object] | Unknown:
    """
    What goes to the driver's connect, from the call and the URL.
    """
    library = str(engine.library)
    if library in _DIRECT:
        return _direct(engine, _DIRECT[library])
    argument = engine.arguments.get("kwargs" if library == "psycopg_pool" else "connect_args")
    if argument is None:
        if engine.starred or "creator" in engine.arguments:
            return Unknown(_OPEN, engine.location)
        return dict(engine.url.query)
    value = argument.value()
    if isinstance(value, Unknown) or not isinstance(value.value, dict):
        return Unknown(_OPEN, argument.location)
    return {**engine.url.query, **{str(name): one for name, one in value.value.items()}}


def _direct(engine: Engine, names: Mapping[str, str]) -> dict[str, object] | Unknown:
    """
    Arguments of the driver that stand among those of the pool, by the driver's own names.
    """
    if engine.starred:
        return Unknown(_OPEN, engine.location)
    found: dict[str, object] = dict(engine.url.query)
    for name, own in names.items():
        argument = engine.arguments.get(name)
        value = argument.value() if argument is not None else None
        if isinstance(value, Unknown):
            return Unknown(_OPEN, value.location)
        if value is not None:
            found[own] = value.value
    return found
