"""
Two runs side by side: like is compared with like, and everything else is said not to be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum

from msgspec import Struct

from advisor.loads.model import UNUSABLE, Flag, LoadResult

LIMIT = 0.10
"""A change beyond this is a regression (the tuning guide, "Continuous performance testing")."""
ERROR_LIMIT = 0.001
"""For the error rate: a tenth of a percentage point, its whole target."""
_PERCENTS = (50.0, 90.0, 95.0, 99.0)
_REASONS: Mapping[Flag, str] = {
    Flag.NOTHING_MEASURED: "it measured nothing",
    Flag.TOO_SHORT: "it lasted less than 10 s",
}


class Verdict(StrEnum):
    """
    What became of one number.
    """

    WORSE = "worse"
    BETTER = "better"
    SAME = "same"
    """Within the limit."""
    NOT_COMPARED = "not compared"


class Row(Struct, frozen=True):
    """
    One number of both runs.
    """

    metric: str
    """``p95``, ``throughput`` or ``error rate``."""
    before: float | None
    after: float | None
    verdict: Verdict
    change: float | None = None
    """Share of the value before; for the error rate the difference of both shares."""
    why: str = ""
    """Why it was not compared."""


class Comparison(Struct, frozen=True):
    """
    What two runs say about each other.
    """

    before: LoadResult
    after: LoadResult
    rows: tuple[Row, ...]
    """Empty when the runs are not comparable."""
    obstacles: tuple[str, ...]
    """Why they are not, as sentences."""

    @property
    def comparable(self) -> bool:
        """
        Whether at least one number could be compared.
        """
        return any(row.verdict is not Verdict.NOT_COMPARED for row in self.rows)

    @property
    def regressions(self) -> tuple[Row, ...]:
        """
        What got worse by more than the limit.
        """
        return tuple(row for row in self.rows if row.verdict is Verdict.WORSE)


def compare(before: LoadResult, after: LoadResult, *, limit: float = LIMIT) -> Comparison:
    """
    Compare two runs of the same tool with the same concurrency, percentile by percentile.

    `limit` is the share by which a number may get worse.
    """
    obstacles = tuple(_obstacles(before, after))
    rows = () if obstacles else tuple(_rows(before, after, limit))
    return Comparison(before, after, rows, obstacles)


def _obstacles(before: LoadResult, after: LoadResult) -> Iterator[str]:
    if before.tool != after.tool:
        yield f"one run is of {before.tool}, the other of {after.tool}: they measure differently"
    if before.concurrency != after.concurrency:
        shown = (_shown(one.concurrency) for one in (before, after))
        yield "concurrency differs: {} before, {} after".format(*shown)
    if _rate(before) != _rate(after):
        shown = (_shown(_rate(one)) for one in (before, after))
        yield "requests were sent at different rates: {} and {} per second".format(*shown)
    for name, one in (("before", before), ("after", after)):
        for flag in one.flags:
            if flag in UNUSABLE:
                yield f"the run {name} proves nothing: {_REASONS[flag]}"


def _rate(one: LoadResult) -> float | None:
    """
    What an open model was told to send, free of the jitter of what it did send.
    """
    return float(f"{one.rate:.2g}") if one.rate else None


def _shown(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g}"


def _rows(before: LoadResult, after: LoadResult, limit: float) -> Iterator[Row]:
    for percent in _PERCENTS:
        yield _latency(before, after, percent, limit)
    yield _throughput(before, after, limit)
    yield _errors(before, after)


def _latency(before: LoadResult, after: LoadResult, percent: float, limit: float) -> Row:
    name = f"p{percent:g}"
    old, new = before.percentile(percent), after.percentile(percent)
    if old is None or new is None:
        return _left_out(name, old, new, f"{before.tool} did not report it in both runs")
    if not (before.supports(percent) and after.supports(percent)):
        return _left_out(name, old, new, "too few requests for this percentile")
    if old == 0:
        return _left_out(name, old, new, "it was 0 before")
    step = max(_STEPS[one.coarse](value) for one, value in ((before, old), (after, new)))
    change = (new - old) / old
    return Row(name, old, new, _verdict(change, limit, real=abs(new - old) > step), change)


def _throughput(before: LoadResult, after: LoadResult, limit: float) -> Row:
    """
    Successful requests per second: failing fast is no gain.
    """
    name = "throughput"
    old, new = before.ok_rps, after.ok_rps
    if before.rate is not None:
        return _left_out(name, old, new, "the rate was given; it is no result")
    if not old or new is None:
        return _left_out(name, old, new, f"{before.tool} did not report it in both runs")
    change = (new - old) / old
    return Row(name, old, new, _verdict(-change, limit), change)


def _errors(before: LoadResult, after: LoadResult) -> Row:
    name = "error rate"
    old, new = before.error_rate, after.error_rate
    if old is None or new is None:
        return _left_out(name, old, new, f"{before.tool} did not report it in both runs")
    return Row(name, old, new, _verdict(new - old, ERROR_LIMIT), new - old)


def _left_out(name: str, before: float | None, after: float | None, why: str) -> Row:
    return Row(name, before, after, Verdict.NOT_COMPARED, None, why)


def _verdict(worse: float, limit: float, *, real: bool = True) -> Verdict:
    """
    `worse` grows as things get worse; what is no more than a step of rounding is not `real`.
    """
    if not real or abs(worse) <= limit:
        return Verdict.SAME
    return Verdict.WORSE if worse > 0 else Verdict.BETTER


def _locust_step(seconds: float) -> float:
    """
    Locust keeps two digits from 100 ms on.
    """
    if seconds < 0.1:
        return 0.001
    return 0.01 if seconds < 1 else 0.1


_STEPS: Mapping[str, Callable[[float], float]] = {
    "": lambda _: 0.0001,
    "millisecond": lambda _: 0.001,
    "locust": _locust_step,
}
"""Seconds by which two times may differ only because both are rounded."""
