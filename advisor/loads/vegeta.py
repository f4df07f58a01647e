"""
vegeta: ``report -type=json``, in nanoseconds.

An open model: ``rate`` is what was sent, ``throughput`` what succeeded, ``success`` the share of
statuses from 200 to 399. Status 0 means that no answer came. Source: README of vegeta, "report".
"""

from __future__ import annotations

import json

from advisor.loads.model import LoadDocument, LoadResult
from advisor.loads.samples import count, known_only, number, read_number, scaled, table
from advisor.model import Location

_NS = 1e-9
_TIMES = {50.0: "50th", 90.0: "90th", 95.0: "95th", 99.0: "99th"}
_GOOD = range(200, 400)


def read(path: str, text: str) -> LoadDocument:
    """
    The run of one report.
    """
    data = table(json.loads(text))
    times = table(data.get("latencies"))
    codes = [(read_number(code), count(n) or 0) for code, n in _codes(data)]
    transport = sum(n for code, n in codes if code == 0)
    http = sum(n for code, n in codes if code and code not in _GOOD)
    duration, wait = (scaled(data.get(name), _NS) for name in ("duration", "wait"))
    result = LoadResult(
        tool="vegeta",
        location=Location(path, 1),
        requests=count(data.get("requests")),
        transport_errors=transport,
        http_errors=http,
        errors=transport + http,
        duration=duration + (wait or 0.0) if duration is not None else None,
        rps=number(data.get("rate")),
        mean=scaled(times.get("mean"), _NS),
        percentiles=known_only(
            {percent: scaled(times.get(name), _NS) for percent, name in _TIMES.items()}
        ),
        slowest=scaled(times.get("max"), _NS),
        rate=number(data.get("rate")),
        closed=False,
    )
    return LoadDocument((result,))


def _codes(data: object) -> list[tuple[str, object]]:
    return list(table(table(data).get("status_codes")).items())
