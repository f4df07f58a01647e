"""
One finding per line, for tools that read streams: each as in ``json-v1``, with its deployment.

Of several deployments each also has a line that says how it stands, behind its findings, and the
last line sums up: who reads along knows what is done and that nothing is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.report.fleet import standing
from advisor.report.json import count_json, dumped, finding_json, fleet_json
from advisor.report.summary import shown, tally
from advisor.report.suppressed import listed, suppressed_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from advisor.model import Report
    from advisor.report.fleet import Standing
    from advisor.report.options import RenderOptions


def render(reports: Sequence[Report], options: RenderOptions) -> str:
    """
    Print one object per line; of one deployment without a finding, nothing.
    """
    several = len(reports) != 1
    parts = [render_one(report, options, several=several) for report in reports]
    ending = [render_end([standing(one, options) for one in reports])] if len(reports) > 1 else []
    return "".join([*parts, *ending])


def render_one(report: Report, options: RenderOptions, *, several: bool) -> str:
    """
    The lines of one deployment, the last of them about the whole of it where there are several.
    """
    head = {"deployment": report.root, "base": report.base}
    lines = [{**head, **found} for found in _findings(report, options)]
    if report.error:
        lines.append({**head, "error": report.error})
    elif several:
        lines.append({**head, "summary": count_json(tally(report.findings, options))})
    return "".join(f"{dumped(line, indent=None)}\n" for line in lines)


def render_end(standings: Sequence[Standing]) -> str:
    """
    The line behind the last of several deployments.
    """
    fleet = {"deployments": len(standings), **fleet_json(standings)}
    return dumped({"fleet": fleet}, indent=None) + "\n"


def _findings(report: Report, options: RenderOptions) -> Iterator[dict[str, Any]]:
    yield from (finding_json(finding) for finding in shown(report, options))
    for one in listed(report, options):
        yield finding_json(one.finding, suppressed_json(one))
