"""
One line per finding, as compilers print them: for editors, grep and logs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.report.cells import one_line
from advisor.report.places import all_placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from advisor.model import Report
    from advisor.report.options import RenderOptions
    from advisor.report.places import Placed


def render(reports: Sequence[Report], options: RenderOptions) -> str:
    """
    Print ``path:line:column: severity[CODE] message``, and nothing when there is no finding.

    A star marks findings whose fix holds changes that ``--fix`` can make.
    """
    return "".join(f"{_line(one)}\n" for _, one in all_placed(reports, options))


def _line(one: Placed) -> str:
    finding = one.finding
    star = "[*] " if finding.fix and finding.fix.changes else ""
    head = f"{one.path}:{one.line}:{one.column}: {finding.severity}[{finding.code}]"
    return one_line(f"{head} {star}{finding.message}")
