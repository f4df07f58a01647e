"""
The functions that expressions may call.
"""

from __future__ import annotations

import ast
import math
from functools import partial
from typing import TYPE_CHECKING, Any

from advisor.facts.schema import BOOL, NUMBER, Kind
from advisor.model.value import DIFFERS, Origin, Value
from advisor.rules.expression.closures import guard, lift, lift_all, lift_pair
from advisor.rules.expression.context import Context, Run, Typed
from advisor.rules.expression.kinds import NUMERIC, common
from advisor.rules.expression.loops import compile_all, compile_any, compile_count, compile_list
from advisor.rules.expression.names import FUNCTIONS
from advisor.rules.expression.result import Frame, missing
from advisor.rules.expression.scope import suggest

if TYPE_CHECKING:
    from collections.abc import Callable

    from advisor.errors import ExpressionError
    from advisor.model.subject import Fact, Known


def compile_call(context: Context, node: ast.Call) -> Typed:
    """
    A call of one of the functions of the language.
    """
    if not isinstance(node.func, ast.Name):
        raise _refuse_call(context, node)
    name = node.func.id
    function = _FUNCTIONS.get(name)
    if function is None:
        raise context.error(node, f"unknown function '{name}'", suggest(name, FUNCTIONS))
    if node.keywords:
        raise context.error(node.keywords[0].value, f"{name}() takes no named arguments")
    return function(context, node)


def _refuse_call(context: Context, node: ast.Call) -> ExpressionError:
    hint = None
    if isinstance(node.func, ast.Attribute) and node.func.attr in FUNCTIONS:
        hint = f"write {node.func.attr}({context.parsed.text(node.func.value)}, …)"
    return context.error(node, "only functions can be called", hint)


def _one(compile_: Callable[[Context, ast.expr], Typed]) -> Callable[[Context, ast.Call], Typed]:
    def compile_argument(context: Context, node: ast.Call) -> Typed:
        _require(context, node, 1)
        return compile_(context, node.args[0])

    return compile_argument


def _require(context: Context, node: ast.Call, number: int) -> None:
    if len(node.args) != number:
        wanted = "1 argument" if number == 1 else f"{number} arguments"
        name = context.parsed.text(node.func)
        raise context.error(node, f"{name}() takes {wanted}, got {len(node.args)}")


def _known(context: Context, node: ast.expr) -> Typed:
    fact, read = _fact(context, node, "known")

    def run(frame: Frame) -> object:
        found = fact(frame)
        return read(frame) if found is DIFFERS else isinstance(found, Value)

    return Typed(BOOL, run)


def _has_value(context: Context, node: ast.expr) -> Typed:
    return _ask(context, node, "has_value", lambda found: found.value is not None)


def _is_set(context: Context, node: ast.expr) -> Typed:
    return _ask(context, node, "is_set", _set_by_somebody)


def _set_by_somebody(found: Known) -> bool:
    return found.value is not None and found.origin is not Origin.DEFAULT


def _ask(context: Context, node: ast.expr, name: str, question: Callable[[Known], bool]) -> Typed:
    """
    A question about a known fact; undecided for an unknown one.
    """
    fact, read = _fact(context, node, name)

    def run(frame: Frame) -> object:
        found = fact(frame)
        return question(found) if isinstance(found, Value) else read(frame)

    return Typed(BOOL, run)


def _fact(context: Context, node: ast.expr, name: str) -> tuple[Callable[[Frame], Fact], Run]:
    part = context.typed(node)
    if part.fact is None:
        raise context.error(node, f"{name}() takes the name of a fact")
    return part.fact, part.run


def _length(context: Context, node: ast.expr) -> Typed:
    part = context.typed(node)
    if part.type.kind is not Kind.LIST:
        raise context.error(node, f"len() takes a list, got {part.type}")
    return Typed(NUMBER, lift(len, part.run))


def _rounding(function: Callable[[Any], Any], context: Context, node: ast.expr) -> Typed:
    part = context.typed(node)
    if part.type.kind not in NUMERIC:
        name = function.__name__
        raise context.error(node, f"{name}() takes a number, got {part.type}")
    type_ = NUMBER if part.type.kind is Kind.SHARE and function is not abs else part.type
    return Typed(type_, lift(function, part.run))


def _affix(function: Callable[[str, str], bool], context: Context, node: ast.Call) -> Typed:
    _require(context, node, 2)
    parts = [context.typed(argument) for argument in node.args]
    for argument, part in zip(node.args, parts, strict=True):
        if part.type.kind is not Kind.STRING:
            name = context.parsed.text(node.func)
            raise context.error(argument, f"{name}() takes strings, got {part.type}")
    return Typed(BOOL, lift_pair(function, *parts))


def _aggregate(function: Callable[[Any], Any], context: Context, node: ast.Call) -> Typed:
    """
    ``sum min max`` of a list, or of two or more arguments.
    """
    name = context.parsed.text(node.func)
    if not node.args:
        raise context.error(node, f"{name}() takes a list or two values, got nothing")
    apply = guard(function, text=context.parsed.text(node))
    if len(node.args) == 1:
        return _aggregate_list(apply, context, node)
    parts = [context.typed(argument) for argument in node.args]
    type_ = common(parts)
    if type_ is None:
        types = " with ".join(dict.fromkeys(str(part.type) for part in parts))
        raise context.error(node, f"{name}() cannot combine {types}")
    return Typed(type_, lift_all(apply, [part.run for part in parts]))


def _aggregate_list(apply: Callable[..., object], context: Context, node: ast.Call) -> Typed:
    name, argument = context.parsed.text(node.func), node.args[0]
    values = _values(context, argument)
    item = values.type.item
    if item is None:
        raise context.error(argument, f"{name}() takes a list or two values, got {values.type}")
    if item.kind not in NUMERIC:
        raise context.error(argument, f"{name}() takes numbers, got {values.type}")
    if name == "sum":
        return Typed(item, lift(apply, values.run))
    empty = missing(context.parsed.text(node), f"there is no {name} of an empty list")
    return Typed(item, lift(lambda items: apply(items) if items else empty, values.run))


def _values(context: Context, node: ast.expr) -> Typed:
    if isinstance(node, ast.GeneratorExp):
        return compile_list(context, node)
    return context.typed(node)


_FUNCTIONS: dict[str, Callable[[Context, ast.Call], Typed]] = {
    "abs": _one(partial(_rounding, abs)),
    "all": _one(compile_all),
    "any": _one(compile_any),
    "ceil": _one(partial(_rounding, math.ceil)),
    "count": _one(compile_count),
    "endswith": partial(_affix, str.endswith),
    "floor": _one(partial(_rounding, math.floor)),
    "has_value": _one(_has_value),
    "is_set": _one(_is_set),
    "known": _one(_known),
    "len": _one(_length),
    "max": partial(_aggregate, max),
    "min": partial(_aggregate, min),
    "round": _one(partial(_rounding, round)),
    "startswith": partial(_affix, str.startswith),
    "sum": partial(_aggregate, sum),
}
