"""
Comprehensions: ``any all count`` over a condition, and lists of what passes a filter.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from advisor.facts.schema import BOOL, NUMBER, Kind, list_of
from advisor.rules.expression.closures import conjoin, disjoin, negate
from advisor.rules.expression.context import Context, Run, Typed, Variable
from advisor.rules.expression.names import check_variable
from advisor.rules.expression.result import Frame, Undecided, merge

if TYPE_CHECKING:
    from collections.abc import Sequence

Comprehension: TypeAlias = ast.GeneratorExp | ast.ListComp


class _Loop(Struct, frozen=True):
    source: Run
    slot: int
    filters: Sequence[Run]
    element: Typed
    counts_items: bool
    """The element is the loop variable itself: ``count(x for x in …)``."""


def compile_list(context: Context, node: Comprehension) -> Typed:
    """
    The elements of the items that pass the filter, as a tuple.
    """
    loop = _compile(context, node)
    source, slot, element = loop.source, loop.slot, loop.element.run
    passes = conjoin(loop.filters) if loop.filters else _always

    def run(frame: Frame) -> object:
        items = source(frame)
        if items.__class__ is Undecided:
            return items
        result: list[object] = []
        undecided: list[object] = []
        for frame.items[slot] in items:
            wanted = passes(frame)
            value = element(frame) if wanted is True else wanted
            if value.__class__ is Undecided:
                undecided.append(value)
            elif wanted:
                result.append(value)
        return merge(*undecided) if undecided else tuple(result)

    return Typed(list_of(loop.element.type), run)


def compile_any(context: Context, node: ast.expr) -> Typed:
    """
    Whether the condition holds for one item: true as soon as it does.
    """
    return _quantify(context, node, decisive=True)


def compile_all(context: Context, node: ast.expr) -> Typed:
    """
    Whether the condition holds for every item: false as soon as it does not.
    """
    return _quantify(context, node, decisive=False)


def compile_count(context: Context, node: ast.expr) -> Typed:
    """
    How many items meet the condition, or pass the filter when the item itself is counted.
    """
    if not isinstance(node, (ast.GeneratorExp, ast.ListComp)):
        raise context.error(node, "count() takes a condition for each item", _LOOP_HINT)
    loop = _compile(context, node)
    kind = loop.element.type.kind
    if kind is not Kind.BOOL and not loop.counts_items:
        raise context.error(node.elt, f"expected a condition, got {loop.element.type}")
    element = [loop.element.run] if kind is Kind.BOOL else []
    meets = conjoin([*loop.filters, *element]) if loop.filters or element else _always
    source, slot = loop.source, loop.slot

    def run(frame: Frame) -> object:
        items = source(frame)
        if items.__class__ is Undecided:
            return items
        number = 0
        undecided: list[object] = []
        for frame.items[slot] in items:
            value = meets(frame)
            if value is True:
                number += 1
            elif value.__class__ is Undecided:
                undecided.append(value)
        return merge(*undecided) if undecided else number

    return Typed(NUMBER, run)


_LOOP_HINT = "write <condition> for x in <list>"


def _always(_: Frame) -> bool:
    return True


def _quantify(context: Context, node: ast.expr, *, decisive: bool) -> Typed:
    name = "any" if decisive else "all"
    if not isinstance(node, (ast.GeneratorExp, ast.ListComp)):
        raise context.error(node, f"{name}() takes a condition for each item", _LOOP_HINT)
    loop = _compile(context, node)
    if loop.element.type.kind is not Kind.BOOL:
        raise context.error(node.elt, f"expected a condition, got {loop.element.type}")
    if decisive:
        body = conjoin([*loop.filters, loop.element.run])
    else:
        body = disjoin([*(negate(run) for run in loop.filters), loop.element.run])
    return Typed(BOOL, _search(loop.source, loop.slot, body, decisive=decisive))


def _search(source: Run, slot: int, body: Run, *, decisive: bool) -> Run:
    def run(frame: Frame) -> object:
        items = source(frame)
        if items.__class__ is Undecided:
            return items
        undecided: list[object] = []
        for frame.items[slot] in items:
            value = body(frame)
            if value is decisive:
                return decisive
            if value.__class__ is Undecided:
                undecided.append(value)
        return merge(*undecided) if undecided else not decisive

    return run


def _compile(context: Context, node: Comprehension) -> _Loop:
    generator = node.generators[0]
    if len(node.generators) > 1:
        raise context.error(
            node.generators[1].target, "only one 'for' is allowed", "put one function in another"
        )
    if generator.is_async:
        raise context.error(generator.target, "'async' is not allowed")
    with context.loop(node):
        source = context.typed(generator.iter)
        if source.type.item is None:
            raise context.error(generator.iter, f"cannot go through {source.type}")
        name = check_variable(context, generator.target)
        slot = len(context.variables)
        context.variables[name] = Variable(source.type.item, slot)
        filters = [context.condition(test) for test in generator.ifs]
        element = context.typed(node.elt)
    counts_items = isinstance(node.elt, ast.Name) and node.elt.id == name
    return _Loop(source.run, slot, filters, element, counts_items)
