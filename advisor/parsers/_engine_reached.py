"""
A call that was found, with the arguments it is reached with.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from advisor import regex
from advisor.model import Location, Secret
from advisor.parsers._engine_calls import ATTRIBUTE, Found
from advisor.parsers._engine_model import Argument
from advisor.parsers.pyeval import EnvDependent, Known, Outcome, Program, outcome_of
from advisor.parsers.pyeval.compute import Call
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.values import Abstract, Table

_SECRETS = regex.lazy(r"pass|pwd|secret|token", re.IGNORECASE)
_CONNECT = ("connect_args", "kwargs")
"""Arguments that hold those of the driver, a password among them."""


class Reached(Struct, frozen=True):
    """
    One of the ways in which a call is reached.
    """

    program: Program
    found: Found
    turn: int

    @property
    def call(self) -> Call:
        """
        Its arguments with the number of cpus and the environment open.
        """
        return self._of(self.program.run(None)) or Call(self.program.source.locate(self.found.node))

    @property
    def active(self) -> bool:
        """
        Whether the call is reached at all.
        """
        return bool(self.program.run(None).calls[id(self.found.node)])

    @property
    def cached(self) -> bool:
        """
        See `Engine.cached`.
        """
        reached = id(self.found.node) in self.program.run(None).reached
        return self.found.kept or (bool(self.found.inside) and reached)

    @property
    def name(self) -> str:
        """
        The name that the result is assigned to, empty when there is none.
        """
        return "" if self.found.assigned == ATTRIBUTE else self.found.assigned

    @property
    def location(self) -> Location:
        """
        The first line of the call.
        """
        whole = self.program.source.locate(self.found.node)
        end = whole.end_column
        if whole.end_line != whole.line:
            end = len(self.program.source.lines[whole.line - 1]) + 1
        return Location(whole.path, whole.line, whole.column, whole.line, end)

    def outcome(self, position: int, name: str) -> Outcome:
        """
        An argument given by position or by name.
        """

        def pick(machine: Machine) -> Abstract | None:
            call = self._of(machine)
            return call.argument(position, name) if call is not None else None

        return outcome_of(self.program, pick)

    def argument(self, name: str, position: int | None = None) -> Argument | None:
        """
        One argument with its places, None when it is not given.
        """
        call = self.call
        placed = position is not None and position < len(call.args)
        if name not in call.kwargs and not placed:
            return None

        def pick(machine: Machine) -> Abstract | None:
            reached = self._of(machine)
            at = len(reached.args) if reached and position is None else position or 0
            value = reached.argument(at, name) if reached is not None else None
            return without_secrets(value) if name in _CONNECT else value

        outcome = outcome_of(self.program, pick)
        node = self._node(name, position)
        if node is None:
            inner = outcome.default if isinstance(outcome, EnvDependent) else outcome
            return Argument(name, outcome, inner.location, inner.location)
        where = self.program.source.locate
        value = node.value if isinstance(node, ast.keyword) else node
        return Argument(name, outcome, where(node), where(value))

    def _node(self, name: str, position: int | None) -> ast.keyword | ast.expr | None:
        written = {keyword.arg: keyword for keyword in self.found.node.keywords}
        given = self.found.node.args
        if position is not None and position < len(given) and name not in written:
            return given[position]
        return written.get(name)

    def _of(self, machine: Machine) -> Call | None:
        calls: list[Call] = machine.calls[id(self.found.node)]
        return calls[self.turn] if self.turn < len(calls) else None


def all_reached(program: Program, found: Found) -> Iterator[Reached]:
    """
    Every way in which a call is reached; one for a call that never is.
    """
    calls = program.run(None).calls[id(found.node)]
    return (Reached(program, found, turn) for turn in range(max(1, len(calls))))


def without_secrets(value: Abstract | None) -> Abstract | None:
    """
    The same dict, its passwords wrapped so that nothing prints them.
    """
    if not isinstance(value, Table):
        return value
    members = {
        key: Known(Secret(str(item.value)), item.location, taint=item.taint)
        if isinstance(item, Known) and _SECRETS.search(str(key))
        else item
        for key, item in value.members.items()
    }
    return replace(value, members=members)
