"""
Settings as TOML: what holds and who says so, and a first file to begin with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from advisor.config.keys import CHECKS
from advisor.config.layers import Layer
from advisor.config.settings import LISTS, TABLES
from advisor.parsers.redaction import redact
from advisor.report.cells import steers

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_NESTED = ("params", "paths")
FIRST = """\
# Settings of advisor. Everything here is optional; what stands in a comment shows the default or an
# example. `advisor config show` says what holds and why, `advisor config schema` prints the schema.

# Which rules are tried and shown, and when a build fails: essential, recommended or strict.
profile = "recommended"

# Exit with 1 when a finding is this bad or worse: critical, high, medium, low, info or never.
# fail-on = "high"

# Show findings from this severity on, and only those that are this sure: certain, likely, possible.
# min-severity = "low"
# min-confidence = "possible"

# Rules by code, beginning of a code or name. `advisor rules list` shows them all.
# select = ["ALL"]
# extend-select = []
# ignore = ["NGX5"]

# Every suppression has to give a reason.
# require-reason = true

# Findings that are known already: `advisor baseline write PATH --baseline advisor-baseline.json`.
# baseline = "advisor-baseline.json"

# Settings of another file hold where this one says nothing.
# extend = "../advisor.toml"

# Folders with rules of your own.
# rules = ["ops-rules"]

# What the files do not say about the machine and the versions that run.
# [host]
# memory = "16GB"
# cpus = 4
# storage = "ssd"

# [target]
# postgresql = "16"
# nginx = "1.30"

# Where folders of the target lie below the audited one.
# [path-map]
# "/etc/nginx" = "nginx"

# Another severity, another threshold (`advisor explain CODE` names them).
# [severity]
# PG337 = "low"

# [params.PG338]
# share = 0.02

# What is different in some files; patterns as in .gitignore.
# [paths."legacy/**"]
# ignore = ["NGX6"]

# Findings to accept. What stands in a file can be accepted there as well:
# a comment `advisor: ignore[PG101] reason` behind the line or above it.
# [[ignore]]
# rule = "EXP001"
# path = "plans/nightly.txt"
# reason = "a report that runs at night"
# until = 2027-01-31
"""


def explained(layers: Sequence[Layer]) -> str:
    """
    Every value with its source in a comment, as TOML that can be used.
    """
    lines = [*_plain(layers)]
    for key in TABLES:
        if key != "params":
            lines += _table(key, ((one.data.get(key, {}), one.source(key)) for one in layers))
    for key in _NESTED:
        names = dict.fromkeys(name for one in layers for name in one.data.get(key, {}))
        for name in names:
            said = ((one.data.get(key, {}).get(name, {}), one.source(key)) for one in layers)
            lines += _table(f"{key}.{_name(name)}", said)
    return "\n".join(lines) + "\n"


def toml(value: object) -> str:
    """
    A value on one line.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_name(key)} = {toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        text = json.dumps(redact(value), ensure_ascii=False)
        return "".join(f"\\U{ord(one):08X}" if steers(one) else one for one in text)
    return str(value)


def _plain(layers: Sequence[Layer]) -> Iterator[str]:
    for key in CHECKS:
        if key in LISTS:
            yield from _list(key, layers)
        elif key not in (*TABLES, *_NESTED, "extend"):
            said = [one for one in layers if key in one.data]
            if said:
                yield f"{key} = {toml(said[-1].data[key])}  # {said[-1].source(key)}"


def _list(key: str, layers: Iterable[Layer]) -> Iterator[str]:
    rows = [
        f"  {toml(entry)},  # {one.source(key)}"
        for one in layers
        for entry in one.data.get(key, ())
    ]
    if rows:
        yield from (f"{key} = [", *rows, "]")


def _table(name: str, said: Iterable[tuple[Mapping[str, Any], str]]) -> Iterator[str]:
    rows = {key: (value, source) for table, source in said for key, value in table.items()}
    if rows:
        yield from ("", f"[{name}]")
        for key, (value, source) in rows.items():
            yield f"{_name(key)} = {toml(value)}  # {source}"


def _name(key: str) -> str:
    return key if _BARE.fullmatch(key) else toml(key)
