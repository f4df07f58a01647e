"""
The facts of a deployment as rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from advisor.facts.namespaces import scope_of
from advisor.facts.schema import Kind
from advisor.model import FactRow, Origin, Unknown
from advisor.model.subject import Fact, Subject
from advisor.overview.stack import value_of
from advisor.rules.template import show

_LISTED: Mapping[str, tuple[str, ...]] = {
    "postgresql": ("host", "pg", "connections", "memory"),
    "nginx": ("nginx",),
    "nginx.server": ("server",),
    "nginx.upstream": ("upstream",),
    "gunicorn": ("host", "gunicorn"),
    "engine": ("engine",),
    "stack.application": ("service",),
    "plan": ("plan",),
    "load": ("load",),
    "redis": ("redis",),
}
"""Targets whose facts are listed, and which of them; others see the same from another side."""
_ALWAYS = ("host", "connections", "memory")
"""Namespaces whose facts are listed although nobody wrote them."""


def fact_rows(subjects: Iterable[Subject], *, most: int = 0) -> Iterator[FactRow]:
    """
    Every fact that is written somewhere, was stated, or is derived from such facts.

    `most` is how many subjects of a target are listed, 0 for all: of thousands of servers a report
    needs no more than an example.
    """
    listed: Counter[str] = Counter()
    for subject in subjects:
        spaces = _LISTED.get(subject.target, ())
        listed[subject.target] += 1
        if spaces and not 0 < most < listed[subject.target]:
            yield from _rows(subject, spaces)


def _rows(subject: Subject, spaces: tuple[str, ...]) -> Iterator[FactRow]:
    there = set(subject.facts)
    for name, spec in scope_of(subject.target).items():
        space = name.partition(".")[0]
        if space not in spaces or name not in there or spec.type.kind is Kind.LIST:
            continue
        fact = subject.facts[name]
        if space in _ALWAYS or _is_stated(fact):
            yield _row(name, fact, show(value_of(fact), spec.type), subject.name)


def is_essential(row: FactRow) -> bool:
    """
    Whether a fact belongs into a report: it has a place, or is one of the sums.
    """
    return row.location is not None or row.name.partition(".")[0] in _ALWAYS


def _row(name: str, fact: Fact, text: str, subject: str) -> FactRow:
    if isinstance(fact, Unknown):
        return FactRow(name, "", None, fact.location, fact.reason, subject)
    return FactRow(name, text, fact.origin, fact.location, fact.note, subject)


def _is_stated(fact: Fact) -> bool:
    if isinstance(fact, Unknown):
        return fact.location is not None
    return fact.origin is not Origin.DEFAULT and fact.value not in (None, "")
