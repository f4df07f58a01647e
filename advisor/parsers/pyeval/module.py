"""
A whole file: the values its names have at the end.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import ClassVar

from msgspec import Struct

from advisor.model import Location, Problem, Unknown, Value
from advisor.model.discreet import Discreet
from advisor.parsers.pyeval.expressions import evaluate
from advisor.parsers.pyeval.imports import resolve
from advisor.parsers.pyeval.library import Library
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.outcomes import settle
from advisor.parsers.pyeval.program import Program, outcome_of
from advisor.parsers.pyeval.results import Outcome, Undecided
from advisor.parsers.pyeval.signals import ExhaustedError, RaisedError
from advisor.parsers.pyeval.source import Source, parse
from advisor.parsers.pyeval.values import Abstract

MODULE_NAME = "__config__"
"""What gunicorn calls the module of a configuration file."""


class Assigned(Struct, frozen=True):
    """
    One name of a file at its end.
    """

    name: str
    outcome: Outcome
    statement: Location
    """The whole assignment that gave it its value."""
    location: Location
    """The expression that was assigned."""
    absent: bool = False
    """The name is not set, but would be if a variable had another value than assumed."""


class ModuleValues(Discreet, frozen=True, eq=False):
    """
    What the names of a file stand for at its end.
    """

    untold: ClassVar[frozenset[str]] = frozenset({"program"})

    source: Source
    names: Mapping[str, Assigned]
    """In the order in which they were first assigned, imported names included."""
    problems: tuple[Problem, ...]
    opened: Location | None
    """Where names come in that cannot be told (``from x import *``): any name may be set."""
    env_opened: Location | None
    """Where any variable of the environment may become a name."""
    program: Program

    def value(self, name: str, *, cpus: int | None = None) -> Value[object] | Unknown | None:
        """
        The value of a name with its origin, None when the file does not set it.

        `cpus` decides values that follow from the number of cpus; without it they are unknown.
        """
        assigned = self.names.get(name)
        if assigned is None or assigned.absent:
            return None
        return settle(assigned.outcome, assigned.location, cpus=cpus)

    def is_set(self, name: str, *, cpus: int) -> bool:
        """
        Whether a name is set at the end of the file on a machine with so many cpus.
        """
        binding = self.program.run(cpus).module.names.get(name)
        return binding is not None and not binding.absent


class Evaluator:
    """
    Evaluates expressions as they would come out at the end of a file.
    """

    def __init__(self, values: ModuleValues) -> None:
        self._program = values.program

    def expression(self, node: ast.expr) -> Outcome:
        """
        The value of an expression of the same file.
        """

        def pick(machine: Machine) -> Abstract:
            try:
                return evaluate(machine, node)
            except RaisedError as error:
                return Undecided(error.reason, machine.source.locate(node), error.taint)
            except ExhaustedError:
                reason = "the file takes too long to evaluate"
                return Undecided(reason, machine.source.locate(node))

        return outcome_of(self._program, pick)


def evaluate_module(
    text: str,
    path: str,
    *,
    env: Mapping[str, str] | None = None,
    name: str = MODULE_NAME,
    library: Library | None = None,
) -> ModuleValues:
    """
    Values of the names of a Python file, without ever importing or running anything.

    `env` holds the variables that deployment files state; any other is taken as unset. `name` is
    what ``__name__`` is. A file that is no Python gives no names and a problem.
    Names imported from a file of `library` have the values they have there.
    """
    return values_of(Program(parse(path, text), dict(env or {}), name, library=library))


def values_of(program: Program) -> ModuleValues:
    """
    Values of the names of a program at its end.
    """
    machine = program.run(None)
    names = (name for name in machine.module.names if not name.startswith("__"))
    source = program.source
    return ModuleValues(
        source,
        {name: _assigned(program, name) for name in names},
        source.problems,
        machine.opened,
        machine.env_opened,
        program,
    )


def _assigned(program: Program, name: str) -> Assigned:
    binding = program.run(None).module.names[name]

    def pick(machine: Machine) -> Abstract | None:
        found = machine.module.names.get(name)
        if found is None or found.absent:
            return None
        return resolve(machine, found.value)

    outcome = outcome_of(program, pick if not binding.absent else lambda _: binding.value)
    return Assigned(name, outcome, binding.statement, binding.place, binding.absent)
