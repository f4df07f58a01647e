"""
The stack as a drawing: boxes in layers, arrows between them with the numbers beside.

Browsers know how wide a text is, this module does not: it gives every column as much room as a wide
font takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.report.cells import fold, one_line, width_of
from advisor.report.html.graph import Layered, Pair, Slot, layered
from advisor.report.html.layout import STRAIGHT, Piece, Placed, Point, Sizes, beside, pieces, place

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Edge = tuple[str, str, str]
Lines = tuple[str, ...]

MOST_NODES = 40
"""Beyond this nobody reads a drawing: the list beside it has all of the edges."""
_MOST_LINES = 6
_WARNING = "⚠"
_COLUMN, _LINE = 7.4, 17.0
_PAD = 14.0
_GAP = 30.0
_WIDEST_BOX, _WIDEST_LABEL = 26, 27
"""Columns."""
_PHONE, _NARROWEST = 340.0, 160.0
"""Width of the narrow drawing, and of a box in it that is not alone."""
_SHIFT = 0.36
"""Arrows of the narrow drawing leave room for labels at their right."""
_BROAD = 1100.0
"""What can still be read when it is made to fit a page."""
_MARGIN = 2.0
_HEAD = 8.0
"""Length of an arrow's head."""


class Text(Struct, frozen=True):
    """
    A line of text at its baseline.
    """

    x: float
    y: float
    words: str


class Box(Struct, frozen=True):
    """
    A program.
    """

    x: float
    y: float
    width: float
    height: float
    lines: tuple[Text, ...]
    warns: bool


class Arrow(Struct, frozen=True):
    """
    A connection: the line and its head as SVG paths, and what stands beside.
    """

    path: str
    head: str
    lines: tuple[Text, ...]
    warns: bool


class Drawing(Struct, frozen=True):
    """
    What to draw, and how much room it takes.
    """

    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    broad: bool
    """Whether it is too broad to be made as narrow as the screen: it is scrolled instead."""


def wide(edges: Sequence[Edge]) -> Drawing | None:
    """
    The stack from left to right; None when there is nothing to draw, or too much.
    """
    graph = _graph(edges)
    if graph is None:
        return None
    boxes = {node: _folded(node, _WIDEST_BOX) for node in _nodes(graph)}
    labels = {pair: _folded(words, _WIDEST_LABEL) for pair, words in _labels(edges, graph).items()}
    room = {slot: _height(boxes[slot]) if isinstance(slot, str) else _GAP for slot in _slots(graph)}
    for pair, lines in labels.items():
        slot = beside(graph, pair)
        room[slot] = max(room[slot], 2 * _above(lines) * _LINE + _GAP)
    sizes = Sizes(
        {node: _width(lines) for node, lines in boxes.items()},
        room,
        {pair: _width(lines) - _PAD if lines else 12.0 for pair, lines in labels.items()},
        _GAP,
    )
    placed = place(graph, sizes)
    return Drawing(
        round(placed.length + 2 * _MARGIN, 1),
        round(placed.breadth + 2 * _MARGIN, 1),
        tuple(_wide_box(node, lines, placed) for node, lines in boxes.items()),
        tuple(
            _arrow(pieces(graph, placed, pair), lines, tall=False) for pair, lines in labels.items()
        ),
        placed.length > _BROAD,
    )


def tall(edges: Sequence[Edge]) -> Drawing | None:
    """
    The stack from top to bottom, as narrow as a phone if its layers are.
    """
    graph = _graph(edges)
    if graph is None:
        return None
    width = max(_PHONE, _NARROWEST * max(len(layer) for layer in graph.layers))
    room = {slot: width / len(layer) for layer in graph.layers for slot in layer}
    boxes = {node: _folded(node, _columns(room[node] - 2 * _PAD)) for node in _nodes(graph)}
    labels = {
        pair: _folded(words, _columns(room[beside(graph, pair)] * (0.5 + _SHIFT) - _PAD))
        for pair, words in _labels(edges, graph).items()
    }
    sizes = Sizes(
        {node: _height(lines) for node, lines in boxes.items()},
        room,
        {pair: _along(lines) for pair, lines in labels.items()},
        0.0,
        _SHIFT,
    )
    placed = place(graph, sizes)
    return Drawing(
        round(width + 2 * _MARGIN, 1),
        round(placed.length + 2 * _MARGIN, 1),
        tuple(_tall_box(node, lines, placed, room[node]) for node, lines in boxes.items()),
        tuple(
            _arrow(pieces(graph, placed, pair), lines, tall=True) for pair, lines in labels.items()
        ),
        width > _PHONE,
    )


def _graph(edges: Sequence[Edge]) -> Layered | None:
    graph = layered((start, end) for start, _, end in edges if one_line(start) and one_line(end))
    return graph if 0 < len(_nodes(graph)) <= MOST_NODES else None


def _labels(edges: Sequence[Edge], graph: Layered) -> dict[Pair, str]:
    """
    What stands beside each arrow; what several edges between the same boxes say stands together.
    """
    found = dict.fromkeys(graph.routes, "")
    for start, label, end in edges:
        if (start, end) in found:
            both = dict.fromkeys((*found[start, end].split("\n"), *label.split("\n")))
            found[start, end] = "\n".join(line for line in both if line)
    return found


def _slots(graph: Layered) -> Iterable[Slot]:
    return (slot for layer in graph.layers for slot in layer)


def _nodes(graph: Layered) -> list[str]:
    return [slot for slot in _slots(graph) if isinstance(slot, str)]


def _folded(text: str, columns: int) -> Lines:
    """
    Lines of at most `columns`; a long word is cut, for a drawing has to end somewhere.
    """
    lines = [part for line in text.split("\n") for part in fold(one_line(line), columns) if part]
    cut = [_cut(line, columns) for line in lines]
    return (*cut[: _MOST_LINES - 1], "…") if len(cut) > _MOST_LINES else tuple(cut)


def _cut(line: str, columns: int) -> str:
    if width_of(line) <= columns:
        return line
    kept = line[:columns]
    while width_of(kept) >= columns:
        kept = kept[:-1]
    return f"{kept}…"


def _columns(size: float) -> int:
    return max(8, int(size / _COLUMN))


def _width(lines: Lines) -> float:
    return max(map(width_of, lines), default=0) * _COLUMN + 2 * _PAD


def _height(lines: Lines) -> float:
    return len(lines) * _LINE + 1.6 * _PAD


def _along(lines: Lines) -> float:
    """
    Room for a label beside an arrow that goes down.
    """
    return len(lines) * _LINE + 8


def _wide_box(node: str, lines: Lines, placed: Placed) -> Box:
    height = _height(lines)
    top = placed.middle[node] - height / 2
    return _box((placed.near[node], top), (placed.far[node] - placed.near[node], height), lines)


def _tall_box(node: str, lines: Lines, placed: Placed, room: float) -> Box:
    width = room - 8
    left = placed.middle[node] - width / 2
    return _box((left, placed.near[node]), (width, placed.far[node] - placed.near[node]), lines)


def _box(corner: Point, size: Point, lines: Lines) -> Box:
    x, y = corner[0] + _MARGIN, corner[1] + _MARGIN
    first = y + size[1] / 2 - (len(lines) - 1) * _LINE / 2 + 4.5
    texts = tuple(
        Text(round(x + size[0] / 2, 1), round(first + at * _LINE, 1), line)
        for at, line in enumerate(lines)
    )
    warns = any(_WARNING in line for line in lines)
    return Box(round(x, 1), round(y, 1), round(size[0], 1), round(size[1], 1), texts, warns)


def _arrow(route: Sequence[Piece], lines: Lines, *, tall: bool) -> Arrow:
    tip = route[-1].end
    base = tip[0] - _HEAD
    sides = ((base, tip[1] - 4.5), (base, tip[1] + 4.5))
    start, end = route[0].flat
    if not route[0].flat_first:
        # Where it starts there may be the label of another arrow.
        size = _along(lines) if tall else _width(lines) - _PAD
        start = max(start[0], end[0] - size - STRAIGHT), start[1]
    texts = _down(start, lines) if tall else _around(start, end, lines)
    return Arrow(
        "M" + " L".join(_path(piece, tall=tall) for piece in route),
        f"M {_xy(tip, tall=tall)} L {_xy(sides[0], tall=tall)} L {_xy(sides[1], tall=tall)} Z",
        tuple(texts),
        any(_WARNING in line for line in lines),
    )


def _path(piece: Piece, *, tall: bool) -> str:
    """
    From the start on, without the command that leads there.
    """
    start, corner, end = piece.start, piece.corner, piece.end
    if start[1] == end[1]:
        return f" {_xy(start, tall=tall)} L {_xy(end, tall=tall)}"
    one, other = (corner, end) if piece.flat_first else (start, corner)
    half = (one[0] + other[0]) / 2
    bend = ((half, one[1]), (half, other[1]), other)
    curve = f"C {', '.join(_xy(point, tall=tall) for point in bend)}"
    if piece.flat_first:
        return f" {_xy(start, tall=tall)} L {_xy(one, tall=tall)} {curve}"
    return f" {_xy(start, tall=tall)} {curve} L {_xy(end, tall=tall)}"


def _xy(point: Point, *, tall: bool) -> str:
    along, across = (round(number + _MARGIN, 1) for number in point)
    return f"{across} {along}" if tall else f"{along} {across}"


def _around(start: Point, end: Point, lines: Lines) -> Iterable[Text]:
    """
    Half of the lines above a flat arrow, half of them below.
    """
    x = round((start[0] + end[0] - _HEAD) / 2 + _MARGIN, 1)
    above = _above(lines)
    for at, line in enumerate(lines):
        off = (at - above + 1) * _LINE - 7 if at < above else (at - above) * _LINE + 18
        yield Text(x, round(start[1] + off + _MARGIN, 1), line)


def _above(lines: Lines) -> int:
    """
    How many lines of a label stand above its arrow.
    """
    return (len(lines) + 1) // 2


def _down(start: Point, lines: Lines) -> Iterable[Text]:
    """
    Lines beside an arrow that goes down.
    """
    x = round(start[1] + 12 + _MARGIN, 1)
    for at, line in enumerate(lines):
        yield Text(x, round(start[0] + 20 + at * _LINE + _MARGIN, 1), line)
