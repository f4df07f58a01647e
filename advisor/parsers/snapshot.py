"""
A snapshot of a running server, written by ``advisor collect``.

Read value by value, so that every row knows its line, however the file is laid out.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field

from advisor import regex
from advisor.model import Location, Problem
from advisor.parsers import _snapshot_relations as relations
from advisor.parsers import _snapshot_rows as rows

FORMAT = "advisor-snapshot-v1"
R = TypeVar("R", bound=rows.Row)
SECTIONS: Mapping[str, type[rows.Row]] = {
    "unreadable": rows.Unreadable,
    "settings": rows.Setting,
    "role_settings": rows.RoleSetting,
    "databases": rows.DatabaseRow,
    "checkpoints": rows.Checkpoints,
    "bgwriter": rows.Bgwriter,
    "wal": rows.Wal,
    "wal_files": rows.WalFiles,
    "io": relations.Io,
    "archiver": rows.Archiver,
    "extensions": rows.Extension,
    "hba": rows.Hba,
    "file_errors": rows.FileError,
    "sessions": rows.Sessions,
    "long_sessions": rows.LongSession,
    "prepared": rows.Prepared,
    "replication": rows.Replication,
    "slots": rows.Slot,
    "publications": rows.Publication,
    "subscriptions": rows.Subscription,
    "tables": relations.Table,
    "indexes": relations.Index,
    "foreign_keys": relations.ForeignKey,
    "columns": relations.Column,
    "extended_statistics": relations.ExtendedStatistics,
    "sequences": rows.Sequence,
    "extents": relations.Extent,
    "statements": rows.Statement,
}
"""The lists of a snapshot, and what their rows are."""
_BLANK = regex.lazy(r"\s*+")
LONGEST_NUMBER = 30
"""Digits: the server counts in 64 bits, and in sums of them."""


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError("a number is too long")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is not finite")
    return number


_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=_finite, parse_constant=_finite)
MAX_PROBLEMS = 20


class SnapshotDocument(Struct, frozen=True):
    """
    What one file says about one database of one server.
    """

    path: str
    server: rows.Server
    sections: Mapping[str, tuple[rows.Row, ...]]
    """Those that were read."""
    problems: tuple[Problem, ...] = ()

    def read(self, kind: type[R]) -> tuple[R, ...] | None:
        """
        The rows of one kind; None when the snapshot does not hold them.
        """
        name = _NAMES[kind]
        found = self.sections.get(name)
        return None if found is None else tuple(one for one in found if isinstance(one, kind))

    def one(self, kind: type[R]) -> R | None:
        """
        The first row of one kind, None when there is none.
        """
        found = self.read(kind)
        return found[0] if found else None

    def place(self, row: rows.Row) -> Location:
        """
        Where a row stands.
        """
        return Location(self.path, max(row.at_line, 1))

    def why_missing(self, section: str) -> str:
        """
        Why a section is missing, as a reason to show.
        """
        noted = self.sections.get("unreadable", ())
        for one in noted:
            if isinstance(one, rows.Unreadable) and one.section == section:
                return f"the snapshot lacks it: {one.reason}"
        return f"the snapshot has no “{section}”"


_NAMES = {kind: name for name, kind in SECTIONS.items()}


class _Reading(Struct):
    path: str
    text: str
    lines: list[int]
    """Where each line begins."""
    found: dict[str, list[rows.Row]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    server: rows.Server | None = None

    def line(self, at: int) -> int:
        return bisect_right(self.lines, at)


def read_snapshot(path: str, text: str) -> tuple[SnapshotDocument | None, tuple[Problem, ...]]:
    """
    A snapshot, None when it is unusable as a whole; and what is wrong with it.
    """
    starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
    reading = _Reading(path, text, starts)
    try:
        version = _read(reading)
    except (ValueError, RecursionError) as error:
        at = getattr(error, "pos", 0)
        place = Location(path, reading.line(min(at, len(text))) or 1)
        return None, (Problem("is no complete snapshot: cut off or edited", place),)
    if version != FORMAT:
        shown = version if isinstance(version, str) and len(version) < 40 else "another format"
        message = f"is a snapshot of the format {shown}; {FORMAT} is read"
        hint = "collect it again with this version of advisor"
        return None, (Problem(message, Location(path, 1), hint),)
    if reading.server is None:
        reading.problems.append(Problem("says nothing of the server", Location(path, 1)))
        return None, tuple(reading.problems)
    sections = {name: tuple(found) for name, found in reading.found.items()}
    return SnapshotDocument(path, reading.server, sections), tuple(reading.problems)


def _read(reading: _Reading) -> object:
    """
    Read the outer object; its "format" is returned.
    """
    version: object = None
    at = _expect(
        reading.text, _skip(reading.text, 1 if reading.text.startswith("\ufeff") else 0), "{"
    )
    while True:
        at = _skip(reading.text, at)
        key, at = _DECODER.raw_decode(reading.text, at)
        at = _skip(reading.text, _expect(reading.text, _skip(reading.text, at), ":"))
        if key in SECTIONS and reading.text.startswith("[", at):
            at = _list(reading, key, at + 1)
        else:
            begin = at
            value, at = _DECODER.raw_decode(reading.text, at)
            version = value if key == "format" else version
            if key == "server":
                reading.server = _row(reading, rows.Server, value, begin)
        at = _skip(reading.text, at)
        if reading.text.startswith("}", at):
            return version
        at = _expect(reading.text, at, ",")


def _list(reading: _Reading, name: str, at: int) -> int:
    kept = reading.found.setdefault(name, [])
    at = _skip(reading.text, at)
    while not reading.text.startswith("]", at):
        begin = at
        value, at = _DECODER.raw_decode(reading.text, at)
        row = _row(reading, SECTIONS[name], value, begin)
        if row is not None:
            kept.append(row)
        at = _skip(reading.text, at)
        if reading.text.startswith(",", at):
            at = _skip(reading.text, at + 1)
        elif not reading.text.startswith("]", at):
            raise json.JSONDecodeError("expected , or ]", reading.text, at)
    return at + 1


def _row(reading: _Reading, kind: type[R], value: Any, begin: int) -> R | None:  # noqa: ANN401 - JSON
    line = reading.line(begin)
    try:
        if not isinstance(value, dict):
            raise msgspec.ValidationError("expected an object")  # noqa: TRY301 - one message for both
        return msgspec.convert({**value, "at_line": line}, kind)
    except msgspec.ValidationError as error:
        if len(reading.problems) < MAX_PROBLEMS:
            message = f"is no row as collect writes it: {str(error)[:200]}"
            reading.problems.append(Problem(message, Location(reading.path, line)))
        return None


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _expect(text: str, at: int, mark: str) -> int:
    if not text.startswith(mark, at):
        raise json.JSONDecodeError(f"expected {mark}", text, at)
    return at + 1


def schema() -> Mapping[str, Any]:
    """
    The JSON schema of the format, which is published beside the collector.
    """
    kinds = (rows.Server, *SECTIONS.values())
    refs, definitions = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    for one in definitions.values():
        one["properties"].pop("at_line")
    server, *lists = refs
    properties: dict[str, Any] = {"format": {"const": FORMAT}, "server": server}
    for name, ref in zip(SECTIONS, lists, strict=True):
        properties[name] = {"type": "array", "items": ref}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Snapshot of a PostgreSQL server by advisor collect",
        "type": "object",
        "required": ["format", "server", "unreadable"],
        "properties": properties,
        "$defs": definitions,
    }
