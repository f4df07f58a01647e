"""
Workflow commands of GitHub Actions: findings as annotations of a pull request.

Escaping as in ``command.ts`` of actions/toolkit. GitHub shows ten errors and ten warnings of a
step; the most important findings come first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.model import Severity
from advisor.report.cells import one_line
from advisor.report.places import all_placed

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
    return "".join(f"{_command(one)}\n" for one in found)


def _command(one: Placed) -> str:
    finding = one.finding
    properties = {
        "file": one.path,
        "line": str(one.line),
        "endLine": str(one.end_line),
        "col": str(one.column),
        "endColumn": str(one.end_column or ""),
        "title": f"{finding.code} {finding.name}",
    }
    words = ",".join(
        f"{key}={_escaped(text, _PROPERTY)}" for key, text in properties.items() if text
    )
    parts = (finding.message, finding.recommendation)
    message = "%0A".join(_escaped(part, _MESSAGE) for part in parts if part.strip())
    return f"::{_COMMANDS[finding.severity]} {words}::{message}"


def _escaped(text: str, table: Mapping[str, str]) -> str:
    return "".join(table.get(char, char) for char in one_line(text))
