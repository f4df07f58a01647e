"""
k6: the three shapes of its end-of-test summary, all in milliseconds.

``--summary-export`` has values right below a metric, the data of ``handleSummary()`` below
``values``, and the machine-readable summary of k6 2 has a list of metrics. In ``http_req_failed``
``passes`` counts requests that *failed*: the rate is that of the metric's name. Sources: k6
documentation, "End of test" and "Custom summary"; grafana/k6-summary, schema 1.0.0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from advisor.loads.model import LoadDocument, LoadResult
from advisor.loads.samples import count, known_only, number, scaled, table
from advisor.model import Location, Problem

_MS = 1e-3
_TIMES = {50.0: "med", 90.0: "p(90)", 95.0: "p(95)", 99.0: "p(99)"}
_OPEN = ("constant-arrival-rate", "ramping-arrival-rate")


def read(path: str, text: str) -> LoadDocument:
    """
    The run of one summary.
    """
    data = table(json.loads(text))
    metrics = _metrics(data)
    times, requests = metrics.get("http_req_duration", {}), metrics.get("http_reqs", {})
    place = Location(path, 1)
    if not requests:
        return LoadDocument((), (Problem("the summary has no http_reqs", place),))
    total, rate = count(requests.get("count")), number(requests.get("rate"))
    users = metrics.get("vus_max", {})
    result = LoadResult(
        tool="k6",
        location=place,
        requests=total,
        errors=_failed(metrics.get("http_req_failed", {}), total),
        duration=_duration(data, total, rate),
        rps=rate,
        mean=scaled(times.get("avg"), _MS),
        percentiles=known_only(
            {percent: scaled(times.get(name), _MS) for percent, name in _TIMES.items()}
        ),
        slowest=scaled(times.get("max"), _MS),
        concurrency=count(users.get("max", users.get("value"))),
        closed=not any(name in text for name in _OPEN),
    )
    return LoadDocument((result,))


def _metrics(data: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
    """
    Values by the name of the metric, whatever the shape.
    """
    listed = table(data.get("results")).get("metrics")
    if isinstance(listed, list):
        named = ((table(one).get("name"), table(one)) for one in listed)
        return {str(name): table(one.get("values")) for name, one in named}
    pairs = table(data.get("metrics")).items()
    return {name: table(table(one).get("values", one)) for name, one in pairs}


def _failed(metric: Mapping[str, object], total: int | None) -> int | None:
    """
    Failed requests: by the share, which has one meaning, else by the count of "passes".
    """
    share = number(metric.get("rate", metric.get("value")))
    if share is not None and share <= 1 and total is not None:
        return round(share * total)
    return count(metric.get("passes"))


def _duration(data: Mapping[str, object], total: int | None, rate: float | None) -> float | None:
    """
    As stated, else as long as this many requests take at this rate.
    """
    stated = scaled(table(data.get("state")).get("testRunDurationMs"), _MS)
    stated = stated or number(table(data.get("config")).get("duration"))
    return stated or (total / rate if total and rate else None)
