"""
Sizes, durations and shares: read and printed as each program writes them.

Inside the advisor a size is a number of bytes and a duration a number of seconds.
"""

from __future__ import annotations

import math
import re

from advisor import regex

KIB = 1024
SIZE_UNITS = {"B": 1, "kB": KIB, "MB": KIB**2, "GB": KIB**3, "TB": KIB**4}
"""PostgreSQL's spelling; also the names usable in rule expressions."""
DURATION_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600, "d": 86400}
"""PostgreSQL's spelling; also the names usable in rule expressions."""

_DIGITS = 20
"""A size with more digits than this is a mistake, and may be too large for a float."""
_NUMBER = r"(\d+(?:\.\d+)?|\.\d+)"
_SIZE = regex.lazy(_NUMBER + r"\s*(?:([kmgtp])(i?)b?|b)?", re.IGNORECASE)
_NGINX_SIZE = regex.lazy(r"(\d+)([kmg]?)", re.IGNORECASE)
_NGINX_TIME = regex.lazy(r"(\d+)(ms|[smhdwMy]?)")
_COMPOSE_DURATION = regex.lazy(_NUMBER + r"(us|ms|s|m|h)")
_QUANTITY = regex.lazy(_NUMBER + r"([eE][+-]?\d{1,2}|[KMGTPE]i|[numkMGTPE]|)")
_QUANTITIES = {
    "": 1.0,
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    **{unit: 1e3 ** (at + 1) for at, unit in enumerate("kMGTPE")},
    **{f"{unit}i": 1024.0 ** (at + 1) for at, unit in enumerate("KMGTPE")},
}
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_NGINX_SECONDS = {
    "ms": 1e-3,
    "": 1,
    "s": 1,
    "m": 60,
    "h": 3600,
    "d": 86400,
    "w": 7 * 86400,
    "M": 30 * 86400,
    "y": 365 * 86400,
}
_COMPOSE_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}


def parse_size(text: str) -> int | None:
    """
    Bytes of a size as people and compose files write it: ``16GB``, ``512m``, ``1.5g``, ``1GiB``.

    Every prefix is a power of 1024, as in Docker. None when the text is no size.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None or len(match[1]) > _DIGITS:
        return None
    factor: int = KIB ** _POWERS[(match[2] or "").lower()]
    return round(float(match[1]) * factor)


def parse_quantity(text: str) -> float | None:
    """
    A quantity as Kubernetes writes it: ``500m``, ``1.5``, ``2Gi``, ``512M``, ``1e3``.

    ``M`` is a million and ``Mi`` 1024². None when the text is none. Source: Kubernetes API
    reference, "Quantity".
    """
    match = _QUANTITY.fullmatch(text.strip())
    if match is None or len(match[1]) > _DIGITS:
        return None
    suffix = match[2]
    if suffix[:1] in "eE" and len(suffix) > 1:
        return float(match[1]) * 10.0 ** int(suffix[1:])
    return float(match[1]) * _QUANTITIES[suffix]


def parse_nginx_size(text: str) -> int | None:
    """
    Bytes of an nginx size or offset: digits and one of ``k m g`` in any case.
    """
    match = _NGINX_SIZE.fullmatch(text)
    return int(match[1]) * KIB ** _POWERS[match[2].lower()] if match else None


def parse_nginx_time(text: str) -> float | None:
    """
    Seconds of an nginx time: ``1h30m``, ``75``, ``500ms``, ``1d 12h``. ``m`` is a minute, ``M`` 30
    days.

    Source: nginx "Configuration file measurement units". None when the text is no time.
    """
    total, rest = 0.0, text.strip()
    while rest:
        match = _NGINX_TIME.match(rest)
        if match is None:
            return None
        total += int(match[1]) * _NGINX_SECONDS[match[2]]
        rest = rest[match.end() :].lstrip()
    return _whole(total) if text.strip() else None


def parse_compose_duration(text: str) -> float | None:
    """
    Seconds of a compose duration: ``1m30s``, ``90s``, ``1.5h``. None when the text is none.
    """
    total, rest = 0.0, text.strip()
    while rest:
        match = _COMPOSE_DURATION.match(rest)
        if match is None:
            return None
        total += float(match[1]) * _COMPOSE_SECONDS[match[2]]
        rest = rest[match.end() :]
    return _whole(total) if text.strip() else None


def format_size(size: float) -> str:
    """
    A size for people: the largest unit that leaves at least 1, at most one decimal: ``9.4 GB``.
    """
    value, unit = _scale_size(size)
    return f"{format_number(value)} {unit}"


def postgres_size(size: float) -> str:
    """
    A size as PostgreSQL reads it: the largest unit that divides it, no blank: ``4GB``, ``1536MB``.
    """
    whole = round(size)
    for unit in ("TB", "GB", "MB", "kB"):
        if whole and whole % SIZE_UNITS[unit] == 0:
            return f"{whole // SIZE_UNITS[unit]}{unit}"
    return f"{whole}B"


def format_duration(seconds: float) -> str:
    """
    A duration for people, in one unit: ``5 s``, ``0.1 ms``, ``10 min``, ``1.5 h``, ``7 d``.
    """
    if seconds == 0:
        return "0 s"
    size = abs(seconds)
    if size < 1e-6:
        return f"{format_number(seconds * 1e6)} us"
    if size < 1:
        return f"{format_number(seconds * 1e3)} ms"
    # A whole number of a larger unit reads better, but timeouts are spoken of as 60 s and 90 s.
    for unit, least in (("d", 86400), ("h", 3600), ("min", 120)):
        if size >= least and seconds % DURATION_UNITS[unit] == 0:
            return f"{format_number(seconds / DURATION_UNITS[unit])} {unit}"
    return f"{format_number(seconds)} s"


def format_percent(share: float) -> str:
    """
    A share of one as percent: ``25 %``, ``0.4 %``.
    """
    percent = share * 100
    return f"{format_number(percent)} %"


def format_number(number: float) -> str:
    """
    At most one decimal (three significant digits below 1), thousands set apart from 10,000 on.
    """
    if math.isinf(number) or math.isnan(number):
        return str(number)
    if number != 0 and abs(number) < 1:
        return f"{number:.3g}"
    rounded = round(float(number), 1)
    digits = f"{rounded:,.1f}" if abs(rounded) >= 10_000 else f"{rounded:.1f}"
    return digits.removesuffix(".0")


def _scale_size(size: float) -> tuple[float, str]:
    unit = "B"
    for name, factor in SIZE_UNITS.items():
        if abs(size) >= factor:
            unit = name
    return size / SIZE_UNITS[unit], unit


def _whole(number: float) -> float:
    return int(number) if number.is_integer() else number
