"""
What it takes to try a condition on a row.

An AND ends at the first part that is false and an OR at the first that is true, so most rows meet
only the first parts; how many, follows from the part of the rows that is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import prod
from typing import TypeAlias

from msgspec import Struct

from advisor import regex
from advisor.lab import unit_times as unit
from advisor.plans import scan

Passing: TypeAlias = Callable[[str], float | None]
"""A condition → which part of the rows passes it; None where nobody knows."""
_MOST_DEPTH = 8
_COMPARED = regex.lazy(r" (?:=|<>|<|>|<=|>=) | IS ")
_DECIMAL = regex.lazy(r"'::numeric\b|(?<![\w'.])\d+\.\d+(?![\w'.])")
_MATCHED = regex.lazy(r" !?~~?\*? ")
_CALLED = regex.lazy(r'[\w"]\((?!hashed|SubPlan)')
_LISTED = regex.lazy(r" = ANY \('\{([^'}]*)\}'")


class _Check(Struct, frozen=True):
    text: str
    word: str = ""
    """AND, OR, or nothing for one that has no parts."""
    parts: tuple[_Check, ...] = ()
    alone: float = 0.0
    """Microseconds of one without parts."""

    def time(self, kept: float, passing: Passing) -> float:
        """
        Microseconds for a row, when so many of them are kept, from 0 to 1.
        """
        if not self.parts:
            return self.alone
        found, reached = 0.0, 1.0
        for part, passes in zip(self.parts, self._passing(kept, passing), strict=True):
            found += reached * part.time(passes, _unknown)
            reached *= passes if self.word == "AND" else 1 - passes
        return found

    def _passing(self, kept: float, passing: Passing) -> list[float]:
        """
        For each part, which part of the rows that come to it passes it.
        """
        if self.word == "OR":
            return [1 - (1 - kept) ** (1 / len(self.parts))] * len(self.parts)
        asked = [passing(part.text) for part in self.parts]
        known = [one for one in asked if one is not None]
        left = min(kept / max(prod(known), kept, 1e-9), 1.0)
        each: float = left ** (1 / max(len(asked) - len(known), 1))
        return [each if one is None else one for one in asked]


def _unknown(_text: str) -> None:
    return None


def time(condition: str, kept: float, passing: Passing = _unknown) -> float:
    """
    Microseconds to try a condition on one row, of which a part is kept; `passing` may tell which
    part of all rows passes one of several conditions.
    """
    return _read(condition).time(min(max(kept, 0.0), 1.0), passing) if condition else 0.0


@lru_cache(maxsize=1024)
def _read(condition: str, depth: int = 0) -> _Check:
    text = scan.strip_parentheses(condition)
    for word in ("OR", "AND") if depth < _MOST_DEPTH else ():
        parts = scan.split(text, word)
        if len(parts) > 1:
            return _Check(text, word, tuple(_read(part, depth + 1) for part in parts))
    return _Check(text, alone=_alone(text))


def _alone(text: str) -> float:
    listed = sum(found.count(",") for found in _LISTED.findall(text))
    found: float = (
        unit.COMPARISON * (len(_COMPARED.findall(text)) + listed / 2)
        + unit.DECIMAL * len(_DECIMAL.findall(text))
        + unit.PATTERN * len(_MATCHED.findall(text))
        + unit.FUNCTION * len(_CALLED.findall(text))
    )
    return found
