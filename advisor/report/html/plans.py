"""
Query plans as trees with a bar for each node, and links to the findings about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.report.masking import mask
from advisor.report.plan import head_words, row_words, side_by_side, time_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from advisor.model import PlanRow, PlanTree
    from advisor.report.html.findings import FindingView

DEEPEST = 40
"""Levels that are drawn; below them the tree goes straight down."""
_LONG = 12
"""Lines of a statement that are shown at once."""


class NodeView(Struct, frozen=True):
    """
    One node of the tree.
    """

    branch: str
    """The lines of the tree to its left."""
    level: int
    title: str
    name: str
    percent: int | None
    time: str
    rows: str
    processes: str
    """Both times of a node that several processes ran at once."""
    marks: tuple[tuple[str, str], ...]
    """Codes of the findings about it, and the ids of these, empty where they are not shown."""


class PlanView(Struct, frozen=True):
    """
    One plan.
    """

    title: str
    words: str
    query: str
    long: bool
    share: str
    """What the bars are shares of."""
    nodes: tuple[NodeView, ...]


def plan_view(tree: PlanTree, views: Sequence[FindingView]) -> PlanView:
    """
    A plan with the findings that point into it.
    """
    query = mask(tree.query).strip()
    return PlanView(
        title=str(tree.location),
        words=head_words(tree),
        query=query,
        long=query.count("\n") >= _LONG,
        share="cost" if tree.estimated else "time",
        nodes=tuple(
            NodeView(
                branch=branch,
                level=row.depth + 1,
                title=row.title,
                name=row.name,
                percent=None if row.share is None else round(row.share * 100),
                time=time_words(row),
                rows=row_words(row),
                processes=side_by_side(row),
                marks=tuple((code, _target(code, row, views)) for code in row.codes),
            )
            for row, branch in zip(tree.rows, _branches(tree.rows), strict=True)
        ),
    )


def _branches(rows: Sequence[PlanRow]) -> list[str]:
    """
    ``│  ├─ `` before each node: bottom up, because only those below know what goes on.
    """
    found: list[str] = []
    open_levels: set[int] = set()
    for row in reversed(rows):
        depth = min(row.depth, DEEPEST)
        open_levels = {level for level in open_levels if level <= depth}
        stems = ("│  " if level in open_levels else "   " for level in range(1, depth))
        fork = "├─ " if depth in open_levels else "└─ "
        found.append("".join(stems) + (fork if depth else ""))
        open_levels.add(depth)
    return found[::-1]


def _target(code: str, row: PlanRow, views: Sequence[FindingView]) -> str:
    """
    The finding with this code that points at the node; else the first one with the code.
    """
    same = [view for view in views if code in (view.finding.code, *view.finding.also)]
    near = [view for view in same if _points_at(view, row)]
    return next((view.id for view in (*near, *same)), "")


def _points_at(view: FindingView, row: PlanRow) -> bool:
    marks = (view.finding.mark, *view.finding.related)
    place = row.location
    return any(
        mark and (mark.location.path, mark.location.line) == (place.path, place.line)
        for mark in marks
    )
