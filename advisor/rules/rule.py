"""
A rule inside the program: plain data, read from the prebuilt catalogue or from a checked file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from advisor.facts.schema import BOOL, DURATION, NUMBER, SHARE, SIZE, STRING, Type
from advisor.model import Apply, Confidence, Origin, Reference, Safety, Severity, Value
from advisor.units import parse_compose_duration, parse_size

PARAM_TYPES: Mapping[str, Type] = {
    "number": NUMBER,
    "size": SIZE,
    "duration": DURATION,
    "share": SHARE,
    "bool": BOOL,
    "string": STRING,
}
"""Types of params by the name of their unit in a rule file."""
LARGEST_PARAM = 2**63

_UNITS: Mapping[str, Callable[[str], float | None]] = {
    "size": parse_size,
    "duration": parse_compose_duration,
}
_LONGEST_MEASURE = 20


class Param(Struct, frozen=True):
    """
    A named threshold of a rule, seen by its expressions as ``params.<name>``.
    """

    name: str
    value: Value[bool | float | str]
    type: Type
    doc: str


class MarkSpec(Struct, frozen=True):
    """
    A place to show, as a rule states it.
    """

    fact: str
    label: str


class FixSpec(Struct, frozen=True):
    """
    A fix, as a rule states it: expressions by fact name, or a snippet template.
    """

    set: Mapping[str, str]
    snippet: str
    edit: str
    """How the snippet is written: ``block``, ``line``, or empty when it is only shown."""
    language: str
    safety: Safety
    apply: Apply


class Variant(Struct, frozen=True):
    """
    What differs when a further condition holds. None and empty text mean: as the rule says.
    """

    when: str
    severity: Severity | None
    confidence: Confidence | None
    message: str
    recommendation: str
    why: str


class Rule(Struct, frozen=True):
    """
    One rule: what it looks at, when it fires, what it says.
    """

    code: str
    name: str
    title: str
    target: str
    category: str
    severity: Severity
    confidence: Confidence
    since: str
    guide: tuple[str, ...]
    params: tuple[Param, ...]
    requires: tuple[str, ...]
    when: str
    variants: tuple[Variant, ...]
    at: tuple[MarkSpec, ...]
    impact: str
    """Expression for the measured share that a change saves; empty when nothing is measured."""
    root_cause: str
    """Template; empty means the code and the primary place."""
    message: str
    recommendation: str
    why: str
    not_when: tuple[str, ...]
    fix: FixSpec | None
    references: tuple[Reference, ...]
    source: str = ""
    """File it was read from, for messages about the rule itself."""


def from_data(data: Mapping[str, Any]) -> Rule:
    """
    Build a rule from checked data: what the loader gives, or one entry of the catalogue.

    `data` has every key of `RuleFile`; nothing is checked again.
    """
    return Rule(
        code=data["code"],
        name=data["name"],
        title=data["title"],
        target=data["target"],
        category=data["category"],
        severity=Severity[data["severity"].upper()],
        confidence=Confidence[data["confidence"].upper()],
        since=data["since"],
        guide=tuple(data["guide"]),
        params=tuple(_param(name, param) for name, param in data["params"].items()),
        requires=tuple(data["requires"]),
        when=data["when"],
        variants=tuple(_variant(variant) for variant in data["variants"]),
        at=tuple(MarkSpec(mark["fact"], mark["label"]) for mark in data["at"]),
        impact=data["impact"] or "",
        root_cause=data["root_cause"],
        message=data["message"],
        recommendation=data["recommendation"],
        why=data["why"],
        not_when=tuple(data["not_when"]),
        fix=_fix(data["fix"]) if data["fix"] else None,
        references=tuple(Reference(**reference) for reference in data["references"]),
        source=data.get("source", ""),
    )


def param_value(written: str | float, unit: str) -> bool | float | str | None:
    """
    A param in the advisor's units (bytes, seconds, parts of one); None when it does not fit `unit`.

    Sizes and durations may be written with a unit: ``8MB``, ``1m30s``.
    """
    if unit == "string":
        return written if isinstance(written, str) else None
    if isinstance(written, bool) or unit == "bool":
        return written if isinstance(written, bool) and unit == "bool" else None
    if isinstance(written, str):
        parse = _UNITS.get(unit)
        return parse(written) if parse and len(written) <= _LONGEST_MEASURE else None
    return written if abs(written) < LARGEST_PARAM else None


def _param(name: str, data: Mapping[str, Any]) -> Param:
    value = Value(data["value"], Origin.GIVEN)
    return Param(name, value, PARAM_TYPES[data["unit"]], data["doc"])


def _variant(data: Mapping[str, Any]) -> Variant:
    severity, confidence = data["severity"], data["confidence"]
    return Variant(
        when=data["when"],
        severity=Severity[severity.upper()] if severity else None,
        confidence=Confidence[confidence.upper()] if confidence else None,
        message=data["message"],
        recommendation=data["recommendation"],
        why=data["why"],
    )


def _fix(data: Mapping[str, Any]) -> FixSpec:
    return FixSpec(
        set=data["set"],
        snippet=data["snippet"],
        edit=data["edit"],
        language=data["language"],
        safety=Safety(data["safety"]),
        apply=Apply(data["apply"]),
    )
