"""
The examples of rules, run as tests: does each rule fire where it says it does, and only there?
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from msgspec import Struct

from advisor import regex
from advisor.facts.namespaces import EVENTS
from advisor.model import Finding, Location, NotEvaluated, Outcome
from advisor.model.subject import Subject
from advisor.rules.judge import Judge
from advisor.rules.rule import Rule, from_data
from advisor.rules.template import UNDECIDED

Collect: TypeAlias = Callable[
    [Mapping[str, str], Mapping[str, object], Mapping[str, object]], tuple[Subject, ...]
]
"""Files, host and target of an example → its subjects, through the whole pipeline."""

_HOLE = regex.lazy(rf"(?<![\w'\"’)\]}}*+-]){re.escape(UNDECIDED)}(?![\w:<=!>])")
"""
A field that was not known when its text was rendered. Other question marks follow a word, or belong
to a regular expression.
"""

_BLANKS_AND_QUOTES = regex.lazy(r"[\s'\"]+")


class Failure(Struct, frozen=True):
    """
    An example that does not behave as its rule says.
    """

    code: str
    example: str
    """``bad 1 (name)``, ``good 2``, ``unknown 1``."""
    message: str


def run_examples(data: Mapping[str, Any], collect: Collect) -> Iterator[Failure]:
    """
    Run all examples of one rule, given as the loader's data.
    """
    rule = from_data(data)
    judge = Judge(rule)
    for kind, check in _CHECKS.items():
        for number, example in enumerate(data["examples"][kind], 1):
            name = f"{kind} {number} ({example['name']})" if example["name"] else f"{kind} {number}"
            outcomes = _judge(judge, example, example["files"], collect)
            for message in check(rule, example, outcomes):
                yield Failure(rule.code, name, message)
            if example.get("fixed"):
                after = _judge(judge, example, {**example["files"], **example["fixed"]}, collect)
                for message in _silent(rule, example, after):
                    yield Failure(rule.code, f"{name}, fixed", message)


def count_examples(data: Mapping[str, Any]) -> int:
    """
    How many examples a rule has.
    """
    return sum(len(data["examples"][kind]) for kind in _CHECKS)


def _judge(
    judge: Judge, example: Mapping[str, Any], files: Mapping[str, str], collect: Collect
) -> list[Outcome]:
    subjects = collect(files, example["host"], example["target"])
    return [judge.judge(one) for one in subjects if one.target == judge.rule.target]


def _fires(rule: Rule, example: Mapping[str, Any], outcomes: list[Outcome]) -> Iterator[str]:
    findings = sorted((one for one in outcomes if isinstance(one, Finding)), key=_rank)
    causes = {one.root_cause for one in findings}
    if len(causes) != 1:
        yield f"fires {len(causes)} times instead of once{_why_not(outcomes)}"
        return
    finding = findings[0]
    at = str(finding.mark.location) if finding.mark else "nowhere"
    expected = str(example["severity"] or rule.severity)
    if at != example["at"]:
        yield f"points at {at}, not at {example['at']}"
    if finding.message != example["message"]:
        yield f"says {finding.message!r}, not {example['message']!r}"
    if str(finding.severity) != expected:
        yield f"is {finding.severity}, not {expected}"
    yield from _texts(finding)
    yield from _repaired(finding, example["fixed"])


def _rank(finding: Finding) -> tuple[int, tuple[str, int, int]]:
    """
    Of findings with one root cause the report shows the worst, then the first.
    """
    place = finding.mark.location if finding.mark else Location("", 0)
    return finding.severity.value, (place.path, place.line, place.column)


def _texts(finding: Finding) -> Iterator[str]:
    """
    What the rule says must not have holes where a fact is not known.
    """
    labels = [mark.label for mark in (finding.mark, *finding.related) if mark]
    for text in (finding.message, finding.recommendation, finding.why, *labels):
        if _HOLE.search(text):
            yield f"says something that is not known: {text!r}"


def _repaired(finding: Finding, fixed: Mapping[str, str]) -> Iterator[str]:
    """
    The files after the fix must hold what the fix writes, in whatever quotes and blanks.
    """
    if not finding.fix or not fixed:
        return
    after = _BLANKS_AND_QUOTES.sub("", "".join(fixed.values()))
    for change in finding.fix.changes:
        if _BLANKS_AND_QUOTES.sub("", change.then) not in after:
            yield f"writes {change.then!r}, which the fixed files do not hold"


def _silent(rule: Rule, example: Mapping[str, Any], outcomes: list[Outcome]) -> Iterator[str]:
    del example
    for outcome in outcomes:
        if isinstance(outcome, Finding):
            yield f"fires: {outcome.message}"
    if not outcomes and rule.target in EVENTS:
        return
    if not outcomes:
        yield "has no subject of the rule's target, so it shows nothing"
    elif all(isinstance(outcome, NotEvaluated) for outcome in outcomes):
        yield f"is not decided{_why_not(outcomes)}"


def _undecided(rule: Rule, example: Mapping[str, Any], outcomes: list[Outcome]) -> Iterator[str]:
    del rule
    needs = {name for one in outcomes if isinstance(one, NotEvaluated) for name in one.needs}
    if not needs:
        yield "is decided"
    missing = sorted(set(example["needs"]) - needs)
    if needs and missing:
        yield f"needs {', '.join(sorted(needs))}, not {', '.join(missing)}"


def _why_not(outcomes: list[Outcome]) -> str:
    if not outcomes:
        return ": there is no subject of its target"
    for outcome in outcomes:
        if isinstance(outcome, NotEvaluated):
            pairs = zip(outcome.needs, outcome.reasons, strict=True)
            return ": " + "; ".join(f"{name} is not known, {reason}" for name, reason in pairs)
    return ""


_CHECKS: Mapping[str, Callable[[Rule, Mapping[str, Any], list[Outcome]], Iterator[str]]] = {
    "bad": _fires,
    "good": _silent,
    "unknown": _undecided,
}
