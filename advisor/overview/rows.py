"""
The facts of a deployment as rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from advisor.facts.namespaces import scope_of
from advisor.facts.schema import Kind, Type
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
    "pgbouncer": ("pgbouncer",),
    "postgresql.hba": ("hba",),
}
"""Targets whose facts are listed, and which of them; others see the same from another side."""
_ALWAYS = ("host", "connections", "memory")
"""Namespaces whose facts are listed although nobody wrote them."""


def fact_rows(
    subjects: Iterable[Subject], *, most: int = 0, essential: bool = False
) -> Iterator[FactRow]:
    """
    Every fact that is written somewhere, was stated, or is derived from such facts.

    `most` is how many subjects of a target are listed, 0 for all: of thousands of servers a report
    needs no more than an example. Essential, for a report, are those with a place, and the sums.
    """
    listed: Counter[str] = Counter()
    for subject in subjects:
        listed[subject.target] += 1
        if subject.target in _LISTED and not 0 < most < listed[subject.target]:
            yield from _rows(subject, essential=essential)


def _rows(subject: Subject, *, essential: bool) -> Iterator[FactRow]:
    there = set(subject.facts)
    counts = _is_placed if essential else _is_stated
    for name, type_, always in _columns(subject.target):
        if name in there:
            fact = subject.facts[name]
            if always or counts(fact):
                yield _row(name, fact, show(value_of(fact), type_), subject.name)


@cache
def _columns(target: str) -> tuple[tuple[str, Type, bool], ...]:
    """
    Name and type of each fact that is listed, and whether it is although nobody wrote it.
    """
    spaces = _LISTED[target]
    named = ((name, name.partition(".")[0], spec.type) for name, spec in scope_of(target).items())
    return tuple(
        (name, type_, space in _ALWAYS)
        for name, space, type_ in named
        if space in spaces and type_.kind is not Kind.LIST
    )


def _row(name: str, fact: Fact, text: str, subject: str) -> FactRow:
    if isinstance(fact, Unknown):
        return FactRow(name, "", None, fact.location, fact.reason, subject)
    return FactRow(name, text, fact.origin, fact.location, fact.note, subject)


def _is_stated(fact: Fact) -> bool:
    if isinstance(fact, Unknown):
        return fact.location is not None
    return fact.origin is not Origin.DEFAULT and fact.value not in (None, "")


def _is_placed(fact: Fact) -> bool:
    return fact.location is not None and _is_stated(fact)
