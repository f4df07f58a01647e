"""
From subjects to findings: rules judged, what is accepted sorted out, one finding per root cause.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from advisor.catalog import postgresql_releases
from advisor.deployment.model import Deployment
from advisor.deployment.places import finding_outside
from advisor.errors import SourceError
from advisor.fingerprints import fingerprinted
from advisor.model import Finding, Outcome, Passed, Suppressed
from advisor.model.subject import Fact, Subject
from advisor.policy.choice import Choice, chosen
from advisor.policy.comments import WORD, Comment, read_comments
from advisor.policy.model import Policy
from advisor.policy.subjects import TARGET, Judged, judged, suppressions
from advisor.policy.suppression import Sieve, check_policy, with_severities
from advisor.rules.catalogue import RuleBook
from advisor.rules.judge import Judge
from advisor.rules.rule import Rule
from advisor.rules.together import EACH
from advisor.sources.kinds import Kind, kind_of
from advisor.sources.walk import Source
from advisor.triage import triage


class Verdict(Struct, frozen=True):
    """
    What the rules say about a deployment.
    """

    findings: tuple[Finding, ...]
    """Most important first."""
    suppressed: tuple[Suppressed, ...]
    outcomes: tuple[Outcome, ...]
    parts: tuple[Finding, ...]
    """The findings before those with one root cause are merged."""
    suppressions: tuple[Subject, ...]
    rules: Judged
    met: frozenset[tuple[str, str]] = frozenset()
    """Keys of what was known before and is still there."""

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """
        Suppressed or not.
        """
        return (*self.findings, *(one.finding for one in self.suppressed))

    def decides(self, code: str) -> bool:
        """
        Whether a rule was tried and lacked no fact: if it has no finding, there is none.
        """
        return code in self.rules.tried and code not in self.rules.undecided


class Case(Struct, frozen=True):
    """
    What there is to judge.
    """

    root: Path
    """The audited folder, with links resolved."""
    deployment: Deployment
    subjects: Sequence[Subject]
    files: Sequence[Source] = ()
    """Their comments may accept findings, and so may those of files that findings point at."""


def judge_case(case: Case, book: RuleBook, policy: Policy) -> Verdict:
    """
    Judge a deployment. Raises `ConfigError` when the policy names a rule that is none.
    """
    check_policy(policy, book.heads)
    rules = [*chosen(book.rules({one.target for one in case.subjects}), book.heads, policy.choice)]
    comments = [one for file in case.files for one in _comments(file.path, file.text, file.kind)]
    whole = bool(comments or policy.accepted or policy.known)
    outcomes = [*judge_all(rules, case.subjects, book.judge, whole=whole)]
    parts = _parts(outcomes, case, policy)
    elsewhere = [*_comments_elsewhere(case, parts)]
    if elsewhere and not whole:
        outcomes = [*judge_all(rules, case.subjects, book.judge, whole=True)]
        parts = _parts(outcomes, case, policy)
    sieve = Sieve(case.root, (*comments, *elsewhere), policy, postgresql_releases.today())
    left = sieve.sort(parts)
    became = judged(book.heads, _tried(book, policy), outcomes)
    about = [*suppressions(sieve, became)] if sieve.stated else []
    if about:
        meta = chosen(book.rules({TARGET}), book.heads, policy.choice)
        said = [*judge_all(meta, about, book.judge, whole=True)]
        outcomes += said
        left += sieve.sort(_parts(said, case, policy))
    return Verdict(
        findings=triage(left),
        suppressed=sieve.merged(),
        outcomes=tuple(outcomes),
        parts=tuple(left),
        suppressions=tuple(about),
        rules=became,
        met=frozenset(sieve.met),
    )


def _tried(book: RuleBook, policy: Policy) -> frozenset[str]:
    """
    Codes of the rules that count, those without a subject included.
    """
    if policy.choice == Choice():
        return frozenset(head.code for head in book.heads)
    every = book.rules({head.target for head in book.heads})
    return frozenset(one.code for one in chosen(every, book.heads, policy.choice))


def _parts(outcomes: Iterable[Outcome], case: Case, policy: Policy) -> list[Finding]:
    """
    What the rules found, before anything is merged, each with its place and fingerprint.
    """
    inside = case.deployment.embedded
    found = (finding_outside(one, inside) for one in outcomes if isinstance(one, Finding))
    severe = with_severities(found, case.root, policy) if policy.severities else found
    return fingerprinted([*severe])


def _comments(path: str, text: str, kind: Kind | None) -> tuple[Comment, ...]:
    return read_comments(path, text, kind) if WORD in text else ()


def _comments_elsewhere(case: Case, parts: Iterable[Finding]) -> Iterator[Comment]:
    """
    Comments of files that findings point at and that the walk did not take for a configuration.
    """
    known = {file.path for file in case.files}
    paths = {mark.location.path for one in parts for mark in (one.mark, *one.related) if mark}
    for path in sorted(paths - known):
        try:
            text = case.deployment.tree.read(path) or ""
        except SourceError:
            # The finding is that it cannot be read.
            continue
        yield from _comments(path, text, kind_of(path, text))


def judge_all(
    rules: Iterable[Rule],
    subjects: Iterable[Subject],
    judge_of: Callable[[Rule], Judge] = Judge,
    *,
    whole: bool = False,
) -> Iterator[Outcome]:
    """
    Every rule against every subject of its target, fired or not.

    Subjects that a rule passes are named once a rule and group: there may be thousands. Of many
    findings of one root cause only the first say all, unless each has to be `whole`.
    """
    groups = _grouped(subjects)
    for rule in rules:
        if rule.target in groups:
            judge = judge_of(rule)
            for group in groups[rule.target]:
                yield from _judge_group(judge, group, None if whole else Counter())


class _Group(Struct, frozen=True):
    """
    Subjects of one target that have their common facts in common.
    """

    common: Mapping[str, Fact] | None
    subjects: list[Subject]
    alike: list[Mapping[str, Fact]]
    """What several of them have in common beyond that."""


def _grouped(subjects: Iterable[Subject]) -> dict[str, list[_Group]]:
    """
    The groups of each target, in the order of the first subjects of both.
    """
    found: dict[str, dict[int, list[Subject]]] = {}
    for subject in subjects:
        found.setdefault(subject.target, {}).setdefault(id(subject.common), []).append(subject)
    return {target: [*map(_group, groups.values())] for target, groups in found.items()}


def _group(subjects: list[Subject]) -> _Group:
    kinds = {id(one.alike): one.alike for one in subjects}
    counts = Counter(id(one.alike) for one in subjects)
    several = [kind for key, kind in kinds.items() if kind is not None and counts[key] > 1]
    return _Group(subjects[0].common, subjects, several)


def _judge_group(judge: Judge, group: _Group, said: Counter[str] | None) -> Iterator[Outcome]:
    """
    One rule against the subjects of a group: what passes all of its kind is not tried on each.
    """
    subjects = group.subjects
    if group.common is not None and judge.never_holds(group.common):
        yield Passed(judge.rule.code, subjects[0].name)
        return
    kinds = {id(kind): judge.together(kind) for kind in group.alike}
    passed: Passed | None = None
    for subject in subjects:
        kind = kinds.get(id(subject.alike), EACH)
        if kind.passes:
            passed = passed or Passed(judge.rule.code, subject.name)
            continue
        outcome = kind.outcome(subject, said) or judge.judge(subject, said)
        if isinstance(outcome, Passed):
            passed = passed or outcome
        else:
            yield outcome
    if passed:
        yield passed
