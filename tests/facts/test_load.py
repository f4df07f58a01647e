"""Facts of load tests: unknown where the tool does not say, and Little's law."""

from __future__ import annotations

from advisor.audit import collect_example
from advisor.facts.load import load_facts
from advisor.facts.namespaces import namespace
from advisor.loads.model import LoadResult
from advisor.model import Location, Unknown, Value

RUN = LoadResult(
    tool="wrk",
    location=Location("wrk.txt", 1),
    requests=30_000,
    errors=0,
    duration=30.0,
    rps=1000.0,
    mean=0.02,
    percentiles={50.0: 0.02, 99.0: 0.2},
    concurrency=25,
)
WRK = """\
Running 30s test @ http://127.0.0.1:8000/
  4 threads and 100 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   220.00ms   90.00ms   1.31s    70.00%
    Req/Sec   110.00     20.00   150.00     70.00%
  13500 requests in 30.00s, 2.22MB read
Requests/sec:    450.00
"""


def test_every_fact_is_in_the_table() -> None:
    assert {name.removeprefix("load.") for name in load_facts(RUN)} == set(namespace("load"))


def test_what_a_tool_does_not_print_is_unknown() -> None:
    facts = load_facts(RUN)

    assert facts["load.p95"] == Unknown(
        "the output of wrk does not hold percentile 95", Location("wrk.txt", 1)
    )
    assert isinstance(facts["load.in_flight"], Value)
    assert facts["load.in_flight"].value == 20


def test_a_run_beside_an_application_knows_its_slots() -> None:
    conf = "workers = 4\nworker_class = 'gthread'\nthreads = 2\n"
    subjects = collect_example({"gunicorn.conf.py": conf, "bench/wrk.txt": WRK}, {}, {})
    (beside,) = (one for one in subjects if one.target == "stack.load")
    slots = beside.facts["bench.slots"]

    assert isinstance(slots, Value)
    assert slots.value == 8


def test_two_applications_leave_open_which_was_tested() -> None:
    compose = """\
services:
  one:
    image: shop
    command: gunicorn -w 4 one:app
  two:
    image: shop
    command: gunicorn -w 4 two:app
"""
    subjects = collect_example({"compose.yaml": compose, "wrk.txt": WRK}, {}, {})

    assert [one.target for one in subjects if one.target.endswith("load")] == ["load"]
