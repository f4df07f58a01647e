"""
One finding per line, for tools that read streams: each as in ``json-v1``, with its deployment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.report.json import dumped, finding_json
from advisor.report.places import identified

if TYPE_CHECKING:
    from collections.abc import Sequence

    from advisor.model import Report
    from advisor.report.options import RenderOptions


def render(reports: Sequence[Report], options: RenderOptions) -> str:
    """
    Print one object per line, and nothing when there is no finding.
    """
    return "".join(
        dumped(
            {"deployment": report.root, "base": report.base, **finding_json(finding, fingerprint)},
            indent=None,
        )
        + "\n"
        for report in reports
        for finding, fingerprint in identified(report, options)
    )
