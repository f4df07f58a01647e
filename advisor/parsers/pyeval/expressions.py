"""
Expressions: from a node of the syntax tree to a value.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from advisor.model import Location
from advisor.parsers.pyeval import comprehensions, containers, environment, imports, scopes
from advisor.parsers.pyeval.classes import read_attribute
from advisor.parsers.pyeval.compute import Call, apply, taint_of, truth
from advisor.parsers.pyeval.functions import CONSTANTS, call_symbol
from advisor.parsers.pyeval.guards import (
    BINARY,
    COMPARE,
    UNARY,
    TooLargeError,
    concatenate,
    format_value,
    to_text,
)
from advisor.parsers.pyeval.machine import MAX_DEPTH, MAX_STEPS, Machine
from advisor.parsers.pyeval.methods import call_method, merge, read_key
from advisor.parsers.pyeval.results import CLEAN, Known, Undecided
from advisor.parsers.pyeval.signals import ExhaustedError, RaisedError
from advisor.parsers.pyeval.symbols import BUILTINS, NAMES
from advisor.parsers.pyeval.values import (
    CONTAINERS,
    MAX_ITEMS,
    MAX_TEXT,
    Abstract,
    Function,
    Instance,
    Klass,
    Listing,
    Method,
    Symbol,
    Table,
    computed,
    is_literal,
    lift,
    plain,
    same,
    tainted,
    too_large,
    undecided,
)

_SMALL = (bool, float, type(None))
"""Types of constants that are never too large."""


def evaluate(machine: Machine, node: ast.expr) -> Abstract:
    """
    The value of an expression.

    Raises `RaisedError` when the audited program would raise, `ExhaustedError` when there has
    been too much work. Never runs anything.
    """
    machine.steps += 1
    if machine.steps > MAX_STEPS:
        raise ExhaustedError
    handler = _NODES.get(type(node))
    where = machine.source.locate(node)
    if handler is None or machine.depth >= MAX_DEPTH:
        value: Abstract = Undecided("is not evaluated", where)
    else:
        machine.depth += 1
        try:
            value = handler(machine, node, where)
        finally:
            machine.depth -= 1
    if isinstance(value, CONTAINERS):
        machine.spend(value.weight // 32)
        if too_large(value):
            value = Undecided("has too many items", where, value.taint)
    if isinstance(value, Undecided):
        machine.may_raise = True
    return value


def _constant(_machine: Machine, node: ast.Constant, where: Location) -> Abstract:
    if isinstance(node.value, _SMALL) or (type(node.value) is str and len(node.value) <= MAX_TEXT):
        return Known(node.value, where, literal=True)
    value = lift(node.value, where, CLEAN)
    return replace(value, literal=True) if isinstance(value, Known) else value


def _name(machine: Machine, node: ast.Name, where: Location) -> Abstract:
    binding = machine.lookup(node.id)
    if binding is not None:
        return computed(imports.resolve(machine, binding.value), where)
    if node.id in BUILTINS:
        return Symbol(node.id, where)
    if machine.opened is not None:
        return Undecided(f"the name {node.id} may come from elsewhere", where)
    return Undecided(f"the name {node.id} is not defined in this file", where)


def _unary(machine: Machine, node: ast.UnaryOp, where: Location) -> Abstract:
    operand = evaluate(machine, node.operand)
    if isinstance(node.op, ast.Not):
        result = truth(operand)
        if result is None:
            lost = undecided(operand)
            return Undecided(lost.reason, lost.location, lost.taint)
        return Known(not result, where, taint=operand.taint)
    value = apply(machine, UNARY[type(node.op)], Call(where, (operand,)))
    return replace(value, literal=is_literal(operand)) if isinstance(value, Known) else value


def _binary(machine: Machine, node: ast.BinOp, where: Location) -> Abstract:
    left, right = evaluate(machine, node.left), evaluate(machine, node.right)
    return binary(machine, node.op, Call(where, (left, right)))


def binary(machine: Machine, operator: ast.operator, call: Call) -> Abstract:
    """
    An operation on the two arguments of `call`.
    """
    left, right = call.args
    if isinstance(operator, ast.BitOr) and isinstance(left, Table) and isinstance(right, Table):
        return replace(merge(left, right), location=call.location, token=object(), literal=False)
    if isinstance(operator, ast.Add) and isinstance(left, Listing) and isinstance(right, Listing):
        return _concatenated(left, right, call)
    function = BINARY.get(type(operator))
    if function is None:
        return Undecided("uses an operator that is not evaluated", call.location, call.taint)
    return apply(machine, function, call)


def _concatenated(left: Listing, right: Listing, call: Call) -> Abstract:
    if left.kind is not right.kind or left.kind is set:
        raise RaisedError("TypeError", "raises TypeError", call.taint)
    taint = left.taint | right.taint
    if len(left.members) + len(right.members) > MAX_ITEMS:
        return Undecided("has too many items", call.location, taint)
    members = (*left.members, *right.members)
    return Listing(left.kind, members, call.location, taint=taint)


def _bool(machine: Machine, node: ast.BoolOp, where: Location) -> Abstract:
    stop = isinstance(node.op, ast.Or)
    taint = CLEAN
    value: Abstract = Undecided("is not evaluated", where)
    for operand in node.values:
        value = evaluate(machine, operand)
        taint = taint | value.taint
        state = truth(value)
        if state is None:
            lost = undecided(value)
            return Undecided(lost.reason, lost.location, lost.taint | taint)
        if state is stop:
            break
    return tainted(computed(value, where), taint)


def _compare(machine: Machine, node: ast.Compare, where: Location) -> Abstract:
    left = evaluate(machine, node.left)
    taint = CLEAN
    result: Abstract = left
    for operator, right_node in zip(node.ops, node.comparators, strict=True):
        right = evaluate(machine, right_node)
        result = _compared(machine, operator, Call(where, (left, right)))
        taint = taint | result.taint
        if truth(result) is not True:
            break
        left = right
    return tainted(result, taint)


def _compared(machine: Machine, operator: ast.cmpop, call: Call) -> Abstract:
    left, right = call.args
    if isinstance(operator, ast.In | ast.NotIn):
        negated = isinstance(operator, ast.NotIn)
        found = _contained(machine, call)
        if not isinstance(found, Known):
            return found
        return replace(found, value=found.value is not negated)
    if isinstance(left, Symbol) and isinstance(right, Symbol) and same(left, right):
        return Known(isinstance(operator, ast.Eq | ast.Is), call.location)
    return apply(machine, COMPARE[type(operator)], call, sets=True)


def _contained(machine: Machine, call: Call) -> Abstract:
    left, right = call.args
    if isinstance(right, Symbol) and right.name == "os.environ":
        return environment.has_variable(machine, Call(call.location, (left,)))
    if isinstance(right, Symbol) and right.name == NAMES:
        return scopes.has_name(machine, Call(call.location, (left,)))
    if isinstance(right, Table) and isinstance(left, Known):
        if right.partial and left.value not in right.members:
            return undecided(right)
        return Known(left.value in right.members, call.location, taint=left.taint | right.taint)
    return apply(machine, COMPARE[ast.In], call, sets=True)


def _conditional(machine: Machine, node: ast.IfExp, where: Location) -> Abstract:
    test = evaluate(machine, node.test)
    state = truth(test)
    if state is not None:
        chosen = evaluate(machine, node.body if state else node.orelse)
        return tainted(computed(chosen, where), test.taint)
    before = machine.snapshot()
    first, second = evaluate(machine, node.body), evaluate(machine, node.orelse)
    machine.restore(before)
    if same(first, second):
        return tainted(computed(first, where), taint_of((test, second)))
    return Undecided(undecided(test).reason, where, taint_of((test, first, second)))


def _attribute(machine: Machine, node: ast.Attribute, where: Location) -> Abstract:
    value = evaluate(machine, node.value)
    if isinstance(value, Symbol) and value.path:
        return imports.member(machine, value, node.attr, where)
    if isinstance(value, Symbol):
        name = f"{value.name}.{node.attr}"
        if name in CONSTANTS:
            return lift(CONSTANTS[name], where, value.taint)
        return Symbol(name, where, value.taint, imports.find(machine, name))
    if isinstance(value, Undecided):
        return Method(value, node.attr, where, value.taint)
    if isinstance(value, Klass | Instance):
        return read_attribute(machine, value, node.attr, where)
    return Method(value, node.attr, where, value.taint)


def _subscript(machine: Machine, node: ast.Subscript, where: Location) -> Abstract:
    value = evaluate(machine, node.value)
    if isinstance(node.slice, ast.Slice):
        return _sliced(machine, value, node.slice, where)
    key = evaluate(machine, node.slice)
    if isinstance(value, Symbol):
        reader = _BY_KEY.get(value.name)
        return reader(machine, Call(where, (key,))) if reader else undecided(value)
    if isinstance(value, Table):
        found = read_key(value, key, where)
        if found is None:
            raise RaisedError("KeyError", "raises KeyError", taint_of((value, key)))
        return tainted(computed(found, where), value.taint | key.taint)
    if isinstance(value, Listing) and value.kind is not set:
        return _item(machine, value, key, where)
    return apply(machine, lambda data, at: data[at], Call(where, (value, key)))


def _item(machine: Machine, listing: Listing, key: Abstract, where: Location) -> Abstract:
    position = apply(machine, lambda at: range(len(listing.members))[at], Call(where, (key,)))
    if not isinstance(position, Known):
        return undecided(position)
    found = listing.members[position.value]
    return tainted(computed(found, where), listing.taint | position.taint)


def _sliced(machine: Machine, value: Abstract, node: ast.Slice, where: Location) -> Abstract:
    edges = (node.lower, node.upper, node.step)
    bounds = tuple(
        evaluate(machine, edge) if edge is not None else Known(None, where) for edge in edges
    )
    if isinstance(value, Listing) and value.kind is not set and all(map(_is_known, bounds)):
        members = value.members[slice(*(plain(bound) for bound in bounds))]
        return Listing(value.kind, members, where, taint=taint_of(bounds) | value.taint)
    return apply(machine, lambda data, *at: data[slice(*at)], Call(where, (value, *bounds)))


def _is_known(value: Abstract) -> bool:
    return isinstance(value, Known)


def _joined(machine: Machine, node: ast.JoinedStr, where: Location) -> Abstract:
    pieces = tuple(evaluate(machine, piece) for piece in node.values)
    value = apply(machine, concatenate, Call(where, pieces))
    literal = all(isinstance(piece, ast.Constant) for piece in node.values)
    return replace(value, literal=literal) if isinstance(value, Known) else value


def _formatted(machine: Machine, node: ast.FormattedValue, where: Location) -> Abstract:
    value = evaluate(machine, node.value)
    spec = evaluate(machine, node.format_spec) if node.format_spec else Known("", where)
    conversions: Mapping[int, Callable[[object], object]] = {
        ord("s"): to_text,
        ord("r"): _represented,
        ord("a"): ascii,
    }
    convert = conversions.get(node.conversion)
    if convert is not None:
        value = apply(machine, convert, Call(where, (value,)))
    return apply(machine, format_value, Call(where, (value, spec)))


def _represented(value: object) -> str:
    if isinstance(value, float | int | str | bytes | None):
        return repr(value)
    raise TooLargeError


def _named(machine: Machine, node: ast.NamedExpr, where: Location) -> Abstract:
    value = evaluate(machine, node.value)
    machine.bind(node.target.id, value, where, machine.source.locate(node.value))
    return value


def _lambda(machine: Machine, node: ast.Lambda, where: Location) -> Abstract:
    defaults = default_values(machine, node.args)
    return Function(node, machine.scope, defaults, where, home=machine.source.path)


def default_values(machine: Machine, arguments: ast.arguments) -> dict[str, Abstract]:
    """
    Values of the parameters that have a default, by name.
    """
    positional = [*arguments.posonlyargs, *arguments.args]
    with_default = positional[len(positional) - len(arguments.defaults) :]
    pairs = [*zip(with_default, arguments.defaults, strict=True)]
    keywords = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    pairs += [(parameter, node) for parameter, node in keywords if node is not None]
    return {parameter.arg: evaluate(machine, node) for parameter, node in pairs}


def _call(machine: Machine, node: ast.Call, where: Location) -> Abstract:
    if scopes.is_namespace(machine, node):
        return Symbol(NAMES, where)
    callee = evaluate(machine, node.func)
    call = arguments(machine, node)
    if id(node) in machine.calls:
        machine.calls[id(node)].append(call)
    value = _called(machine, callee, call)
    return tainted(value, callee.taint)


def _called(machine: Machine, callee: Abstract, call: Call) -> Abstract:
    if isinstance(callee, Symbol):
        return call_symbol(machine, callee, call)
    if isinstance(callee, Method):
        return call_method(machine, callee, call)
    if isinstance(callee, Function):
        return machine.hooks.call(machine, callee, call)
    if isinstance(callee, Klass) and not (call.args or call.kwargs or call.partial):
        return Instance(callee, call.location, overlay=dict(machine.overlay))
    reason = undecided(callee).reason if isinstance(callee, Undecided) else "is not evaluated"
    lost = Undecided(reason, call.location, call.taint)
    for value in (*call.args, *call.kwargs.values()):
        machine.spoil(value, lost)
    return lost


def arguments(machine: Machine, node: ast.Call) -> Call:
    """
    The arguments of a call, ``*`` and ``**`` spread as far as they are known.
    """
    members = containers.members_of(machine, node.args)
    args = () if isinstance(members, Undecided) else members
    kwargs: dict[str, Abstract] = {}
    partial = isinstance(members, Undecided)
    spread = CLEAN
    for keyword in node.keywords:
        value = evaluate(machine, keyword.value)
        if keyword.arg is not None:
            kwargs[keyword.arg] = value
            continue
        # A name given twice is an error, so that nothing behind ``**`` hides a known argument.
        spread = spread | value.taint
        partial = partial or not isinstance(value, Table) or value.partial
        if isinstance(value, Table):
            kwargs |= {str(key): tainted(item, value.taint) for key, item in value.members.items()}
    return Call(machine.source.locate(node), args, kwargs, partial, spread)


_BY_KEY: Mapping[str, Callable[[Machine, Call], Abstract]] = {
    "os.environ": environment.need_variable,
    NAMES: scopes.need_name,
}
_NODES: Mapping[type[ast.expr], Callable[[Machine, Any, Location], Abstract]] = {
    ast.Attribute: _attribute,
    ast.BinOp: _binary,
    ast.BoolOp: _bool,
    ast.Call: _call,
    ast.Compare: _compare,
    ast.Constant: _constant,
    ast.Dict: containers.table,
    ast.DictComp: comprehensions.table_comprehension,
    ast.FormattedValue: _formatted,
    ast.GeneratorExp: comprehensions.comprehension,
    ast.IfExp: _conditional,
    ast.JoinedStr: _joined,
    ast.Lambda: _lambda,
    ast.List: containers.listing,
    ast.ListComp: comprehensions.comprehension,
    ast.Name: _name,
    ast.NamedExpr: _named,
    ast.Set: containers.listing,
    ast.SetComp: comprehensions.comprehension,
    ast.Subscript: _subscript,
    ast.Tuple: containers.listing,
    ast.UnaryOp: _unary,
}
