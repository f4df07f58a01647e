"""
The names an expression may use, and the advice when it uses another.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from advisor.facts.schema import Type

_CUTOFF = 0.6
"""Lower than elsewhere: dotted names are long, and a list of them is checked at once."""


class Scope(Struct, frozen=True, dict=True):
    """
    Names visible to an expression. Build one per target and use it for all its expressions.
    """

    facts: Mapping[str, Type]
    """Types of the facts, by dotted name."""
    records: Mapping[str, Mapping[str, Type]]
    """Types of the fields of each record, by the record's name."""

    @cached_property
    def roots(self) -> frozenset[str]:
        """
        First parts of the fact names: not free for loop variables.
        """
        return frozenset(name.partition(".")[0] for name in self.facts)


def suggest(name: str, known: Iterable[str]) -> str | None:
    """
    "did you mean 'x'?" for the known name closest to `name`, None when none is close.
    """
    return did_you_mean(name, known, cutoff=_CUTOFF)
