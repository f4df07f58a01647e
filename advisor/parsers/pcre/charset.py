"""
Sets of characters. nginx matches bytes, so a set is a number of 256 bits: bit *n* is byte *n*.
"""

from __future__ import annotations

from collections.abc import Iterable

NOTHING = 0
EVERYTHING = (1 << 256) - 1
_READABLE = b"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_/.~!:@,;=+$&*'()?#"
"""Bytes to choose from first when a set must be shown by one of its members."""


def of(chars: Iterable[int]) -> int:
    """
    The set of some bytes.
    """
    mask = 0
    for char in chars:
        mask |= 1 << char
    return mask


def between(first: int, last: int) -> int:
    """
    All bytes from one to another, both included.
    """
    return (1 << (last + 1)) - (1 << first)


def without_case(mask: int) -> int:
    """
    The set with the other case of each of its ASCII letters.
    """
    lower, upper = mask & LOWER, mask & UPPER
    return mask | lower >> 32 | upper << 32


def has(mask: int, char: int) -> bool:
    """
    Whether a byte is in the set.
    """
    return bool(mask >> char & 1)


def sample(mask: int) -> int:
    """
    One byte of a set that is not empty, a readable one where there is one.
    """
    for char in _READABLE:
        if mask >> char & 1:
            return char
    return (mask & -mask).bit_length() - 1


LOWER = between(ord("a"), ord("z"))
UPPER = between(ord("A"), ord("Z"))
DIGITS = between(ord("0"), ord("9"))
WORD = LOWER | UPPER | DIGITS | of(b"_")
SPACE = of(b"\t\n\v\f\r ")
BLANK = of(b"\t \xa0")
"""``\\h``: horizontal white space."""
VERTICAL = of(b"\n\v\f\r\x85")
"""``\\v``: vertical white space."""
NEWLINE = of(b"\n")
PRINTING = between(0x21, 0x7E)

NAMED = {
    # The POSIX classes of PCRE, in the C locale.
    "alnum": LOWER | UPPER | DIGITS,
    "alpha": LOWER | UPPER,
    "ascii": between(0, 127),
    "blank": of(b"\t "),
    "cntrl": between(0, 31) | of(b"\x7f"),
    "digit": DIGITS,
    "graph": PRINTING,
    "lower": LOWER,
    "print": PRINTING | of(b" "),
    "punct": PRINTING & ~(LOWER | UPPER | DIGITS),
    "space": SPACE,
    "upper": UPPER,
    "word": WORD,
    "xdigit": DIGITS | of(b"abcdefABCDEF"),
}
CLASSES = {
    # Escapes that stand for a set, inside brackets and outside.
    "d": DIGITS,
    "D": EVERYTHING & ~DIGITS,
    "h": BLANK,
    "H": EVERYTHING & ~BLANK,
    "s": SPACE,
    "S": EVERYTHING & ~SPACE,
    "v": VERTICAL,
    "V": EVERYTHING & ~VERTICAL,
    "w": WORD,
    "W": EVERYTHING & ~WORD,
}
