"""
ApacheBench: its text, and the percentiles that ``-e`` writes as CSV.

A failure of kind "Length" is an answer of another length than the first, as every dynamic page
gives; it is no error. Checked with ab 2.3 (https://httpd.apache.org/docs/current/programs/ab.html).
"""

from __future__ import annotations

import re

from advisor import regex
from advisor.loads.model import LoadDocument, LoadResult
from advisor.loads.samples import WANTED, read_number, scaled, seconds
from advisor.model import Location, Problem

_MS = 1e-3
CSV_HEADER = "Percentage served,Time in ms"
_FIELD = regex.lazy(r"^([A-Z][A-Za-z0-9 -]{3,30}):\s+(\d{1,15}(?:\.\d{1,9})?)\b(.*)$", re.MULTILINE)
_FAILED = regex.lazy(
    r"^\s*\(Connect: (\d{1,15}), Receive: (\d{1,15}), Length: \d{1,15}, Exceptions: (\d{1,15})\)",
    re.MULTILINE,
)
_ROW = regex.lazy(r"^\s*(\d{1,3})%\s+(\d{1,12})\b", re.MULTILINE)
_TOTAL = regex.lazy(r"^Total:\s+\d+\s+(\d+)\s+[\d.]+\s+\d+\s+(\d+)", re.MULTILINE)


def read(path: str, text: str) -> LoadDocument:
    """
    The run of one file; a CSV knows percentiles and nothing else.
    """
    place = Location(path, 1)
    if text.lstrip("\ufeff").startswith(CSV_HEADER):
        return _csv(place, text)
    fields = {one[1]: float(one[2]) for one in reversed(list(_FIELD.finditer(text)))}
    requests = fields.get("Complete requests")
    if requests is None:
        hint = "Keep all that ab prints, up to the last line."
        return LoadDocument((), (Problem("ab was stopped before its summary", place, hint),))
    failed = _FAILED.search(text)
    transport = sum(int(one) for one in failed.groups()) if failed else 0
    http = int(fields.get("Non-2xx responses", 0))
    total = _TOTAL.search(text)
    result = LoadResult(
        tool="ab",
        location=place,
        requests=int(requests),
        transport_errors=transport,
        http_errors=http,
        errors=transport + http,
        duration=fields.get("Time taken for tests"),
        rps=fields.get("Requests per second"),
        mean=seconds(int(total[1]), _MS) if total else None,
        percentiles=_percentiles({float(one[1]): float(one[2]) for one in _ROW.finditer(text)}),
        slowest=seconds(int(total[2]), _MS) if total else None,
        concurrency=int(fields["Concurrency Level"]) if "Concurrency Level" in fields else None,
        coarse="millisecond",
    )
    return LoadDocument((result,))


def _csv(place: Location, text: str) -> LoadDocument:
    rows: dict[float, float] = {}
    for line in text.splitlines()[1:]:
        percent, _, time = line.partition(",")
        known, value = read_number(percent), read_number(time)
        if known is not None and value is not None:
            rows[known] = value
    result = LoadResult(
        tool="ab",
        location=place,
        percentiles=_percentiles(rows),
        slowest=scaled(rows.get(100.0), _MS),
    )
    return LoadDocument((result,))


def _percentiles(rows: dict[float, float]) -> dict[float, float]:
    return {percent: seconds(rows[percent], _MS) for percent in WANTED if percent in rows}
