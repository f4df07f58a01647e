"""
``try``: which handler runs, if that can be told.
"""

from __future__ import annotations

import ast
import builtins

from advisor.model import Location
from advisor.parsers.pyeval.blocks import (
    SIGNALS,
    ReturnValue,
    run_alternative,
    run_block,
    within,
)
from advisor.parsers.pyeval.effects import effects
from advisor.parsers.pyeval.forgetting import retaint
from advisor.parsers.pyeval.frames import Snapshot
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.results import CLEAN, Undecided
from advisor.parsers.pyeval.signals import RaisedError, TooHardError
from advisor.parsers.pyeval.values import Symbol

_UNSURE = "an exception may change it"
_ALL = frozenset({"BaseException", "Exception"})


def run_try(machine: Machine, node: ast.Try | ast.TryStar, _where: Location) -> None:
    """
    Carry out a ``try`` statement.

    Where it is not known whether the body raises, only what body and handlers agree on is known.
    """
    if not node.finalbody:
        _run_handled(machine, node)
        return
    try:
        _run_handled(machine, node)
    except (RaisedError, *SIGNALS):
        run_block(machine, node.finalbody)
        raise
    run_block(machine, node.finalbody)


def _run_handled(machine: Machine, node: ast.Try | ast.TryStar) -> None:
    before = machine.snapshot()
    outer, machine.may_raise = machine.may_raise, False
    machine.tries += 1
    failure: RaisedError | None = None
    try:
        run_block(machine, node.body)
    except RaisedError as error:
        failure = error
    except ReturnValue as signal:
        if machine.may_raise and not isinstance(signal.value, Undecided):
            raise TooHardError(_UNSURE) from None
        raise
    finally:
        machine.tries -= 1
        unsure, machine.may_raise = machine.may_raise, machine.may_raise or outer
    if failure is not None:
        _run_failed(machine, node, failure, unsure=unsure)
        return
    run_block(machine, node.orelse)
    if unsure:
        _join_handlers(machine, node, before)


def _run_failed(
    machine: Machine, node: ast.Try | ast.TryStar, failure: RaisedError, *, unsure: bool
) -> None:
    if unsure:
        raise TooHardError(failure.reason, failure.taint)
    for handler in node.handlers:
        if _catches(machine, handler, failure):
            _bind_error(machine, handler)
            within(machine, failure.taint, handler.body)
            skipped = effects([*node.body, *node.orelse])
            retaint(machine, skipped, failure.taint, machine.source.locate(node))
            return
    raise failure


def _join_handlers(machine: Machine, node: ast.Try | ast.TryStar, before: Snapshot) -> None:
    where = machine.source.locate(node)
    finished = machine.snapshot()
    machine.join(before, _UNSURE, where, CLEAN)
    partway = machine.snapshot()
    endings = [finished]
    for handler in node.handlers:
        machine.restore(partway)
        _bind_error(machine, handler)
        if run_alternative(machine, handler.body, _UNSURE) is None:
            endings.append(machine.snapshot())
    machine.restore(finished)
    for ending in endings[1:]:
        machine.join(ending, _UNSURE, where, CLEAN)


def _bind_error(machine: Machine, handler: ast.ExceptHandler) -> None:
    if handler.name:
        where = machine.source.locate(handler)
        machine.bind(handler.name, Undecided("is an exception", where), where, where)


def _catches(machine: Machine, handler: ast.ExceptHandler, failure: RaisedError) -> bool:
    """
    Whether a handler catches a failure. Raises `TooHardError` when that cannot be told.
    """
    if handler.type is None:
        return True
    nodes = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any([_matches(machine, node, failure) for node in nodes])  # noqa: C419 - each may raise


def _matches(machine: Machine, node: ast.expr, failure: RaisedError) -> bool:
    symbol = machine.evaluate(node)
    name = symbol.name.rpartition(".")[2] if isinstance(symbol, Symbol) else ""
    raised, caught = _exception(failure.name), _exception(name)
    if raised is not None and caught is not None:
        return issubclass(raised, caught)
    if name == failure.name or name in _ALL:
        return True
    raise TooHardError(failure.reason, failure.taint)


def _exception(name: str) -> type[BaseException] | None:
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None
