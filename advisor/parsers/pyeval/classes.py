"""
Attributes of classes that the code defines.
"""

from __future__ import annotations

import ast

from msgspec.structs import replace

from advisor.model import Location
from advisor.parsers.pyeval.compute import Call
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.models import BASES, read_field
from advisor.parsers.pyeval.results import Undecided
from advisor.parsers.pyeval.values import Abstract, Function, Instance, Klass, computed

_PLAIN = frozenset({"object"})
_PROPERTIES = frozenset({"cached_property", "computed_field", "property"})
_NOT_FOLLOWED = (ast.AsyncFunctionDef, ast.Nonlocal, ast.Yield, ast.YieldFrom)


def read_attribute(
    machine: Machine, value: Klass | Instance, name: str, where: Location
) -> Abstract:
    """
    An attribute of a class or of an object made without arguments.

    An object of a settings class takes the environment before the field's default.
    """
    klass = value.klass if isinstance(value, Instance) else value
    bases = set(klass.bases) - _PLAIN
    member = klass.members.get(name)
    if isinstance(value, Instance) and isinstance(member, Function):
        return _property(machine, value, member, where)
    if isinstance(value, Instance) and bases and bases <= BASES:
        return read_field(machine, value, name, where)
    simple = not bases and "__getattr__" not in klass.members
    made = isinstance(value, Instance) and "__init__" in klass.members
    if member is None or not simple or made or isinstance(member, Function):
        return Undecided(f"is the attribute {name} of an object not evaluated", where, value.taint)
    return computed(member, where)


def _property(machine: Machine, value: Instance, function: Function, where: Location) -> Abstract:
    """
    What a property of an object gives; any other function as an attribute is undecided.
    """
    node = function.node
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    nodes = list(ast.walk(node))
    named = bool(decorators) and _PROPERTIES.issuperset(map(_last_name, decorators))
    if not named or any(isinstance(inner, _NOT_FOLLOWED) for inner in nodes):
        reason = f"is the attribute {function.name} of an object not evaluated"
        return Undecided(reason, where, value.taint)
    return machine.hooks.call(machine, replace(function, opaque=False), Call(where, (value,)))


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
