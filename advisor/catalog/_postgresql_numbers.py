"""
Numbers as the server reads them: C's ``strtol`` and ``strtod``, then a unit, then rounding.

Source: ``parse_int``, ``parse_real`` and ``convert_to_base_unit`` of PostgreSQL's guc.c. Version 12
rewrote them: fractions, exponents and rounding half to even; before, integers were truncated.
"""

from __future__ import annotations

import math
import re
import sys
from typing import Final

from advisor import regex
from advisor.units import DURATION_UNITS, SIZE_UNITS

SPACE: Final = " \t\n\v\f\r"
"""What C's ``isspace`` accepts in the C locale."""

FLOAT_PARSING: Final = 12
"""The first major that reads integers through floating point."""

INT_MAX: Final = 2**31 - 1
LONG_DIGITS: Final = 22
"""Digits of the largest 64-bit number in octal; anything longer overflows in every radix."""

_LONG = regex.lazy(r"([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
_DECIMAL = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_HEXADECIMAL = r"0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)(?:[pP][+-]?[0-9]+)?"
_DOUBLE = regex.lazy(
    rf"[+-]?(?:({_HEXADECIMAL})|({_DECIMAL})|(?i:infinity|inf)|((?i:nan)(?:\([0-9A-Za-z_]*\))?))"
)

SIZES: Final = ("TB", "GB", "MB", "kB", "B")
DURATIONS: Final = ("d", "h", "min", "s", "ms", "us")
_BLOCK = 8192
_BYTES = {**SIZE_UNITS, "8kB": _BLOCK}
SIZE_BASES: Final = frozenset(_BYTES)
# In microseconds, so that every factor below is one exact division, as in the server's tables.
_MICROSECONDS = {unit: round(seconds * 1e6) for unit, seconds in DURATION_UNITS.items()}


class NumberError(Exception):
    """
    The text is no number the server accepts. `kind` is as in `Rejection`.
    """

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


def units(base: str, major: int) -> tuple[str, ...]:
    """
    The units that may follow a number of a setting with this base unit, largest first.
    """
    if base in _MICROSECONDS:
        return DURATIONS if major >= FLOAT_PARSING else DURATIONS[:-1]
    if base in _BYTES:
        return SIZES if major > 10 else SIZES[:-1]
    return ()


def our_units(number: float, base: str) -> float:
    """
    A number of base units in bytes or seconds; negative ones are special and stay as they are.
    """
    if number < 0:
        return number
    if base in _BYTES:
        return number * _BYTES[base]
    seconds = number * _MICROSECONDS[base] / 1e6 if base in _MICROSECONDS else number
    return int(seconds) if base and seconds == int(seconds) else seconds


def parse_integer(text: str, base: str, major: int) -> int:
    """
    An integer in base units. Raises `NumberError`.
    """
    if major < FLOAT_PARSING:
        return _truncated(text, base, major)
    number, end = _integer_or_float(text)
    number = _convert(number, text[end:], base, major)
    # Python and rint() both round half to even; infinities never reach round().
    if math.isinf(number) or abs(rounded := round(number)) > INT_MAX + (number < 0):
        raise NumberError("range", "it exceeds the range of a 32-bit integer")
    return rounded


def parse_real(text: str, base: str, major: int) -> float:
    """
    A floating point number in base units. Raises `NumberError`.
    """
    number, end = _double(text)
    if major < FLOAT_PARSING and text[end:].strip(SPACE):
        raise NumberError("number", "it is not a number")
    return _convert(number, text[end:], base, major)


def _integer_or_float(text: str) -> tuple[float, int]:
    number, end = _long(text)
    if end == 0 and text[:1] != ".":
        raise NumberError("number", "it is not a number")
    if number is None or text[end : end + 1] in {".", "e", "E"}:
        return _double(text)
    return number, end


def _long(text: str) -> tuple[int | None, int]:
    """
    ``strtol`` with base 0: the number, None when there is none or it overflows, and where it ends.

    Like C, the end is the very start of the text, blanks included, when there is no number.
    """
    match = _LONG.match(text, _blanks(text))
    if match is None:
        return None, 0
    digits = match[2].lower()
    radix = 16 if digits.startswith("0x") else 8 if digits.startswith("0") else 10
    significant = digits.removeprefix("0x").lstrip("0") or "0"
    if len(significant) > LONG_DIGITS:
        return None, match.end()
    number = int(match[1] + significant, radix)
    return (number if -(2**63) <= number < 2**63 else None), match.end()


def _double(text: str) -> tuple[float, int]:
    """
    ``strtod``: the number and where it ends. Raises `NumberError` also where C sets ``ERANGE``.
    """
    match = _DOUBLE.match(text, _blanks(text))
    if match is None or match[3]:
        raise NumberError("number", "it is not a number")
    number = _float(match[0], hexadecimal=bool(match[1]))
    mantissa = re.split("[eE]", match[2] or "")[0]
    underflow = abs(number) < sys.float_info.min and mantissa.strip("0.")
    if underflow or (math.isinf(number) and (match[1] or match[2])):
        raise NumberError("number", "it is outside the range of floating point numbers")
    return number, match.end()


def _float(text: str, *, hexadecimal: bool) -> float:
    if not hexadecimal:
        return float(text)
    try:
        return float.fromhex(text)
    except OverflowError:
        return math.inf


def _convert(number: float, rest: str, base: str, major: int) -> float:
    unit = _unit(rest, base, major)
    if not unit:
        return number
    table = _BYTES if base in _BYTES else _MICROSECONDS
    converted = number * _factor(table, unit, base)
    known = units(base, major)
    # "30.1GB" is rounded to the next smaller unit first, where there is one.
    for smaller in known[known.index(unit) + 1 :][:1]:
        step = _factor(table, smaller, base)
        converted = _rint(converted / step) * step
    return converted


def _factor(table: dict[str, int], unit: str, base: str) -> float:
    return table[unit] / table[base]


def _rint(number: float) -> float:
    """
    C's ``rint``, which keeps the sign of what it rounds to nothing: the server shows ``-0``.
    """
    return number if math.isinf(number) else math.copysign(round(number), number)


def _unit(rest: str, base: str, major: int) -> str:
    """
    The unit after a number, empty when there is none. Raises `NumberError` for any other text.
    """
    unit = rest.strip(SPACE)
    if not unit or unit in units(base, major):
        return unit
    if not base:
        raise NumberError("number", "it takes a plain number without a unit")
    raise NumberError("unit", _unit_reason(unit, base, major))


def _unit_reason(unit: str, base: str, major: int) -> str:
    known = units(base, major)
    listed = f"{', '.join(known[:-1])} and {known[-1]}"
    folded = {name.lower(): name for name in known} | {"k": "kB", "m": "MB", "g": "GB", "t": "TB"}
    meant = folded.get(unit.lower(), "")
    hint = f", write {meant}" if meant in known else ""
    return f"“{unit}” is not one of its units {listed} (the case counts){hint}"


def _truncated(text: str, base: str, major: int) -> int:
    """
    Integers of 10 and 11: no fractions, and smaller units are cut off towards zero.
    """
    number, end = _long(text)
    if end == 0:
        raise NumberError("number", "it is not a whole number")
    if number is None or not _fits(number):
        raise NumberError("range", "it exceeds the range of a 32-bit integer")
    unit = _unit(text[end:], base, major)
    if unit:
        table = _BYTES if base in _BYTES else _MICROSECONDS
        amount = abs(number) * table[unit] // table[base]
        number = -amount if number < 0 else amount
    if not _fits(number):
        raise NumberError("range", "it exceeds the range of a 32-bit integer")
    return number


def _fits(number: int) -> bool:
    return -INT_MAX - 1 <= number <= INT_MAX


def _blanks(text: str) -> int:
    return len(text) - len(text.lstrip(SPACE))
