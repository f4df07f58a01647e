"""
Database engines that Python code creates with SQLAlchemy, and the arguments of their pools.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor.model import Location, Unknown, Value
from advisor.parsers._engine_calls import ATTRIBUTE, ENGINES, Found, find_calls
from advisor.parsers._engine_connects import find_connection
from advisor.parsers._engine_model import (
    Argument,
    Engine,
    EnginesDocument,
    PoolLibrary,
    Role,
    class_of,
    exclusive,
    role_of,
)
from advisor.parsers._engine_reached import Reached, all_reached
from advisor.parsers._engine_urls import EngineUrl, read_url
from advisor.parsers.pyeval import Library, Outcome, Program, Watch, parse

__all__ = [
    "Argument",
    "Engine",
    "EnginesDocument",
    "PoolLibrary",
    "Role",
    "class_of",
    "exclusive",
    "find_engines",
    "mentions_engine",
    "role_of",
]


def mentions_engine(text: str) -> bool:
    """
    Whether a text may create an engine at all: cheap enough to ask of every file.
    """
    return "create_engine" in text or "create_async_engine" in text


def find_engines(
    path: str, text: str, *, env: Mapping[str, str] | None = None, library: Library | None = None
) -> EnginesDocument:
    """
    The engines that a Python file creates, without importing or running it.

    `env` holds the variables that deployment files state. Calls in functions that the file does
    not call itself are read with their parameters open. Names imported from a file of
    `library` have the values they have there.
    """
    if not mentions_engine(text):
        return EnginesDocument(path, (), ())
    source = parse(path, text)
    calls = tuple(find_calls(source.tree, ENGINES))
    watches = tuple(Watch(found.node, found.inside) for found in calls)
    program = Program(source, dict(env or {}), "", watches, library)
    engines = (engine for found in calls for engine in _engines(program, found))
    return EnginesDocument(path, tuple(engines), source.problems)


def _engines(program: Program, found: Found) -> Iterator[Engine]:
    """
    One engine for every different way in which a call is reached; one for a call never reached.
    """
    seen: list[tuple[Mapping[str, Outcome], EngineUrl]] = []
    for reached in all_reached(program, found):
        engine = _engine(reached)
        outcomes = {name: argument.outcome for name, argument in engine.arguments.items()}
        if (outcomes, engine.url) not in seen:
            seen.append((outcomes, engine.url))
            yield engine


def _engine(reached: Reached) -> Engine:
    found, call = reached.found, reached.call
    given = {name: reached.argument(name) for name in call.kwargs if name != "url"}
    arguments = {name: argument for name, argument in given.items() if argument is not None}
    whole = reached.program.source.locate(found.node)
    poolclass = arguments.get("poolclass")
    return Engine(
        "create_async_engine" if found.is_async else "create_engine",
        found.is_async,
        reached.location,
        arguments,
        read_url(reached.outcome(0, "url"), whole),
        _poolclass(poolclass) if poolclass is not None else None,
        bool(found.inside),
        reached.cached,
        call.partial,
        tuple(sorted(call.spread.assumed)),
        reached.active,
        role_of(reached.program.source.path),
        reached.name,
        handler=found.handler and not reached.cached,
        arms=found.arms,
        connects=_connection(reached.program, found),
    )


def _connection(program: Program, found: Found) -> Location | None:
    """
    Where the file connects through an engine that it makes at module level.
    """
    if found.inside or found.is_async or found.assigned == ATTRIBUTE:
        return None
    call = find_connection(program.source.tree, found.assigned)
    return program.source.locate(call) if call is not None else None


def _poolclass(argument: Argument) -> str | Unknown | None:
    named = class_of(argument.outcome)
    if named is not None:
        return named.base
    settled = argument.value()
    if isinstance(settled, Value):
        return None if settled.value is None else Unknown("is no class", settled.location)
    return settled
