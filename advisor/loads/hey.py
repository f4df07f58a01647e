"""
hey: its text, and ``-o csv`` with a line per answer.

hey sends as many requests as divide evenly among its workers, so 300 of 8 workers are 296. The CSV
holds answers only: what got none is not in it, and its own limit is a million lines. Checked with
hey 0.1.4.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

from advisor import regex
from advisor.loads.model import LoadDocument, LoadResult
from advisor.loads.samples import WANTED, exact_percentiles, read_number
from advisor.model import Location, Problem

CSV_HEADER = "response-time,DNS+dialup,DNS,"
_SUMMARY = regex.lazy(
    r"^\s*(Total|Slowest|Average|Requests/sec):\s+(\d{1,12}\.\d{1,6})\b", re.MULTILINE
)
_PERCENTILE = regex.lazy(r"^\s*(\d{1,3})% in (\d{1,12}\.\d{1,9}) secs", re.MULTILINE)
_STATUS = regex.lazy(r"^\s*\[(\d{3})\]\s+(\d{1,15}) responses?\b", re.MULTILINE)
_FAILURE = regex.lazy(r"^\s*\[(\d{1,15})\]\s+\S", re.MULTILINE)
_FAILED_STATUS = 400


def read(path: str, text: str) -> LoadDocument:
    """
    The run of one file.
    """
    place = Location(path, 1)
    if text.lstrip("\ufeff").startswith(CSV_HEADER):
        return _csv(place, text)
    fields = {one[1]: float(one[2]) for one in _SUMMARY.finditer(text)}
    if "Requests/sec" not in fields:
        return LoadDocument((), (Problem("hey was stopped before its summary", place),))
    body, _, failures = text.partition("Error distribution:")
    codes = [
        (int(one[1]), int(one[2]))
        for one in _STATUS.finditer(body.partition("Status code distribution:")[2])
    ]
    answers = sum(times for _, times in codes)
    transport = sum(int(one[1]) for one in _FAILURE.finditer(failures))
    http = sum(times for code, times in codes if code >= _FAILED_STATUS)
    percentiles = {float(one[1]): float(one[2]) for one in _PERCENTILE.finditer(text)}
    result = LoadResult(
        tool="hey",
        location=place,
        requests=answers + transport,
        transport_errors=transport,
        http_errors=http,
        errors=transport + http,
        duration=fields.get("Total"),
        rps=fields["Requests/sec"],
        mean=fields.get("Average") if answers else None,
        percentiles={percent: percentiles[percent] for percent in WANTED if percent in percentiles},
        slowest=fields.get("Slowest") if answers else None,
        timeouts=transport,
    )
    return LoadDocument((result,))


def _csv(place: Location, text: str) -> LoadDocument:
    rows = list(_rows(text))
    times = [one for one, _, _ in rows]
    codes = [code for _, code, _ in rows]
    ends = [offset + one for one, _, offset in rows if offset is not None]
    http = None
    if rows and all(code is not None for code in codes):
        http = sum(1 for code in codes if code is not None and code >= _FAILED_STATUS)
    duration = max(ends) if rows and len(ends) == len(rows) else None
    result = LoadResult(
        tool="hey",
        location=place,
        requests=len(rows),
        http_errors=http,
        duration=duration,
        rps=len(rows) / duration if duration else None,
        mean=sum(times) / len(times) if times else None,
        percentiles=exact_percentiles(times),
        slowest=max(times, default=None),
    )
    return LoadDocument((result,))


def _rows(text: str) -> Iterator[tuple[float, float | None, float | None]]:
    """
    Time, status and offset of every answer; older versions write no status and no offset.
    """
    for row in csv.DictReader(text.splitlines()):
        time = read_number(row.get("response-time") or "")
        if time is not None:
            code, offset = row.get("status-code") or "", row.get("offset") or ""
            yield time, read_number(code), read_number(offset)
