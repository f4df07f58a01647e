"""
What a rule makes of many subjects at once: the outcome is worked out for the first of them.
"""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from advisor.model import Confidence, Finding, Mark, NotEvaluated, Outcome, Severity
from advisor.model.subject import Subject
from advisor.rules.known import ABSENT
from advisor.rules.rule import MarkSpec, Rule

MAX_DETAILED = 20
"""Findings of one root cause and severity that say all; of thousands the others add a place."""


class Places(Struct, frozen=True):
    """
    More places of what others say: they come behind them in importance.
    """

    rule: Rule
    severity: Severity
    cause: str
    key: str
    """What is counted: findings of one severity and cause."""
    at: tuple[MarkSpec, ...]
    """Facts whose place is shown, of those that have one."""

    def repeated(self, subject: Subject, said: Counter[str]) -> Finding | None:
        """
        One more place of what was `said` often enough; None when it is still to be said.
        """
        if said[self.key] < MAX_DETAILED:
            return None
        said[self.key] += 1
        rule = self.rule
        return Finding(
            code=rule.code,
            name=rule.name,
            severity=self.severity,
            confidence=Confidence.POSSIBLE,
            message="",
            recommendation="",
            why="",
            subject=subject.name,
            mark=self._mark(subject),
            related=(),
            evidence=(),
            fix=None,
            references=rule.references,
            guide=rule.guide,
            not_when=rule.not_when,
            root_cause=self.cause,
            category=rule.category,
            title=rule.title,
        )

    def _mark(self, subject: Subject) -> Mark | None:
        for spec in self.at:
            place = subject.facts.get(spec.fact, ABSENT).location
            if place is not None:
                return Mark(place, spec.label, spec.fact)
        return Mark(subject.location, fact=self.rule.at[0].fact) if subject.location else None


class Together(Struct, frozen=True):
    """
    What a rule makes of subjects that differ in names alone; of each by itself when nothing is set.
    """

    passes: bool = False
    undecided: NotEvaluated | None = None
    """What it lacks for all of them; names none of them."""
    places: Places | None = None
    """It fires for all of them."""

    def outcome(self, subject: Subject, said: Counter[str] | None) -> Outcome | None:
        """
        The outcome for one of them; None where it has to be judged by itself.

        `said` counts the findings of each root cause, None when each has to say all.
        """
        if self.undecided is not None:
            known = self.undecided
            return NotEvaluated(known.code, subject.name, known.needs, known.reasons)
        if self.places is None or said is None:
            return None
        return self.places.repeated(subject, said)


EACH = Together()
"""Nothing is known of all of them."""
