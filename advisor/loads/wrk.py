"""
wrk and wrk2: text with a table of averages, percentiles and a summary.

``requests`` are answers that came; a timeout is an answer that came late, is counted among them and
is in no percentile. Checked with wrk 4.1.0; wrk2 by its README (https://github.com/giltene/wrk2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor import regex
from advisor.loads.model import LoadDocument, LoadResult
from advisor.loads.samples import known_only, seconds
from advisor.model import Location

_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_TIME = r"(\d{1,12}(?:\.\d{1,9})?)(us|ms|s|m|h)"
_START = regex.lazy(r"^Running \S+ test @ ", re.MULTILINE)
_CONNECTIONS = regex.lazy(r"^\s*\d{1,9} threads? and (\d{1,9}) connections?", re.MULTILINE)
_LATENCY = regex.lazy(rf"^\s*Latency\s+{_TIME}\s+{_TIME}\s+{_TIME}\s", re.MULTILINE)
_PERCENTILE = regex.lazy(rf"^\s*(\d{{1,3}}(?:\.\d{{1,6}})?)%\s+{_TIME}\s*$", re.MULTILINE)
_SPECTRUM = regex.lazy(
    r"^\s*(\d{1,12}\.\d{1,9})\s+([01]\.\d{1,9})\s+\d{1,15}\s+(?:[\d.]{1,20}|inf)\s*$", re.MULTILINE
)
_TOTAL = regex.lazy(rf"^\s*(\d{{1,15}}) requests in {_TIME},", re.MULTILINE)
_SOCKET = regex.lazy(
    r"^\s*Socket errors: connect (\d{1,15}), read (\d{1,15}), write (\d{1,15}), "
    r"timeout (\d{1,15})",
    re.MULTILINE,
)
_STATUS = regex.lazy(r"^\s*Non-2xx or 3xx responses: (\d{1,15})", re.MULTILINE)
_RPS = regex.lazy(r"^Requests/sec:\s+(\d{1,15}(?:\.\d{1,9})?)", re.MULTILINE)
_HDR = "HdrHistogram - Recorded Latency"


def read(path: str, text: str) -> LoadDocument:
    """
    Every run in a file.
    """
    return LoadDocument(tuple(_results(path, text)))


def _results(path: str, text: str) -> Iterator[LoadResult]:
    starts = [match.start() for match in _START.finditer(text)]
    line, last = 1, 0
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        line += text.count("\n", last, start)
        last = start
        yield _result(Location(path, line), text[start:end])


def _result(place: Location, text: str) -> LoadResult:
    two = _HDR in text
    socket = _SOCKET.search(text)
    connect, read_, write, late = (int(one) for one in socket.groups()) if socket else (0, 0, 0, 0)
    total, status, rps = _TOTAL.search(text), _STATUS.search(text), _RPS.search(text)
    answered = int(total[1]) if total else None
    transport, http = connect + read_ + write + late, int(status[1]) if status else 0
    latency, connections = _LATENCY.search(text), _CONNECTIONS.search(text)
    timed = answered is None or answered > late
    tried = None if answered is None else answered + connect + read_ + write
    return LoadResult(
        tool="wrk2" if two else "wrk",
        location=place,
        requests=tried,
        transport_errors=transport,
        http_errors=http,
        errors=transport + http,
        duration=_seconds(total[2], total[3]) if total else None,
        rps=float(rps[1]) * tried / answered if rps and tried and answered else None,
        mean=_seconds(latency[1], latency[2]) if latency and timed else None,
        percentiles=_percentiles(text) if timed else {},
        slowest=_seconds(latency[5], latency[6]) if latency and timed else None,
        concurrency=int(connections[1]) if connections else None,
        closed=not two,
        timeouts=late,
    )


def _percentiles(text: str) -> dict[float, float]:
    """
    Those that are printed; wrk2's spectrum also has rows at or just beyond others.
    """
    printed = _PERCENTILE.finditer(text.partition("Detailed Percentile spectrum")[0])
    found = known_only({float(one[1]): _seconds(one[2], one[3]) for one in printed})
    for row in _SPECTRUM.finditer(text):
        if 95.0 not in found and float(row[2]) >= 0.95:
            found[95.0] = seconds(float(row[1]), _UNITS["ms"])
    return found


def _seconds(digits: str, unit: str) -> float:
    return seconds(float(digits), _UNITS[unit])
