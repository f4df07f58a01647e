"""
One line per finding, as compilers print them: for editors, grep and logs.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from advisor.report.cells import one_line
from advisor.report.places import placed, placed_suppressed, seen
from advisor.report.suppressed import how

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from advisor.model import Report
    from advisor.report.options import RenderOptions
    from advisor.report.places import Placed


def render(reports: Sequence[Report], options: RenderOptions) -> str:
    """
    Print ``path:line:column: severity[CODE] message``, and nothing when there is no finding.

    A star marks findings whose fix holds changes that ``--fix`` can make.
    """
    found = (line for report in reports for line in _lines(report, options))
    hidden = (one for report in reports for one in placed_suppressed(report, options))
    return "".join(f"{line}\n" for line in chain(found, map(_line, hidden)))


def _lines(report: Report, options: RenderOptions) -> Iterator[str]:
    if report.error:
        yield one_line(f"{seen('', report)}: error: {report.error}")
    yield from (_line(one) for one in placed(report, options))


def _line(one: Placed) -> str:
    finding = one.finding
    star = "[*] " if finding.fix and finding.fix.changes else ""
    state = "suppressed " if one.decision else ""
    head = f"{one.path}:{one.line}:{one.column}: {state}{finding.severity}[{finding.code}]"
    decision = f" ({how(one.decision)})" if one.decision else ""
    return one_line(f"{head} {star}{finding.message}{decision}")
