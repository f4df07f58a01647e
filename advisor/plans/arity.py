"""
The tree of a plan whose indentation is lost, from how many inputs each kind of node has.

explain.c prints a node's InitPlans and CTEs first, then its inputs, then its SubPlans.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from msgspec import Struct

from advisor.plans import names
from advisor.plans.build import MAX_DEPTH, RawNode
from advisor.plans.costs import SUBPLANS

_MANY = 1 << 20
_NONE, _TWO = (0, 0), (2, 2)
_INPUTS: Mapping[str, tuple[int, int]] = {
    "Nested Loop": _TWO,
    "Hash Join": _TWO,
    "Merge Join": _TWO,
    "Recursive Union": _TWO,
    "Append": (1, _MANY),
    "Merge Append": (1, _MANY),
    "BitmapAnd": (2, _MANY),
    "BitmapOr": (2, _MANY),
    "SetOp": (1, 2),
    "Result": (0, 1),
    "Custom Scan": (0, _MANY),
    "Subquery Scan": (1, 1),
    "Bitmap Heap Scan": (1, 1),
}
"""Fewest and most; of nodes that are not here: none for scans, one for all others."""
_BITMAPS = ("Bitmap Index Scan", "BitmapAnd", "BitmapOr")
_OF_BITMAPS = ("Bitmap Heap Scan", "BitmapAnd", "BitmapOr")

_KEYS = ("Sort Key", "Presorted Key", "Group Key", "Grouping Sets")
"""Properties with expressions that were computed below."""


class _Place(Struct):
    """
    A node on the way from the root to the line that was read last.
    """

    node: RawNode
    least: int
    most: int
    count: int
    is_section: bool
    """Whether it is the root of a CTE, an InitPlan or a SubPlan of the node before it."""

    @property
    def kind(self) -> str:
        """
        The node's type.
        """
        return str(self.node.properties["Node Type"])


def rebuild(root: RawNode, lines: Sequence[tuple[RawNode, str]]) -> bool:
    """
    Hang nodes, in the order of their lines, where they belong; False where that is a guess.

    Beside each node stands the line above it that makes it the root of a subplan, such as
    ``SubPlan 1``. Nodes may have children already, those that kept their indentation.
    """
    path = [_place(root)]
    is_sure = True
    for node, section in lines:
        del path[MAX_DEPTH:]
        choices = [*islice(_choices(path, node, section), 2)]
        is_sure &= len(choices) == 1
        depth = choices[0] if choices else 0
        del path[depth + 1 :]
        above = path[-1]
        if not section:
            above.count += 1
        elif section.startswith("SubPlan"):
            above.least = above.most = above.count
        hang(above.node, node, section)
        path.append(_place(node, is_section=bool(section)))
    return is_sure


def hang(parent: RawNode, node: RawNode, section: str) -> None:
    """
    Make a node a child of another, and say what it is to it, as JSON does.
    """
    node.properties |= _relation(parent, section)
    parent.children.append(node)


def _relation(parent: RawNode, section: str) -> dict[str, object]:
    if section:
        kind = section.partition(" ")[0]
        relation = "SubPlan" if kind == "SubPlan" else "InitPlan"
        return {"Parent Relationship": relation, "Subplan Name": section}
    above = parent.properties.get("Node Type")
    if above in names.MEMBERS:
        return {"Parent Relationship": "Member"}
    if above == "Subquery Scan":
        return {"Parent Relationship": "Subquery"}
    others = (child.properties["Parent Relationship"] for child in parent.children)
    return {"Parent Relationship": "Inner" if "Outer" in others else "Outer"}


def _place(node: RawNode, *, is_section: bool = False) -> _Place:
    kind = str(node.properties["Node Type"])
    usual = _NONE if kind.endswith("Scan") else (1, 1) if names.is_type(kind) else (0, _MANY)
    least, most = _INPUTS.get(kind, usual)
    relations = (child.properties["Parent Relationship"] for child in node.children)
    count = sum(relation not in SUBPLANS for relation in relations)
    return _Place(node, least, most, count, is_section)


def _choices(path: Sequence[_Place], node: RawNode, section: str) -> Iterator[int]:
    """
    Where on the path a node may hang, the deepest place first.
    """
    if section.startswith("SubPlan"):
        yield from _users(path, section)
    elif section:
        yield _starter(path)
    else:
        yield from _takers(path, str(node.properties["Node Type"]))


def _takers(path: Sequence[_Place], kind: str) -> Iterator[int]:
    for depth in range(len(path) - 1, -1, -1):
        place = path[depth]
        if place.count < place.most and _fits(place, kind):
            yield depth
        if place.count < place.least:
            return


def _fits(place: _Place, kind: str) -> bool:
    is_build_side = place.kind == "Hash Join" and place.count == 1
    return is_build_side == (kind == "Hash") and (place.kind in _OF_BITMAPS) == (kind in _BITMAPS)


def _users(path: Sequence[_Place], section: str) -> Iterator[int]:
    """
    Nodes whose inputs are complete: the one that computes the subplan, if one says so.

    Those that only hand its value on, ``((SubPlan 1))``, or sort by it, are above that one.
    """
    name = re.escape(section.partition(" (")[0])
    word, handed_on = re.compile(rf"\b{name}\b"), re.compile(rf"\(\({name}\)\)")
    complete: list[int] = []
    for depth in range(len(path) - 1, -1, -1):
        place = path[depth]
        if place.count < place.least:
            break
        named = {key: text for key, text in _texts(place.node) if word.search(text)}
        if any(word.search(handed_on.sub("", named[key])) for key in {*named}.difference(_KEYS)):
            complete = [depth]
            break
        if named:
            break
        complete.append(depth)
    yield from complete


def _texts(node: RawNode) -> Iterator[tuple[str, str]]:
    return ((key, str(value)) for key, value in node.properties.items())


def _starter(path: Sequence[_Place]) -> int:
    """
    The node whose line came last, or the one that a complete CTE or InitPlan before belongs to.
    """
    for depth in range(len(path) - 1, 0, -1):
        place = path[depth]
        if place.count < place.least:
            break
        if place.is_section:
            return depth - 1 if path[depth - 1].count == 0 else len(path) - 1
    return len(path) - 1
