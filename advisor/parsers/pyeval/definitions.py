"""
Functions and classes a file defines.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec.structs import replace

from advisor.model import Location
from advisor.parsers.pyeval.blocks import ReturnValue, run_block
from advisor.parsers.pyeval.compute import Call
from advisor.parsers.pyeval.expressions import default_values
from advisor.parsers.pyeval.forgetting import forget
from advisor.parsers.pyeval.frames import Binding, Frame
from advisor.parsers.pyeval.machine import MAX_DEPTH, Machine
from advisor.parsers.pyeval.results import Known, Undecided
from advisor.parsers.pyeval.signals import RaisedError, TooHardError
from advisor.parsers.pyeval.source import Shape
from advisor.parsers.pyeval.values import (
    Abstract,
    Function,
    Klass,
    Listing,
    Symbol,
    Table,
    holds_container,
    tainted,
)

MAX_CALLS = 8
"""Calls of functions of the file inside each other."""
_TRANSPARENT = frozenset({"functools.cache", "functools.lru_cache", "staticmethod"})
_DATACLASSES = frozenset({"dataclasses.dataclass", "attr.s", "attrs.define", "attrs.frozen"})


def define_function(
    machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef, where: Location
) -> None:
    """
    Carry out a ``def``.
    """
    transparent = all(_is_transparent(machine, item) for item in node.decorator_list)
    opaque = isinstance(node, ast.AsyncFunctionDef) or not transparent
    defaults = default_values(machine, node.args)
    home = machine.source.path
    function = Function(node, machine.scope, defaults, where, opaque, home=home)
    machine.bind(node.name, function, where, where)


def _shape(machine: Machine, function: Function) -> Shape:
    """
    What a function is like; looked at once, as calls in loops are many.
    """
    shapes = machine.source.shapes
    if id(function.node) not in shapes:
        own = list(_own_nodes(function.node))
        # A function inside may change names of this one, and at any time.
        inside = any(isinstance(inner, ast.Nonlocal) for inner in ast.walk(function.node))
        simple = not inside and not any(isinstance(one, ast.Yield | ast.YieldFrom) for one in own)
        names = (name for one in own if isinstance(one, ast.Global) for name in one.names)
        shapes[id(function.node)] = Shape(simple, frozenset(names))
    return shapes[id(function.node)]


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    pending = list(ast.iter_child_nodes(node))
    while pending:
        inner = pending.pop()
        yield inner
        if not isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(inner))


def _is_transparent(machine: Machine, node: ast.expr) -> bool:
    return _symbol_name(machine, node) in _TRANSPARENT


def _symbol_name(machine: Machine, node: ast.expr) -> str:
    value = machine.evaluate(node.func if isinstance(node, ast.Call) else node)
    return value.name if isinstance(value, Symbol) else "?"


def call_function(machine: Machine, function: Function, call: Call) -> Abstract:
    """
    The result of a function of the file, found by following its statements.

    Undecided when it is too hard; raises `RaisedError` when the function does.
    """
    if function.home != machine.source.path:
        return _call_abroad(machine, function, call)
    deep = len(machine.stack) >= MAX_CALLS or machine.depth >= MAX_DEPTH
    if deep or call.partial or function.opaque or not _shape(machine, function).simple:
        reason = f"calls {function.name}(), which is not evaluated"
        return _lose(machine, function, call, TooHardError(reason, call.taint))
    machine.spend(10)
    scope = _scope(machine, function.scope)
    frame = Frame(_parameters(function, call), scope, _shape(machine, function).globals)
    machine.stack.append(frame)
    saved = machine.context
    try:
        value = _body(machine, function, call)
        return tainted(value, machine.context)
    except TooHardError as error:
        hard = error
    finally:
        machine.stack.pop()
        machine.context = saved
    return _lose(machine, function, call, hard)


def _call_abroad(machine: Machine, function: Function, call: Call) -> Abstract:
    """
    A call of a function that another file of the same code defines.

    A function that changes names of its file is not believed, and its file neither.
    """
    home = machine.modules.get(function.home)
    lost = Undecided(f"calls {function.name}(), which is not evaluated", call.location, call.taint)
    for value in (*call.args, *call.kwargs.values()):
        machine.spoil(value, lost)
    if home is None:
        return lost
    before = dict(home.module.names)
    try:
        with machine.visiting(home):
            value = call_function(home, function, call)
    finally:
        if home.module.names != before:
            machine.lose_module(function.home, "changes while the program runs", call.location)
    machine.lend(value, function.home)
    return lost if machine.modules.get(function.home) is None else value


def _scope(machine: Machine, frame: Frame) -> Frame:
    """
    The names around a function: `frame`, with those of the module as they are for this importer.
    """
    if frame.outer is None:
        return machine.module
    outer = _scope(machine, frame.outer)
    return frame if outer is frame.outer else replace(frame, outer=outer)


def _body(machine: Machine, function: Function, call: Call) -> Abstract:
    if isinstance(function.node, ast.Lambda):
        return machine.evaluate(function.node.body)
    loops, machine.loops = machine.loops, 0
    try:
        run_block(machine, function.node.body)
    except ReturnValue as signal:
        return replace(signal.value, location=call.location)
    finally:
        machine.loops = loops
    return Known(None, call.location)


def _lose(machine: Machine, function: Function, call: Call, error: TooHardError) -> Abstract:
    """
    Give up a call, and everything it may have changed.
    """
    where = call.location
    lost = Undecided(error.reason, where, call.taint | error.taint)
    for value in (*call.args, *call.kwargs.values()):
        machine.spoil(value, lost)
    inside = machine.source.effects_of(function.node)
    forget(machine, inside, error.reason, where, error.taint)
    return lost


def _parameters(function: Function, call: Call) -> dict[str, Binding]:
    spec = function.node.args
    positional = [parameter.arg for parameter in (*spec.posonlyargs, *spec.args)]
    named = {*positional, *(parameter.arg for parameter in spec.kwonlyargs)}
    values: dict[str, Abstract] = {name: _fresh(value) for name, value in function.defaults.items()}
    values.update(zip(positional, call.args, strict=False))
    extra = {name: value for name, value in call.kwargs.items() if name not in named}
    values.update({name: value for name, value in call.kwargs.items() if name in named})
    rest = call.args[len(positional) :]
    surplus = (rest and spec.vararg is None) or (extra and spec.kwarg is None)
    if surplus or named - values.keys():
        raise RaisedError("TypeError", f"calls {function.name}() with wrong arguments", call.taint)
    if spec.vararg is not None:
        values[spec.vararg.arg] = Listing(tuple, rest, call.location)
    if spec.kwarg is not None:
        values[spec.kwarg.arg] = Table(dict(extra), call.location)
    return {name: Binding(value, call.location, value.location) for name, value in values.items()}


def _fresh(value: Abstract) -> Abstract:
    # A list or dict as default is one object for all calls, which may have changed it.
    if not holds_container(value):
        return value
    return Undecided("is a default that calls may change", value.location, value.taint)


def define_class(machine: Machine, node: ast.ClassDef, where: Location) -> None:
    """
    Carry out a ``class``: its attributes are evaluated, its methods are not called.
    """
    decorators = [_symbol_name(machine, item) for item in node.decorator_list]
    if node.keywords or not _DATACLASSES.issuperset(decorators):
        lost = Undecided("is an attribute of a class that is not evaluated", where)
        machine.bind(node.name, lost, where, where)
        return
    bases: list[str] = []
    members: dict[str, Abstract] = {}
    parents: list[Klass] = []
    for base in node.bases:
        value = machine.evaluate(base)
        if isinstance(value, Klass):
            bases.extend(value.bases)
            parents.append(value)
            members |= value.members
        else:
            bases.append(value.name if isinstance(value, Symbol) else "?")
    members |= _class_body(machine, node)
    machine.bind(
        node.name, Klass(node, tuple(bases), members, where, parents=tuple(parents)), where, where
    )


def _class_body(machine: Machine, node: ast.ClassDef) -> dict[str, Abstract]:
    frame = Frame(outer=machine.frame, tolerant=True, of_class=True)
    machine.stack.append(frame)
    try:
        run_block(machine, node.body)
    finally:
        machine.stack.pop()
    return {name: binding.value for name, binding in frame.names.items()}
