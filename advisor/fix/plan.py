"""
From findings to edited texts: which fixes are made, which are left and why.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct, field

from advisor.errors import SourceError
from advisor.fix import comment, compose, nginx, pgbouncer, postgresql, python, redis
from advisor.fix.edits import Edit, RefusedError, apply_edits
from advisor.model import Change, Finding, Safety, Tree

EDITORS: Mapping[str, Callable[[Change, str], tuple[Edit, ...]]] = {
    "postgresql": postgresql.edit,
    "nginx": nginx.edit,
    "gunicorn": python.edit_gunicorn,
    "engine": python.edit_engine,
    "pgbouncer": pgbouncer.edit,
    "redis": redis.edit,
    "compose": compose.edit,
    "comment": comment.edit,
}
"""How a change is made, by the program whose setting it is."""

NO_FIX = "no fix is known"
ADVICE = "the fix is more than a value: it is only shown"
REVIEW = "somebody should read the fix first: --unsafe-fixes"
WRITTEN = "what it would write stands there already"


class Done(Struct, frozen=True):
    """
    A finding whose fix was made.
    """

    finding: Finding
    paths: tuple[str, ...]
    """The files that its edits are in."""


class Left(Struct, frozen=True):
    """
    A finding that stays, and why.
    """

    finding: Finding
    reason: str


class Plan(Struct, frozen=True):
    """
    What the fixes of some findings make of the files.
    """

    texts: Mapping[str, str]
    """The files that change, as they are afterwards, by path."""
    done: tuple[Done, ...]
    left: tuple[Left, ...]


class _Planned(Struct, frozen=True):
    """
    An edit, and the finding that asked for it.
    """

    path: str
    setting: str
    edit: Edit
    code: str


class _Claims(Struct):
    """
    The edits planned so far. None of them overlaps with another one.
    """

    planned: list[_Planned] = field(default_factory=list)
    _spans: dict[str, list[tuple[int, int, str]]] = field(default_factory=dict)
    """By path and sorted: start, end and code."""
    _settings: dict[tuple[str, str, int], str] = field(default_factory=dict)
    """Codes by path, setting and start."""
    _known: set[tuple[str, Edit]] = field(default_factory=set)

    def is_new(self, wanted: _Planned) -> bool:
        """
        Whether an edit is still to be planned. Raises `RefusedError` where another is in its way.
        """
        if (wanted.path, wanted.edit) in self._known:
            return False
        if _place(wanted) in self._settings:
            raise _overlap(self._settings[_place(wanted)])
        edit, spans = wanted.edit, self._spans.get(wanted.path, [])
        # As nothing overlaps, the last one that begins before this one ends also ends last.
        before = bisect_left(spans, (edit.end,))
        if before and spans[before - 1][1] > edit.start:
            raise _overlap(spans[before - 1][2])
        return True

    def add(self, planned: _Planned) -> None:
        """
        Plan an edit that is new.
        """
        edit = planned.edit
        self.planned.append(planned)
        insort(self._spans.setdefault(planned.path, []), (edit.start, edit.end, planned.code))
        self._settings[_place(planned)] = planned.code
        self._known.add((planned.path, edit))


def _place(planned: _Planned) -> tuple[str, str, int]:
    return planned.path, planned.setting, planned.edit.start


def _overlap(code: str) -> RefusedError:
    return RefusedError(f"its edit overlaps with that of {code}")


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


class _Planner(Struct):
    tree: Tree
    real: Callable[[str], str]
    claims: _Claims = field(default_factory=_Claims)
    done: list[Done] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    def take(self, finding: Finding, *, unsafe: bool) -> None:
        """
        Plan the fix of one finding, or note why not.
        """
        own = _Claims()
        try:
            wanted = list(self._edits(finding, unsafe=unsafe))
            for one in wanted:
                if self.claims.is_new(one) and own.is_new(one):
                    own.add(one)
        except RefusedError as refused:
            self.left.append(Left(finding, str(refused)))
            return
        for one in own.planned:
            self.claims.add(one)
        self.done.append(Done(finding, tuple(dict.fromkeys(one.path for one in wanted))))

    def plan(self) -> Plan:
        """
        The texts with all planned edits made.
        """
        edits: dict[str, list[Edit]] = {}
        for one in self.claims.planned:
            edits.setdefault(one.path, []).append(one.edit)
        texts = {path: apply_edits(self._text(path), edits[path]) for path in edits}
        return Plan(texts, tuple(self.done), tuple(self.left))

    def _edits(self, finding: Finding, *, unsafe: bool) -> Iterator[_Planned]:
        fix = finding.fix
        if fix is None:
            raise RefusedError(NO_FIX)
        changes = fix.changes or fix.edits
        if not changes:
            raise RefusedError(ADVICE)
        if fix.safety is not Safety.SAFE and not unsafe:
            raise RefusedError(REVIEW)
        found = [one for change in changes for one in self._planned(change, finding.code)]
        needed = [one for one in found if one.edit.is_needed(self._text(one.path))]
        if not needed:
            raise RefusedError(WRITTEN)
        yield from needed

    def _planned(self, change: Change, code: str) -> Iterator[_Planned]:
        if change.flag:
            where = "in a block" if change.path.endswith(".tf") else "on a command line"
            raise RefusedError(f"{change.setting} belongs {where} in {change.path}")
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
