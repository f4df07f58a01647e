"""
Property lines of the text form, translated into the properties of the JSON form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from advisor import regex
from advisor.plans import scan

_PAIR = regex.lazy(
    r"([A-Z][\w /-]{0,40}?): {1,4}(.*?)(?: {2,4}(?=[A-Z])| (?=[A-Z][\w /-]{0,40}: )|$)"
)
_ORIGINALLY = regex.lazy(r"(\d+) \(originally (\d+)\)", re.ASCII)
_EQUALS = regex.lazy(r"([a-z]+)=([\d.]+)", re.ASCII)
_SIZE = regex.lazy(r"([\d.]+) ?kB", re.ASCII)
_SORTED = regex.lazy(r"(\S.*?) +(\w+): +([\d.]+) ?kB", re.ASCII)
_SETTING = regex.lazy(r"([\w.]+) = '((?:[^']|'')*)'")
_TRIGGER = regex.lazy(r"Trigger (.+?): (?:time=([\d.]+) )?calls=(\d+)", re.ASCII)
_CONSTRAINT = regex.lazy(r"(?:(?P<name>\S+) )?for constraint (?P<constraint>.+)")
_LISTS = frozenset({"Sort Key", "Presorted Key", "Group Key", "Cache Key", "Output"})
_BUFFER_KINDS = ("shared", "local", "temp")
_WAL = {"records": "WAL Records", "fpi": "WAL FPI", "bytes": "WAL Bytes"}
_BLOCKS = {"exact": "Exact Heap Blocks", "lossy": "Lossy Heap Blocks"}
_SORT_GROUPS = ("Full-sort Groups", "Pre-sorted Groups")
_RENAMED: Mapping[str, Mapping[str, str]] = {
    "Buckets": {
        "Buckets": "Hash Buckets",
        "Batches": "Hash Batches",
        "Memory Usage": "Peak Memory Usage",
    },
    "Batches": {"Batches": "HashAgg Batches", "Memory Usage": "Peak Memory Usage"},
    "Planned Partitions": {"Batches": "HashAgg Batches", "Memory Usage": "Peak Memory Usage"},
    "Hits": {
        "Hits": "Cache Hits",
        "Misses": "Cache Misses",
        "Evictions": "Cache Evictions",
        "Overflows": "Cache Overflows",
        "Memory Usage": "Peak Memory Usage",
    },
    "Storage": {},
}


def translate(key: str, value: str) -> dict[str, object]:
    """
    One text property under the name or names that JSON has for it. Unknown keys stay as they are.
    """
    if key in _LISTS:
        return {key: list(scan.split(value, ","))}
    if reader := _READERS.get(key):
        return reader(value)
    if key in _SORT_GROUPS:
        count, _, rest = value.partition("  ")
        return {key: {"Group Count": count} | _pairs(rest, {})}
    if key in _RENAMED:
        return _pairs(f"{key}: {value}", _RENAMED[key])
    return {key: value}


def settings(value: str) -> dict[str, object]:
    """
    The line ``Settings: work_mem = '64kB', jit = 'off'``.
    """
    return {match[1]: match[2].replace("''", "'") for match in _SETTING.finditer(value)}


def trigger(line: str) -> dict[str, object] | None:
    """
    The line ``Trigger for constraint a_fkey on t: time=0.5 calls=1``; None for any other.
    """
    match = _TRIGGER.fullmatch(line)
    if match is None:
        return None
    name, _, relation = match[1].partition(" on ")
    found: dict[str, object] = {"Trigger Name": name, "Relation": relation, "Calls": match[3]}
    if constraint := _CONSTRAINT.fullmatch(name):
        found |= {"Trigger Name": constraint["name"] or ""}
        found |= {"Constraint Name": constraint["constraint"]}
    return found | ({"Time": match[2]} if match[2] else {})


def _pairs(line: str, names: Mapping[str, str]) -> dict[str, object]:
    """
    Several properties on one line: ``Buckets: 1024  Batches: 1``; copies may have one blank.
    """
    found: dict[str, object] = {}
    for name, text in _PAIR.findall(line):
        if match := _ORIGINALLY.fullmatch(text):
            found[f"Original {names.get(name, name)}"] = match[2]
            text = match[1]  # noqa: PLW2901 - the figure that holds now, without its history
        size = _SIZE.fullmatch(text)
        found[names.get(name, name)] = size[1] if size else text
    return found


def _sort_method(value: str) -> dict[str, object]:
    match = _SORTED.fullmatch(value)
    if match is None:
        return {"Sort Method": value.partition("  ")[0]}
    method, kind, size = match.groups()
    return {"Sort Method": method, "Sort Space Used": size, "Sort Space Type": kind}


def _buffers(value: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for part in value.split(","):
        kind, _, counts = part.strip().partition(" ")
        if kind in _BUFFER_KINDS:
            for name, count in _EQUALS.findall(counts):
                found[f"{kind.title()} {name.title()} Blocks"] = count
    return found


def _io_timings(value: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for part in value.split(","):
        kind, _, counts = part.strip().partition(" ")
        # Until 16 the plain figures have no kind; 15 and 16 call them "shared/local".
        prefix = f"{kind.title()} " if kind in _BUFFER_KINDS else ""
        for name, time in _EQUALS.findall(counts if "=" not in kind else part):
            found[f"{prefix}I/O {name.title()} Time"] = time
    return found


def _named_counts(names: Mapping[str, str]) -> Callable[[str], dict[str, object]]:
    return lambda value: {names[k]: v for k, v in _EQUALS.findall(value) if k in names}


_READERS: Mapping[str, Callable[[str], dict[str, object]]] = {
    "Sort Method": _sort_method,
    "Buffers": _buffers,
    "I/O Timings": _io_timings,
    "WAL": _named_counts(_WAL),
    "Heap Blocks": _named_counts(_BLOCKS),
}
