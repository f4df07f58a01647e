"""
Numbers out of samples and out of JSON that anybody may have written.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

WANTED = (50.0, 90.0, 95.0, 99.0)
"""Percentiles that targets and comparisons are about."""
LARGEST = 1e15


def number(value: object) -> float | None:
    """
    A finite number that is not negative; None for anything else.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) and 0 <= value < LARGEST else None


def count(value: object) -> int | None:
    """
    A whole number of things; None for anything else.
    """
    known = number(value)
    return round(known) if known is not None else None


def read_number(text: str) -> float | None:
    """
    A number that is written out; None for ``N/A`` and the like.
    """
    try:
        return number(float(text))
    except ValueError:
        return None


def table(value: object) -> Mapping[str, object]:
    """
    A JSON object, empty for anything else.
    """
    return value if isinstance(value, dict) else {}


def scaled(value: object, unit: float) -> float | None:
    """
    A duration in seconds of a number in `unit` seconds.
    """
    known = number(value)
    return seconds(known, unit) if known is not None else None


def seconds(value: float, unit: float) -> float:
    """
    Seconds to the nanosecond, without the noise of binary fractions.
    """
    return round(value * unit, 9)


def known_only(values: Mapping[float, float | None]) -> dict[float, float]:
    """
    Without what is not known.
    """
    return {key: value for key, value in values.items() if value is not None}


def exact_percentiles(samples: Sequence[float]) -> dict[float, float]:
    """
    Percentiles of all samples by nearest rank.
    """
    return weighted_percentiles((one, 1) for one in samples)


def weighted_percentiles(samples: Iterable[tuple[float, int]]) -> dict[float, float]:
    """
    Percentiles of values with their counts by nearest rank.
    """
    ordered = sorted((value, times) for value, times in samples if times > 0)
    total = sum(times for _, times in ordered)
    found: dict[float, float] = {}
    seen = 0
    for value, times in ordered:
        seen += times
        for percent in WANTED:
            if percent not in found and seen >= math.ceil(total * percent / 100):
                found[percent] = value
    return found
