"""
One rule against one subject: fired, passed or not decided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from advisor.facts.schema import NUMBER
from advisor.model import (
    Confidence,
    Evidence,
    Finding,
    Fix,
    Location,
    Mark,
    NotEvaluated,
    Origin,
    Outcome,
    Passed,
    Severity,
    Unknown,
)
from advisor.model.subject import Fact, Subject
from advisor.rules.compiled import CompiledRule
from advisor.rules.expression import FORGETFUL, Reads, Undecided
from advisor.rules.fixes import propose
from advisor.rules.known import ABSENT, PARAMS, WithParams, fact_type
from advisor.rules.rule import Rule, Variant
from advisor.rules.template import show

MAX_NEEDS = 10
"""Missing facts that an outcome names; the first ones already say what to state."""

MAX_DETAILED = 20
"""Findings of one root cause and severity that say all; of thousands the others add a place."""

_SURE: Mapping[Origin, Confidence] = {
    Origin.LITERAL: Confidence.CERTAIN,
    Origin.GIVEN: Confidence.CERTAIN,
    Origin.EVALUATED: Confidence.CERTAIN,
    Origin.DEFAULT: Confidence.CERTAIN,
    Origin.ASSUMED: Confidence.LIKELY,
}


@dataclass(frozen=True, slots=True)
class _Choice:
    """
    What a rule says once its variants are taken into account.
    """

    severity: Severity
    confidence: Confidence
    message: str
    recommendation: str
    why: str


class Judge:
    """
    Decides one rule, for any number of subjects.
    """

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._compiled = CompiledRule(rule)
        self._params: Mapping[str, Fact] = {PARAMS + one.name: one.value for one in rule.params}

    def never_holds(self, common: Mapping[str, Fact]) -> bool:
        """
        Whether the condition is false for every subject that has these facts.
        """
        facts = WithParams(self._params, common) if self._params else common
        return self._compiled.when.glance(facts) is False

    def judge(self, subject: Subject, said: Counter[str] | None = None) -> Outcome:
        """
        Decide the rule for one subject of its target.

        `said` counts the findings of each root cause in one audit, to which this one is added.
        """
        rule = self.rule
        facts = WithParams(self._params, subject.facts) if self._params else subject.facts
        when = self._compiled.when
        held = when.glance(facts)
        if held is False:
            return Passed(rule.code, subject.name)
        reads = Reads()
        if held is True and said is not None and not rule.requires:
            case = _Case(self._compiled, subject, facts, reads)
            if (repeated := case.repeated(said)) is not None:
                return repeated
        lacking = {}
        for name in rule.requires:
            fact = facts.get(name, ABSENT)
            reads.note(name, fact)
            if isinstance(fact, Unknown):
                lacking.update(dict.fromkeys(fact.needs or (name,), fact.reason))
        if lacking:
            return _not_evaluated(rule, subject, lacking)
        fired = when.evaluate(facts, reads)
        if isinstance(fired, Undecided):
            return _not_evaluated(rule, subject, {one.name: one.reason for one in fired.causes})
        return _Case(self._compiled, subject, facts, reads).finding()


def _not_evaluated(rule: Rule, subject: Subject, lacking: Mapping[str, str]) -> NotEvaluated:
    pairs = list(lacking.items())[:MAX_NEEDS]
    needs, reasons = tuple(name for name, _ in pairs), tuple(reason for _, reason in pairs)
    return NotEvaluated(rule.code, subject.name, needs, reasons)


@dataclass(frozen=True, slots=True)
class _Case:
    """
    A rule that fired for a subject, and everything it then says.
    """

    compiled: CompiledRule
    subject: Subject
    facts: Mapping[str, Fact]
    reads: Reads

    def repeated(self, said: Counter[str]) -> Finding | None:
        """
        One more place of what was `said` often enough; None when it is still to be said.
        """
        severity, cause = self._severity(), self._root_cause()
        key = f"{severity} {cause}"
        said[key] += 1
        return self._place(severity, cause) if said[key] > MAX_DETAILED else None

    def _severity(self) -> Severity:
        """
        As `_choose` finds it.
        """
        for variant, when in self.compiled.variants:
            if when.glance(self.facts) is True:
                return variant.severity or self.compiled.rule.severity
        return self.compiled.rule.severity

    def _place(self, severity: Severity, cause: str) -> Finding:
        """
        One more place of what others say: it comes behind them in importance.
        """
        rule, subject = self.compiled.rule, self.subject
        found = (self.facts.get(spec.fact, ABSENT).location for spec in rule.at)
        place = next((one for one in found if one is not None), subject.location)
        return Finding(
            code=rule.code,
            name=rule.name,
            severity=severity,
            confidence=Confidence.POSSIBLE,
            message="",
            recommendation="",
            why="",
            subject=subject.name,
            mark=Mark(place) if place else None,
            related=(),
            evidence=(),
            fix=None,
            references=rule.references,
            guide=rule.guide,
            not_when=rule.not_when,
            root_cause=cause,
            category=rule.category,
        )

    def finding(self) -> Finding:
        """
        The texts first: what they read is evidence and counts for the confidence.
        """
        rule, choice, cause = self.compiled.rule, self._choose(), self._root_cause()
        marks = tuple(self._marks())
        message, recommendation = self._text(choice.message), self._text(choice.recommendation)
        why, impact = self._text(choice.why), self._impact()
        fix = self._fix(marks)
        confidence = self._confidence(choice.confidence)
        return Finding(
            code=rule.code,
            name=rule.name,
            severity=_tempered(choice.severity, confidence),
            confidence=confidence,
            message=message,
            recommendation=recommendation,
            why=why,
            subject=self.subject.name,
            mark=marks[0] if marks else None,
            related=marks[1:],
            evidence=tuple(self._evidence()),
            fix=fix,
            references=rule.references,
            guide=rule.guide,
            not_when=rule.not_when,
            root_cause=cause,
            category=rule.category,
            impact=impact,
        )

    def _choose(self) -> _Choice:
        """
        What the first variant that holds says instead of the rule.

        A variant that is not decided might have said something else: then nothing is certain.
        """
        rule = self.compiled.rule
        cap = Confidence.CERTAIN
        for variant, when in self.compiled.variants:
            held = when.glance(self.facts)
            if held is True:
                # Only the variant that counts is evidence; the others were merely ruled out.
                when.evaluate(self.facts, self.reads)
                return _choice(rule, variant, cap)
            if isinstance(held, Undecided):
                cap = Confidence.LIKELY
        return _choice(rule, None, cap)

    def _marks(self) -> Iterator[Mark]:
        """
        Places of the facts that the rule points at, each once; else where the subject begins.
        """
        seen = set()
        for spec in self.compiled.rule.at:
            fact = self.facts.get(spec.fact, ABSENT)
            place = fact.location
            if place is not None and (key := _start(place)) not in seen:
                seen.add(key)
                self.reads.note(spec.fact, fact)
                yield Mark(place, self._label(spec.label))
        if not seen and self.subject.location:
            yield Mark(self.subject.location, self._absence())

    def _label(self, text: str) -> str:
        """
        A label with a hole in it says less than none.
        """
        template = self.compiled.template(text)
        return "" if template.undecided(self.facts) else template.render(self.facts, self.reads)

    def _absence(self) -> str:
        fact = self.facts.get(self.compiled.rule.at[0].fact, ABSENT)
        absent = not isinstance(fact, Unknown) and (
            fact.origin is Origin.DEFAULT or fact.value is None
        )
        return "not set here" if absent else ""

    def _text(self, text: str) -> str:
        return self.compiled.template(text).render(self.facts, self.reads)

    def _impact(self) -> float:
        source = self.compiled.rule.impact
        if not source:
            return 0.0
        share = self.compiled.expression(source, NUMBER).evaluate(self.facts, self.reads)
        return 0.0 if isinstance(share, Undecided) else min(max(float(share), 0.0), 1.0)

    def _confidence(self, cap: Confidence) -> Confidence:
        """
        That of the weakest fact, never above the rule's own.
        """
        facts = (read.fact for read in self.reads)
        origins = {fact.origin for fact in facts if not isinstance(fact, Unknown)}
        return max((cap, *(_SURE[origin] for origin in origins)), key=lambda one: one.value)

    def _evidence(self) -> list[Evidence]:
        """
        What was read, places first. Phrases made for messages prove nothing and are left out.
        """
        rows = []
        for read in self.reads:
            fact = read.fact
            if isinstance(fact, Unknown) or read.name.startswith(PARAMS):
                continue
            place = fact.location or (read.record.location if read.record else None)
            phrase = isinstance(fact.value, str) and fact.origin is Origin.EVALUATED
            if place is not None or not phrase:
                text = show(fact.value, fact_type(self.compiled.scope, read.name))
                rows.append(Evidence(read.name, text, fact.origin, place, fact.note))
        return sorted(rows, key=lambda row: row.location is None)

    def _fix(self, marks: tuple[Mark, ...]) -> Fix | None:
        shown = marks[0].location if marks else None
        return propose(self.compiled, self.subject, self.facts, self.reads, shown=shown)

    def _root_cause(self) -> str:
        """
        What findings that are one and the same have in common.
        """
        rule = self.compiled.rule
        if rule.root_cause:
            return self.compiled.template(rule.root_cause).render(self.facts, FORGETFUL)
        places = (self.facts.get(spec.fact, ABSENT).location for spec in rule.at)
        place = next((one for one in places if one is not None), self.subject.location)
        if place is None:
            return f"{rule.code} {self.subject.name}"
        path, line, column = _start(place)
        return f"{rule.code} {path}:{line}:{column}"


def _choice(rule: Rule, variant: Variant | None, cap: Confidence) -> _Choice:
    said = variant or Variant("", None, None, "", "", "")
    confidence = said.confidence or rule.confidence
    return _Choice(
        severity=said.severity or rule.severity,
        confidence=max(confidence, cap, key=lambda one: one.value),
        message=said.message or rule.message,
        recommendation=said.recommendation or rule.recommendation,
        why=said.why or rule.why,
    )


def _start(place: Location) -> tuple[str, int, int]:
    return place.path, place.line, place.column


def _tempered(severity: Severity, confidence: Confidence) -> Severity:
    """
    Nothing is critical that rests on an assumption.
    """
    if severity is Severity.CRITICAL and confidence is not Confidence.CERTAIN:
        return Severity.HIGH
    return severity
