"""
Facts computed from facts: one unknown term makes the result unknown, for the same reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact


class Terms:
    """
    A sum sheet: new facts by name, each computed from given ones and from earlier new ones.
    """

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self._facts = facts
        self.added: dict[str, Fact] = {}

    def __getitem__(self, name: str) -> Fact:
        return self.added[name] if name in self.added else self._facts[name]

    def put(self, name: str, fact: Fact) -> None:
        """
        Add a fact that was worked out elsewhere.
        """
        self.added[name] = fact

    def add(self, name: str, function: Callable[..., float | None], *terms: str) -> None:
        """
        Add what `function` makes of the values of `terms`; None from it means: absent.

        An absent term makes the result unknown, an assumed one makes it assumed.
        """
        self.added[name] = self._compute(function, terms)

    def number(self, name: str) -> float | None:
        """
        The value of a numeric fact, None when it is unknown or absent.
        """
        fact = self[name]
        value = fact.value if isinstance(fact, Value) else None
        return value if isinstance(value, (int, float)) else None

    def _compute(self, function: Callable[..., float | None], names: tuple[str, ...]) -> Fact:
        terms: list[Value[object]] = []
        for name in names:
            term = self[name]
            if isinstance(term, Unknown):
                return Unknown(term.reason, term.location, term.needs or (name,))
            if term.value is None:
                return Unknown(f"{name} has no value", needs=(name,))
            terms.append(term)
        assumed = any(term.origin is Origin.ASSUMED for term in terms)
        result = function(*(term.value for term in terms))
        return Value(result, Origin.ASSUMED if assumed else Origin.EVALUATED)
