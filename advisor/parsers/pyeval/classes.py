"""
Attributes of classes that a file defines, settings classes of pydantic among them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from advisor.model import Location
from advisor.parsers.pyeval.compute import Call
from advisor.parsers.pyeval.environment import cast_text, missing
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.modules import home_of
from advisor.parsers.pyeval.results import Taint, Undecided
from advisor.parsers.pyeval.values import Abstract, Function, Instance, Klass, computed, tainted

_PLAIN = frozenset({"object"})
_SETTINGS = frozenset(
    {"pydantic.BaseSettings", "pydantic.v1.BaseSettings", "pydantic_settings.BaseSettings"}
)
_ALIASES = frozenset({"alias", "env", "validation_alias"})
_SIMPLE = frozenset({"bool", "float", "int", "str"})


def read_attribute(
    machine: Machine, value: Klass | Instance, name: str, where: Location
) -> Abstract:
    """
    An attribute of a class or of an object made without arguments.

    An object of a settings class takes the environment before the field's default.
    """
    klass = value.klass if isinstance(value, Instance) else value
    bases = set(klass.bases) - _PLAIN
    if isinstance(value, Instance) and bases and bases <= _SETTINGS:
        return _read_setting(machine, klass, name, where)
    member = klass.members.get(name)
    simple = not bases and "__getattr__" not in klass.members
    made = isinstance(value, Instance) and "__init__" in klass.members
    if member is None or not simple or made or isinstance(member, Function):
        return Undecided(f"is the attribute {name} of an object not evaluated", where, value.taint)
    return computed(member, where)


@dataclass(frozen=True, slots=True)
class _Field:
    """
    One annotated field of a settings class.
    """

    kind: str
    """Name of the annotated type, empty when it is not a plain name."""
    default: ast.expr | None
    variables: tuple[str, ...]
    """Names of the variables that set it; empty when they cannot be told."""


def _read_setting(machine: Machine, klass: Klass, name: str, where: Location) -> Abstract:
    found = _find(klass.node, name)
    if found is None or _prefix(klass.node) is None:
        return Undecided(f"is the attribute {name} of an object not evaluated", where)
    for variable in found.variables:
        value = _stated(machine, variable, where)
        if value is not None and found.kind in _SIMPLE:
            return cast_text(machine, value, found.kind, where)
        if value is not None:
            return Undecided(f"is read from the variable {variable}", where, value.taint)
    if found.default is None:
        return missing(machine, found.variables[0], "ValidationError", Call(where))
    taint = Taint(assumed=frozenset(found.variables))
    home = home_of(machine, klass.location.path)
    return tainted(computed(home.evaluate(found.default), where), taint)


def _stated(machine: Machine, variable: str, where: Location) -> Abstract | None:
    # pydantic looks variables up without regard to case.
    for name in (*machine.env, *machine.overlay):
        if name.casefold() == variable.casefold():
            return machine.variable(name, where)
    return None


def _find(node: ast.ClassDef, name: str) -> _Field | None:
    for statement in node.body:
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        if statement.target.id == name:
            return _describe(node, name, statement)
    return None


def _describe(node: ast.ClassDef, name: str, statement: ast.AnnAssign) -> _Field:
    kind = statement.annotation.id if isinstance(statement.annotation, ast.Name) else ""
    usual = ((_prefix(node) or "") + name).upper()
    value = statement.value
    if not isinstance(value, ast.Call) or _dotted(value.func).rpartition(".")[2] != "Field":
        return _Field(kind, value, (usual,))
    given = {keyword.arg: keyword.value for keyword in value.keywords}
    default = value.args[0] if value.args else given.get("default")
    if isinstance(default, ast.Constant) and default.value is ...:
        default = None
    aliases = tuple(_texts(given[key] for key in sorted(_ALIASES & given.keys())))
    return _Field(kind, default, aliases or (usual,))


def _texts(nodes: Iterator[ast.expr]) -> Iterator[str]:
    for node in nodes:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                yield inner.value


def _prefix(node: ast.ClassDef) -> str | None:
    """
    The prefix of the variables, from ``model_config`` or ``class Config``; None when computed.
    """
    for value in _prefixes(node):
        text = value.value if isinstance(value, ast.Constant) else None
        return text if isinstance(text, str) else None
    return ""


def _prefixes(node: ast.ClassDef) -> Iterator[ast.expr]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.keyword) and inner.arg == "env_prefix":
            yield inner.value
        if isinstance(inner, ast.Assign):
            targets = [target.id for target in inner.targets if isinstance(target, ast.Name)]
            if "env_prefix" in targets:
                yield inner.value


def _dotted(node: ast.expr) -> str:
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(names)]) if isinstance(node, ast.Name) else ""
