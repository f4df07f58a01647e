"""
Expressions of rules: parsed, type-checked against the fact schema, compiled to closures.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, ClassVar

from advisor.facts.schema import BOOL, NUMBER, STRING, Type
from advisor.model.discreet import Discreet
from advisor.rules.expression.context import Context, Run, Typed, constant
from advisor.rules.expression.functions import compile_call
from advisor.rules.expression.kinds import fits
from advisor.rules.expression.loops import compile_list
from advisor.rules.expression.names import compile_name, refuse_none
from advisor.rules.expression.operators import (
    compile_arithmetic,
    compile_comparison,
    compile_connection,
    compile_unary,
)
from advisor.rules.expression.parse import parse
from advisor.rules.expression.result import FORGETFUL, Frame, Reads, Undecided

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from advisor.model.subject import Fact
    from advisor.rules.expression.scope import Scope

LARGEST_NUMBER = 2**63
"""Bound of a number as written. No setting of any audited program goes beyond."""


class Compiled(Discreet, frozen=True, eq=False):
    """
    An expression ready to be evaluated for any subject of its scope.
    """

    untold: ClassVar[frozenset[str]] = frozenset({"run"})

    source: str
    type: Type
    run: Run
    """The closure behind `evaluate`."""

    def evaluate(self, facts: Mapping[str, Fact], reads: Reads | None = None) -> Any | Undecided:  # noqa: ANN401 - as `type` says
        """
        The value for one subject, or `Undecided` with what is missing.

        What was read is added to `reads`. Sizes are bytes, durations seconds, lists tuples.
        """
        noted = Reads() if reads is None else reads
        result = self.run(Frame(facts, noted))
        if isinstance(result, Undecided):
            noted.blame(result)
        return result

    def glance(self, facts: Mapping[str, Fact]) -> Any | Undecided:  # noqa: ANN401 - as `evaluate`
        """
        The value for one subject; what was read is not remembered, which is faster.
        """
        return self.run(Frame(facts, FORGETFUL))


def compile_expression(
    source: str, scope: Scope, *, expect: Type | None = None, checked: bool = False
) -> Compiled:
    """
    Check and compile an expression, which has to be of type `expect` if that is given.

    One that was checked before is compiled as far as its values are asked for: of most conditions
    the first operand is false.

    Raises `ExpressionError` with the column and, where there is one, the remedy.
    """
    parsed = parse(source)
    context = Context(scope, parsed, _compile, checked)
    try:
        result = context.typed(parsed.tree)
    except RecursionError:
        raise context.error(parsed.tree, "the expression is nested too deeply") from None
    if expect is not None and not fits(result, expect):
        raise context.error(parsed.tree, f"expected {expect}, got {result.type}")
    return Compiled(parsed.source, result.type, result.run)


def _compile(context: Context, node: ast.expr) -> Typed:
    compile_node = _NODES.get(type(node))
    if compile_node is None:
        message, hint = _REFUSED.get(type(node), (f"{type(node).__name__} is not allowed", None))
        raise context.error(node, message, hint)
    return compile_node(context, node)


def _literal(context: Context, node: ast.Constant) -> Typed:
    value = node.value
    if isinstance(value, bool):
        return constant(BOOL, value)
    if isinstance(value, (int, float)):
        if not value <= LARGEST_NUMBER:
            raise context.error(node, "the number is too large")
        return constant(NUMBER, value)
    if isinstance(value, str):
        return constant(STRING, value)
    if value is None:
        raise refuse_none(context, node)
    raise context.error(node, "only numbers, strings, true and false are allowed")


_NODES: dict[type[ast.expr], Callable[[Context, Any], Typed]] = {
    ast.Attribute: compile_name,
    ast.BinOp: compile_arithmetic,
    ast.BoolOp: compile_connection,
    ast.Call: compile_call,
    ast.Compare: compile_comparison,
    ast.Constant: _literal,
    ast.ListComp: compile_list,
    ast.Name: compile_name,
    ast.UnaryOp: compile_unary,
}
_REFUSED: dict[type[ast.expr], tuple[str, str | None]] = {
    ast.Dict: ("'{…}' is not allowed", None),
    ast.DictComp: ("'{…}' is not allowed", None),
    ast.GeneratorExp: ("a loop needs a function around it", "write any(…), count(…) or sum(…)"),
    ast.IfExp: ("'if … else' is not allowed", None),
    ast.JoinedStr: ("f-strings are not allowed", None),
    ast.Lambda: ("'lambda' is not allowed", None),
    ast.List: ("a list of literals may only follow 'in'", None),
    ast.NamedExpr: ("':=' is not allowed", None),
    ast.Set: ("'{…}' is not allowed", None),
    ast.SetComp: ("'{…}' is not allowed", None),
    ast.Starred: ("'*' is not allowed here", None),
    ast.Subscript: ("'[…]' after a name is not allowed", "go through the list with any(…)"),
    ast.Tuple: ("a list of literals may only follow 'in'", None),
}
