"""
Which findings are accepted, by whom, and which comments and entries accept nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from advisor.model import By, Finding, Suppressed
from advisor.policy.choice import check_selector, specificity
from advisor.policy.comments import Comment
from advisor.policy.model import Accepted, Policy
from advisor.policy.paths import matches, relative
from advisor.rules.catalogue import Head
from advisor.triage import importance, triage


class Sieve(Struct):
    """
    Sorts the findings of one deployment, and remembers what was good for something.
    """

    root: Path
    """The audited folder, absolute."""
    comments: Sequence[Comment]
    policy: Policy
    today: date
    used: set[tuple[int, str]] = field(default_factory=set)
    """Number of a comment or entry in `stated`, and the selector in it that covered a finding."""
    met: set[tuple[str, str]] = field(default_factory=set)
    """Entries of baselines and revisions that are still there."""
    suppressed: list[Suppressed] = field(default_factory=list)

    @property
    def stated(self) -> tuple[Comment | Accepted, ...]:
        """
        Comments, then entries: what may be unused, expired or without a reason.
        """
        return (*self.comments, *(one for one in self.policy.accepted if one.entry))

    def sort(self, findings: Iterable[Finding]) -> list[Finding]:
        """
        The findings that nobody has accepted; the others are kept in `suppressed`.
        """
        if not (self.comments or self.policy.accepted or self.policy.known):
            return list(findings)
        places = self._by_place()
        left = []
        for finding in findings:
            found = self._accepted(finding, places)
            if found is None:
                left.append(finding)
            else:
                self.suppressed.append(found)
        return left

    def merged(self) -> tuple[Suppressed, ...]:
        """
        What was suppressed, one for each root cause and decision, most important first.
        """
        groups: dict[tuple[object, ...], list[Suppressed]] = defaultdict(list)
        for one in self.suppressed:
            groups[one.by, one.reason, one.location, one.until].append(one)
        found = [
            replace(group[0], finding=finding)
            for group in groups.values()
            for finding in triage(one.finding for one in group)
        ]
        return tuple(sorted(found, key=lambda one: importance(one.finding)))

    def is_over(self, one: Comment | Accepted) -> bool:
        """
        Whether its last day has passed.
        """
        return one.until is not None and one.until < self.today

    def _by_place(self) -> Mapping[tuple[str, int], list[tuple[int, Comment]]]:
        places: dict[tuple[str, int], list[tuple[int, Comment]]] = defaultdict(list)
        for number, comment in enumerate(self.comments):
            if not self.is_over(comment):
                places[comment.location.path, comment.line].append((number, comment))
        return places

    def _accepted(
        self, finding: Finding, places: Mapping[tuple[str, int], list[tuple[int, Comment]]]
    ) -> Suppressed | None:
        found: Suppressed | None = None
        head = Head(finding.code, finding.name, "", ())
        for place in _spoken(finding):
            for number, comment in places.get(place, ()):
                for code in comment.codes:
                    if specificity(code, head):
                        self.used.add((number, code))
                        found = found or _by_comment(finding, comment)
        return self._by_entry(finding, head, found) or self._known(finding)

    def _by_entry(
        self, finding: Finding, head: Head, found: Suppressed | None
    ) -> Suppressed | None:
        number = len(self.comments)
        for one in self.policy.accepted:
            if (
                not self.is_over(one)
                and specificity(one.rule.text, head)
                and self._covers(one, finding)
            ):
                found = found or _by_configuration(finding, one)
                if one.entry:
                    self.used.add((number, one.rule.text))
            number += one.entry
        return found

    def _covers(self, one: Accepted, finding: Finding) -> bool:
        if not one.path:
            return True
        return matches(one.path, relative(_path(finding), self.root, one.folder))

    def _known(self, finding: Finding) -> Suppressed | None:
        for known in self.policy.known:
            key = entry(finding, self.root, known.folder)
            if key in known.entries:
                self.met.add(key)
                return Suppressed(finding, known.by, known.name)
        return None


def entry(finding: Finding, root: Path, folder: Path) -> tuple[str, str]:
    """
    What a finding is known by in a baseline: fingerprint, and path as seen from its folder.
    """
    return finding.fingerprint, relative(_path(finding), root, folder)


def check_policy(policy: Policy, heads: Iterable[Head]) -> None:
    """
    Raise `ConfigError` when something is accepted or weighed that is no rule.
    """
    heads = tuple(heads)
    accepted = (one.rule for one in policy.accepted)
    for selector in (*accepted, *(one.rule for one in policy.severities)):
        check_selector(selector, heads)


def with_severities(findings: Iterable[Finding], root: Path, policy: Policy) -> Iterator[Finding]:
    """
    The findings with the severities of their paths; the last one that covers a finding counts.
    """
    for finding in findings:
        head = Head(finding.code, finding.name, "", ())
        severity = finding.severity
        for one in policy.severities:
            if specificity(one.rule.text, head) and matches(
                one.path, relative(_path(finding), root, one.folder)
            ):
                severity = one.severity
        yield finding if severity is finding.severity else replace(finding, severity=severity)


def _spoken(finding: Finding) -> Iterator[tuple[str, int]]:
    """
    Lines on which a comment speaks of a finding: first and last line of each of its places, and
    the whole file of the first one.
    """
    seen = set()
    for mark in (finding.mark, *finding.related):
        if mark:
            place = mark.location
            for line in (place.line, place.end_line or place.line):
                if (place.path, line) not in seen:
                    seen.add((place.path, line))
                    yield place.path, line
    if finding.mark:
        yield finding.mark.location.path, 0


def _path(finding: Finding) -> str:
    """
    The file of a finding, the audited folder when it stands in none.
    """
    if finding.mark:
        return finding.mark.location.path
    return next((one.location.path for one in finding.evidence if one.location), "")


def _by_comment(finding: Finding, comment: Comment) -> Suppressed:
    until = comment.until.isoformat() if comment.until else ""
    return Suppressed(finding, By.COMMENT, comment.reason, comment.location, until)


def _by_configuration(finding: Finding, one: Accepted) -> Suppressed:
    until = one.until.isoformat() if one.until else ""
    reason = one.reason or ("" if one.entry else one.rule.said)
    return Suppressed(finding, By.CONFIGURATION, reason, until=until)
