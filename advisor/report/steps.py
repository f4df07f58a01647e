"""
What to do first: findings that one change settles are one step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.model import Change, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Step(Struct, frozen=True):
    """
    One thing to do, and the findings that it settles.
    """

    findings: tuple[Finding, ...]
    """The most important one first; it gives the step its words."""

    @property
    def codes(self) -> tuple[str, ...]:
        """
        The codes of all findings settled, each once.
        """
        return tuple(dict.fromkeys(code for f in self.findings for code in (f.code, *f.also)))

    @property
    def changes(self) -> tuple[Change, ...]:
        """
        The changes to make, each once.
        """
        return tuple(
            {
                _change_key(change, f): change for f in self.findings for change in _changes(f)
            }.values()
        )


def first_steps(findings: Sequence[Finding], limit: int = 5) -> list[Step]:
    """
    The first things to do: at most `limit`, medium or worse unless there is only less.

    Findings are one step when all changes of one are among the changes of the other.
    """
    groups = [Step(tuple(group)) for group in _grouped(findings)]
    urgent = [step for step in groups if step.findings[0].severity.at_least(Severity.MEDIUM)]
    return (urgent or groups)[:limit]


def _grouped(findings: Sequence[Finding]) -> Iterator[list[Finding]]:
    groups: list[tuple[set[tuple[object, ...]], list[Finding]]] = []
    by_change: dict[tuple[object, ...], int] = {}
    for finding in findings:
        if finding.severity is Severity.INFO:
            continue
        keys = {_change_key(change, finding) for change in _changes(finding)}
        owners = sorted({by_change[key] for key in keys if key in by_change})
        same = (n for n in owners if keys <= groups[n][0] or groups[n][0] <= keys)
        place = next(same, len(groups))
        if place == len(groups):
            groups.append((keys, []))
        groups[place][1].append(finding)
        for key in keys:
            by_change.setdefault(key, place)
    return (group for _, group in groups)


def _changes(finding: Finding) -> tuple[Change, ...]:
    return finding.fix.changes if finding.fix else ()


def _change_key(change: Change, finding: Finding) -> tuple[object, ...]:
    """
    Equal for equal changes.

    A line that has to be added belongs to the block the finding points at: the same line in
    another block is another change.
    """
    place = change.location or (finding.mark.location if finding.mark else None)
    path = change.path or (place.path if place else "")
    return path, place.line if place else 0, change.setting, change.then
