"""
The model of a load test: what every tool measures, in one shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

from advisor.model import Location, Problem

SHORTEST = 10.0
"""
Seconds that a run must last: caches, connections and pools are still filling before, and wrk2
itself spends its first ten seconds on calibration (README of wrk2).
"""
FEWEST_BEYOND = 10
"""Requests that must lie beyond a percentile, so that it is more than the luck of a few."""


class Flag(StrEnum):
    """
    What is to be said about the quality of a measurement.
    """

    NOTHING_MEASURED = "nothing-measured"
    TOO_SHORT = "too-short"
    NO_P95 = "no-p95"
    NO_P99 = "no-p99"
    FEW_REQUESTS = "few-requests"
    """Too few for the 99th percentile."""
    CLOSED_LOOP = "closed-loop"
    """Requests wait for answers, so that a stall hides its own victims: coordinated omission."""
    TIMEOUTS_LEFT_OUT = "timeouts-left-out"
    """Requests that took longest are in no percentile."""


UNUSABLE = frozenset({Flag.NOTHING_MEASURED, Flag.TOO_SHORT})
"""Flags of a run that proves nothing."""


class LoadResult(Struct, frozen=True):
    """
    One run of a load generator. None means: the output does not say.

    Durations are seconds.
    """

    tool: str
    """``wrk``, ``wrk2``, ``ab``, ``locust``, ``k6``, ``hey``, ``vegeta`` or ``oha``."""
    location: Location
    requests: int | None = None
    """Requests that were tried, whatever became of them."""
    transport_errors: int | None = None
    """Requests that got no answer: refused, reset, timed out."""
    http_errors: int | None = None
    """Answers with a status that means failure."""
    errors: int | None = None
    """Both together; tools like k6 do not tell them apart."""
    duration: float | None = None
    rps: float | None = None
    """Requests per second, failed ones included."""
    mean: float | None = None
    percentiles: Mapping[float, float] = field(default_factory=dict)
    """By percent; only those that the tool reports or that follow exactly from its samples."""
    slowest: float | None = None
    concurrency: int | None = None
    rate: float | None = None
    """Requests per second that an open model sends, whatever the answers take."""
    closed: bool = True
    """Whether a new request waits for an answer."""
    timeouts: int = 0
    """Requests that are counted as errors and left out of the percentiles."""
    coarse: str = ""
    """How times are rounded: ``millisecond``, ``locust``, or empty for finer than 0.1 ms."""
    entries: frozenset[str] = frozenset()
    """Names of what was requested, where the tool lists them."""

    @property
    def error_rate(self) -> float | None:
        """
        Failed requests as a share of all.
        """
        if self.errors is None or not self.requests:
            return None
        return min(self.errors / self.requests, 1.0)

    @property
    def ok_rps(self) -> float | None:
        """
        Successful requests per second.
        """
        if self.rps is None or self.error_rate is None:
            return None
        return self.rps * (1 - self.error_rate)

    def percentile(self, percent: float) -> float | None:
        """
        A percentile that was measured; none is ever interpolated.
        """
        return self.percentiles.get(percent)

    def supports(self, percent: float) -> bool:
        """
        Whether enough requests lie beyond a percentile. True where their number is not known.
        """
        if self.requests is None:
            return True
        return self.requests * (100 - percent) / 100 >= FEWEST_BEYOND

    @property
    def flags(self) -> tuple[Flag, ...]:
        """
        Everything that limits what the run proves.
        """
        measured = bool(self.percentiles) or self.mean is not None
        marks = {
            Flag.NOTHING_MEASURED: self.requests == 0 or (not self.percentiles and not measured),
            Flag.TOO_SHORT: self.duration is not None and self.duration < SHORTEST,
            Flag.NO_P95: self.percentile(95) is None,
            Flag.NO_P99: self.percentile(99) is None,
            Flag.FEW_REQUESTS: not self.supports(99),
            Flag.CLOSED_LOOP: self.closed,
            Flag.TIMEOUTS_LEFT_OUT: self.timeouts > 0,
        }
        return tuple(flag for flag, holds in marks.items() if holds)

    @property
    def usable(self) -> bool:
        """
        Whether the run proves anything about latency and throughput.
        """
        return not UNUSABLE.intersection(self.flags)


class LoadDocument(Struct, frozen=True):
    """
    What one file holds.
    """

    results: tuple[LoadResult, ...]
    problems: tuple[Problem, ...] = ()
