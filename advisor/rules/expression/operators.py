"""
``and or not``, arithmetic, comparisons and ``in``.
"""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any

from advisor.facts.schema import BOOL, STRING, Kind
from advisor.rules.expression.closures import (
    conjoin,
    disjoin,
    guard,
    lift,
    lift_pair,
    negate,
)
from advisor.rules.expression.context import Context, Run, Typed, constant
from advisor.rules.expression.kinds import ARITHMETIC, MEASURES, NUMERIC, same_dimension
from advisor.rules.expression.result import Frame, Reads, Undecided
from advisor.rules.expression.versions import Side, compile_versions, in_versions

if TYPE_CHECKING:
    from collections.abc import Callable

    from advisor.errors import ExpressionError

_ARITHMETIC: dict[type[ast.operator], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("-", operator.sub),
    ast.Mult: ("*", operator.mul),
    ast.Div: ("/", operator.truediv),
    ast.Mod: ("%", operator.mod),
}
_EQUALITY: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_COMPARISON: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    **_EQUALITY,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_REFUSED: dict[type[ast.operator], tuple[str, str | None]] = {
    ast.Pow: ("'**' is not allowed", None),
    ast.FloorDiv: ("'//' is not allowed", "write floor(a / b)"),
    ast.BitAnd: ("'&' is not allowed", "write 'and'"),
    ast.BitOr: ("'|' is not allowed", "write 'or'"),
}


def compile_connection(context: Context, node: ast.BoolOp) -> Typed:
    """
    ``and`` and ``or``.
    """
    connect = conjoin if isinstance(node.op, ast.And) else disjoin
    if not context.checked or context.variables:
        return Typed(BOOL, connect([context.condition(value) for value in node.values]))
    first, *others = node.values
    operands = [context.condition(first)]
    operands += [_later(context, value, operands, index) for index, value in enumerate(others, 1)]
    return Typed(BOOL, connect(operands))


def _later(context: Context, node: ast.expr, operands: list[Run], index: int) -> Run:
    """
    An operand that takes its compiled form's place when it is first evaluated.
    """

    def run(frame: Frame) -> object:
        operands[index] = compiled = context.condition(node)
        return compiled(frame)

    return run


def compile_unary(context: Context, node: ast.UnaryOp) -> Typed:
    """
    ``not`` and the sign.
    """
    if isinstance(node.op, ast.Not):
        return Typed(BOOL, negate(context.condition(node.operand)))
    if not isinstance(node.op, ast.USub):
        sign = "+" if isinstance(node.op, ast.UAdd) else "~"
        raise context.error(node, f"'{sign}' is not allowed as a sign")
    operand = context.typed(node.operand)
    if operand.type.kind not in NUMERIC:
        raise context.error(node, f"cannot compute -{operand.type}")
    if operand.constant:
        return constant(operand.type, -operand.value)
    return Typed(operand.type, lift(operator.neg, operand.run))


def compile_arithmetic(context: Context, node: ast.BinOp) -> Typed:
    """
    ``+ - * / %``. Constants are computed at once: ``8 * GB`` costs nothing later.
    """
    known = _ARITHMETIC.get(type(node.op))
    if known is None:
        raise _refuse_operator(context, node)
    symbol, function = known
    left, right = context.typed(node.left), context.typed(node.right)
    type_ = ARITHMETIC.get((symbol, left.type.kind, right.type.kind))
    if type_ is None:
        raise context.error(node, f"cannot compute {left.type} {symbol} {right.type}")
    parsed = context.parsed
    apply = guard(function, text=parsed.text(node), divisor=parsed.text(node.right))
    run = lift_pair(apply, left, right)
    if not (left.constant and right.constant):
        return Typed(type_, run)
    value = run(Frame({}, Reads()))
    if isinstance(value, Undecided):
        message = "division by zero" if right.value == 0 else "the number is too large"
        raise context.error(node, message)
    return constant(type_, value)


def compile_comparison(context: Context, node: ast.Compare) -> Typed:
    """
    Comparisons, also chained, and ``in``.
    """
    if len(node.ops) > 1 and any(isinstance(op, (ast.In, ast.NotIn)) for op in node.ops):
        raise context.error(node, "'in' cannot be part of a chain", "join the parts with 'and'")
    if isinstance(node.ops[0], (ast.In, ast.NotIn)):
        found = _membership(context, node.left, node.comparators[0])
        return Typed(BOOL, negate(found) if isinstance(node.ops[0], ast.NotIn) else found)
    nodes = [node.left, *node.comparators]
    parts = [context.typed(part) for part in nodes]
    runs = [
        _compare(context, (nodes[index], parts[index]), op, (nodes[index + 1], parts[index + 1]))
        for index, op in enumerate(node.ops)
    ]
    return Typed(BOOL, conjoin(runs))


def _refuse_operator(context: Context, node: ast.BinOp) -> ExpressionError:
    message, hint = _REFUSED.get(type(node.op), ("this operator is not allowed", None))
    return context.error(node, message, hint)


def _compare(context: Context, left: Side, op: ast.cmpop, right: Side) -> Run:
    function = _COMPARISON.get(type(op))
    if function is None:
        raise context.error(right[0], "'is' is not allowed", "write '==' or '!='")
    if _are_versions(left, right):
        return compile_versions(context, function, left, right)
    _check_comparable(context, left, right, ordered=type(op) not in _EQUALITY)
    return lift_pair(function, left[1], right[1])


def _are_versions(left: Side, right: Side) -> bool:
    kinds = {left[1].type.kind, right[1].type.kind}
    return Kind.VERSION in kinds and kinds <= {Kind.VERSION, Kind.STRING}


def _check_comparable(context: Context, left: Side, right: Side, *, ordered: bool) -> None:
    """
    Refuse operands that Python would compare in a way the language does not mean.
    """
    if same_dimension(left[1], right[1]):
        return
    kinds = (left[1].type.kind, right[1].type.kind)
    if kinds[0] is not kinds[1] or kinds[0] in (Kind.LIST, Kind.RECORD):
        raise _incomparable(context, left, right)
    if ordered:
        hint = "only numbers, sizes, durations and versions have an order"
        raise context.error(right[0], f"cannot order {kinds[0]}s", hint)


def _incomparable(context: Context, left: Side, right: Side) -> ExpressionError:
    if left[1].constant and not right[1].constant:
        culprit, other = left, right
    else:
        culprit, other = right, left
    hint = _unit_hint(context.parsed.text(culprit[0]), culprit[1], other[1])
    return context.error(culprit[0], f"cannot compare {left[1].type} with {right[1].type}", hint)


def _unit_hint(text: str, culprit: Typed, other: Typed) -> str | None:
    unit = "GB" if other.type.kind is Kind.SIZE else "s"
    if other.type.kind in MEASURES and culprit.type.kind is Kind.NUMBER:
        factor = text if culprit.constant else f"({text})"
        return f"write {factor} * {unit}"
    if other.type.kind in MEASURES and culprit.type.kind is Kind.STRING:
        return f"write it like 8 * {unit}"
    if other.type.kind is Kind.VERSION and culprit.constant:
        return f"write '{text}'"
    return None


def _membership(context: Context, needle: ast.expr, haystack: ast.expr) -> Run:
    left = context.typed(needle)
    if isinstance(haystack, (ast.Tuple, ast.List)):
        return _in_literal(context, (needle, left), haystack)
    right = context.typed(haystack)
    if left.type == STRING and right.type == STRING:
        return lift_pair(lambda text, whole: text in whole, left, right)
    if right.type.item is None:
        raise context.error(haystack, f"cannot look for {left.type} in {right.type}")
    item: Side = (haystack, Typed(right.type.item, right.run))
    if _are_versions((needle, left), item):
        return in_versions(context, (needle, left), item)
    _check_comparable(context, (needle, left), item, ordered=False)
    return lift_pair(lambda wanted, values: wanted in values, left, right)


def _in_literal(context: Context, needle: Side, haystack: ast.Tuple | ast.List) -> Run:
    if not haystack.elts:
        raise context.error(haystack, "nothing is in an empty list")
    items: list[Side] = [(element, context.typed(element)) for element in haystack.elts]
    equal = [_compare(context, needle, ast.Eq(), item) for item in items]
    plain = not any(_are_versions(needle, item) for item in items)
    if plain and all(item.constant for _, item in items):
        values = tuple(item.value for _, item in items)
        return lift(lambda wanted: wanted in values, needle[1].run)
    return disjoin(equal)
