"""
Three-valued building blocks: every closure returns a value or `Undecided`.

Kleene's strong logic: what the known facts decide is decided, whatever the unknown ones are.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from advisor.rules.expression.result import Frame, Undecided, merge, missing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from advisor.rules.expression.context import Run, Typed


def lift(function: Callable[[Any], object], operand: Run) -> Run:
    """
    A function of one operand, applied once that is decided.
    """

    def run(frame: Frame) -> object:
        value = operand(frame)
        return value if value.__class__ is Undecided else function(value)

    return run


def lift_pair(function: Callable[[Any, Any], object], left: Typed, right: Typed) -> Run:
    """
    A function of two operands, applied once both are decided.
    """
    first, second = left.run, right.run
    if right.constant:
        value = right.value
        return lift(lambda given: function(given, value), first)

    def run(frame: Frame) -> object:
        one, two = first(frame), second(frame)
        if one.__class__ is Undecided or two.__class__ is Undecided:
            return merge(one, two)
        return function(one, two)

    return run


def lift_all(function: Callable[[tuple[Any, ...]], object], operands: Sequence[Run]) -> Run:
    """
    A function of the tuple of its operands, applied once all are decided.
    """

    def run(frame: Frame) -> object:
        values = tuple([operand(frame) for operand in operands])
        for value in values:
            if value.__class__ is Undecided:
                return merge(*values)
        return function(values)

    return run


def negate(operand: Run) -> Run:
    """
    ``not``.
    """
    return lift(_not, operand)


def conjoin(operands: Sequence[Run]) -> Run:
    """
    ``and``: false as soon as one operand is, even beside undecided ones.
    """
    return _connect(operands, decisive=False)


def disjoin(operands: Sequence[Run]) -> Run:
    """
    ``or``: true as soon as one operand is, even beside undecided ones.
    """
    return _connect(operands, decisive=True)


def guard(function: Callable[..., Any], *, text: str, divisor: str = "") -> Callable[..., object]:
    """
    Arithmetic that ends undecided where it has no finite result.

    `text` and `divisor` are the whole operation and its right operand as written.
    """
    zero = missing(divisor, "it is zero, and something is divided by it")
    huge = missing(text, "it is too large to compute")

    def apply(*operands: Any) -> object:  # noqa: ANN401 - numbers of any kind
        try:
            result = function(*operands)
            return result if isfinite(result) else huge
        except ZeroDivisionError:
            return zero
        except OverflowError:
            return huge

    return apply


def _not(value: object) -> bool:
    return not value


def _connect(operands: Sequence[Run], *, decisive: bool) -> Run:
    if len(operands) == 1:
        return operands[0]

    def run(frame: Frame) -> object:
        undecided: list[object] = []
        for operand in operands:
            value = operand(frame)
            if value is decisive:
                return decisive
            if value.__class__ is Undecided:
                undecided.append(value)
        return merge(*undecided) if undecided else not decisive

    return run
