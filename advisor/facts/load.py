"""
Facts of load tests, and of load tests beside the application that they were run against.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor.deployment.model import Application, Deployment
from advisor.facts.common import computed, first_unknown, number, origin_of
from advisor.facts.gunicorn import gunicorn_facts
from advisor.loads.model import Flag, LoadResult
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Subject

_BLOCKING = ("sync", "gthread")


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every run; and every run beside the application, where there is exactly one.
    """
    alone = deployment.applications[0] if len(deployment.applications) == 1 else None
    for result in deployment.loads:
        name = f"{result.tool} in {result.location}"
        facts, place = load_facts(result), result.location
        yield Subject("load", name, facts, place, place.path)
        if alone is not None:
            both = {**facts, **_beside(alone, deployment)}
            yield Subject("stack.load", name, both, place, place.path)


def load_facts(result: LoadResult) -> dict[str, Fact]:
    """
    Facts under ``load.`` of one run.
    """
    flags = result.flags
    return {
        "load.tool": _at(result, result.tool),
        "load.requests": _or_unknown(result, "the number of requests", result.requests),
        "load.transport_errors": _or_unknown(
            result, "requests without an answer", result.transport_errors
        ),
        "load.http_errors": _or_unknown(result, "failed answers", result.http_errors),
        "load.errors": _or_unknown(result, "failed requests", result.errors),
        "load.error_rate": _or_unknown(result, "failed requests", result.error_rate),
        "load.duration": _or_unknown(result, "how long it ran", result.duration),
        "load.rps": _or_unknown(result, "the throughput", result.rps),
        "load.ok_rps": _or_unknown(result, "successful requests per second", result.ok_rps),
        "load.mean": _or_unknown(result, "the mean", result.mean),
        **{
            f"load.p{percent:g}": _or_unknown(
                result, f"percentile {percent:g}", result.percentile(percent)
            )
            for percent in (50.0, 90.0, 95.0, 99.0)
        },
        "load.slowest": _or_unknown(result, "the slowest request", result.slowest),
        "load.concurrency": _or_unknown(result, "its connections", result.concurrency),
        "load.in_flight": _in_flight(result),
        "load.closed": computed(result.closed),
        "load.usable": computed(result.usable),
        "load.nothing": computed(Flag.NOTHING_MEASURED in flags),
        "load.too_short": computed(Flag.TOO_SHORT in flags),
        "load.has_p95": computed(Flag.NO_P95 not in flags),
        "load.has_p99": computed(Flag.NO_P99 not in flags),
        "load.enough_p95": computed(result.supports(95)),
        "load.enough_p99": computed(result.supports(99)),
        "load.left_out": computed(result.timeouts),
    }


def _beside(application: Application, deployment: Deployment) -> dict[str, Fact]:
    gunicorn = gunicorn_facts(application, deployment)
    return {
        **gunicorn,
        "bench.slots": _slots(gunicorn),
        "bench.application": computed(application.name),
    }


def _slots(gunicorn: Mapping[str, Fact]) -> Fact:
    """
    Requests that the application works on at once: replicas × workers × threads.
    """
    names = ("gunicorn.class", "gunicorn.replicas", "gunicorn.workers", "gunicorn.concurrency")
    kind, copies, workers, each = (gunicorn[name] for name in names)
    unknown = first_unknown(kind, copies, workers, each)
    if unknown is not None:
        return unknown
    if not isinstance(kind, Value) or kind.value not in _BLOCKING:
        return Unknown("event loops take on as many requests as arrive")
    origin = origin_of(copies, workers, each)
    return Value(number(copies) * number(workers) * number(each), origin)


def _in_flight(result: LoadResult) -> Fact:
    """
    Requests under way on average, by Little's law: throughput × mean response time.
    """
    if result.rps is None or result.mean is None:
        return Unknown(f"{result.tool} does not say throughput and mean", result.location)
    return Value(result.rps * result.mean, Origin.EVALUATED, result.location)


def _or_unknown(result: LoadResult, what: str, value: float | None) -> Fact:
    if value is None:
        return Unknown(f"the output of {result.tool} does not hold {what}", result.location)
    return _at(result, value)


def _at(result: LoadResult, value: float | str) -> Fact:
    return Value(value, Origin.LITERAL, result.location)
