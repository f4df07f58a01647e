"""
Findings as the language server protocol has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lsprotocol import types as lsp
from msgspec import Struct
from pygls import uris
from pygls.workspace import PositionCodec

from advisor.errors import AdvisorError
from advisor.lsp.workspace import Audited
from advisor.model import Finding, Location, Severity
from advisor.report.cells import one_line
from advisor.report.describe import marks
from advisor.report.options import RenderOptions
from advisor.report.places import place_of, span
from advisor.report.summary import shown as severe

SOURCE = "advisor"
_LEVELS: Mapping[Severity, lsp.DiagnosticSeverity] = {
    Severity.CRITICAL: lsp.DiagnosticSeverity.Error,
    Severity.HIGH: lsp.DiagnosticSeverity.Error,
    Severity.MEDIUM: lsp.DiagnosticSeverity.Warning,
    Severity.LOW: lsp.DiagnosticSeverity.Information,
    Severity.INFO: lsp.DiagnosticSeverity.Hint,
}


class Shown(Struct, frozen=True):
    """
    A finding, where the editor shows it, and the name it is known by.
    """

    finding: Finding
    fingerprint: str
    path: Path
    range: lsp.Range


def shown(audited: Audited, codec: PositionCodec) -> Iterator[Shown]:
    """
    The findings to show. One without any place stands at the top of the first file.
    """
    settings = audited.settings
    options = RenderOptions(
        min_severity=settings.min_severity, min_confidence=settings.min_confidence
    )
    first = min(audited.report.sources, default="")
    for finding in severe(audited.report, options):
        place = place_of(finding) or Location(first, 1)
        if place.path:
            area = range_of(place, audited, codec)
            yield Shown(finding, finding.fingerprint, audited.path(place.path), area)


def range_of(place: Location, audited: Audited, codec: PositionCodec) -> lsp.Range:
    """
    A place in the units of the editor; to the end of its line where no other end is known.
    """
    line, column, _, end = span(place)
    text = lines_of(audited.files.read(place.path) or "")
    row = text[line - 1].rstrip("\r\n") if line <= len(text) else ""
    ends = end - 1 if end else len(row)
    start, stop = (lsp.Position(line - 1, min(at, len(row))) for at in (column - 1, ends))
    return codec.range_to_client_units(text, lsp.Range(start, stop))


def lines_of(text: str) -> list[str]:
    """
    The lines of a text with their ends, as editors count them: a byte order mark is not shown.
    """
    return re.findall(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$", text.removeprefix("\ufeff"))


def by_path(
    audited: Audited, found: Sequence[Shown], codec: PositionCodec
) -> dict[Path, list[lsp.Diagnostic]]:
    """
    The diagnostics of each file that has any.
    """
    files: dict[Path, list[lsp.Diagnostic]] = {}
    for one in found:
        files.setdefault(one.path, []).append(_diagnostic(one, audited, codec))
    return files


def _diagnostic(one: Shown, audited: Audited, codec: PositionCodec) -> lsp.Diagnostic:
    finding = one.finding
    first = place_of(finding)
    others = [mark for mark in marks(finding) if mark.location != first]
    pages = [page.url for page in finding.references if page.url.startswith("https://")]
    parts = (finding.message, finding.recommendation)
    return lsp.Diagnostic(
        range=one.range,
        message="\n".join(one_line(part) for part in parts if part.strip()),
        severity=_LEVELS[finding.severity],
        code=finding.code,
        code_description=lsp.CodeDescription(pages[0]) if pages else None,
        source=SOURCE,
        related_information=[
            lsp.DiagnosticRelatedInformation(
                lsp.Location(
                    uri(audited.path(mark.location.path)), range_of(mark.location, audited, codec)
                ),
                one_line(mark.label) or finding.name,
            )
            for mark in others
        ],
        data=one.fingerprint,
    )


def of_error(error: AdvisorError, root: Path) -> tuple[Path, lsp.Diagnostic] | None:
    """
    What is wrong with the settings or rules, in their file; None when no file is to blame.
    """
    path = root / error.path if error.path else None
    if path is None or not path.is_file():
        return None
    start = lsp.Position(max((error.line or 1) - 1, 0), 0)
    message = f"{error.message} ({error.hint})" if error.hint else error.message
    area = lsp.Range(start, lsp.Position(start.line + 1, 0))
    severity = lsp.DiagnosticSeverity.Error
    return path, lsp.Diagnostic(range=area, message=message, severity=severity, source=SOURCE)


def uri(path: Path) -> str:
    """
    The address of a file.
    """
    found: str | None = uris.from_fs_path(str(path))
    return found or path.as_uri()
