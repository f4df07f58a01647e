"""
The pipeline: from a path to everything there is to say about it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from advisor.bulk import collector_paused, collector_relaxed
from advisor.config import FILE, given_from, settings_of
from advisor.deployment.assemble import assemble
from advisor.deployment.model import Deployment
from advisor.deployment.places import row_outside
from advisor.errors import SourceError
from advisor.facts.collect import collect
from advisor.guide import guide_rows, target_rows
from advisor.model import (
    By,
    Change,
    FactRow,
    Finding,
    Given,
    Location,
    NotEvaluated,
    Passed,
    Report,
    Tree,
)
from advisor.model.subject import Subject
from advisor.overview import (
    budgets,
    diagram,
    fact_rows,
    plan_trees,
    stack_line,
    timeouts,
)
from advisor.policy.comments import WORD
from advisor.policy.model import NO_POLICY, Policy
from advisor.policy.paths import covered
from advisor.rules.catalogue import kept_book
from advisor.sources.kinds import kind_of
from advisor.sources.tree import LayeredTree, MemoryTree
from advisor.sources.walk import Discovery, Source, discover, nothing_found, unreadable
from advisor.verdict import Case, Verdict, judge_case

LISTED = 50
"""Subjects of one target whose facts a report holds; ``advisor facts`` lists them all."""
MOST_TREES = 20
"""Query plans that a report shows as trees; ``advisor plan`` shows those of one file."""


@collector_relaxed()
def audit_path(
    path: Path, given: Given, extra_rules: tuple[Path, ...] = (), policy: Policy = NO_POLICY
) -> Report:
    """
    Judge one deployment with the rules that count.

    Raises `SourceError` when the path cannot be read or holds nothing to audit, `RuleError` when
    a rule of the user's cannot be used, `ConfigError` when the policy names a rule that is none.
    """
    return audit_found(path, find(path), given, extra_rules, policy)


def audit_found(
    path: Path,
    found: Discovery,
    given: Given,
    extra_rules: tuple[Path, ...] = (),
    policy: Policy = NO_POLICY,
) -> Report:
    """
    Judge the files that were found below a path, whatever they are by now.

    Raises as `audit_path` does.
    """
    deployment = put_together(path, found, given)
    return report_on(path, deployment, extra_rules, policy, found.sources)


@collector_paused()
def report_on(
    path: Path,
    deployment: Deployment,
    extra_rules: tuple[Path, ...] = (),
    policy: Policy = NO_POLICY,
    files: Sequence[Source] = (),
    *,
    most_plans: int = MOST_TREES,
) -> Report:
    """
    Judge what is known of a deployment. Raises as `audit_path` does.

    Comments of `files` may accept findings, and so may those of all files that findings point at.
    """
    subjects = collect(deployment)
    book = kept_book(extra_rules)
    case = Case(folder_of(path), deployment, subjects, files)
    verdict = judge_case(case, book, policy)
    findings, outcomes, inside = verdict.findings, verdict.outcomes, deployment.embedded
    sources = _sources(verdict.all_findings, deployment.tree)
    rows, shares = fact_rows(subjects, most=LISTED, essential=True), tuple(budgets(deployment))
    chains = tuple(timeouts(deployment))
    return Report(
        name=deployment.name,
        root=str(path),
        stack=stack_line(deployment),
        findings=tuple(_with_source(one, sources) for one in findings),
        not_evaluated=tuple(one for one in outcomes if isinstance(one, NotEvaluated)),
        passed=tuple(one for one in outcomes if isinstance(one, Passed)),
        facts=tuple(row_outside(row, inside) for row in rows),
        guide=guide_rows(book.heads, verdict.all_findings, outcomes),
        notes=(*deployment.notes, *_gone(path, verdict, policy)),
        diagram=diagram(deployment, shares, chains),
        sources=sources,
        rules=len(verdict.rules.tried),
        base=base_of(path),
        budgets=shares,
        timeouts=chains,
        targets=target_rows(),
        suppressed=verdict.suppressed,
        plans=plan_trees(deployment.plans, findings, most=most_plans),
        plans_read=len(deployment.plans),
    )


def judge_path(path: Path, given: Given, extra_rules: tuple[Path, ...], policy: Policy) -> Verdict:
    """
    Judge one deployment, for those who need no report. Raises as `audit_path` does.
    """
    found = find(path)
    deployment = put_together(path, found, given)
    case = Case(folder_of(path), deployment, collect(deployment), found.sources)
    return judge_case(case, kept_book(extra_rules), policy)


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
    if not found.sources and not found.problems and not found.logs:
        raise nothing_found(path)
    return found


def put_together(path: Path, found: Discovery, given: Given) -> Deployment:
    """
    The deployment that the files below a path describe.
    """
    name = path.resolve().name or "/"
    tree = LayeredTree(found.added, found.tree) if found.added else found.tree
    deployment = assemble(found.sources, tree, given, name=name, problems=found.problems)
    for log in found.logs:
        deployment = _with_log(deployment, found.tree.root / log, log)
    return replace(deployment, notes=(*found.notes, *deployment.notes))


def _with_log(deployment: Deployment, real: Path, path: str) -> Deployment:
    from advisor.deployment.logs import with_log  # noqa: PLC0415 - few deployments have one
    from advisor.sources.stream import byte_blocks  # noqa: PLC0415

    with byte_blocks(real, path) as blocks:
        return with_log(deployment, path, blocks)


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
    deployment = assemble(sources, tree, given, name="example", problems=problems)
    subjects = collect(deployment)
    if not any(WORD in one.text for one in sources):
        return subjects
    policy = settings_of(files.get(FILE, "")).policy
    verdict = judge_case(Case(Path("/"), deployment, subjects, sources), kept_book(), policy)
    return (*subjects, *verdict.suppressions)


def folder_of(path: Path) -> Path:
    """
    The audited folder, or that of the audited file, as its files are found below it.
    """
    return Path(os.path.realpath(path if path.is_dir() else path.parent))


def _gone(path: Path, verdict: Verdict, policy: Policy) -> Iterator[str]:
    """
    Entries of a baseline that are not needed any more.
    """
    for known in policy.known:
        if known.by is not By.BASELINE:
            continue
        left = {key: code for key, code in known.entries.items() if key not in verdict.met}
        looked_at = covered(path, known.folder, (seen for _, seen in left))
        gone = [key for key, code in left.items() if key[1] in looked_at and verdict.decides(code)]
        if gone:
            what = "1 entry is" if len(gone) == 1 else f"{len(gone)} entries are"
            yield f"{what} gone from {known.name}; advisor baseline write takes them out"


def base_of(path: Path) -> str:
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
