"""
Findings as the page shows them, and what they can be filtered by.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.report.cells import one_line
from advisor.report.describe import marks
from advisor.report.html.code import MOST_PLACES, excerpts, patches
from advisor.report.html.markup import address
from advisor.report.places import unique
from advisor.report.summary import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from advisor.model import Finding, Report
    from advisor.report.html.code import Excerpt, Patch
    from advisor.report.options import RenderOptions

_LAYERS = {
    "STK": "across layers",
    "NGX": "nginx",
    "GUN": "gunicorn",
    "APP": "application",
    "SQLA": "connection pools",
    "PGB": "PgBouncer",
    "PG": "PostgreSQL",
    "EXP": "queries",
    "RED": "Redis",
    "LOAD": "load tests",
    "ADV": "reading the files",
}
"""Prefix of a code → the layer, from the outside in."""
_OTHER = "other rules"


class Link(Struct, frozen=True):
    """
    A page of the documentation; `url` is empty when nobody should follow it.
    """

    title: str
    url: str


class FindingView(Struct, frozen=True):
    """
    A finding, and what is shown of it besides its own words.
    """

    id: str
    finding: Finding
    layer: str
    files: tuple[str, ...]
    excerpts: tuple[Excerpt, ...]
    patches: tuple[Patch, ...]
    more_places: int
    links: tuple[Link, ...]
    guide: tuple[str, ...]
    """Titles of the guide's sections."""


def finding_views(report: Report, options: RenderOptions, taken: set[str]) -> list[FindingView]:
    """
    The findings that are shown. Their ids are their fingerprints: a link to one stays right.
    """
    titles = {row.section: row.title for row in report.guide}
    return [
        FindingView(
            id=f"f-{unique(finding.fingerprint, report, taken)}",
            finding=finding,
            layer=layer_of(finding),
            files=_files(finding),
            excerpts=tuple(excerpts(finding, report)),
            patches=tuple(patches(finding)),
            more_places=max(0, len(marks(finding)) - MOST_PLACES),
            links=tuple(Link(one.title or one.url, address(one.url)) for one in finding.references),
            guide=tuple(dict.fromkeys(titles.get(section, section) for section in finding.guide)),
        )
        for finding in shown(report, options)
    ]


def layer_of(finding: Finding) -> str:
    """
    The part of the stack that the finding's rule is about.
    """
    return _LAYERS.get(finding.code.rstrip("0123456789"), _OTHER)


def layers_of(views: Sequence[FindingView]) -> list[tuple[str, int]]:
    """
    The layers that have findings, from the outside in, and how many each has.
    """
    seen = Counter(view.layer for view in views)
    return [(name, seen[name]) for name in (*_LAYERS.values(), _OTHER) if seen[name]]


def paths_of(views: Sequence[FindingView]) -> list[tuple[str, int]]:
    """
    The files that findings are about, sorted, and how many are about each.
    """
    seen = Counter(path for view in views for path in view.files)
    return sorted(seen.items())


def _files(finding: Finding) -> tuple[str, ...]:
    changes = finding.fix.changes if finding.fix else ()
    paths: Iterable[str] = (
        *(mark.location.path for mark in marks(finding)),
        *(change.path for change in changes),
    )
    return tuple(dict.fromkeys(one_line(path) for path in paths if one_line(path)))
