"""
Audit, fix, audit again: until nothing is left that can be fixed. Only `write` touches a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from advisor.audit import audit_found, find, put_together
from advisor.fix.plan import Done, Left, Plan, plan_fixes
from advisor.fix.write import write_files
from advisor.model import Finding, Given, Report
from advisor.policy.model import NO_POLICY, Policy
from advisor.report.options import RenderOptions
from advisor.sources.tree import DirectoryTree, Snapshot
from advisor.sources.walk import Discovery
from advisor.verify.check import Edited, check
from advisor.verify.model import Verified

ROUNDS = 5
"""A fix may bring up a finding with a fix of its own; rules that undo each other never end."""
AGAIN = "its fix was made and it is still reported"


class Repair(Struct, frozen=True):
    """
    What the fixes make of one deployment.
    """

    found: Report
    """Of the files as they are."""
    remaining: Report
    """Of the files with all fixes made."""
    tree: DirectoryTree
    read: Discovery
    """The files as they were read, which a check of the programs starts from."""
    before: Mapping[str, str]
    """Texts of the files that change, by the path of the file itself."""
    after: Mapping[str, str]
    done: tuple[Done, ...]
    left: tuple[Left, ...]
    """Findings shown that no fix was made for."""


class Wanted(Struct, frozen=True):
    """
    Which findings to fix.
    """

    unsafe: bool = False
    """Fixes that somebody should read first as well."""
    shown: RenderOptions = field(default_factory=RenderOptions)
    """What a report does not show is not fixed either."""
    policy: Policy = NO_POLICY


def repair(path: Path, given: Given, extra_rules: tuple[Path, ...], wanted: Wanted) -> Repair:
    """
    Fix one deployment in memory. Raises `SourceError` and `RuleError` as `audit_path` does.
    """
    files = find(path)
    first = now = Snapshot(files.tree.root, _texts(files))
    found = report = audit_found(path, _with(files, now), given, extra_rules, wanted.policy)
    done: list[Done] = []
    for _ in range(ROUNDS):
        plan = _plan(report, now, wanted, done)
        if not plan.texts:
            break
        done += plan.done
        now = now.edited(plan.texts)
        report = audit_found(path, _with(files, now), given, extra_rules, wanted.policy)
    changed = dict(_changed(first, now, done))
    return Repair(
        found=found,
        remaining=report,
        tree=files.tree,
        read=_with(files, first),
        before={one: first.read(one) or "" for one in changed},
        after=changed,
        done=tuple(done),
        left=_plan(report, now, wanted, done).left,
    )


def verify(made: Repair, path: Path, given: Given) -> tuple[Verified, ...]:
    """
    Ask the installed programs about the edited files; a copy is all that they get to see.

    Raises `FixError` when one refuses what it took before.
    """
    if not made.after:
        return ()
    now = _with(made.read, Snapshot(made.tree.root, {**_texts(made.read), **made.after}))
    return check(
        put_together(path, made.read, given),
        put_together(path, now, given),
        Edited(tuple(made.after), made.found.findings, made.remaining.findings),
    )


def write(made: Repair) -> None:
    """
    Write the files that a repair changes. Raises `FixError` as `write_files` does.
    """
    write_files(made.tree, made.before, made.after)


def _with(found: Discovery, files: Snapshot) -> Discovery:
    """
    What was found, with the texts that the files have by now.
    """
    sources = (replace(one, text=files.read(one.path) or "") for one in found.sources)
    return replace(found, sources=tuple(sources), tree=files)


def _texts(found: Discovery) -> dict[str, str]:
    return {one.path: one.text for one in found.sources}


def _plan(report: Report, files: Snapshot, wanted: Wanted, done: list[Done]) -> Plan:
    shown = [one for one in report.findings if wanted.shown.shows(one)]
    before = {_key(one.finding) for one in done}
    again = tuple(Left(one, AGAIN) for one in shown if _key(one) in before)
    fresh = (one for one in shown if _key(one) not in before)
    plan = plan_fixes(fresh, files, unsafe=wanted.unsafe, real=files.real)
    return replace(plan, left=(*again, *plan.left))


def _key(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.subject


def _changed(first: Snapshot, now: Snapshot, done: list[Done]) -> Iterator[tuple[str, str]]:
    for path in sorted({path for one in done for path in one.paths}):
        text = now.read(path) or ""
        if text != first.read(path):
            yield path, text
