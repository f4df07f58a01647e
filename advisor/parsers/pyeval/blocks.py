"""
Blocks of statements, and branches whose test may not be known.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from advisor.parsers.pyeval.compute import truth
from advisor.parsers.pyeval.effects import effects
from advisor.parsers.pyeval.forgetting import forget, retaint
from advisor.parsers.pyeval.machine import MAX_DEPTH, Machine
from advisor.parsers.pyeval.results import Taint
from advisor.parsers.pyeval.signals import RaisedError, TooHardError
from advisor.parsers.pyeval.values import Abstract, undecided

_JUMPS = (ast.Break, ast.Continue, ast.Return)


class BreakLoop(Exception):  # noqa: N818 - a signal, not an error
    """
    ``break``.
    """


class ContinueLoop(Exception):  # noqa: N818 - a signal, not an error
    """
    ``continue``.
    """


class ReturnValue(Exception):  # noqa: N818 - a signal, not an error
    """
    ``return``.
    """

    def __init__(self, value: Abstract) -> None:
        super().__init__()
        self.value = value


SIGNALS = (BreakLoop, ContinueLoop, ReturnValue)


def run_block(machine: Machine, body: Sequence[ast.stmt]) -> None:
    """
    Carry out statements in order.

    At the top of a file a statement that is too hard, or that would raise, leaves undecided what
    it assigns; inside a loop, a call or a ``try`` that is for those around to settle.
    """
    if machine.depth >= MAX_DEPTH:
        raise TooHardError("is nested too deeply")
    machine.depth += 1
    try:
        for statement in body:
            machine.spend()
            _run_one(machine, statement)
    finally:
        machine.depth -= 1


def _run_one(machine: Machine, statement: ast.stmt) -> None:
    depth, context = machine.depth, machine.context
    try:
        machine.hooks.statement(machine, statement)
    except (RaisedError, TooHardError) as error:
        meant = isinstance(error, RaisedError) and error.meant
        if meant or not machine.sealed:
            raise
        machine.depth, machine.context = depth, context
        where = machine.source.locate(statement)
        forget(machine, effects([statement]), error.reason, where, error.taint)


def run_branches(
    machine: Machine, test: Abstract, branches: tuple[Sequence[ast.stmt], Sequence[ast.stmt]]
) -> None:
    """
    Carry out ``if test: branches[0] else: branches[1]``; both, and what they agree on, when the
    test is not known.
    """
    state = truth(test)
    if state is None:
        _run_both(machine, test, branches)
        return
    taken, other = branches if state else branches[::-1]
    if machine.calls and other:
        machine.skipped.append(other)
    if not test.taint:
        run_block(machine, taken)
        return
    _run_assumed(machine, test, (taken, other))
    if _jumps((*taken, *other)):
        # What follows is reached because of the test, up to the end of the loop or call.
        machine.context = machine.context | test.taint


def _run_assumed(
    machine: Machine, test: Abstract, branches: tuple[Sequence[ast.stmt], Sequence[ast.stmt]]
) -> None:
    taken, other = branches
    before = machine.snapshot()
    try:
        within(machine, test.taint, taken)
    except RaisedError as error:
        if not (error.meant and machine.sealed and test.taint.assumed):
            raise
        # The program refuses to start without the variable: so it is set.
        machine.restore(before)
        within(machine, test.taint, other)
        return
    retaint(machine, effects(other), test.taint, test.location)


def within(machine: Machine, taint: Taint, body: Sequence[ast.stmt]) -> None:
    """
    Carry out statements that are reached because of something that rests on `taint`.
    """
    saved = machine.context
    machine.context = saved | taint
    try:
        run_block(machine, body)
    finally:
        machine.context = saved


def _run_both(
    machine: Machine, test: Abstract, branches: tuple[Sequence[ast.stmt], Sequence[ast.stmt]]
) -> None:
    lost = undecided(test)
    before = machine.snapshot()
    first = run_alternative(machine, branches[0], lost.reason)
    after_first = machine.snapshot()
    machine.restore(before)
    second = run_alternative(machine, branches[1], lost.reason)
    if first is not None and second is not None:
        raise first
    if second is not None:
        machine.restore(after_first)
    elif first is None:
        machine.join(after_first, lost.reason, test.location, lost.taint)


def run_alternative(machine: Machine, body: Sequence[ast.stmt], reason: str) -> RaisedError | None:
    """
    Carry out statements that may or may not be reached.

    Gives the error when they end the program. Raises `TooHardError` when they leave a loop or a
    call, or may end up in a handler: then nothing can be said of what follows.
    """
    before = machine.snapshot()
    try:
        run_block(machine, body)
    except SIGNALS:
        machine.restore(before)
        raise TooHardError(reason) from None
    except RaisedError as error:
        if machine.tries:
            machine.restore(before)
            raise TooHardError(reason) from None
        return error
    return None


def _jumps(body: Sequence[ast.stmt]) -> bool:
    return any(isinstance(node, _JUMPS) for statement in body for node in ast.walk(statement))
