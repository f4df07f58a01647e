"""
One rule against one subject: fired, passed or not decided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from advisor.facts.schema import NUMBER
from advisor.model import (
    DIFFERS,
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
from advisor.rules.together import Places, Together

MAX_NEEDS = 10
"""Missing facts that an outcome names; the first ones already say what to state."""

_SURE: Mapping[Origin, Confidence] = {
    Origin.LITERAL: Confidence.CERTAIN,
    Origin.GIVEN: Confidence.CERTAIN,
    Origin.EVALUATED: Confidence.CERTAIN,
    Origin.DEFAULT: Confidence.CERTAIN,
    Origin.ASSUMED: Confidence.LIKELY,
}


class _Choice(Struct, frozen=True):
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
        self._compiled = CompiledRule(rule, checked=True)
        self._params: Mapping[str, Fact] = {PARAMS + one.name: one.value for one in rule.params}

    def never_holds(self, common: Mapping[str, Fact]) -> bool:
        """
        Whether the condition is false for every subject that has these facts.
        """
        return self._compiled.when.glance(self._with_params(common)) is False

    def together(self, alike: Mapping[str, Fact]) -> Together:
        """
        What is decided at once for all subjects that have these facts.
        """
        rule, facts = self.rule, self._with_params(alike)
        held = self._compiled.when.glance(facts)
        if held is False:
            return Together(passes=True)
        stand_in, reads = Subject(rule.target, "", alike), Reads()
        if held is True and not rule.requires:
            case = _Case(self._compiled, stand_in, facts, reads)
            return Together(places=case.places_of_all())
        self._compiled.when.evaluate(facts, reads)
        for name in rule.requires:
            reads.note(name, facts.get(name, ABSENT))
        outcome = None if _differ(reads) else self.judge(stand_in)
        return Together(undecided=outcome if isinstance(outcome, NotEvaluated) else None)

    def judge(self, subject: Subject, said: Counter[str] | None = None) -> Outcome:
        """
        Decide the rule for one subject of its target.

        `said` counts the findings of each root cause in one audit, to which this one is added.
        """
        rule = self.rule
        facts = self._with_params(subject.facts)
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
        # What a glance says of facts is enough; it does not know the names of fields.
        named = held is not True and not any("[" in cause.name for cause in held.causes)
        fired = held if named else when.evaluate(facts, reads)
        if isinstance(fired, Undecided):
            return _not_evaluated(rule, subject, {one.name: one.reason for one in fired.causes})
        return _Case(self._compiled, subject, facts, reads).finding()

    def _with_params(self, facts: Mapping[str, Fact]) -> Mapping[str, Fact]:
        return WithParams(self._params, facts) if self._params else facts


def _differ(reads: Reads) -> bool:
    """
    Whether something was read that is not the same for all.
    """
    return any(read.fact is DIFFERS for read in reads)


def _not_evaluated(rule: Rule, subject: Subject, lacking: Mapping[str, str]) -> NotEvaluated:
    pairs = list(lacking.items())[:MAX_NEEDS]
    needs, reasons = tuple(name for name, _ in pairs), tuple(reason for _, reason in pairs)
    return NotEvaluated(rule.code, subject.name, needs, reasons)


class _Case(Struct, frozen=True):
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
        places = self.places()
        repeated = places.repeated(self.subject, said)
        if repeated is None:
            said[places.key] += 1
        return repeated

    def places(self) -> Places:
        """
        What this and all further places of the same have in common.
        """
        rule, severity, cause = self.compiled.rule, self._severity(), self._root_cause()
        return Places(rule, severity, cause, f"{severity} {cause}", rule.at)

    def places_of_all(self) -> Places | None:
        """
        As `places`, for all subjects with these facts; None when too much differs between them.
        """
        rule = self.compiled.rule
        for when in (self.compiled.when, *(when for _, when in self.compiled.variants)):
            when.evaluate(self.facts, self.reads)
        self.compiled.template(rule.root_cause).render(self.facts, self.reads)
        if not rule.root_cause or _differ(self.reads):
            return None
        at = ((spec, self.facts.get(spec.fact, ABSENT)) for spec in rule.at)
        shown = tuple(spec for spec, fact in at if fact is DIFFERS or fact.location is not None)
        return replace(self.places(), at=shown)

    def _severity(self) -> Severity:
        """
        As `_choose` finds it.
        """
        for variant, when in self.compiled.variants:
            if when.glance(self.facts) is True:
                return variant.severity or self.compiled.rule.severity
        return self.compiled.rule.severity

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
            title=rule.title,
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
        for mark in self._places():
            if (key := _start(mark.location)) not in seen:
                seen.add(key)
                self.reads.note(mark.fact, self.facts.get(mark.fact, ABSENT))
                yield replace(mark, label=self._label(mark.label))
        if not seen and self.subject.location:
            fact = self.compiled.rule.at[0].fact
            yield Mark(self.subject.location, self._absence(), fact)

    def _places(self) -> Iterator[Mark]:
        """
        Places of the facts that the rule points at, with labels as the rule states them.
        """
        for spec in self.compiled.rule.at:
            place = self.facts.get(spec.fact, ABSENT).location
            if place is not None:
                yield Mark(place, spec.label, spec.fact)

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
