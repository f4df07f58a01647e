"""
From findings to edited texts: which fixes are made, which are left and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from advisor.errors import SourceError
from advisor.fix import nginx, pgbouncer, postgresql, python
from advisor.fix.edits import Edit, RefusedError, apply_edits
from advisor.model import Change, Finding, Safety, Tree

EDITORS: Mapping[str, Callable[[Change, str], tuple[Edit, ...]]] = {
    "postgresql": postgresql.edit,
    "nginx": nginx.edit,
    "gunicorn": python.edit_gunicorn,
    "engine": python.edit_engine,
    "pgbouncer": pgbouncer.edit,
}
"""How a change is made, by the program whose setting it is."""

NO_FIX = "no fix is known"
ADVICE = "the fix is more than a value: it is only shown"
REVIEW = "somebody should read the fix first: --unsafe-fixes"
WRITTEN = "what it would write stands there already"


@dataclass(frozen=True, slots=True)
class Done:
    """
    A finding whose fix was made.
    """

    finding: Finding
    paths: tuple[str, ...]
    """The files that its edits are in."""


@dataclass(frozen=True, slots=True)
class Left:
    """
    A finding that stays, and why.
    """

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What the fixes of some findings make of the files.
    """

    texts: Mapping[str, str]
    """The files that change, as they are afterwards, by path."""
    done: tuple[Done, ...]
    left: tuple[Left, ...]


@dataclass(frozen=True, slots=True)
class _Planned:
    """
    An edit, and the finding that asked for it.
    """

    path: str
    setting: str
    edit: Edit
    code: str

    def is_the_same(self, other: _Planned) -> bool:
        """
        Whether two findings ask for one and the same edit.
        """
        return (self.path, self.edit) == (other.path, other.edit)

    def is_against(self, other: _Planned) -> bool:
        """
        Whether they overlap, or add one setting twice in the same place.
        """
        if self.path != other.path:
            return False
        ours, theirs = self.edit, other.edit
        twice = self.setting == other.setting and ours.start == theirs.start
        return twice or ours.overlaps(theirs)


def plan_fixes(
    findings: Iterable[Finding],
    tree: Tree,
    *,
    unsafe: bool = False,
    real: Callable[[str], str] = str,
) -> Plan:
    """
    Make the fixes of all findings that can be made mechanically, the first findings first.

    A fix is made as a whole or not at all, and one that overlaps with an earlier one is left. With
    `unsafe` those that want a review are made as well. `real` gives the one name of a file that
    several paths lead to.
    """
    planner = _Planner(tree, real)
    for finding in findings:
        planner.take(finding, unsafe=unsafe)
    return planner.plan()


@dataclass(slots=True)
class _Planner:
    tree: Tree
    real: Callable[[str], str]
    planned: list[_Planned] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    def take(self, finding: Finding, *, unsafe: bool) -> None:
        """
        Plan the fix of one finding, or note why not.
        """
        try:
            wanted = list(self._edits(finding, unsafe=unsafe))
            new: list[_Planned] = []
            for one in wanted:
                new += [one] if _is_new(one, [*self.planned, *new]) else []
        except RefusedError as refused:
            self.left.append(Left(finding, str(refused)))
            return
        self.planned += new
        self.done.append(Done(finding, tuple(dict.fromkeys(one.path for one in wanted))))

    def plan(self) -> Plan:
        """
        The texts with all planned edits made.
        """
        paths = dict.fromkeys(one.path for one in self.planned)
        texts = {path: apply_edits(self._text(path), self._of(path)) for path in paths}
        return Plan(texts, tuple(self.done), tuple(self.left))

    def _of(self, path: str) -> Iterator[Edit]:
        return (one.edit for one in self.planned if one.path == path)

    def _edits(self, finding: Finding, *, unsafe: bool) -> Iterator[_Planned]:
        fix = finding.fix
        if fix is None:
            raise RefusedError(NO_FIX)
        if not fix.changes:
            raise RefusedError(ADVICE)
        if fix.safety is not Safety.SAFE and not unsafe:
            raise RefusedError(REVIEW)
        found = [one for change in fix.changes for one in self._planned(change, finding.code)]
        needed = [one for one in found if one.edit.is_needed(self._text(one.path))]
        if not needed:
            raise RefusedError(WRITTEN)
        yield from needed

    def _planned(self, change: Change, code: str) -> Iterator[_Planned]:
        if change.flag:
            raise RefusedError(f"{change.setting} belongs on a command line in {change.path}")
        editor = EDITORS.get(change.program)
        if editor is None or not change.path:
            raise RefusedError(f"the file to set {change.setting} in is not known")
        path = self.real(change.path)
        for edit in editor(change, self._text(path)):
            yield _Planned(path, change.setting, edit, code)

    def _text(self, path: str) -> str:
        try:
            text = self.tree.read(path)
        except SourceError as error:
            raise RefusedError(error.message) from error
        if text is None:
            raise RefusedError(f"there is no file {path}")
        return text


def _is_new(wanted: _Planned, planned: Iterable[_Planned]) -> bool:
    """
    Whether an edit is still to be planned. Raises `RefusedError` where it is in another's way.
    """
    for other in planned:
        if wanted.is_the_same(other):
            return False
        if wanted.is_against(other):
            raise RefusedError(f"its edit overlaps with that of {other.code}")
    return True
