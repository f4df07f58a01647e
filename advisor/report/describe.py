"""
Words for places, origins, hosts and what makes a fix take effect; shared by the prose formats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from advisor import regex
from advisor.model import Apply, FactRow, Finding, GuideRow, Location, Mark, Origin, Report

if TYPE_CHECKING:
    from collections.abc import Sequence

_PROGRAMS = {"PG": "PostgreSQL", "NGX": "nginx", "GUN": "gunicorn", "RED": "Redis"}
"""Prefix of the code → the program, for fixes that do not name theirs."""

_OR = regex.lazy(r"[\r\n]\s*or:?\s+")

_HOST_WORDS = {"host.cpus": "cpus", "host.memory": "", "host.storage": "storage"}
"""Fact → the word after its value."""


def marks(finding: Finding) -> tuple[Mark, ...]:
    """
    All places of a finding, the primary one first, each once.
    """
    first = (finding.mark,) if finding.mark else ()
    return tuple(dict.fromkeys((*first, *finding.related)))


def alternatives(recommendation: str) -> list[str]:
    """
    The recommendation, and what else would do: its lines that start with "or".
    """
    return [part.strip() for part in _OR.split(recommendation.strip())]


def saves_words(finding: Finding) -> str:
    """
    For example ``saves 98 %``; empty when nothing was measured.
    """
    return f"saves {finding.impact * 100:.0f} %" if finding.impact > 0 else ""


def snippet_of(finding: Finding) -> str:
    """
    The snippet to paste, secrets and all; empty when the changes already say the same.
    """
    if finding.fix is None or not finding.fix.snippet.strip():
        return ""
    changed = " ".join(change.then for change in finding.fix.changes)
    return "" if finding.fix.snippet.split() == changed.split() else finding.fix.snippet


def item_title(row: GuideRow) -> str:
    """
    An item of the checklist; what it belongs to stands above it.
    """
    title = row.title.removeprefix("Checklist: ")
    return title[:1].upper() + title[1:]


def apply_words(finding: Finding) -> str:
    """
    What makes the fix take effect, for example ``gunicorn reload``; empty without a fix.
    """
    if finding.fix is None:
        return ""
    if finding.fix.apply is Apply.NONE:
        return "takes effect by itself"
    prefix = finding.code.rstrip("0123456789")
    program = finding.fix.program or _PROGRAMS.get(prefix, "")
    return f"{program} {finding.fix.apply}".strip()


def origin_words(origin: Origin | None, note: str) -> str:
    """
    How a value came to be known, beyond its place; empty when it simply stands in a file.
    """
    if origin is None:
        return f"not known: {note}" if note else "not known"
    if origin is Origin.LITERAL or note.startswith(str(origin)):
        return note
    return f"{origin}, {note}" if note else str(origin)


class Host(Struct, frozen=True):
    """
    What is known of one machine or container.
    """

    subject: str
    """Empty when there is only one."""
    known: tuple[str, ...]
    """For example ``4 cpus`` and ``16 GB``."""
    unknown: tuple[str, ...]
    """For example ``storage unknown``."""
    locations: tuple[Location, ...]
    """Where the known facts stand, each place once."""


def hosts(report: Report) -> list[Host]:
    """
    The machines that the facts describe, in the order of the facts.
    """
    subjects: dict[str, list[FactRow]] = {}
    for row in report.facts:
        if row.name in _HOST_WORDS:
            subjects.setdefault(row.subject, []).append(row)
    return [_host(name if len(subjects) > 1 else "", rows) for name, rows in subjects.items()]


def _host(subject: str, rows: Sequence[FactRow]) -> Host:
    ordered = sorted(rows, key=lambda row: list(_HOST_WORDS).index(row.name))
    known = [row for row in ordered if row.origin is not None]
    unknown = [row for row in ordered if row.origin is None]
    return Host(
        subject,
        tuple(_host_words(row) for row in known),
        tuple(f"{row.name.partition('.')[2]} unknown" for row in unknown),
        tuple(dict.fromkeys(row.location for row in known if row.location)),
    )


def _host_words(row: FactRow) -> str:
    word = _HOST_WORDS[row.name]
    if row.value == "1" and word == "cpus":
        return "1 cpu"
    return row.value if not word or row.value.endswith(word) else f"{row.value} {word}"
