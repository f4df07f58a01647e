"""
Workflow commands of GitHub Actions: findings as annotations of a pull request.

Escaping as in ``command.ts`` of actions/toolkit. GitHub shows ten errors and ten warnings of a
step; the most important findings come first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.model import Severity
from advisor.report.cells import one_line
from advisor.report.places import all_placed, placed_suppressed
from advisor.report.suppressed import how, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from advisor.model import Report
    from advisor.report.options import RenderOptions
    from advisor.report.places import Placed

_COMMANDS: Mapping[Severity, str] = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
    Severity.INFO: "notice",
}
_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_MESSAGE, ":": "%3A", ",": "%2C"}


def render(reports: Sequence[Report], options: RenderOptions) -> str:
    """
    Print one command per finding, the worst of all deployments first.
    """
    found = sorted(
        (one for _, one in all_placed(reports, options)),
        key=lambda one: one.finding.severity.value,
    )
    hidden = (one for report in reports for one in placed_suppressed(report, options))
    errors = [_failed(report) for report in reports if report.error]
    commands = [_command(one) for one in (*found, *hidden)]
    others = words(reports, options)
    notice = [f"::notice title=advisor::{_escaped(others, _MESSAGE)}"] if others else []
    return "".join(f"{command}\n" for command in (*errors, *commands, *notice))


def _failed(report: Report) -> str:
    title = _escaped(f"{report.root} could not be audited", _PROPERTY)
    return f"::error title={title}::{_escaped(report.error, _MESSAGE)}"


def _command(one: Placed) -> str:
    finding = one.finding
    properties = {
        "file": one.path,
        "line": str(one.line),
        "endLine": str(one.end_line),
        "col": str(one.column),
        "endColumn": str(one.end_column or ""),
        "title": f"{'suppressed ' if one.decision else ''}{finding.code} {finding.name}",
    }
    attributes = ",".join(
        f"{key}={_escaped(text, _PROPERTY)}" for key, text in properties.items() if text
    )
    parts = (finding.message, how(one.decision) if one.decision else finding.recommendation)
    message = "%0A".join(_escaped(part, _MESSAGE) for part in parts if part.strip())
    command = "notice" if one.decision else _COMMANDS[finding.severity]
    return f"::{command} {attributes}::{message}"


def _escaped(text: str, table: Mapping[str, str]) -> str:
    return "".join(table.get(char, char) for char in one_line(text))
