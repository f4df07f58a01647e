"""
Names, types and meanings of the facts about load tests.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.facts.schema import BOOL, DURATION, NUMBER, SHARE, STRING, Type

LOAD: Mapping[str, tuple[Type, str]] = {
    "tool": (STRING, "wrk, wrk2, ab, locust, k6, hey, vegeta or oha"),
    "requests": (NUMBER, "requests that were tried"),
    "transport_errors": (NUMBER, "requests without an answer: refused, reset, timed out"),
    "http_errors": (NUMBER, "answers with a status that means failure"),
    "errors": (NUMBER, "both together"),
    "error_rate": (SHARE, "failed requests as a share of all"),
    "duration": (DURATION, "how long the run lasted"),
    "rps": (NUMBER, "requests per second, failed ones included"),
    "ok_rps": (NUMBER, "successful requests per second"),
    "mean": (DURATION, "mean response time"),
    "p50": (DURATION, "median of the response times"),
    "p90": (DURATION, "90th percentile of the response times"),
    "p95": (DURATION, "95th percentile; unknown where the tool does not print it"),
    "p99": (DURATION, "99th percentile; unknown where the tool does not print it"),
    "slowest": (DURATION, "the slowest response"),
    "concurrency": (NUMBER, "connections or users of the load generator"),
    "in_flight": (NUMBER, "requests under way on average: throughput × mean (Little's law)"),
    "closed": (BOOL, "whether a new request waits for an answer (coordinated omission)"),
    "usable": (BOOL, "whether it measured something, and for 10 s at least"),
    "nothing": (BOOL, "whether no response time was measured at all"),
    "too_short": (BOOL, "whether it lasted less than 10 s"),
    "has_p95": (BOOL, "whether the 95th percentile is in the output"),
    "has_p99": (BOOL, "whether the 99th percentile is in the output"),
    "enough_p95": (BOOL, "whether at least ten requests lie beyond the 95th percentile"),
    "enough_p99": (BOOL, "whether at least ten requests lie beyond the 99th percentile"),
    "left_out": (NUMBER, "requests that timed out and are in no percentile"),
}
BESIDE: Mapping[str, tuple[Type, str]] = {
    "application": (STRING, "the application that it was run against"),
    "slots": (NUMBER, "requests it works on at once: replicas × workers × threads"),
}
"""Facts of a run beside the only application of a deployment."""
