"""
Statements: what they do to the names of a file.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from advisor.model import Location
from advisor.parsers.pyeval import environment
from advisor.parsers.pyeval.blocks import (
    BreakLoop,
    ContinueLoop,
    ReturnValue,
    run_block,
    run_branches,
)
from advisor.parsers.pyeval.compute import Call, truth
from advisor.parsers.pyeval.definitions import (
    define_class,
    define_function,
)
from advisor.parsers.pyeval.expressions import binary
from advisor.parsers.pyeval.imports import import_modules, import_names
from advisor.parsers.pyeval.loops import run_for, run_while
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.methods import call_method, merge
from advisor.parsers.pyeval.results import Known, Undecided
from advisor.parsers.pyeval.signals import RaisedError, TooHardError
from advisor.parsers.pyeval.targets import Places, assign, delete
from advisor.parsers.pyeval.trying import run_try
from advisor.parsers.pyeval.values import Listing, Method, Symbol, Table, tainted


def execute(machine: Machine, node: ast.stmt) -> None:
    """
    Carry out one statement.

    Raises `RaisedError` when the audited program would raise, `TooHardError` when the statement
    is beyond the evaluator, and the signals of `blocks` where it leaves a loop or call.
    """
    handler = _NODES.get(type(node))
    if handler is None:
        raise TooHardError("is not evaluated")
    handler(machine, node, machine.source.locate(node))


def _assign(machine: Machine, node: ast.Assign, where: Location) -> None:
    value = machine.evaluate(node.value)
    for target in node.targets:
        assign(machine, target, value, Places(where, machine.source.locate(node.value)))


def _assign_annotated(machine: Machine, node: ast.AnnAssign, where: Location) -> None:
    if node.value is not None:
        value = machine.evaluate(node.value)
        assign(machine, node.target, value, Places(where, machine.source.locate(node.value)))


def _assign_more(machine: Machine, node: ast.AugAssign, where: Location) -> None:
    before, more = machine.evaluate(node.target), machine.evaluate(node.value)
    if isinstance(before, Listing) and before.kind is list and isinstance(node.op, ast.Add):
        method = Method(before, "extend", where)
        call_method(machine, method, Call(where, (more,)))
        return
    if isinstance(before, Symbol) and before.name == "os.environ":
        environment.update_variables(machine, Call(where, (more,)))
        return
    if isinstance(before, Table) and isinstance(node.op, ast.BitOr):
        machine.change(before, merge(before, more))
        return
    value = binary(machine, node.op, Call(where, (before, more)))
    assign(machine, node.target, value, Places(where, machine.source.locate(node.value)))


def _evaluate(machine: Machine, node: ast.Expr, _where: Location) -> None:
    machine.evaluate(node.value)


def _delete(machine: Machine, node: ast.Delete, where: Location) -> None:
    for target in node.targets:
        delete(machine, target, where)


def _assert(machine: Machine, node: ast.Assert, _where: Location) -> None:
    if truth(machine.evaluate(node.test)) is not True:
        machine.may_raise = True


def _raise(machine: Machine, node: ast.Raise, _where: Location) -> None:
    name = ""
    if node.exc is not None:
        exception = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        value = machine.evaluate(exception)
        name = value.name.rpartition(".")[2] if isinstance(value, Symbol) else ""
    raise RaisedError(name, "ends the program", machine.context, meant=True)


def _nothing(_machine: Machine, _node: ast.stmt, _where: Location) -> None:
    return


def _if(machine: Machine, node: ast.If, _where: Location) -> None:
    run_branches(machine, machine.evaluate(node.test), (node.body, node.orelse))


def _with(machine: Machine, node: ast.With, where: Location) -> None:
    for item in node.items:
        opened = machine.evaluate(item.context_expr)
        if isinstance(opened, Undecided) and opened.reason.startswith("calls contextlib.suppress"):
            raise TooHardError("an exception may change it")
        if item.optional_vars is not None:
            lost = Undecided("is given by a with statement", where)
            assign(machine, item.optional_vars, lost, Places(where, where))
    run_block(machine, node.body)


def _return(machine: Machine, node: ast.Return, where: Location) -> None:
    value = machine.evaluate(node.value) if node.value is not None else Known(None, where)
    raise ReturnValue(tainted(value, machine.context))


def _break(_machine: Machine, _node: ast.Break, _where: Location) -> None:
    raise BreakLoop


def _continue(_machine: Machine, _node: ast.Continue, _where: Location) -> None:
    raise ContinueLoop


_NODES: Mapping[type[ast.stmt], Callable[[Machine, Any, Location], None]] = {
    ast.AnnAssign: _assign_annotated,
    ast.Assert: _assert,
    ast.Assign: _assign,
    ast.AsyncFunctionDef: define_function,
    ast.AugAssign: _assign_more,
    ast.Break: _break,
    ast.ClassDef: define_class,
    ast.Continue: _continue,
    ast.Delete: _delete,
    ast.Expr: _evaluate,
    ast.For: run_for,
    ast.FunctionDef: define_function,
    ast.Global: _nothing,
    ast.If: _if,
    ast.Import: import_modules,
    ast.ImportFrom: import_names,
    ast.Pass: _nothing,
    ast.Raise: _raise,
    ast.Return: _return,
    ast.Try: run_try,
    ast.While: run_while,
    ast.With: _with,
}
