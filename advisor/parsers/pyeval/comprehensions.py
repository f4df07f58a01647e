"""
Comprehensions: loops that make a value.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from advisor.model import Location
from advisor.parsers.pyeval.compute import Call, apply, truth
from advisor.parsers.pyeval.containers import iterate
from advisor.parsers.pyeval.effects import effects
from advisor.parsers.pyeval.forgetting import forget
from advisor.parsers.pyeval.frames import Frame
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.results import Undecided
from advisor.parsers.pyeval.targets import Places, assign
from advisor.parsers.pyeval.values import Abstract, Listing, tainted, undecided


def comprehension(
    machine: Machine, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, where: Location
) -> Abstract:
    """
    ``[… for …]``, ``{… for …}`` and ``(… for …)``, the last as the list of its items.
    """
    items = _collect(machine, node, lambda: machine.evaluate(node.elt))
    if isinstance(items, Undecided):
        return items
    listing = Listing(list, tuple(items), where)
    if isinstance(node, ast.SetComp):
        return apply(machine, set, Call(where, (listing,)), sets=True)
    return listing


def table_comprehension(machine: Machine, node: ast.DictComp, where: Location) -> Abstract:
    """
    ``{…: … for …}``.
    """

    def pair() -> Abstract:
        key, value = machine.evaluate(node.key), machine.evaluate(node.value)
        return Listing(tuple, (key, value), where)

    items = _collect(machine, node, pair)
    if isinstance(items, Undecided):
        return items
    return apply(machine, dict, Call(where, (Listing(list, tuple(items), where),)))


def _collect(
    machine: Machine,
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp,
    produce: Callable[[], Abstract],
) -> list[Abstract] | Undecided:
    """
    The items of a comprehension, in a scope of its own.
    """
    if any(isinstance(inner, ast.NamedExpr) for inner in ast.walk(node)):
        where = machine.source.locate(node)
        forget(machine, effects([node]), "is not evaluated", where)
        return Undecided("is not evaluated", where)
    machine.stack.append(Frame(outer=machine.frame))
    context = machine.context
    try:
        return list(_produce(machine, node.generators, produce))
    except _UnknownItems as error:
        return error.culprit
    finally:
        machine.stack.pop()
        machine.context = context


class _UnknownItems(Exception):  # noqa: N818 - a signal, not an error
    def __init__(self, culprit: Undecided) -> None:
        super().__init__(culprit.reason)
        self.culprit = culprit


def _produce(
    machine: Machine, generators: Sequence[ast.comprehension], produce: Callable[[], Abstract]
) -> Iterator[Abstract]:
    if not generators:
        yield tainted(produce(), machine.context)
        return
    first, *rest = generators
    for item in _iterated(machine, first):
        machine.spend()
        place = machine.source.locate(first.target)
        assign(machine, first.target, item, Places(place, place))
        if all(_kept(machine, test) for test in first.ifs):
            yield from _produce(machine, rest, produce)


def _iterated(machine: Machine, generator: ast.comprehension) -> tuple[Abstract, ...]:
    source = machine.evaluate(generator.iter)
    items = None if generator.is_async else iterate(machine, source)
    if items is None:
        raise _UnknownItems(undecided(source))
    machine.context = machine.context | source.taint
    return items


def _kept(machine: Machine, node: ast.expr) -> bool:
    test = machine.evaluate(node)
    state = truth(test)
    if state is None:
        raise _UnknownItems(undecided(test))
    machine.context = machine.context | test.taint
    return state
