"""
The timeouts of a request on one time line, innermost first.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.model import Order
from advisor.units import format_duration

if TYPE_CHECKING:
    from advisor.model import Location, TimeoutChain, TimeoutStep

_STEPS = (1, 2, 5)
_MOST_TICKS = 5
_SIGNS = {
    Order.FITS: "fits",
    Order.LATE: "late",
    Order.UNLIMITED: "endless",
    Order.IDLE: "idle",
    Order.UNKNOWN: "unknown",
}
"""State of a step → class of its row."""


class Tick(Struct, frozen=True):
    """
    A mark of the scale, in percent of its length.
    """

    place: float
    words: str


class StepRow(Struct, frozen=True):
    """
    One timeout. Its bar ends at `end` percent of the scale, None when it has none.
    """

    sign: str
    wait: str
    setting: str
    ends: str
    end: float | None
    state: str
    note: str
    location: Location | None


class ChainChart(Struct, frozen=True):
    """
    The timeouts on the way through one application, and a scale that they all fit.
    """

    subject: str
    rows: tuple[StepRow, ...]
    ticks: tuple[Tick, ...]


def chain_chart(chain: TimeoutChain) -> ChainChart:
    """
    Every timeout as a bar that starts with the request.
    """
    known = [number for step in chain.steps if (number := _seconds(step)) is not None]
    longest = max(known, default=0.0)
    ticks = _ticks(longest)
    whole = ticks[-1] if ticks else 0.0
    return ChainChart(
        chain.subject,
        tuple(_row(step, whole) for step in chain.steps),
        tuple(Tick(round(at / whole * 100, 2), format_duration(at)) for at in ticks),
    )


def _row(step: TimeoutStep, whole: float) -> StepRow:
    seconds = _seconds(step)
    end = None
    if step.order is Order.UNLIMITED and whole:
        end = 100.0
    elif seconds is not None and whole:
        end = round(seconds / whole * 100, 2)
    state = str(step.order)
    ends = state if seconds is None else format_duration(seconds)
    return StepRow(
        _SIGNS[step.order],
        str(step.wait),
        step.setting,
        ends,
        end,
        "" if ends == state else state,
        step.note,
        step.location,
    )


def _seconds(step: TimeoutStep) -> float | None:
    known = step.seconds is not None and math.isfinite(step.seconds) and step.seconds >= 0
    return step.seconds if known else None


def _ticks(longest: float) -> list[float]:
    """
    Round numbers from 0 to the first one beyond the longest time, at most five steps.
    """
    if longest <= 0:
        return []
    power = 10.0 ** math.floor(math.log10(longest / _MOST_TICKS))
    sizes = (step * power * factor for factor in (1, 10) for step in _STEPS)
    size = next(size for size in sizes if longest / size <= _MOST_TICKS)
    return [round(number * size, 6) for number in range(math.ceil(longest / size) + 1)]
