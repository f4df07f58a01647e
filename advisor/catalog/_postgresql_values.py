"""
What the server makes of a value: type, unit, range, then the rules of the single setting.

Source: ``parse_and_validate_value`` of PostgreSQL's guc.c; the tests ask real servers.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

from advisor.catalog import _postgresql_numbers as numbers
from advisor.catalog._postgresql_checks import check
from advisor.catalog._postgresql_types import Canonical, Guc, Rejection
from advisor.units import format_duration, format_size, postgres_size

if TYPE_CHECKING:
    from collections.abc import Callable

_EXACT = 9
"""Sizes with more characters are rounded in messages: 8589934584kB is 8 TB."""
_SHOWN = 60
"""Longer values are cut in messages."""
_BOOLS = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False}


def canonical(guc: Guc, raw: str, major: int) -> Canonical | Rejection:
    """
    The value a server of this major takes from the unescaped text `raw`, or why it refuses.

    Rules that involve other settings see those at their defaults. What only the host knows is
    accepted: time zones and locales that may be installed, files, ``max_stack_depth`` above the
    limit of the operating system.
    """
    if guc.context == "internal":
        return Rejection(f"{guc.name} cannot be set, it only reports", "internal")
    read = _READERS[guc.vartype]
    try:
        parsed = read(guc, raw, major)
    except numbers.NumberError as error:
        return Rejection(f"{guc.name} does not accept “{_shown(raw)}”: {error.reason}", error.kind)
    return parsed if isinstance(parsed, Rejection) else check(guc, parsed, major)


def _bool(guc: Guc, raw: str, _major: int) -> Canonical | Rejection:
    word = raw.lower()
    if raw.isascii() and word in {"0", "1"}:
        return _switch(on=word == "1")
    # "o" could be on or off; every other prefix is unique.
    if word and word != "o" and raw.isascii():
        for name, on in _BOOLS.items():
            if name.startswith(word):
                return _switch(on=on)
    reason = f"{guc.name} is a switch: write on or off, not “{_shown(raw)}”"
    return Rejection(reason, "bool")


def _switch(*, on: bool) -> Canonical:
    return Canonical("on" if on else "off", on)


def _enum(guc: Guc, raw: str, _major: int) -> Canonical | Rejection:
    word = raw.lower()
    for hidden, printed in guc.hidden:
        if hidden.lower() == word:
            return Canonical(printed, printed)
    for member in (*guc.members, *guc.build_members):
        if member.lower() == word:
            return Canonical(member, member, build=member in guc.build_members)
    words = ", ".join(member or "''" for member in (*guc.members, *guc.build_members))
    return Rejection(f"{guc.name} accepts {words}, not “{_shown(raw)}”", "enum")


def _integer(guc: Guc, raw: str, major: int) -> Canonical | Rejection:
    number = numbers.parse_integer(raw, guc.unit, major)
    return _outside(guc, number) or Canonical(str(number), numbers.our_units(number, guc.unit))


def _real(guc: Guc, raw: str, major: int) -> Canonical | Rejection:
    number = numbers.parse_real(raw, guc.unit, major)
    return _outside(guc, number) or Canonical(f"{number:g}", numbers.our_units(number, guc.unit))


def _outside(guc: Guc, number: float) -> Rejection | None:
    low = -math.inf if guc.minimum is None else guc.minimum
    high = math.inf if guc.maximum is None else guc.maximum
    if low <= number <= high:
        return None
    limits = f"between {_amount(guc, low)} and {_amount(guc, high)}"
    if high >= sys.float_info.max:
        limits = f"{_amount(guc, low)} or more"
    return Rejection(f"{guc.name} must be {limits}, and this is {_amount(guc, number)}", "range")


def _amount(guc: Guc, number: float) -> str:
    """
    A number of base units in words: ``16384``, ``128kB``, ``5 min``, ``-1``.
    """
    if number < 0 or not guc.unit or math.isinf(number):
        return f"{number:g}" if isinstance(number, float) else str(number)
    ours = numbers.our_units(number, guc.unit)
    if guc.unit not in numbers.SIZE_BASES:
        return format_duration(ours)
    exact = postgres_size(ours)
    return exact if len(exact) <= _EXACT else format_size(ours)


def _shown(raw: str) -> str:
    return raw if len(raw) <= _SHOWN else f"{raw[:_SHOWN]}…"


def _string(_guc: Guc, raw: str, _major: int) -> Canonical | Rejection:
    return Canonical(raw, raw)


_READERS: dict[str, Callable[[Guc, str, int], Canonical | Rejection]] = {
    "bool": _bool,
    "enum": _enum,
    "integer": _integer,
    "real": _real,
    "string": _string,
}
