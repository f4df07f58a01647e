"""
A module of Terraform: the files of one folder, with variables and locals filled in where they are
written out.

Source: Terraform documentation, "Input Variables" and "Local Values". A default of a variable may
be overridden where the module is applied, so what rests on one is assumed. Nothing is run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from msgspec import Struct

from advisor.model import Origin, Problem, Unknown, Value
from advisor.parsers.hcl import (
    Block,
    Expression,
    HclDocument,
    ListOf,
    Literal,
    ObjectOf,
    Opaque,
    Reference,
    Scalar,
    Template,
    parse_hcl,
)

MAX_STEPS = 16
"""References that lead to references."""
MAX_DEPTH = 8
"""Lists and objects inside of each other that a module hands to another one."""
Resolved: TypeAlias = "tuple[Expression, bool]"
"""An expression that is no reference to a value of the module, and whether it is assumed."""


class Given(Struct, frozen=True):
    """
    A value that a module gets from outside: of a file of variables, or of the module that calls it.

    It uses no names of either.
    """

    expression: Expression
    assumed: bool = False


class Module(Struct, frozen=True):
    """
    What the files of one folder declare together.
    """

    folder: str
    blocks: tuple[Block, ...]
    """Of all files, in the order of their names."""
    given: Mapping[str, Given]
    """Values of variables."""
    problems: tuple[Problem, ...] = ()
    address: str = ""
    """What stands before the names of its resources: ``module.db.``."""

    def resources(self, *types: str) -> Iterator[Block]:
        """
        Resources of some types that are not switched off by ``count = 0``.
        """
        for block in self.blocks:
            if block.type == "resource" and len(block.labels) == 2 and block.labels[0] in types:
                count = self.scalar(block.attributes.get("count"))
                if not (isinstance(count, Value) and count.value == 0):
                    yield block

    def calls(self) -> Iterator[Block]:
        """
        The modules it uses.
        """
        return (one for one in self.blocks if one.type == "module" and len(one.labels) == 1)

    def resolve(self, expression: Expression) -> Resolved:
        """
        Follow references to variables and locals as far as they are written out.
        """
        return _resolve(self, expression, MAX_STEPS)

    def scalar(self, expression: Expression | None) -> Value[Scalar] | Unknown | None:
        """
        A single value; None when the attribute is missing or null.
        """
        if expression is None:
            return None
        found, assumed = self.resolve(expression)
        origin = Origin.ASSUMED if assumed else Origin.LITERAL
        note = "a variable's default" if assumed else ""
        if isinstance(found, Literal):
            if found.value is None:
                return None
            return Value(found.value, origin, found.location, note)
        if isinstance(found, Template):
            return self._text(found, assumed=assumed)
        return Unknown(_why(found), found.location)

    def text(self, expression: Expression | None) -> Value[str] | Unknown | None:
        """
        A single value as Terraform writes it into a text.
        """
        found = self.scalar(expression)
        if not isinstance(found, Value):
            return found
        return Value(_written(found.value), found.origin, found.location, found.note)

    def items(self, expression: Expression) -> tuple[Expression, ...] | None:
        """
        The items of a list, or the values of an object; None when they are not written out.
        """
        found, _ = self.resolve(expression)
        if isinstance(found, ListOf):
            return found.items
        return tuple(found.entries.values()) if isinstance(found, ObjectOf) else None

    def entry(self, expression: Expression, name: str) -> Expression | None:
        """
        An entry of an object, None when it has none or that cannot be told.
        """
        found, _ = self.resolve(expression)
        return found.entries.get(name) if isinstance(found, ObjectOf) else None

    def handed(self, expression: Expression, left: int = MAX_DEPTH) -> Given:
        """
        An expression for another module: names of this one are replaced by what they stand for.
        """
        found, assumed = self.resolve(expression)
        if isinstance(found, Template):
            text = self._text(found, assumed=assumed)
            if isinstance(text, Value):
                return Given(Literal(text.value, found.location), text.origin is Origin.ASSUMED)
        elif isinstance(found, Literal):
            return Given(found, assumed)
        elif left and isinstance(found, ListOf):
            inner = [self.handed(one, left - 1) for one in found.items]
            found = ListOf(tuple(one.expression for one in inner), found.location)
            return Given(found, assumed or any(one.assumed for one in inner))
        elif left and isinstance(found, ObjectOf):
            inner = [self.handed(one, left - 1) for one in found.entries.values()]
            values = (one.expression for one in inner)
            found = ObjectOf(dict(zip(found.entries, values, strict=True)), found.location)
            return Given(found, assumed or any(one.assumed for one in inner))
        return Given(Opaque(expression.location), assumed)

    def _text(self, template: Template, *, assumed: bool) -> Value[str] | Unknown:
        texts: list[str] = []
        for part in template.parts:
            found, guessed = self.resolve(part)
            if not isinstance(found, Literal) or found.value is None:
                return Unknown(_why(found), template.location)
            assumed = assumed or guessed
            texts.append(_written(found.value))
        origin = Origin.ASSUMED if assumed else Origin.EVALUATED
        return Value("".join(texts), origin, template.location)


def read_module(
    folder: str,
    files: Mapping[str, str],
    variables: Iterable[tuple[str, str]] = (),
    given: Mapping[str, Given] | None = None,
) -> Module:
    """
    A module from the texts of its files by path.

    `variables` are files of variables, the strongest last; `given` beats them.
    """
    documents = [parse_hcl(path, text) for path, text in sorted(files.items())]
    stated = [parse_hcl(path, text) for path, text in variables]
    values = {
        name: Given(expression)
        for document in stated
        for name, expression in document.root.attributes.items()
    }
    blocks = tuple(block for document in documents for block in document.root.blocks)
    problems = _problems((*documents, *stated))
    return Module(folder, blocks, {**values, **(given or {})}, problems)


def _problems(documents: Iterable[HclDocument]) -> tuple[Problem, ...]:
    return tuple(problem for document in documents for problem in document.problems)


def _resolve(module: Module, expression: Expression, left: int) -> Resolved:
    if not isinstance(expression, Reference) or len(expression.steps) < 2:
        return expression, False
    kind, name, *rest = expression.steps
    if kind not in ("var", "local") or not left:
        return expression, False
    found, assumed = _named(module, kind, name, left - 1)
    for step in rest:
        inner = _entry(found, step)
        if inner is None:
            return expression, False
        found, guessed = _resolve(module, inner, left - 1)
        assumed = assumed or guessed
    return (expression, False) if found is None else (found, assumed)


def _named(module: Module, kind: str, name: str, left: int) -> tuple[Expression | None, bool]:
    if kind == "local":
        for block in module.blocks:
            if block.type == "locals" and name in block.attributes:
                return _resolve(module, block.attributes[name], left)
        return None, False
    given = module.given.get(name)
    if given is not None:
        return given.expression, given.assumed
    for block in module.blocks:
        if block.type == "variable" and block.labels == (name,):
            default = block.attributes.get("default")
            return (None, False) if default is None else (_resolve(module, default, left)[0], True)
    return None, False


def _entry(expression: Expression | None, step: str) -> Expression | None:
    if isinstance(expression, ObjectOf):
        return expression.entries.get(step)
    if isinstance(expression, ListOf) and step.isdecimal() and len(step) < 6:
        at = int(step)
        return expression.items[at] if at < len(expression.items) else None
    return None


def _why(expression: Expression) -> str:
    if isinstance(expression, Reference):
        return f"depends on {'.'.join(expression.steps)[:80]}"
    if isinstance(expression, Opaque | Template):
        return "Terraform computes it when it is applied"
    return "a single value is expected"


def _written(value: Scalar) -> str:
    """
    A value as Terraform converts it to a text.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
