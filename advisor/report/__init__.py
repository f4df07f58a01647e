"""
One file per output format.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TypeAlias, cast

from advisor.errors import UsageError
from advisor.model import Report
from advisor.report.options import RenderOptions

__all__ = ["FORMATS", "RenderOptions", "Renderer", "render"]

Renderer: TypeAlias = Callable[[Sequence[Report], RenderOptions], str]
"""Prints the reports of one run, one for each audited path."""

FORMATS = {
    "text": "advisor.report.text:render",
    "concise": "advisor.report.concise:render",
    "markdown": "advisor.report.markdown:render",
    "html": "advisor.report.html:render",
    "json": "advisor.report.json:render",
    "json-v1": "advisor.report.json:render",
    "jsonl": "advisor.report.jsonl:render",
    "sarif": "advisor.report.sarif:render",
    "github": "advisor.report.github:render",
    "gitlab": "advisor.report.gitlab:render",
    "junit": "advisor.report.junit:render",
    "sql": "advisor.report.postgresql:render_sql",
    "conf": "advisor.report.postgresql:render_conf",
}
"""Name of the format → where its `Renderer` is. Imported only when asked for."""


def render(name: str, reports: Sequence[Report], options: RenderOptions) -> str:
    """
    Print `reports` in the format called `name`; the text ends with a line break.

    Raises `UsageError` when there is no such format.
    """
    if name not in FORMATS:
        raise UsageError(
            f"there is no report format {name!r}", hint=f"choose one of {', '.join(FORMATS)}"
        )
    module, _, function = FORMATS[name].partition(":")
    renderer = cast("Renderer", getattr(import_module(module), function))
    return renderer(reports, options)
