"""
Loops over what is known, round by round.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from advisor.model import Location
from advisor.parsers.pyeval import scopes
from advisor.parsers.pyeval.blocks import BreakLoop, ContinueLoop, run_block
from advisor.parsers.pyeval.compute import truth
from advisor.parsers.pyeval.containers import iterate
from advisor.parsers.pyeval.effects import effects
from advisor.parsers.pyeval.forgetting import retaint
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.results import ANY_VARIABLE, Taint
from advisor.parsers.pyeval.signals import TooHardError
from advisor.parsers.pyeval.symbols import NAMESPACES, SETTERS
from advisor.parsers.pyeval.targets import Places, assign
from advisor.parsers.pyeval.values import undecided, whole_taint

MAX_ROUNDS = 1000


def run_for(machine: Machine, node: ast.For, where: Location) -> None:
    """
    Carry out a ``for`` over items that are known. Raises `TooHardError` over any other.
    """
    source = machine.evaluate(node.iter)
    items = iterate(machine, source)
    if items is None or len(items) > MAX_ROUNDS:
        lost = undecided(source)
        raise TooHardError(lost.reason, lost.taint)
    taint = whole_taint(source)
    saved = machine.context
    machine.context = saved | taint
    place = machine.source.locate(node.target)
    finished = True
    for item in items:
        assign(machine, node.target, item, Places(place, place))
        if not _run_round(machine, node.body):
            finished = False
            break
    _leave(machine, node, saved, finished=finished)
    over_environment = ANY_VARIABLE in taint.assumed or _is_environment(machine, node.iter)
    if over_environment and _reaches_names(node):
        scopes.open_to_environment(machine, where)


def run_while(machine: Machine, node: ast.While, _where: Location) -> None:
    """
    Carry out a ``while`` whose test is known in every round. Raises `TooHardError` otherwise.
    """
    saved = machine.context
    for _ in range(MAX_ROUNDS):
        test = machine.evaluate(node.test)
        state = truth(test)
        if state is None:
            lost = undecided(test)
            raise TooHardError(lost.reason, lost.taint)
        machine.context = machine.context | test.taint
        if not state:
            _leave(machine, node, saved, finished=True)
            return
        if not _run_round(machine, node.body):
            _leave(machine, node, saved, finished=False)
            return
    raise TooHardError("depends on a loop of many rounds")


def _run_round(machine: Machine, body: Sequence[ast.stmt]) -> bool:
    """
    Carry out the body once; False when it breaks out of the loop.
    """
    machine.loops += 1
    try:
        run_block(machine, body)
    except ContinueLoop:
        return True
    except BreakLoop:
        return False
    finally:
        machine.loops -= 1
    return True


def _leave(machine: Machine, node: ast.For | ast.While, saved: Taint, *, finished: bool) -> None:
    if finished:
        run_block(machine, node.orelse)
    gained = machine.context
    if not any(isinstance(inner, ast.Return) for inner in ast.walk(node)):
        # What follows a loop that may return is reached because it did not.
        machine.context = saved
    retaint(machine, effects([node]), gained, machine.source.locate(node))


def _is_environment(machine: Machine, node: ast.expr) -> bool:
    """
    Whether a loop runs over `os.environ`, whose known part may be empty.
    """
    value = machine.evaluate(node)
    return ANY_VARIABLE in whole_taint(value).assumed or getattr(value, "name", "") == "os.environ"


def _reaches_names(node: ast.For) -> bool:
    names = (inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name))
    return not (NAMESPACES | SETTERS).isdisjoint(names)
