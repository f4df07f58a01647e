"""
Conditions of shell scripts: ``test``, ``[ … ]`` and ``[[ … ]]``, three-valued.

Source: POSIX.1-2024, "test"; GNU Bash manual, 6.4 "Bash Conditional Expressions".
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct

from advisor.parsers.redaction import MASK
from advisor.parsers.shell.model import Field

_NUMBERS: Mapping[str, Callable[[int, int], bool]] = {
    "-eq": operator.eq,
    "-ne": operator.ne,
    "-lt": operator.lt,
    "-le": operator.le,
    "-gt": operator.gt,
    "-ge": operator.ge,
}
_TEXTS = ("=", "==", "!=")
_BINARY = (*_NUMBERS, *_TEXTS, "=~", "<", ">", "-nt", "-ot", "-ef")
_AND, _OR = ("&&", "-a"), ("||", "-o")


class Operand(Struct, frozen=True):
    """
    One word of a condition.
    """

    value: Field
    pattern: bool = False
    """Whether its stars and question marks are those of a pattern."""


def holds(operands: Sequence[Operand]) -> bool | None:
    """
    Whether a condition holds, None when that is not known.
    """
    return _Condition(list(operands)).result()


class _Condition:
    def __init__(self, operands: list[Operand]) -> None:
        self.operands = operands
        self.at = 0

    def result(self) -> bool | None:
        """
        The value of the whole condition; None as well for what is not understood.
        """
        if not self.operands:
            return False
        found = self._any()
        return found if self.at >= len(self.operands) else None

    def _word(self, ahead: int = 0) -> str | None:
        at = self.at + ahead
        return self.operands[at].value.text if at < len(self.operands) else None

    def _any(self) -> bool | None:
        found = self._all()
        while self._word() in _OR:
            self.at += 1
            found = _either(found, self._all())
        return found

    def _all(self) -> bool | None:
        found = self._one()
        while self._word() in _AND:
            self.at += 1
            found = _both(found, self._one())
        return found

    def _one(self) -> bool | None:
        word, sign = self._word(), self._word(1)
        if word == "!" and sign is not None and sign not in _BINARY:
            self.at += 1
            return _negated(self._one())
        if word == "(" and sign is not None and sign not in _BINARY:
            self.at += 1
            found = self._any()
            self.at += 1
            return found
        if sign in _BINARY and self._word(2) is not None:
            first, second = self.operands[self.at], self.operands[self.at + 2]
            self.at += 3
            return _compared(first.value, sign, second)
        if word is not None and len(word) == 2 and word[0] == "-" and sign is not None:
            operand = self.operands[self.at + 1].value
            self.at += 2
            return _single(word, operand)
        value = self.operands[self.at].value if word is not None else Field("", "")
        self.at += 1
        return _filled(value)


def _filled(value: Field) -> bool | None:
    if value.plain is not None:
        return bool(value.plain)
    return True if value.filled else None


def _single(sign: str, value: Field) -> bool | None:
    if sign == "-n":
        return _filled(value)
    return _negated(_filled(value)) if sign == "-z" else None


def _compared(first: Field, sign: str | None, second: Operand) -> bool | None:
    left, right = _told(first), _told(second.value)
    if left is None or right is None:
        # Whatever a text is that is surely not empty, it is not the empty one.
        told = "" in (left, right) and bool(_filled(first) or _filled(second.value))
        return sign == "!=" if told and sign in _TEXTS else None
    if sign is not None and sign in _NUMBERS:
        numbers = [_number(left), _number(right)]
        if None in numbers:
            return False
        return _NUMBERS[sign](int(left or 0), int(right or 0))
    if sign not in _TEXTS:
        return None
    equal = fnmatchcase(left, right) if second.pattern else left == right
    return equal if sign != "!=" else not equal


def _told(value: Field) -> str | None:
    """
    The text of an operand, None when it is not known or a secret is part of it.
    """
    return None if value.plain is None or MASK in value.plain else value.plain


def _number(text: str) -> int | None:
    digits = text.strip().removeprefix("-")
    known = digits.isascii() and digits.isdigit() and len(digits) < 19
    return int(text or 0) if known else None


def _negated(value: bool | None) -> bool | None:  # noqa: FBT001 - three-valued logic
    return None if value is None else not value


def _both(one: bool | None, other: bool | None) -> bool | None:  # noqa: FBT001 - the same
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _either(one: bool | None, other: bool | None) -> bool | None:  # noqa: FBT001 - the same
    if one is True or other is True:
        return True
    return None if one is None or other is None else False
