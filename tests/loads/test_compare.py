"""Like is compared with like; what cannot be is said, and never taken for a pass."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from advisor.loads.compare import Verdict, compare
from advisor.loads.model import LoadResult
from advisor.model import Location

BASE = LoadResult(
    tool="k6",
    location=Location("before.json", 1),
    requests=30_000,
    errors=30,
    duration=30.0,
    rps=1000.0,
    mean=0.02,
    percentiles={50.0: 0.02, 90.0: 0.05, 95.0: 0.1, 99.0: 0.2},
    concurrency=25,
)


def verdicts(after: LoadResult, before: LoadResult = BASE) -> dict[str, str]:
    """Every number and what became of it."""
    return {row.metric: str(row.verdict) for row in compare(before, after).rows}


def test_the_same_run_is_the_same() -> None:
    assert set(verdicts(BASE).values()) == {"same"}


@pytest.mark.parametrize(
    ("after", "worse"),
    [
        (replace(BASE, percentiles={**BASE.percentiles, 95.0: 0.1101}), ["p95"]),
        (replace(BASE, percentiles={**BASE.percentiles, 95.0: 0.11}), []),
        (replace(BASE, percentiles={**BASE.percentiles, 99.0: 0.3}), ["p99"]),
        (replace(BASE, rps=890.0), ["throughput"]),
        (replace(BASE, rps=910.0), []),
        (replace(BASE, errors=75), ["error rate"]),
        (replace(BASE, errors=59), []),
        (replace(BASE, errors=6000), ["throughput", "error rate"]),
    ],
)
def test_ten_percent_is_the_limit(after: LoadResult, worse: list[str]) -> None:
    """For the error rate a tenth of a point; failing fast is no throughput."""
    found = compare(BASE, after)

    assert found.comparable
    assert [row.metric for row in found.regressions] == worse


def test_better_is_no_regression() -> None:
    found = verdicts(replace(BASE, rps=2000.0, percentiles={**BASE.percentiles, 50.0: 0.01}))

    assert (found["p50"], found["throughput"]) == ("better", "better")


def test_the_limit_can_be_stated() -> None:
    after = replace(BASE, percentiles={**BASE.percentiles, 95.0: 0.12})

    assert not compare(BASE, after, limit=0.25).regressions


@pytest.mark.parametrize(
    ("after", "obstacle"),
    [
        (
            replace(BASE, tool="wrk"),
            "one run is of k6, the other of wrk: they measure differently",
        ),
        (replace(BASE, concurrency=50), "concurrency differs: 25 before, 50 after"),
        (replace(BASE, concurrency=None), "concurrency differs: 25 before, unknown after"),
        (replace(BASE, duration=3.0), "the run after proves nothing: it lasted less than 10 s"),
        (replace(BASE, requests=0), "the run after proves nothing: it measured nothing"),
        (
            replace(BASE, rate=200.0),
            "requests were sent at different rates: unknown and 200 per second",
        ),
    ],
)
def test_unlike_runs_are_not_compared(after: LoadResult, obstacle: str) -> None:
    found = compare(BASE, after)

    assert (found.comparable, found.rows, found.regressions) == (False, (), ())
    assert obstacle in found.obstacles


def test_percentiles_that_one_run_lacks_are_left_out() -> None:
    """Nothing is interpolated, and few requests make no 99th percentile."""
    after = replace(BASE, requests=900, percentiles={50.0: 0.02, 95.0: 0.1, 99.0: 9.0})
    rows = {row.metric: row for row in compare(BASE, after).rows}

    assert rows["p90"].why == "k6 did not report it in both runs"
    assert rows["p99"].why == "too few requests for this percentile"
    assert rows["p95"].verdict is Verdict.SAME


def test_a_step_of_rounding_is_no_regression() -> None:
    """ab prints whole milliseconds, Locust two digits."""
    ab = replace(BASE, tool="ab", coarse="millisecond", percentiles={50.0: 0.002, 95.0: 0.005})
    locust = replace(BASE, tool="locust", coarse="locust", percentiles={50.0: 0.09, 99.0: 0.14})

    assert verdicts(replace(ab, percentiles={50.0: 0.003, 95.0: 0.007}), ab) == {
        "p50": "same",
        "p90": "not compared",
        "p95": "worse",
        "p99": "not compared",
        "throughput": "same",
        "error rate": "same",
    }
    assert verdicts(replace(locust, percentiles={50.0: 0.11, 99.0: 0.15}), locust)["p99"] == "same"


def test_a_given_rate_is_no_result() -> None:
    """vegeta sends what it is told to; that two runs differ in the fifth digit is jitter."""
    before = replace(BASE, tool="vegeta", rate=100.033, closed=False)
    after = replace(before, rate=100.01, rps=50.0)

    assert verdicts(after, before)["throughput"] == "not compared"
