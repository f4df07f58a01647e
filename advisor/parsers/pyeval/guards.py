"""
Computations on plain data that cannot burn time or memory.
"""

from __future__ import annotations

import ast
import operator
import string
from collections.abc import Callable, Mapping
from typing import Any

from advisor import regex
from advisor.parsers.pyeval.values import MAX_BITS, MAX_ITEMS, MAX_TEXT, orderless

FAILURES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What plain computations raise; the audited program would raise the same."""
_WIDE = regex.lazy(r"\d{4,}")
_WIDE_PERCENT = regex.lazy(r"%(?:\([^)]*\))?[-#0 +]*(?:\*|\d{4,}|\d*\.(?:\*|\d{4,}))")


class TooLargeError(Exception):
    """
    A result would be larger than any setting.
    """


def add(left: Any, right: Any) -> Any:  # noqa: ANN401 - plain data of any type
    """
    ``left + right``.
    """
    if _is_sequence(left) and _is_sequence(right):
        _check_length(left, len(left) + len(right))
    return left + right


def multiply(left: Any, right: Any) -> Any:  # noqa: ANN401 - plain data of any type
    """
    ``left * right``, repetition of text and lists included.
    """
    for one, other in ((left, right), (right, left)):
        if _is_sequence(one) and isinstance(other, int):
            _check_length(one, len(one) * max(other, 0))
    return left * right


def power(left: Any, right: Any) -> Any:  # noqa: ANN401 - plain data of any type
    """
    ``left ** right``.
    """
    whole = isinstance(left, int) and isinstance(right, int)
    if whole and abs(left) > 1 and left.bit_length() * abs(right) > MAX_BITS:
        raise TooLargeError
    result = left**right
    if isinstance(result, complex):
        raise TooLargeError
    return result


def shift_left(left: Any, right: Any) -> Any:  # noqa: ANN401 - plain data of any type
    """
    ``left << right``.
    """
    if isinstance(right, int) and right > MAX_BITS:
        raise TooLargeError
    return left << right


def modulo(left: Any, right: Any) -> Any:  # noqa: ANN401 - plain data of any type
    """
    ``left % right``, which formats when `left` is text.
    """
    if isinstance(left, str | bytes):
        text = left if isinstance(left, str) else left.decode("latin-1")
        if _WIDE_PERCENT.search(text):
            raise TooLargeError
        _check_printable(right)
    return left % right


def format_value(value: object, spec: str) -> str:
    """
    ``format(value, spec)``.
    """
    if _WIDE.search(spec):
        raise TooLargeError
    _check_printable(value)
    return format(value, spec)


def format_text(text: str, *args: object, **kwargs: object) -> str:
    """
    ``text.format(…)`` with plain fields only: no attributes, items or nested fields.
    """
    for _, name, spec, _ in string.Formatter().parse(text):
        if spec and (_WIDE.search(spec) or "{" in spec):
            raise TooLargeError
        if name and not name.replace("_", "").isalnum():
            raise TooLargeError
    for value in (*args, *kwargs.values()):
        _check_printable(value)
    return text.format(*args, **kwargs)


def to_text(value: object = "") -> str:
    """
    ``str(value)``.
    """
    _check_printable(value)
    return str(value)


def replace_text(text: str, old: str, new: str, count: int = -1) -> str:
    """
    ``text.replace(old, new, count)``.
    """
    _check_length(text, len(text) + text.count(old) * len(new))
    return text.replace(old, new, count)


def join_text(text: str, items: Any) -> str:  # noqa: ANN401 - any iterable
    """
    ``text.join(items)``.
    """
    if orderless(items):
        raise TooLargeError
    _check_length(text, sum(len(item) + len(text) for item in items))
    return text.join(items)


def pad_text(text: str, width: int) -> str:
    """
    ``text.zfill(width)``.
    """
    _check_length(text, width)
    return text.zfill(width)


def round_number(number: Any, digits: int | None = None) -> Any:  # noqa: ANN401 - int or float
    """
    ``round(number, digits)``.
    """
    if digits is not None and abs(digits) > 100:
        raise TooLargeError
    return round(number, digits)


def concatenate(*texts: str) -> str:
    """
    The pieces of an f-string as one text.
    """
    _check_length("", sum(map(len, texts)))
    return "".join(texts)


ASSEMBLERS = frozenset({add, concatenate, format_text, join_text, modulo, to_text})
"""Functions whose result holds the texts they are given, piece by piece."""


def _check_length(kind: object, length: int) -> None:
    if length > (MAX_TEXT if isinstance(kind, str | bytes) else MAX_ITEMS):
        raise TooLargeError


def _check_printable(value: object) -> None:
    # A set prints in another order in every process.
    if orderless(value):
        raise TooLargeError


def _is_sequence(value: object) -> bool:
    return isinstance(value, str | bytes | list | tuple)


def is_one_of(left: Any, right: Any) -> bool:  # noqa: ANN401 - plain data of any type
    """
    ``left in right``.
    """
    return left in right


def is_same(left: object, right: object) -> bool:
    """
    ``left is right``, decided for None, True and False only.
    """
    singletons = (None, True, False)
    if not any(value is one for value in (left, right) for one in singletons):
        raise TooLargeError
    return left is right


BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: add,
    ast.Sub: operator.sub,
    ast.Mult: multiply,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: modulo,
    ast.Pow: power,
    ast.LShift: shift_left,
    ast.RShift: operator.rshift,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
}
UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
}
COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: is_one_of,
    ast.NotIn: lambda left, right: left not in right,
    ast.Is: is_same,
    ast.IsNot: lambda left, right: not is_same(left, right),
}
