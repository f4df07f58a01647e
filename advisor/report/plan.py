"""
Query plans as annotated trees, each followed by the findings about them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.report import json as json_report
from advisor.report import markdown, text
from advisor.report.cells import fold, lines_of, one_line, width_of
from advisor.report.escape import fenced
from advisor.report.masking import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from advisor.model import PlanRow, PlanTree, Report
    from advisor.report.options import RenderOptions

SCHEMA = "urn:deploy-advisor:plans-v1"
_BAR = 10
_QUERY_LINES = 8
_HEADS = ("share", "self time", "rows planned → actual")

Pair = tuple["Sequence[PlanTree]", "Report"]


def render_plans(name: str, pairs: Sequence[Pair], options: RenderOptions) -> str:
    """
    Print the trees of each file and its findings as ``text``, ``markdown`` or ``json``.
    """
    return _RENDERERS[name](pairs, options)


def _text(pairs: Sequence[Pair], options: RenderOptions) -> str:
    blocks = []
    for trees, report in pairs:
        blocks += ["\n".join(_lines(tree, options)) for tree in trees]
        blocks.append(text.render([report], options).rstrip("\n"))
    return "\n\n".join(blocks) + "\n"


def _markdown(pairs: Sequence[Pair], options: RenderOptions) -> str:
    blocks: list[str] = []
    for trees, report in pairs:
        blocks += [str(fenced("\n".join(_lines(tree, options)), "text")) for tree in trees]
        blocks.append(markdown.render([report], options).rstrip("\n"))
    return "\n\n".join(blocks) + "\n"


def _json(pairs: Sequence[Pair], options: RenderOptions) -> str:
    files = [
        {"plans": [_tree(tree) for tree in trees], **json_report.to_json(report, options)}
        for trees, report in pairs
    ]
    return json_report.dumped({"schema": SCHEMA, "files": files}) + "\n"


def _lines(tree: PlanTree, options: RenderOptions) -> Iterator[str]:
    """
    A head, the statement, and a line for every node: how much of the whole it is, and its rows.
    """
    yield one_line(_head(tree))
    if tree.query:
        statement = [line for line in lines_of(mask(tree.query)) if line]
        folded = [part for line in statement for part in fold(line, max(options.width - 2, 40))]
        more = ["…"] if len(folded) > _QUERY_LINES else []
        yield from (f"  {line}" for line in [*folded[:_QUERY_LINES], *more])
    table = [_cells(row) for row in tree.rows]
    heads = ("share of cost" if tree.estimated else _HEADS[0], *_HEADS[1:])
    widths = [max(map(width_of, column)) for column in zip(heads, *table, strict=True)]
    yield _line(heads, widths, "")
    for row, cells in zip(tree.rows, table, strict=True):
        yield _line(cells, widths, _node(row))


def _line(cells: Sequence[str], widths: Sequence[int], node: str) -> str:
    pairs = zip(cells, widths, strict=True)
    padded = [" " * (width - width_of(cell)) + cell for cell, width in pairs]
    return f"  {'  '.join(padded)}  {node}".rstrip()


def _head(tree: PlanTree) -> str:
    times = [
        f"{word} {_ms(time)}"
        for word, time in (("executed in", tree.execution_ms), ("planned in", tree.planning_ms))
        if time is not None
    ]
    return f"plan at {tree.location}: {', '.join(times) or 'not executed'}"


def _cells(row: PlanRow) -> tuple[str, str, str]:
    full = min(_BAR, round(row.share * _BAR))
    bar = "█" * full + "░" * (_BAR - full)
    time = "" if row.self_ms is None else _ms(row.self_ms)
    return f"{bar} {row.share:4.0%}", time, _rows(row)


def _rows(row: PlanRow) -> str:
    planned = "?" if row.rows_planned is None else _number(row.rows_planned)
    if row.loops == 0:
        return f"{planned} → never executed"
    if row.rows_actual is None:
        return planned if row.loops is None else f"{planned} → ?"
    loops = f" × {_number(row.loops)}" if row.loops is not None and row.loops != 1 else ""
    return f"{planned} → {_number(row.rows_actual)}{loops}"


def _node(row: PlanRow) -> str:
    indent = "   " * (row.depth - 1) + "└─ " if row.depth else ""
    name = f"{row.name}: " if row.name else ""
    codes = f"  ← {', '.join(row.codes)}" if row.codes else ""
    return f"{indent}{one_line(name + row.title)}{codes}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def _ms(value: float) -> str:
    return f"{value:,.3f} ms" if value < 10 else f"{value:,.1f} ms"


def _tree(tree: PlanTree) -> dict[str, Any]:
    return {
        "location": json_report.location(tree.location),
        "query": mask(tree.query) or None,
        "form": tree.form,
        "planning_ms": tree.planning_ms,
        "execution_ms": tree.execution_ms,
        "estimated": tree.estimated,
        "nodes": [_row(row) for row in tree.rows],
    }


def _row(row: PlanRow) -> dict[str, Any]:
    return {
        "depth": row.depth,
        "title": row.title,
        "name": row.name or None,
        "line": row.location.line,
        "share": round(row.share, 4),
        "self_ms": row.self_ms,
        "rows_planned": row.rows_planned,
        "rows_actual": row.rows_actual,
        "loops": row.loops,
        "findings": list(row.codes),
    }


_RENDERERS: Mapping[str, Callable[[Sequence[Pair], RenderOptions], str]] = {
    "text": _text,
    "markdown": _markdown,
    "json": _json,
}
PLAN_FORMATS = tuple(_RENDERERS)
