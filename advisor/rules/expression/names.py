"""
Names in expressions: facts, loop variables and their fields, units, ``true`` and ``false``.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from advisor.facts.schema import BOOL, DURATION, SIZE, Kind
from advisor.rules.expression.context import Context, Typed, Variable, constant
from advisor.rules.expression.readers import fact_reader, field_reader
from advisor.rules.expression.scope import suggest
from advisor.units import DURATION_UNITS, SIZE_UNITS

if TYPE_CHECKING:
    from advisor.errors import ExpressionError

FUNCTIONS = frozenset(
    {"abs", "all", "any", "ceil", "count", "endswith", "floor", "has_value", "is_set"}
    | {"known", "len", "max", "min", "round", "startswith", "sum"}
)
"""Names that can be called."""

_CONSTANTS = {
    "true": constant(BOOL, True),
    "false": constant(BOOL, False),
    **{name: constant(SIZE, factor) for name, factor in SIZE_UNITS.items()},
    **{name: constant(DURATION, factor) for name, factor in DURATION_UNITS.items()},
}


def compile_name(context: Context, node: ast.Name | ast.Attribute) -> Typed:
    """
    A fact, a loop variable or a field of one, a unit, ``true`` or ``false``.
    """
    name = _dotted(context, node)
    if name is None:
        raise context.error(node, "only facts and loop variables have parts after a dot")
    root, _, rest = name.partition(".")
    variable = context.variables.get(root)
    if variable is not None:
        return _field(context, node, variable, rest) if rest else _item(variable)
    type_ = context.scope.facts.get(name)
    if type_ is not None:
        return fact_reader(name, type_)
    known = _CONSTANTS.get(name)
    if known is not None:
        return known
    raise _unknown(context, node, name)


def check_variable(context: Context, node: ast.expr) -> str:
    """
    The name of a new loop variable.

    Units may be hidden (``for s in servers``), everything else that has a meaning may not.
    """
    if not isinstance(node, ast.Name):
        raise context.error(node, "the loop variable must be one name")
    name = node.id
    if name in context.variables:
        raise context.error(node, f"'{name}' is already the variable of the outer loop")
    if name in context.scope.roots:
        raise context.error(node, f"'{name}' is already the name of facts")
    if (name in FUNCTIONS and name not in DURATION_UNITS) or name in ("true", "false"):
        raise context.error(node, f"'{name}' already has a meaning")
    return name


def _dotted(context: Context, node: ast.expr) -> str | None:
    """
    The name as written: the tree does not hold parts that are keywords of Python.
    """
    root = node
    while isinstance(root, ast.Attribute):
        root = root.value
    return "".join(context.parsed.text(node).split()) if isinstance(root, ast.Name) else None


def _item(variable: Variable) -> Typed:
    slot = variable.slot
    return Typed(variable.type, lambda frame: frame.items[slot])


def _field(context: Context, node: ast.expr, variable: Variable, name: str) -> Typed:
    if variable.type.kind is not Kind.RECORD:
        raise context.error(node, f"a {variable.type} has no fields")
    fields = context.scope.records.get(variable.type.record, {})
    type_ = fields.get(name)
    if type_ is None:
        message = f"no field '{name}' on {variable.type}"
        raise context.error(node, message, suggest(name, fields))
    return field_reader(name, type_, variable.slot)


def _unknown(context: Context, node: ast.expr, name: str) -> ExpressionError:
    if name in FUNCTIONS:
        return context.error(node, f"'{name}' is a function", f"write {name}(…)")
    if name in ("null", "none"):
        return refuse_none(context, node)
    if "." in name:
        hint = suggest(name, context.scope.facts)
        return context.error(node, f"unknown fact '{name}'", hint)
    known = (*context.variables, *_CONSTANTS, *FUNCTIONS, *context.scope.facts)
    return context.error(node, f"unknown name '{name}'", suggest(name, known))


def refuse_none(context: Context, node: ast.expr) -> ExpressionError:
    """
    The error about ``None``, the literal of Python that people miss here.
    """
    return context.error(node, "there is no None", "ask is_set(…) or known(…)")
