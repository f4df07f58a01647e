"""
What the compiler knows while it walks one expression, and what each part compiles to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct, field

from advisor.facts.schema import Kind, Type
from advisor.rules.expression.result import Frame

if TYPE_CHECKING:
    import ast

    from advisor.errors import ExpressionError
    from advisor.model.subject import Fact
    from advisor.rules.expression.parse import Parsed
    from advisor.rules.expression.scope import Scope

MAX_DEPTH = 100
"""Levels of operators and calls. Keeps compilation and evaluation far from the recursion limit."""
MAX_LOOPS = 2
"""Comprehensions inside each other."""

Run: TypeAlias = Callable[[Frame], Any]
"""A compiled part: its value, or `Undecided`."""


class Typed(Struct, frozen=True):
    """
    A compiled part of an expression.
    """

    type: Type
    run: Run
    constant: bool = False
    value: Any = None
    """Of a constant: what `run` returns."""
    fact: Callable[[Frame], Fact] | None = None
    """Of a fact or field: the fact itself, undecided or not."""


class Variable(Struct, frozen=True):
    """
    A loop variable.
    """

    type: Type
    slot: int
    """Index in `Frame.items`."""


class Context(Struct):
    """
    The state of one compilation.
    """

    scope: Scope
    parsed: Parsed
    compile: Callable[[Context, ast.expr], Typed]
    """How to compile a node, given by the compiler so that its parts need not import it."""
    checked: bool = False
    """Whether the expression was compiled before, so that parts of it can wait."""
    variables: dict[str, Variable] = field(default_factory=dict)
    depth: int = 0
    loops: int = 0

    def typed(self, node: ast.expr) -> Typed:
        """
        Compile a part.
        """
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(node, "the expression is nested too deeply")
        result = self.compile(self, node)
        self.depth -= 1
        return result

    def condition(self, node: ast.expr) -> Run:
        """
        Compile a part that has to be true or false.
        """
        part = self.typed(node)
        if part.type.kind is not Kind.BOOL:
            hint = "compare it with something" if part.type.kind is not Kind.RECORD else None
            raise self.error(node, f"expected a condition, got {part.type}", hint)
        return part.run

    def error(self, node: ast.expr, message: str, hint: str | None = None) -> ExpressionError:
        """
        The error to raise about a node.
        """
        return self.parsed.error(node, message, hint)

    @contextmanager
    def loop(self, node: ast.expr) -> Iterator[None]:
        """
        Inside this block the parts of a comprehension are compiled; its variables end with it.
        """
        self.loops += 1
        if self.loops > MAX_LOOPS:
            raise self.error(node, f"more than {MAX_LOOPS} comprehensions inside each other")
        before = dict(self.variables)
        yield
        self.variables = before
        self.loops -= 1


def constant(type_: Type, value: object) -> Typed:
    """
    A part whose value is known when it is compiled.
    """
    return Typed(type_, lambda _: value, constant=True, value=value)
