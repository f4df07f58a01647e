"""
Audit, fix, audit again: until nothing is left that can be fixed. Only `write` touches a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from advisor.audit import audit_found, find
from advisor.fix.plan import Done, Left, Plan, plan_fixes
from advisor.fix.write import write_files
from advisor.model import Finding, Given, Report, Severity
from advisor.sources.tree import DirectoryTree, Snapshot
from advisor.sources.walk import Discovery

ROUNDS = 5
"""A fix may bring up a finding with a fix of its own; rules that undo each other never end."""
AGAIN = "its fix was made and it is still reported"


@dataclass(frozen=True, slots=True)
class Repair:
    """
    What the fixes make of one deployment.
    """

    found: Report
    """Of the files as they are."""
    remaining: Report
    """Of the files with all fixes made."""
    tree: DirectoryTree
    before: Mapping[str, str]
    """Texts of the files that change, by the path of the file itself."""
    after: Mapping[str, str]
    done: tuple[Done, ...]
    left: tuple[Left, ...]
    """Findings shown that no fix was made for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    Which findings to fix.
    """

    unsafe: bool = False
    """Fixes that somebody should read first as well."""
    min_severity: Severity = Severity.LOW
    """What a report does not show is not fixed either."""


def repair(path: Path, given: Given, extra_rules: tuple[Path, ...], wanted: Wanted) -> Repair:
    """
    Fix one deployment in memory. Raises `SourceError` and `RuleError` as `audit_path` does.
    """
    files = find(path)
    first = now = Snapshot(files.tree.root, {one.path: one.text for one in files.sources})
    found = report = audit_found(path, _with(files, now), given, extra_rules)
    done: list[Done] = []
    for _ in range(ROUNDS):
        plan = _plan(report, now, wanted, done)
        if not plan.texts:
            break
        done += plan.done
        now = now.edited(plan.texts)
        report = audit_found(path, _with(files, now), given, extra_rules)
    changed = dict(_changed(first, now, done))
    return Repair(
        found=found,
        remaining=report,
        tree=files.tree,
        before={one: first.read(one) or "" for one in changed},
        after=changed,
        done=tuple(done),
        left=_plan(report, now, wanted, done).left,
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


def _plan(report: Report, files: Snapshot, wanted: Wanted, done: list[Done]) -> Plan:
    shown = [one for one in report.findings if one.severity.at_least(wanted.min_severity)]
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
