"""
Locust: ``*_stats.csv`` and the JSON of ``--json``.

Locust rounds times before it counts them: to milliseconds below 100 ms, to tens below a second, to
hundreds beyond. The JSON holds those counts, so its percentiles are exact apart from that. The CSV
is written every other second and may miss the end of a run. Checked with Locust 2.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence

from advisor.loads.model import LoadDocument, LoadResult
from advisor.loads.samples import (
    WANTED,
    count,
    number,
    read_number,
    scaled,
    seconds,
    table,
    weighted_percentiles,
)
from advisor.model import Location, Problem

_MS = 1e-3
_TOTAL = "Aggregated"
_RPS = "Requests/s"


def read(path: str, text: str) -> LoadDocument:
    """
    The whole of one run: the row of totals, or the sum of all entries.
    """
    if text.lstrip("\ufeff \t\r\n").startswith("["):
        return _json(path, text)
    return _csv(path, text)


def _csv(path: str, text: str) -> LoadDocument:
    lines = text.lstrip("\ufeff").splitlines()
    rows = list(csv.DictReader(lines))
    place = Location(path, 1)
    total = next((one for one in rows if one.get("Name") == _TOTAL), None)
    if total is None:
        hint = "Keep the file as Locust writes it: its last row is Aggregated."
        return LoadDocument((), (Problem("no row of totals", place, hint),))
    requests, errors = (count(_cell(total, f"{one} Count")) for one in ("Request", "Failure"))
    rps = _cell(total, _RPS)
    times = {percent: _cell(total, f"{percent:g}%") for percent in WANTED}
    mean, slowest = _cell(total, "Average Response Time"), _cell(total, "Max Response Time")
    result = LoadResult(
        tool="locust",
        location=Location(path, 2 + rows.index(total)),
        requests=requests,
        errors=errors,
        duration=requests / rps if requests and rps else None,
        rps=rps,
        mean=scaled(mean, _MS) if requests else None,
        percentiles={key: seconds(one, _MS) for key, one in times.items() if one is not None},
        slowest=scaled(slowest, _MS) if requests else None,
        coarse="locust",
        entries=frozenset(f"{one.get('Type')} {one.get('Name')}" for one in rows if one != total),
    )
    return LoadDocument((result,))


def _cell(row: Mapping[str, str | None], name: str) -> float | None:
    """
    A number by the name of its column: versions add columns.
    """
    return read_number(row.get(name) or "")


def _json(path: str, text: str) -> LoadDocument:
    place = Location(path, 1)
    data = json.loads(text)
    entries = [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []
    samples = [pair for one in entries for pair in _histogram(one)]
    requests = _sum(entries, "num_requests")
    starts = [known for one in entries if (known := number(one.get("start_time")))]
    ends = [known for one in entries if (known := number(one.get("last_request_timestamp")))]
    duration = max(ends) - min(starts) if starts and ends else None
    taken = sum(number(one.get("total_response_time")) or 0.0 for one in entries)
    longest = [known for one in entries if (known := number(one.get("max_response_time")))]
    lasted = duration is not None and duration > 0
    result = LoadResult(
        tool="locust",
        location=place,
        requests=requests,
        errors=_sum(entries, "num_failures"),
        duration=duration if lasted else None,
        rps=requests / duration if duration and lasted else None,
        mean=seconds(taken / requests, _MS) if requests else None,
        percentiles={key: seconds(one, _MS) for key, one in weighted_percentiles(samples).items()},
        slowest=seconds(max(longest), _MS) if longest else None,
        coarse="locust",
        entries=frozenset(f"{one.get('method')} {one.get('name')}" for one in entries),
    )
    return LoadDocument((result,))


def _sum(entries: Sequence[Mapping[str, object]], name: str) -> int:
    return sum(count(one.get(name)) or 0 for one in entries)


def _histogram(entry: Mapping[str, object]) -> list[tuple[float, int]]:
    """
    Milliseconds and how often.
    """
    pairs = table(entry.get("response_times")).items()
    known = ((read_number(time), count(times)) for time, times in pairs)
    return [(time, times) for time, times in known if time is not None and times is not None]
