"""
What is known when a rule is judged: the facts of a subject, the rule's params, and their types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from advisor import regex
from advisor.facts.schema import Type
from advisor.model import Unknown
from advisor.model.subject import Fact
from advisor.rules.expression import Scope

PARAMS = "params."
"""Under this name expressions see the params of their rule."""
ABSENT = Unknown("the files do not say")
"""A fact that its subject does not hold."""

_FIELD = regex.lazy(r"\[\d+\]\.")


class WithParams(Mapping[str, Fact]):
    """
    The facts of a subject and the params of a rule, without copying either.
    """

    def __init__(self, params: Mapping[str, Fact], facts: Mapping[str, Fact]) -> None:
        self._params = params
        self._facts = facts

    def __getitem__(self, name: str) -> Fact:
        return self._params[name] if name.startswith(PARAMS) else self._facts[name]

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as in the base class
        """
        As of any mapping, without a detour.
        """
        part = self._params if name.startswith(PARAMS) else self._facts
        return part.get(name, default)

    def __iter__(self) -> Iterator[str]:
        yield from self._params
        yield from self._facts

    def __len__(self) -> int:
        return len(self._params) + len(self._facts)


def fact_type(scope: Scope, name: str) -> Type | None:
    """
    The type of what was read under a name: of a fact, or of a field of a list item.

    ``upstream.locations[2].http_version`` is a field; None for a name of neither kind.
    """
    root, *fields = _FIELD.split(name)
    found = scope.facts.get(root)
    for field in fields:
        record = found.item.record if found and found.item else ""
        found = scope.records.get(record, {}).get(field)
    return found
