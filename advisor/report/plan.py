"""
Query plans as annotated trees, each followed by the findings about them.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
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
_PARALLEL = 1.01
"""Processor time over wall time from which on processes ran side by side."""
_QUERY_LINES = 8
_HEADS = ("share", "self time", "rows planned → actual")


def render_plans(name: str, reports: Sequence[Report], options: RenderOptions) -> str:
    """
    Print the trees of each file and its findings in one of `PLAN_FORMATS`.
    """
    return _RENDERERS[name](reports, options)


def _text(reports: Sequence[Report], options: RenderOptions) -> str:
    blocks = []
    for report in reports:
        blocks += ["\n".join(_lines(tree, options)) for tree in report.plans]
        blocks += [words for words in [cut_words(report)] if words]
        blocks.append(text.render([report], options).rstrip("\n"))
    return "\n\n".join(blocks) + "\n"


def _markdown(reports: Sequence[Report], options: RenderOptions) -> str:
    blocks: list[str] = []
    for report in reports:
        blocks += [str(fenced("\n".join(_lines(tree, options)), "text")) for tree in report.plans]
        blocks += [words for words in [cut_words(report)] if words]
        blocks.append(markdown.render([report], options).rstrip("\n"))
    return "\n\n".join(blocks) + "\n"


def _json(reports: Sequence[Report], options: RenderOptions) -> str:
    files = [json_report.to_json(report, options) for report in reports]
    return json_report.dumped({"schema": SCHEMA, "files": files}) + "\n"


def _html(reports: Sequence[Report], options: RenderOptions) -> str:
    from advisor.report import html  # noqa: PLC0415 - start-up cost

    return html.document(reports, options, plans_first=True)


def schema() -> dict[str, Any]:
    """
    The published JSON Schema (draft 2020-12) of the JSON form; it refers to that of ``json-v1``.
    """
    file = Path(__file__).with_name("plans-v1.schema.json")
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def cut_words(report: Report) -> str:
    """
    Which plans are shown when there are too many; empty when all are.
    """
    if report.plans_read <= len(report.plans):
        return ""
    return (
        f"{len(report.plans):,} of {report.plans_read:,} plans are shown: those that findings "
        "point into, and the slowest of the others"
    )


def _lines(tree: PlanTree, options: RenderOptions) -> Iterator[str]:
    """
    A head, the statement, and a line for every node: how much of the whole it is, and its rows.
    """
    yield one_line(f"plan at {tree.location}: {head_words(tree)}")
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


def head_words(tree: PlanTree) -> str:
    """
    For example ``executed in 248.3 ms, planned in 0.535 ms``.
    """
    told = (
        ("executed in", tree.execution_ms),
        ("planned in", tree.planning_ms),
        ("JIT", tree.jit_ms),
        ("triggers", tree.triggers_ms),
        ("serialization", tree.serialization_ms),
        (f"{tree.calls:,} runs of the statement", tree.total_ms),
    )
    times = [f"{word} {milliseconds(time)}" for word, time in told if time is not None]
    root = tree.rows[0] if tree.rows else None
    if tree.execution_ms is None and root is not None and root.loops is not None:
        known = "" if root.wall_ms is None else f": {milliseconds(root.wall_ms)} in its nodes"
        times = ["executed", f"total not stated{known}", *times]
    return ", ".join(times) or "not executed"


def _cells(row: PlanRow) -> tuple[str, str, str]:
    if row.share is None:
        return f"{'?':>{_BAR + 5}}", time_words(row), row_words(row)
    full = min(_BAR, round(row.share * _BAR))
    bar = "█" * full + "░" * (_BAR - full)
    return f"{bar} {row.share:4.0%}", time_words(row), row_words(row)


def time_words(row: PlanRow) -> str:
    """
    A node's own time; a question mark where others have one, empty where nobody has.
    """
    if row.self_ms is not None:
        return milliseconds(row.self_ms)
    return "" if row.wall_ms is None else "?"


def row_words(row: PlanRow) -> str:
    """
    For example ``48,784 → 40,000 × 3``: planned, returned by each loop, loops.
    """
    planned = _number(row.rows_planned)
    if row.loops == 0:
        return f"{planned} → never executed"
    if row.rows_actual is None:
        return planned if row.loops is None else f"{planned} → ?"
    loops = "" if row.loops in {None, 1} else f" × {_number(row.loops)}"
    return f"{planned} → {_number(row.rows_actual)}{loops}"


def _node(row: PlanRow) -> str:
    indent = "   " * (row.depth - 1) + "└─ " if row.depth else ""
    name = f"{row.name}: " if row.name else ""
    codes = f"  ← {', '.join(row.codes)}" if row.codes else ""
    both = f"  [{times}]" if (times := side_by_side(row)) else ""
    return f"{indent}{one_line(name + row.title)}{both}{codes}"


def side_by_side(row: PlanRow) -> str:
    """
    Both times of a node that several processes ran at once; empty for others.
    """
    if row.wall_ms is None or row.cpu_ms is None or row.cpu_ms <= row.wall_ms * _PARALLEL:
        return ""
    return f"{milliseconds(row.cpu_ms)} of processes in {milliseconds(row.wall_ms)}"


def _number(value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return "?"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def milliseconds(value: float) -> str:
    """
    A time with three significant digits or more.
    """
    return f"{value:,.3f} ms" if value < 10 else f"{value:,.1f} ms"


_RENDERERS: Mapping[str, Callable[[Sequence[Report], RenderOptions], str]] = {
    "text": _text,
    "markdown": _markdown,
    "json": _json,
    "html": _html,
}
PLAN_FORMATS = tuple(_RENDERERS)
