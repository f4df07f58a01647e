"""
Database engines that Python code creates with SQLAlchemy, and the arguments of their pools.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from advisor.model import Location, Origin, Problem, Secret, Unknown, Value
from advisor.parsers._engine_calls import ATTRIBUTE, Found, find_calls
from advisor.parsers._engine_connects import find_connection
from advisor.parsers._engine_urls import EngineUrl, read_url
from advisor.parsers.pyeval import (
    Code,
    EnvDependent,
    Known,
    Library,
    Outcome,
    Program,
    Watch,
    outcome_of,
    parse,
    settle,
)
from advisor.parsers.pyeval.compute import Call
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.values import Abstract, Table

_MIGRATION = re.compile(r"(?:^|/)(?:alembic|migrations?|versions)(?:/|$)|(?:^|/)migrat[^/]*\.py$")
_TEST = re.compile(
    r"(?:^|/)(?:tests?|testing)(?:/|$)|(?:^|/)(?:conftest|test_[^/]*|[^/]*_test)\.py$"
)
_SCRIPT = re.compile(r"(?:^|/)(?:scripts?|bin|tools|examples?|benchmarks?|notebooks?)(?:/|$)")
_SECRETS = re.compile(r"pass|pwd|secret|token", re.IGNORECASE)


class Role(StrEnum):
    """
    What the code around an engine is for, told from its path.
    """

    APP = "app"
    MIGRATION = "migration"
    TEST = "test"
    SCRIPT = "script"


@dataclass(frozen=True, slots=True)
class Argument:
    """
    One keyword argument of an engine.
    """

    name: str
    outcome: Outcome
    location: Location
    """``name=value``, or the value where it comes from a dict."""
    value_location: Location

    def value(self, *, cpus: int | None = None) -> Value[object] | Unknown:
        """
        The value with its origin; a class comes as its dotted name.
        """
        named = class_of(self.outcome)
        if named is not None:
            return Value(named.name, Origin.LITERAL, self.value_location)
        return settle(self.outcome, self.value_location, cpus=cpus)


@dataclass(frozen=True, slots=True)
class Engine:
    """
    One call of `create_engine` or `create_async_engine`.
    """

    function: str
    """``create_engine`` or ``create_async_engine``."""
    is_async: bool
    location: Location
    """The first line of the call."""
    arguments: Mapping[str, Argument]
    """Keyword arguments by name, those of a resolved ``**`` included; the URL left out."""
    url: EngineUrl
    poolclass: str | Unknown | None
    """Bare name of the class; None when no class is named."""
    in_function: bool
    """Created inside a function: once per call, unless `cached`."""
    cached: bool
    """
    Whether it is made once all the same: the function keeps its result (``lru_cache``), assigns
    it to a global name or an attribute, or is called once by convention or by the file itself.
    """
    starred: bool
    """Whether ``**`` brings in arguments that could not be told."""
    assumed: tuple[str, ...]
    """Variables that would add or change arguments behind ``**`` if they were set."""
    active: bool
    """False for a call in a branch that is not taken with the variables as they are stated."""
    role: Role
    name: str = ""
    """The name it is assigned to, empty when there is none."""
    connects: Location | None = None
    """Where importing the file already connects through it; None where that is not certain."""


@dataclass(frozen=True, slots=True)
class EnginesDocument:
    """
    The engines of one file.
    """

    path: str
    engines: tuple[Engine, ...]
    problems: tuple[Problem, ...]


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
    calls = tuple(find_calls(source.tree))
    watches = tuple(Watch(found.node, found.inside) for found in calls)
    program = Program(source, dict(env or {}), "", watches, library)
    engines = (engine for found in calls for engine in _engines(program, found))
    return EnginesDocument(path, tuple(engines), source.problems)


def role_of(path: str) -> Role:
    """
    What a file is for, from the names in its path.
    """
    for pattern, role in ((_TEST, Role.TEST), (_MIGRATION, Role.MIGRATION), (_SCRIPT, Role.SCRIPT)):
        if pattern.search(path):
            return role
    return Role.APP


def class_of(outcome: Outcome) -> Code | None:
    """
    The class that an outcome is, None for anything else.
    """
    code = outcome.value if isinstance(outcome, Known) else None
    return code if isinstance(code, Code) and code.is_class else None


def _engines(program: Program, found: Found) -> Iterator[Engine]:
    """
    One engine for every different way in which a call is reached; one for a call never reached.
    """
    calls: list[Call] = program.run(None).calls[id(found.node)]
    seen: list[tuple[Mapping[str, Outcome], EngineUrl]] = []
    for turn in range(max(1, len(calls))):
        engine = _engine(program, found, turn)
        outcomes = {name: argument.outcome for name, argument in engine.arguments.items()}
        if (outcomes, engine.url) not in seen:
            seen.append((outcomes, engine.url))
            yield engine


def _engine(program: Program, found: Found, turn: int) -> Engine:
    machine = program.run(None)
    calls: list[Call] = machine.calls[id(found.node)]
    call = calls[turn] if turn < len(calls) else Call(program.source.locate(found.node))
    written = {keyword.arg: keyword for keyword in found.node.keywords if keyword.arg}
    arguments = {
        name: _argument(program, found, turn, (name, written.get(name)))
        for name in call.kwargs
        if name != "url"
    }
    whole = program.source.locate(found.node)
    poolclass = arguments.get("poolclass")
    return Engine(
        "create_async_engine" if found.is_async else "create_engine",
        found.is_async,
        Location(whole.path, whole.line, whole.column, whole.line, _line_end(program, whole)),
        arguments,
        read_url(_url(program, found, turn), whole),
        _poolclass(poolclass) if poolclass is not None else None,
        bool(found.inside),
        found.kept or (bool(found.inside) and id(found.node) in machine.reached),
        call.partial,
        tuple(sorted(call.spread.assumed)),
        bool(calls),
        role_of(program.source.path),
        "" if found.assigned == ATTRIBUTE else found.assigned,
        _connection(program, found),
    )


def _connection(program: Program, found: Found) -> Location | None:
    """
    Where the file connects through an engine that it makes at module level.
    """
    if found.inside or found.is_async or found.assigned == ATTRIBUTE:
        return None
    call = find_connection(program.source.tree, found.assigned)
    return program.source.locate(call) if call is not None else None


def _line_end(program: Program, whole: Location) -> int:
    if whole.end_line == whole.line:
        return whole.end_column
    return len(program.source.lines[whole.line - 1]) + 1


def _argument(
    program: Program, found: Found, turn: int, named: tuple[str, ast.keyword | None]
) -> Argument:
    name, keyword = named

    def pick(machine: Machine) -> Abstract | None:
        call = _turn(machine, found, turn)
        value = call.kwargs.get(name) if call is not None else None
        return _without_secrets(value) if name == "connect_args" else value

    outcome = outcome_of(program, pick)
    if keyword is None:
        inner = outcome.default if isinstance(outcome, EnvDependent) else outcome
        return Argument(name, outcome, inner.location, inner.location)
    where = program.source.locate
    return Argument(name, outcome, where(keyword), where(keyword.value))


def _without_secrets(value: Abstract | None) -> Abstract | None:
    if not isinstance(value, Table):
        return value
    members = {
        key: Known(Secret(str(item.value)), item.location, taint=item.taint)
        if isinstance(item, Known) and _SECRETS.search(str(key))
        else item
        for key, item in value.members.items()
    }
    return replace(value, members=members)


def _url(program: Program, found: Found, turn: int) -> Outcome:
    def pick(machine: Machine) -> Abstract | None:
        call = _turn(machine, found, turn)
        return call.argument(0, "url") if call is not None else None

    return outcome_of(program, pick)


def _turn(machine: Machine, found: Found, turn: int) -> Call | None:
    calls: list[Call] = machine.calls[id(found.node)]
    return calls[turn] if turn < len(calls) else None


def _poolclass(argument: Argument) -> str | Unknown | None:
    named = class_of(argument.outcome)
    if named is not None:
        return named.base
    settled = argument.value()
    if isinstance(settled, Value):
        return None if settled.value is None else Unknown("is no class", settled.location)
    return settled
