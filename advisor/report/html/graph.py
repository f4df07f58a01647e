"""
A graph in layers: every edge goes from one layer to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import TypeAlias

from msgspec import Struct

Pair: TypeAlias = tuple[str, str]
Bend: TypeAlias = tuple[str, str, int]
"""Where the edge between two nodes passes through a layer."""
Slot: TypeAlias = "str | Bend"


class Layered(Struct, frozen=True):
    """
    Nodes and bends by layer, in the order to draw them, and the pieces of the edges.
    """

    layers: tuple[tuple[Slot, ...], ...]
    routes: Mapping[Pair, tuple[Slot, ...]]
    """Edge → its start, its bends and its end."""


def layered(edges: Iterable[Pair]) -> Layered:
    """
    Put the nodes of `edges` into layers; edges that would close a circle are left out.
    """
    pairs = dict.fromkeys(pair for pair in edges if pair[0] != pair[1])
    order = _without_circles(pairs)
    ranks = dict.fromkeys(order, 0)
    starts: dict[str, list[str]] = {}
    for start, end in pairs:
        starts.setdefault(end, []).append(start)
    for node in order:
        ranks[node] = max((ranks[start] + 1 for start in starts.get(node, ())), default=0)
    routes = {pair: _route(pair, ranks) for pair in pairs}
    layers: list[dict[Slot, None]] = [{} for _ in range(max(ranks.values(), default=-1) + 1)]
    for node in dict.fromkeys(node for pair in pairs for node in pair):
        layers[ranks[node]][node] = None
    for (start, _), route in routes.items():
        for step, bend in enumerate(route[1:-1], 1):
            layers[ranks[start] + step][bend] = None
    return Layered(_ordered([tuple(layer) for layer in layers], routes), routes)


def _without_circles(pairs: dict[Pair, None]) -> list[str]:
    """
    The nodes from start to end; takes the edges that close a circle out of `pairs`.
    """
    while True:
        sorter: TopologicalSorter[str] = TopologicalSorter()
        for start, end in pairs:
            sorter.add(end, start)
        try:
            return list(sorter.static_order())
        except CycleError as error:
            circle: list[str] = error.args[1]
            around = pairwise(circle)
            del pairs[next(pair for pair in reversed([*around]) if pair in pairs)]


def _route(pair: Pair, ranks: Mapping[str, int]) -> tuple[Slot, ...]:
    start, end = pair
    bends = ((start, end, rank) for rank in range(ranks[start] + 1, ranks[end]))
    return start, *bends, end


def _ordered(
    layers: Sequence[tuple[Slot, ...]], routes: Mapping[Pair, tuple[Slot, ...]]
) -> tuple[tuple[Slot, ...], ...]:
    """
    Each layer in the order of what leads to it, so that few edges cross.
    """
    before: dict[Slot, list[Slot]] = {}
    for route in routes.values():
        for one, other in pairwise(route):
            before.setdefault(other, []).append(one)
    places: dict[Slot, float] = {}
    found = []
    for layer in layers:
        wanted = {slot: _mean([places[one] for one in before.get(slot, ())]) for slot in layer}
        ordered = tuple(sorted(layer, key=wanted.__getitem__))
        places |= {slot: place - len(ordered) / 2 for place, slot in enumerate(ordered)}
        found.append(ordered)
    return tuple(found)


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0
