"""
The pipeline: from a path to everything there is to say about it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from advisor.bulk import collector_relaxed
from advisor.config import given_from
from advisor.deployment.assemble import assemble
from advisor.deployment.model import Deployment
from advisor.deployment.places import finding_outside, row_outside
from advisor.errors import SourceError
from advisor.facts.collect import collect
from advisor.guide import guide_rows, target_rows
from advisor.model import (
    Change,
    FactRow,
    Finding,
    Given,
    Location,
    NotEvaluated,
    Outcome,
    Passed,
    Report,
    Tree,
)
from advisor.model.subject import Subject
from advisor.overview import budgets, diagram, fact_rows, is_essential, stack_line, timeouts
from advisor.rules.catalogue import open_book
from advisor.rules.judge import Judge
from advisor.rules.rule import Rule
from advisor.sources.kinds import kind_of
from advisor.sources.tree import MemoryTree
from advisor.sources.walk import Discovery, Source, discover, nothing_found, unreadable
from advisor.triage import triage

LISTED = 50
"""Subjects of one target whose facts a report holds; ``advisor facts`` lists them all."""


@collector_relaxed()
def audit_path(path: Path, given: Given, extra_rules: tuple[Path, ...] = ()) -> Report:
    """
    Judge one deployment with all rules.

    Raises `SourceError` when the path cannot be read or holds nothing to audit, `RuleError` when
    a rule of the user's cannot be used.
    """
    return audit_found(path, find(path), given, extra_rules)


def audit_found(
    path: Path, found: Discovery, given: Given, extra_rules: tuple[Path, ...] = ()
) -> Report:
    """
    Judge the files that were found below a path, whatever they are by now.

    Raises `RuleError` as `audit_path` does.
    """
    return report_on(path, put_together(path, found, given), extra_rules)


def report_on(path: Path, deployment: Deployment, extra_rules: tuple[Path, ...] = ()) -> Report:
    """
    Judge what is known of a deployment. Raises `RuleError` as `audit_path` does.
    """
    subjects = collect(deployment)
    book = open_book(extra_rules)
    rules = book.rules({subject.target for subject in subjects})
    outcomes = list(judge_all(rules, subjects))
    inside = deployment.embedded
    fired = (finding_outside(one, inside) for one in outcomes if isinstance(one, Finding))
    findings = triage(fired)
    sources = _sources(findings, deployment.tree)
    rows, shares = fact_rows(subjects, most=LISTED), tuple(budgets(deployment))
    chains = tuple(timeouts(deployment))
    return Report(
        name=deployment.name,
        root=str(path),
        stack=stack_line(deployment),
        findings=tuple(_with_source(one, sources) for one in findings),
        not_evaluated=tuple(one for one in outcomes if isinstance(one, NotEvaluated)),
        passed=tuple(one for one in outcomes if isinstance(one, Passed)),
        facts=tuple(row_outside(row, inside) for row in rows if is_essential(row)),
        guide=guide_rows(book.heads, findings, outcomes),
        notes=deployment.notes,
        diagram=diagram(deployment, shares, chains),
        sources=sources,
        rules=len(book),
        base=_base(path),
        budgets=shares,
        timeouts=chains,
        targets=target_rows(),
    )


def read_deployment(path: Path, given: Given) -> Deployment:
    """
    Find the files below a path and put them together.

    Raises `SourceError` as `audit_path` does.
    """
    return put_together(path, find(path), given)


def find(path: Path) -> Discovery:
    """
    The files below a path. Raises `SourceError` as `audit_path` does.
    """
    found = discover(path)
    if not found.sources and not found.problems:
        raise nothing_found(path)
    return found


def put_together(path: Path, found: Discovery, given: Given) -> Deployment:
    """
    The deployment that the files below a path describe.
    """
    name = path.resolve().name or "/"
    deployment = assemble(found.sources, found.tree, given, name=name, problems=found.problems)
    return replace(deployment, notes=(*found.notes, *deployment.notes))


def judge_all(rules: Iterable[Rule], subjects: Iterable[Subject]) -> Iterator[Outcome]:
    """
    Every rule against every subject of its target, fired or not.

    Subjects that a rule passes are named once a rule and group: there may be thousands.
    """
    by_target: dict[str, dict[int, list[Subject]]] = {}
    for subject in subjects:
        groups = by_target.setdefault(subject.target, {})
        groups.setdefault(id(subject.common), []).append(subject)
    for rule in rules:
        if rule.target in by_target:
            judge = Judge(rule)
            for group in by_target[rule.target].values():
                yield from _judge_group(judge, group)


def _judge_group(judge: Judge, group: list[Subject]) -> Iterator[Outcome]:
    """
    One rule against subjects that have their common facts in common.
    """
    common = group[0].common
    if common is not None and judge.never_holds(common):
        yield Passed(judge.rule.code, group[0].name)
        return
    passed: Passed | None = None
    said: Counter[str] = Counter()
    for subject in group:
        outcome = judge.judge(subject, said)
        if isinstance(outcome, Passed):
            passed = passed or outcome
        else:
            yield outcome
    if passed:
        yield passed


def facts_of(path: Path, given: Given) -> Iterator[FactRow]:
    """
    Every fact of a deployment that is written somewhere or derived from what is.
    """
    deployment = read_deployment(path, given)
    rows = fact_rows(collect(deployment))
    return (row_outside(row, deployment.embedded) for row in rows)


def collect_example(
    files: Mapping[str, str], host: Mapping[str, object], target: Mapping[str, object]
) -> tuple[Subject, ...]:
    """
    Subjects of a deployment given as texts, as the examples of rules are.
    """
    tree, sources, problems = MemoryTree(files), [], []
    for path in files:
        try:
            text = tree.read(path) or ""
        except SourceError as error:
            problems.append(unreadable(path, error.message))
            continue
        kind = kind_of(path, text)
        if kind is not None:
            sources.append(Source(path, kind, text))
    given = given_from(host, target)
    return collect(assemble(sources, tree, given, name="example", problems=problems))


def _base(path: Path) -> str:
    """
    The audited folder, or that of the audited file, seen from the working directory.
    """
    folder = os.path.normpath(path if path.is_dir() else path.parent)
    here = str(Path.cwd())
    inside = folder == here or folder.startswith(here.rstrip(os.sep) + os.sep)
    seen = os.path.relpath(folder, here) if inside else folder
    return "" if seen == "." else Path(seen).as_posix()


def _sources(findings: Iterable[Finding], tree: Tree) -> dict[str, tuple[str, ...]]:
    """
    Lines of the files that findings point into.
    """
    paths = sorted({place.path for one in findings for place in _places(one)})
    texts = ((path, _text(path, tree)) for path in paths)
    return {path: _lines(text) for path, text in texts if text is not None}


def _lines(text: str) -> tuple[str, ...]:
    """
    Lines as parsers count them: form feeds and the like end none.
    """
    return tuple(line.removesuffix("\r") for line in text.removesuffix("\n").split("\n"))


def _text(path: str, tree: Tree) -> str | None:
    """
    A file to show lines of, None when it cannot be read: that may be the finding itself.
    """
    try:
        return tree.read(path)
    except SourceError:
        return None


def _places(finding: Finding) -> Iterator[Location]:
    marks = (finding.mark, *finding.related)
    yield from (mark.location for mark in marks if mark)
    if finding.fix:
        yield from (one.location for one in finding.fix.changes if one.location)


def _with_source(finding: Finding, sources: Mapping[str, tuple[str, ...]]) -> Finding:
    """
    The finding with what stands in the files as the "now" of its changes.
    """
    if finding.fix is None or not finding.fix.changes:
        return finding
    changes = tuple(_as_written(one, sources) for one in finding.fix.changes)
    return replace(finding, fix=replace(finding.fix, changes=changes))


def _as_written(change: Change, sources: Mapping[str, tuple[str, ...]]) -> Change:
    place = change.location
    lines = sources.get(place.path, ()) if place else ()
    if place is None or not 0 < place.line <= len(lines):
        return change
    last = min(max(place.end_line, place.line), len(lines))
    taken = [*lines[place.line - 1 : last]]
    if place.end_column:
        taken[-1] = taken[-1][: place.end_column - 1]
    taken[0] = taken[0][place.column - 1 :]
    return replace(change, now=" ".join(line.strip() for line in taken))
