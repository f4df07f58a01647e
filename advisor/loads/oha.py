"""
oha: its JSON, in seconds, and the newer form with ``metrics.latency_ms``.

``successRate`` calls every answer a success, failures of the server included, so errors are counted
by status. Requests that the end of the run cut off are in ``errorDistribution`` and are no errors.
Source: schema.json of oha.
"""

from __future__ import annotations

import json

from advisor.loads.model import LoadDocument, LoadResult
from advisor.loads.samples import count, known_only, number, read_number, scaled, table
from advisor.model import Location

_MS = 1e-3
_TIMES = {50.0: "p50", 90.0: "p90", 95.0: "p95", 99.0: "p99"}
_CUT_OFF = "aborted due to deadline"
_FAILED_STATUS = 400


def read(path: str, text: str) -> LoadDocument:
    """
    The run of one file.
    """
    data = table(json.loads(text))
    summary = table(data.get("summary"))
    codes = table(data.get("statusCodeDistribution")).items()
    statuses = [(read_number(code), count(times) or 0) for code, times in codes]
    answers = sum(times for _, times in statuses)
    http = sum(times for code, times in statuses if code is None or code >= _FAILED_STATUS)
    failures = table(data.get("errorDistribution")).items()
    transport = sum(count(times) or 0 for text, times in failures if text != _CUT_OFF)
    duration = number(summary.get("total"))
    requests = answers + transport
    result = LoadResult(
        tool="oha",
        location=Location(path, 1),
        requests=requests,
        transport_errors=transport,
        http_errors=http,
        errors=transport + http,
        duration=duration,
        rps=requests / duration if duration else None,
        mean=number(summary.get("average")),
        percentiles=_percentiles(data),
        slowest=number(summary.get("slowest")),
        timeouts=transport,
    )
    return LoadDocument((result,))


def _percentiles(data: object) -> dict[float, float]:
    seconds = table(table(data).get("latencyPercentiles"))
    if seconds:
        return known_only({key: number(seconds.get(name)) for key, name in _TIMES.items()})
    times = table(table(table(data).get("metrics")).get("latency_ms"))
    return known_only({key: scaled(times.get(name), _MS) for key, name in _TIMES.items()})
