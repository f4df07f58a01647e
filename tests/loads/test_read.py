"""What every tool wrote is read as it is meant; the files of wrk, ab, hey and Locust are real."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.loads.model import Flag, LoadResult
from advisor.loads.read import READERS, read_loads
from advisor.sources.kinds import Kind, kind_of
from advisor.sources.marks import load_tool

DATA = Path(__file__).parents[1] / "data" / "loads"
NAMES = sorted(path.name for path in DATA.iterdir())


def only(name: str) -> LoadResult:
    """The run in one of the files."""
    document = read_loads(name, (DATA / name).read_text("utf-8"))

    assert document.problems == ()
    (result,) = document.results
    return result


def counts(name: str) -> tuple[int | None, ...]:
    """Requests, errors of transport, errors of HTTP, both together."""
    one = only(name)
    return one.requests, one.transport_errors, one.http_errors, one.errors


def times(name: str) -> tuple[float | None, ...]:
    """The percentiles of targets, in seconds."""
    return tuple(only(name).percentile(percent) for percent in (50, 90, 95, 99))


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_recognised(name: str) -> None:
    assert kind_of(f"bench/{name}", (DATA / name).read_text("utf-8")) is Kind.LOAD


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wrk-latency.txt", (1174, 0, 0, 0)),
        ("wrk-errors.txt", (27967, 0, 1433, 1433)),
        ("wrk-drops.txt", (17243 + 923, 923, 0, 923)),
        ("wrk-timeouts.txt", (8, 8, 0, 8)),
        ("wrk2.txt", (60012, 0, 0, 0)),
        ("ab-slow.txt", (2000, 0, 0, 0)),
        ("ab-flaky.txt", (2000, 0, 101, 101)),
        ("ab-slow.csv", (None, None, None, None)),
        ("hey-flaky.txt", (296, 0, 11, 11)),
        ("hey-slow.csv", (400, None, 0, None)),
        ("hey-timeouts.txt", (12, 12, 0, 12)),
        ("locust_stats.csv", (2012, None, None, 48)),
        ("locust.json", (2298, None, None, 53)),
        ("k6-export.json", (30000, None, None, 30)),
        ("k6-summary.json", (30000, None, None, 30)),
        ("k6-machine.json", (30000, None, None, 30)),
        ("vegeta.json", (3000, 2, 9, 11)),
        ("oha.json", (60000, 20, 600, 620)),
        ("oha-new.json", (30000, 0, 0, 0)),
    ],
)
def test_requests_and_errors(name: str, expected: tuple[int | None, ...]) -> None:
    """
    A timeout of wrk is an answer that came late and counts once; a lost connection of wrk is not
    among its requests; "Length" of ab is no error; a server's 500 is one although oha says success.
    """
    assert counts(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wrk-latency.txt", (0.02011, 0.03064, None, 0.03617)),
        ("wrk-plain.txt", (None, None, None, None)),
        ("wrk-timeouts.txt", (None, None, None, None)),
        ("wrk2.txt", (0.0211, 0.03021, 0.033023, 0.04486)),
        ("ab-slow.txt", (0.02, 0.03, 0.032, 0.036)),
        ("ab-slow.csv", (0.019966, 0.029875, 0.031855, 0.036067)),
        ("hey-flaky.txt", (0.0006, 0.0014, 0.002, 0.0033)),
        ("hey-slow.csv", (0.0196, 0.0285, 0.03, 0.0312)),
        ("locust_stats.csv", (0.007, 0.028, 0.031, 0.036)),
        ("locust.json", (0.008, 0.028, 0.031, 0.038)),
        ("k6-export.json", (0.0211, 0.0302, 0.0331, None)),
        ("k6-machine.json", (0.0211, 0.0302, 0.0331, 0.0449)),
        ("vegeta.json", (0.020114, 0.029871, 0.031855, 0.04011)),
        ("oha.json", (0.0211, 0.0302, 0.0331, 0.0449)),
        ("oha-new.json", (0.0211, 0.0302, 0.0331, 0.0449)),
    ],
)
def test_percentiles_are_those_that_were_measured(
    name: str, expected: tuple[float | None, ...]
) -> None:
    """wrk has no 95th and k6 by default no 99th percentile: unknown, never made up."""
    assert times(name) == expected


@pytest.mark.parametrize(
    ("name", "rps", "ok_rps", "duration", "concurrency"),
    [
        ("wrk-latency.txt", 387.79, 387.79, 3.03, 8),
        ("wrk-drops.txt", 9011.655, 8553.78, 2.02, 8),
        ("wrk2.txt", 1999.73, 1999.73, 30.01, 100),
        ("ab-flaky.txt", 2295.75, 2179.815, 0.871, 8),
        ("hey-flaky.txt", 9681.567, 9321.78, 0.0306, None),
        ("locust_stats.csv", 669.951, 653.968, 3.003, None),
        ("k6-summary.json", 999.583, 998.583, 30.0125, 25),
        ("k6-export.json", 1000.0, 999.0, 30.0, 25),
        ("oha.json", 2000.0, 1979.333, 30.0, None),
        ("vegeta.json", 100.033, 99.667, 30.01, None),
    ],
)
def test_throughput(
    name: str, rps: float, ok_rps: float, duration: float, concurrency: int | None
) -> None:
    """Without what oha cut off at the end; what succeeded is told apart."""
    one = only(name)

    assert one.rps == pytest.approx(rps, abs=0.001)
    assert one.ok_rps == pytest.approx(ok_rps, abs=0.001)
    assert one.duration == pytest.approx(duration, abs=0.001)
    assert one.concurrency == concurrency


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("vegeta.json", ()),
        ("wrk2.txt", ()),
        ("k6-export.json", (Flag.NO_P99, Flag.CLOSED_LOOP)),
        ("oha.json", (Flag.CLOSED_LOOP, Flag.TIMEOUTS_LEFT_OUT)),
        ("wrk-latency.txt", (Flag.TOO_SHORT, Flag.NO_P95, Flag.CLOSED_LOOP)),
        ("hey-flaky.txt", (Flag.TOO_SHORT, Flag.FEW_REQUESTS, Flag.CLOSED_LOOP)),
        (
            "wrk-timeouts.txt",
            (
                Flag.NOTHING_MEASURED,
                Flag.TOO_SHORT,
                Flag.NO_P95,
                Flag.NO_P99,
                Flag.FEW_REQUESTS,
                Flag.CLOSED_LOOP,
                Flag.TIMEOUTS_LEFT_OUT,
            ),
        ),
    ],
)
def test_quality(name: str, flags: tuple[Flag, ...]) -> None:
    assert only(name).flags == flags


def test_a_log_holds_several_runs() -> None:
    """The output of a script that calls wrk again and again."""
    text = (DATA / "wrk-latency.txt").read_text("utf-8")
    document = read_loads("wrk.log", f"warming up\n{text}\n{text}")

    assert [one.location.line for one in document.results] == [2, text.count("\n") + 3]
    assert [one.requests for one in document.results] == [1174, 1174]


def test_arrival_rates_make_k6_an_open_model() -> None:
    text = (DATA / "k6-summary.json").read_text("utf-8")
    rate = text.replace('"noColor"', '"executor": "constant-arrival-rate", "noColor"')

    assert read_loads("k6.json", text).results[0].closed
    assert not read_loads("k6.json", rate).results[0].closed


def test_columns_of_older_versions_may_be_missing() -> None:
    """Locust without 99.9 %, hey without status and offset: by name, never by position."""
    locust = (
        "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,"
        "Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,"
        "50%,95%,99%,100%\n,Aggregated,0,0,0,0,0,0,0,0.0,0.0,N/A,N/A,N/A,N/A\n"
    )
    hey = "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read\n0.5,0,0,0,0,0\n"
    nothing = read_loads("a_stats.csv", locust).results[0]
    (one,) = read_loads("hey.csv", hey).results

    assert Flag.NOTHING_MEASURED in nothing.flags
    assert (one.requests, one.http_errors, one.duration, one.rps) == (1, None, None, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing of the kind", "no result of a load test found"),
        ("This is ApacheBench\nConcurrency Level: 8\n", "ab was stopped before its summary"),
        ('{"latencies": {"99th": 1}, "status_codes"', "is no output of vegeta: cut off or edited"),
        (
            '{"http_req_duration": "http_reqs", "iterations"',
            "is no output of k6: cut off or edited",
        ),
        ("Type,Name,Request Count,Failure Count,\nGET,/,1,0,\n", "no row of totals"),
        (
            '{"metrics": {"http_req_duration": {}, "http_reqs": {}, "iterations": {}}}',
            "the summary has no http_reqs",
        ),
    ],
)
def test_what_is_cut_off_is_a_problem(text: str, message: str) -> None:
    document = read_loads("run.txt", text)

    assert document.results == ()
    assert [one.message for one in document.problems] == [message]


@given(st.sampled_from(NAMES), st.data())
def test_nothing_crashes_on_damaged_output(name: str, data: st.DataObject) -> None:
    """Any part left out: fewer numbers, or a problem; and every number makes sense."""
    text = (DATA / name).read_text("utf-8")[:4000]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    for one in read_loads(name, text[:start] + text[end:]).results:
        assert all(value >= 0 for value in one.percentiles.values())
        assert one.error_rate is None or 0 <= one.error_rate <= 1
        assert isinstance(one.usable, bool)


@given(st.recursive(st.none() | st.floats() | st.text() | st.booleans(), st.lists, max_leaves=5))
def test_any_json_is_survived(value: object) -> None:
    """The names are there and the values are anything."""
    import json

    text = json.dumps(
        {
            "latencies": {"99th": value, "mean": value},
            "status_codes": value,
            "requests": value,
            "duration": value,
        }
    )
    assert read_loads("x.json", text).results[0].tool == "vegeta"


def test_every_mark_has_a_reader() -> None:
    tools = {load_tool((DATA / name).read_text("utf-8")) for name in NAMES}

    assert tools == set(READERS)
