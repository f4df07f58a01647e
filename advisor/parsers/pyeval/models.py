"""
Fields of pydantic's models and settings classes: the environment first, then the default.

Sources: pydantic "Fields" and "Validators", pydantic-settings "Settings Management", and of
pydantic 1 "Settings management".
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from advisor.model import Location
from advisor.parsers.pyeval.compute import Call
from advisor.parsers.pyeval.environment import cast_text, missing
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.results import Known, Taint, Undecided
from advisor.parsers.pyeval.values import Abstract, Instance, Klass, computed, tainted

_SETTINGS_1 = frozenset({"pydantic.BaseSettings", "pydantic.v1.BaseSettings"})
_SETTINGS = _SETTINGS_1 | {"pydantic_settings.BaseSettings"}
BASES = _SETTINGS | {"pydantic.BaseModel", "pydantic.v1.BaseModel"}
_SCALARS = {
    **dict.fromkeys(("bool", "StrictBool"), "bool"),
    **dict.fromkeys(("str", "StrictStr"), "str"),
    **dict.fromkeys(("int", "NonNegativeInt", "PositiveInt"), "int"),
    **dict.fromkeys(("float", "NonNegativeFloat", "PositiveFloat"), "float"),
}
"""Annotations by their last name, and the plain type that a text is converted to."""
_CONTAINERS = frozenset({"Any", "Dict", "List", "Mapping", "Sequence", "dict", "list", "tuple"})
_OPAQUE = frozenset(
    {
        *("__getattr__", "__getattribute__", "__init__", "model_post_init"),
        *("customise_sources", "settings_customise_sources"),
    }
)
"""Methods after which nothing can be said of the fields."""
_VALIDATORS = frozenset({"field_validator", "validator"})
_WHOLE_VALIDATORS = frozenset({"model_validator", "root_validator"})


class _Field(Struct, frozen=True):
    """
    One field, from its annotation and its default.
    """

    kind: str
    """``bool``, ``int``, ``float``, ``str``, ``container``, ``url``; empty for any other type."""
    required: bool
    variables: tuple[str, ...]
    """Names of the variables that set it; empty for models that read none."""


def read_field(machine: Machine, value: Instance, name: str, where: Location) -> Abstract:
    """
    A field of an object that was made without arguments; undecided where a validator or source of
    the class's own may have changed it.
    """
    lost = Undecided(f"is the attribute {name} of an object not evaluated", where, value.taint)
    chain = list(_chain(value.klass))
    config = _config(chain)
    if config is None or any(_may_change(klass, name) for klass in chain):
        return lost
    field = _describe(value.klass, chain, config, name)
    if field is None:
        return lost
    before, machine.overlay = machine.overlay, dict(value.overlay)
    try:
        found = _stated(machine, field, config, where)
        if found is not None or not field.required:
            return tainted(
                found or _default(machine, value.klass, field, (name, where)), value.taint
            )
        if not field.variables:
            return lost
        return missing(machine, field.variables[0], "ValidationError", Call(where))
    finally:
        machine.overlay = before


def _chain(klass: Klass) -> Iterator[Klass]:
    yield klass
    for parent in klass.parents:
        yield from _chain(parent)


def _stated(
    machine: Machine, field: _Field, config: dict[str, object], where: Location
) -> Abstract | None:
    for variable in field.variables:
        for name in (*machine.env, *machine.overlay):
            same = name == variable
            # pydantic looks variables up without regard to case, unless told otherwise.
            if same or (
                not config.get("case_sensitive") and name.casefold() == variable.casefold()
            ):
                value = machine.variable(name, where)
                if value is not None and field.kind in _SCALARS:
                    return cast_text(machine, value, field.kind, where)
                if value is not None and field.kind == "url":
                    return computed(value, where)
                if value is not None:
                    reason = f"is read from the variable {variable}"
                    return Undecided(reason, where, value.taint)
    return None


def _default(machine: Machine, klass: Klass, field: _Field, at: tuple[str, Location]) -> Abstract:
    name, where = at
    value = computed(klass.members[name], where)
    taint = Taint(assumed=frozenset(field.variables))
    if isinstance(value, Known) and value.value is not None:
        value = _converted(machine, value, field, where)
    return tainted(value, taint)


def _converted(machine: Machine, value: Known, field: _Field, where: Location) -> Abstract:
    """
    A default as pydantic keeps it: of the annotated type where settings are checked.
    """
    kind = type(value.value).__name__
    if kind == field.kind or (kind == "str" and field.kind in {"url", "container"}):
        return value
    if kind == "int" and field.kind == "float":
        return replace(value, value=float(value.value))
    if kind == "str" and field.kind in _SCALARS and field.variables:
        return cast_text(machine, value, field.kind, where)
    return Undecided("is converted by pydantic in a way not evaluated", where, value.taint)


def _describe(
    klass: Klass, chain: list[Klass], config: dict[str, object], name: str
) -> _Field | None:
    statement = next((one for part in chain for one in _annotated(part.node, name)), None)
    old = not _SETTINGS_1.isdisjoint(klass.bases)
    default = klass.members.get(name)
    if statement is None:
        if not old or not isinstance(default, Known):
            return None
        kind = type(default.value).__name__
        return _Field(kind, required=False, variables=_variables(config, name, ()))
    calls = [statement.value, *_metadata(statement.annotation)]
    fields = [one for one in calls if isinstance(one, ast.Call)]
    wanted = {"env"} if old else {"alias", "validation_alias"}
    nodes = [word.value for one in fields for word in one.keywords if word.arg in wanted]
    own = (
        () if _SETTINGS.isdisjoint(klass.bases) else _variables(config, name, tuple(_texts(nodes)))
    )
    return _Field(_kind(statement.annotation), _is_required(statement), own)


def _variables(config: dict[str, object], name: str, named: tuple[str, ...]) -> tuple[str, ...]:
    usual = f"{config.get('env_prefix', '')}{name}"
    return named or (usual if config.get("case_sensitive") else usual.upper(),)


def _is_required(statement: ast.AnnAssign) -> bool:
    value = statement.value
    if isinstance(value, ast.Call) and _last(value.func) == "Field":
        given = {word.arg: word.value for word in value.keywords}
        if "default_factory" in given:
            return False
        value = value.args[0] if value.args else given.get("default")
    return value is None or (isinstance(value, ast.Constant) and value.value is ...)


def _annotated(node: ast.ClassDef, name: str) -> Iterator[ast.AnnAssign]:
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and getattr(statement.target, "id", "") == name:
            yield statement


def _kind(node: ast.expr) -> str:
    """
    What an annotation means for a text of the environment.
    """
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        sides = [one for one in (node.left, node.right) if not _is_none(one)]
        return _kind(sides[0]) if len(sides) == 1 else ""
    if isinstance(node, ast.Subscript):
        name, inner = _last(node.value), node.slice
        first = inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner
        if name == "Optional":
            return _kind(inner)
        if name == "Annotated":
            return _kind(first) if all(_is_harmless(one) for one in _metadata(node)) else ""
        if name == "Literal":
            values = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            texts = all(
                isinstance(one, ast.Constant) and isinstance(one.value, str) for one in values
            )
            return "str" if texts else ""
        return "container" if name in _CONTAINERS else ""
    name = _last(node)
    if name.endswith(("Dsn", "Url")):
        return "url"
    return _SCALARS.get(name) or ("container" if name in _CONTAINERS else "")


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _metadata(annotation: ast.expr) -> list[ast.expr]:
    """
    What stands behind the type in ``Annotated[int, Field(ge=1)]``.
    """
    if not isinstance(annotation, ast.Subscript) or _last(annotation.value) != "Annotated":
        return []
    return annotation.slice.elts[1:] if isinstance(annotation.slice, ast.Tuple) else []


def _is_harmless(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or (
        isinstance(node, ast.Call) and _last(node.func) in {"Field", "Ge", "Gt", "Le", "Lt"}
    )


def _may_change(klass: Klass, name: str) -> bool:
    """
    Whether a method of a class may give a field another value than environment and default do.
    """
    if not _OPAQUE.isdisjoint(klass.members) or "?" in klass.bases:
        return True
    functions = (one for one in klass.node.body if isinstance(one, ast.FunctionDef))
    return any(
        _validates(function, decorator, name)
        for function in functions
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call) or _last(decorator) in _WHOLE_VALIDATORS
    )


def _validates(function: ast.FunctionDef, decorator: ast.expr, name: str) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    if _last(called) in _VALIDATORS and isinstance(decorator, ast.Call):
        names = [one.value if isinstance(one, ast.Constant) else "*" for one in decorator.args]
        return name in names or "*" in names
    return _last(called) in _WHOLE_VALIDATORS and not _only_checks(function)


def _only_checks(function: ast.FunctionDef) -> bool:
    """
    Whether a validator of the whole object gives it back as it got it.
    """
    parameters = {parameter.arg for parameter in function.args.args}
    for node in ast.walk(function):
        stores = isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store)
        renames = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        if stores or (renames and isinstance(node, ast.Name) and node.id in parameters):
            return False
        if isinstance(node, ast.Call) and _last(node.func) in {"__setattr__", "setattr", "update"}:
            return False
        if isinstance(node, ast.Return) and getattr(node.value, "id", "") not in parameters:
            return False
    return True


def _config(chain: Iterable[Klass]) -> dict[str, object] | None:
    """
    ``model_config`` or ``class Config`` of a class and its bases; None when it is computed.
    """
    found: dict[str, object] = {}
    for klass in reversed(list(chain)):
        for name, node in _options(klass.node):
            value = node.value if isinstance(node, ast.Constant) else None
            if name in {"env_prefix", "case_sensitive"} and value is None:
                return None
            if name in {"?", "fields"}:
                return None
            found[name] = value
    return found


def _options(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for statement in node.body:
        if isinstance(statement, ast.ClassDef) and statement.name == "Config":
            yield from _assigned(statement.body)
            if any(isinstance(inner, ast.FunctionDef) for inner in statement.body):
                yield "?", ast.Constant(None)
    for name, value in _assigned(node.body):
        if name != "model_config":
            continue
        if isinstance(value, ast.Call):
            yield from ((word.arg or "?", word.value) for word in value.keywords)
            if value.args:
                yield "?", value
        elif isinstance(value, ast.Dict):
            for key, item in zip(value.keys, value.values, strict=True):
                yield str(key.value) if isinstance(key, ast.Constant) else "?", item
        else:
            yield "?", value


def _assigned(body: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for statement in body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets = [statement.target]
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(statement, ast.Assign | ast.AnnAssign):
                yield target.id, statement.value or ast.Constant(None)


def _texts(nodes: Iterable[ast.expr]) -> Iterator[str]:
    for node in nodes:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                yield inner.value


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
