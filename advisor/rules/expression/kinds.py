"""
Which kinds of values may be computed and compared with each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.facts.schema import (
    DURATION,
    NUMBER,
    SHARE,
    SIZE,
    Kind,
    Type,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from advisor.rules.expression.context import Typed

PLAIN = frozenset({Kind.NUMBER, Kind.SHARE})
"""Kinds without a unit. A share is a number to calculate with."""
MEASURES = frozenset({Kind.SIZE, Kind.DURATION})
"""Kinds with a unit."""
NUMERIC = PLAIN | MEASURES


def _arithmetic() -> Iterator[tuple[tuple[str, Kind, Kind], Type]]:
    for measure in (SIZE, DURATION):
        kind = measure.kind
        for operator in "+-%":
            yield (operator, kind, kind), measure
        yield ("/", kind, kind), NUMBER
        for plain in PLAIN:
            yield ("*", kind, plain), measure
            yield ("*", plain, kind), measure
            yield ("/", kind, plain), measure
    for operator in "+-*/%":
        for left in PLAIN:
            for right in PLAIN:
                yield (operator, left, right), NUMBER
    for operator in "+-*%":
        yield (operator, Kind.SHARE, Kind.SHARE), SHARE


ARITHMETIC = dict(_arithmetic())
"""Type of the result by operator and kinds of the operands. What is missing is an error."""


def same_dimension(left: Typed, right: Typed) -> bool:
    """
    Whether two numeric parts may be compared: same unit, or one is a bare 0 or -1.

    Programs write 0 and -1 for "off" and "no limit" whatever the unit.
    """
    one, two = left.type.kind, right.type.kind
    if one not in NUMERIC or two not in NUMERIC:
        return False
    return (
        one is two
        or (one in PLAIN and two in PLAIN)
        or is_bare_sentinel(left)
        or is_bare_sentinel(right)
    )


def is_bare_sentinel(part: Typed) -> bool:
    """
    Whether a part is the number 0 or -1 as such.
    """
    return part.constant and part.type.kind is Kind.NUMBER and part.value in (0, -1)


def fits(part: Typed, expected: Type) -> bool:
    """
    Whether a part may stand where a type is expected.
    """
    kind, wanted = part.type.kind, expected.kind
    if kind in NUMERIC and wanted in NUMERIC:
        return kind is wanted or (kind in PLAIN and wanted in PLAIN) or is_bare_sentinel(part)
    return part.type == expected


def common(parts: list[Typed]) -> Type | None:
    """
    The type of a choice among numeric parts, None when they do not go together.
    """
    types = [part.type for part in parts if not is_bare_sentinel(part)] or [NUMBER]
    kinds = {type_.kind for type_ in types}
    if not kinds <= NUMERIC:
        return None
    if len(kinds) == 1:
        return types[0]
    return NUMBER if kinds <= PLAIN else None
