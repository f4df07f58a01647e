"""
Where the parts of a layered graph stand: `along` its flow, and `across` it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.report.html.graph import Layered, Pair, Slot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CURVE = 46.0
"""Length of a bend along the flow."""
STRAIGHT = 18.0
"""Room for the head of an arrow that has no bend."""
_SAME = 0.5

Point = tuple[float, float]
"""Along and across."""


class Sizes(Struct, frozen=True):
    """
    How much room the parts take.
    """

    depth: Mapping[str, float]
    """Of boxes, along the flow."""
    room: Mapping[Slot, float]
    """Of boxes and bends, across it."""
    label: Mapping[Pair, float]
    """Of what stands beside arrows, along the flow."""
    gap: float
    """Between neighbours, across the flow."""
    shift: float = 0.0
    """How far arrows stand before the middle of their boxes, as a share of the room."""


class Placed(Struct, frozen=True):
    """
    The layout.
    """

    near: Mapping[Slot, float]
    """Where the layer of a box or bend begins, along the flow."""
    far: Mapping[Slot, float]
    middle: Mapping[Slot, float]
    """Across the flow."""
    line: Mapping[Slot, float]
    """Where arrows leave and reach it, across the flow."""
    length: float
    breadth: float


class Piece(Struct, frozen=True):
    """
    A part of an arrow between two layers, flat first or bent first.
    """

    start: Point
    end: Point
    flat_first: bool

    @property
    def corner(self) -> Point:
        """
        Where the flat part and the bend meet.
        """
        if self.flat_first:
            return max(self.start[0], self.end[0] - CURVE), self.start[1]
        return min(self.end[0], self.start[0] + CURVE), self.end[1]

    @property
    def flat(self) -> tuple[Point, Point]:
        """
        Both ends of the flat part, where a label has room.
        """
        if abs(self.start[1] - self.end[1]) < _SAME:
            return self.start, self.end
        return (self.start, self.corner) if self.flat_first else (self.corner, self.end)


def place(graph: Layered, sizes: Sizes) -> Placed:
    """
    Put layers one behind the other and their parts side by side, each layer in the middle.
    """
    middle, breadth = _across(graph, sizes)
    line = {slot: at - sizes.shift * sizes.room[slot] for slot, at in middle.items()}
    near: dict[Slot, float] = {}
    far: dict[Slot, float] = {}
    at = 0.0
    for layer in graph.layers:
        end = at + max(sizes.depth.get(slot, 0.0) for slot in layer if isinstance(slot, str))
        near |= dict.fromkeys(layer, at)
        far |= dict.fromkeys(layer, end)
        at = end + _between(layer, graph, sizes, line)
    return Placed(near, far, middle, line, max(far.values(), default=0.0), breadth)


def _across(graph: Layered, sizes: Sizes) -> tuple[dict[Slot, float], float]:
    totals = [
        sum(sizes.room[slot] for slot in layer) + sizes.gap * (len(layer) - 1)
        for layer in graph.layers
    ]
    breadth = max(totals, default=0.0)
    middle: dict[Slot, float] = {}
    for layer, total in zip(graph.layers, totals, strict=True):
        at = (breadth - total) / 2
        for slot in layer:
            middle[slot] = at + sizes.room[slot] / 2
            at += sizes.room[slot] + sizes.gap
    return middle, breadth


def _between(
    layer: Sequence[Slot], graph: Layered, sizes: Sizes, line: Mapping[Slot, float]
) -> float:
    """
    Room behind a layer for labels and bends.
    """
    here = set(layer)
    labels, bent = [0.0], False
    for pair, route in graph.routes.items():
        labels += [sizes.label.get(pair, 0.0)] if pair[0] in here else []
        steps = pairwise(route)
        bent = bent or any(
            one in here and abs(line[one] - line[other]) >= _SAME for one, other in steps
        )
    return max(labels) + (CURVE if bent else STRAIGHT)


def pieces(graph: Layered, placed: Placed, pair: Pair) -> list[Piece]:
    """
    An edge from layer to layer; the first piece has its flat part where the label has room.
    """
    route = graph.routes[pair]
    return [
        Piece(
            (placed.far[one], placed.line[one]),
            (placed.near[other], placed.line[other]),
            flat_first=one == pair[0] and beside(graph, pair) == one,
        )
        for one, other in pairwise(route)
    ]


def beside(graph: Layered, pair: Pair) -> Slot:
    """
    What the label of an edge stands next to: where no other edge comes in, else where it starts.
    """
    first = graph.routes[pair][1]
    coming = sum(1 for route in graph.routes.values() if first in route[1:])
    return first if coming == 1 else pair[0]
