"""
Places inside of embedded files as places of the files around them.

Parsers read a file under a key of a ConfigMap like any other, under a path that is made up for it.
What is reported must point to a file that exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from advisor.model import Change, Evidence, FactRow, Finding, Fix, Location, Mark

if TYPE_CHECKING:
    from advisor.parsers.embedded import Embedded

Files = Mapping[str, "Embedded"]


def located(place: Location | None, files: Files) -> Location | None:
    """
    A place in a file that exists.
    """
    file = files.get(place.path) if place else None
    return file.locate(place) if place and file else place


def finding_outside(finding: Finding, files: Files) -> Finding:
    """
    The same finding with places in files that exist.

    A setting that has to be added keeps the path that was made up: it names the ConfigMap and the
    key, and nothing can be added at the end of a manifest.
    """
    if not files:
        return finding
    return replace(
        finding,
        mark=_mark(finding.mark, files) if finding.mark else None,
        related=tuple(_mark(one, files) for one in finding.related),
        evidence=tuple(_evidence(one, files) for one in finding.evidence),
        fix=_fix(finding.fix, files) if finding.fix else None,
    )


def row_outside(row: FactRow, files: Files) -> FactRow:
    """
    The same row with a place in a file that exists.
    """
    return replace(row, location=located(row.location, files)) if files else row


def _mark(mark: Mark, files: Files) -> Mark:
    return replace(mark, location=located(mark.location, files) or mark.location)


def _evidence(one: Evidence, files: Files) -> Evidence:
    return replace(one, location=located(one.location, files))


def _fix(fix: Fix, files: Files) -> Fix:
    return replace(fix, changes=tuple(_change(one, files) for one in fix.changes))


def _change(change: Change, files: Files) -> Change:
    place = located(change.location, files)
    if place is None or place == change.location:
        return change
    return replace(change, location=place, path=place.path)
