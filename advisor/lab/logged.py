"""
The statements of a server's log: of ``log_min_duration_statement`` and ``log_statement`` in stderr,
csvlog and jsonlog, else of auto_explain's plans.

Lines are read one by one and statements that differ in literals alone count as one, so that a log
may be as long as it likes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from msgspec import Struct, field

from advisor import regex
from advisor.indexes.statements import statements
from advisor.lab.workload import Statement, normalized
from advisor.plans import workload
from advisor.plans.fingerprint import fingerprint
from advisor.plans.skim import skim
from advisor.sources.stream import byte_blocks

MOST_STATEMENTS = 5_000
"""That are kept apart; beyond that those that took least are let go."""
MOST_LINES = 2_000
"""Of one statement."""
_HEAD = (
    r"(?:duration: (?P<ms>[\d.]{1,20}) ms  )?"
    r"(?:statement|execute [^:\n]{1,200}): (?P<sql>.*)"
)
_STDERR = regex.lazy(rf".*?\w:\s{{1,2}}(?:[0-9A-Z]{{5}}: )?{_HEAD}")
_CSV = regex.lazy(rf'.*?,"{_HEAD}')
_JSON = regex.lazy(_HEAD, re.DOTALL)
_CELL = regex.lazy(r'((?>(?:[^"]++|"")*))("?)')
_SIGN = regex.lazy(
    rb"duration: [\d.]{1,20} ms  (?:plan:|statement: |execute |parse |bind )"
    rb"|(?:LOG:  |,\"|\"message\": ?\")(?:statement|execute [^:\n]{1,200}): "
)
_LOOKED_AT = 8
"""Blocks of a file in which the first statement of a log is expected."""
_LONG = 1_000_000
"""Characters of a statement; generated ones may have megabytes of values."""


def is_log(path: Path) -> bool:
    """
    Whether the beginning of a file has statements or plans as a server logs them. What can be read
    only once is none.

    Raises `SourceError` when it cannot be read.
    """
    if not path.is_file():
        return False
    with byte_blocks(path, str(path)) as blocks:
        return any(_SIGN.search(block) for block in islice(blocks, _LOOKED_AT))


def of_log(path: Path) -> Iterator[Statement]:
    """
    What was logged: each statement with its calls and their time.

    Where statements are logged themselves, plans beside them are the same executions once more.
    Raises `SourceError` when it cannot be read.
    """
    name = str(path)
    with byte_blocks(path, name) as blocks:
        found = _Groups()
        for line, ms, text in logged(_lines(blocks)):
            found.take(f"{name}:{line}", text, ms)
    if listed := found.found():
        yield from listed
        return
    with byte_blocks(path, name) as blocks:
        for one in workload.of_records(skim(blocks)).ranked():
            place = f"{name}:{one.slowest.line}"
            query = workload.query_of(one.slowest)
            known = normalized(place, query, float(one.calls), one.total_ms)
            if known is not None:
                yield known


def logged(lines: Iterable[str]) -> Iterator[tuple[int, float, str]]:
    """
    Line, milliseconds (0 where they are not logged) and text of each statement.
    """
    waiting: _Open | None = None
    for number, line in enumerate(lines, 1):
        if waiting is not None:
            if waiting.take(line):
                continue
            yield waiting.found()
            waiting = None
        if "statement: " not in line and "execute " not in line:
            continue
        if line.startswith("{"):
            yield from _of_json(number, line)
        elif match := _CSV.fullmatch(line):
            waiting = _Open(number, _ms(match), is_csv=True)
            waiting.take(match["sql"])
        elif match := _STDERR.fullmatch(line):
            waiting = _Open(number, _ms(match), lines=[match["sql"]])
    if waiting is not None:
        yield waiting.found()


class _Open(Struct):
    """
    A statement whose lines are being collected.
    """

    number: int
    ms: float
    is_csv: bool = False
    is_closed: bool = False
    lines: list[str] = field(default_factory=list)

    def take(self, line: str) -> bool:
        """
        Whether a line belongs to it; the server puts a tab before every line but the first.
        """
        if self.is_closed or len(self.lines) >= MOST_LINES:
            return False
        if self.is_csv:
            cell = _CELL.match(line)
            self.is_closed = cell is None or bool(cell[2])
            self.lines.append(cell[1].replace('""', '"') if cell else "")
            return True
        if not line.startswith("\t"):
            return False
        self.lines.append(line[1:])
        return True

    def found(self) -> tuple[int, float, str]:
        """
        What it has come to.
        """
        return self.number, self.ms, "\n".join(self.lines)


class _Group(Struct):
    """
    One statement with different literals.
    """

    shown: Statement | None
    """As it ran longest; None for what has no plan."""
    longest: float
    calls: float = 0.0
    total_ms: float = 0.0


class _Groups(Struct):
    """
    The statements of a log, as far as it has been read, in bounded memory.
    """

    groups: dict[str, _Group] = field(default_factory=dict)
    """By fingerprint."""

    def take(self, place: str, text: str, ms: float) -> None:
        """
        Count what was sent at once.
        """
        text = text[:_LONG].rstrip("; \n")
        parts = [one.text for one in statements(text)] if ";" in text else [text]
        for part in parts:
            self._count(place, part, ms / len(parts))

    def found(self) -> list[Statement]:
        """
        Each statement once, with all its calls.
        """
        return [
            Statement(one.shown.name, one.shown.sql, one.calls, one.total_ms)
            for one in self.groups.values()
            if one.shown is not None
        ]

    def _count(self, place: str, text: str, ms: float) -> None:
        key = fingerprint(text)
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = _Group(normalized(place, text, 1.0, ms), ms)
        elif ms > group.longest:
            group.shown, group.longest = normalized(place, text, 1.0, ms), ms
        group.calls += 1
        group.total_ms += ms
        if len(self.groups) > MOST_STATEMENTS:
            self._let_go()

    def _let_go(self) -> None:
        """
        Keep half of them, those that took most time.
        """
        ranked = sorted(self.groups, key=lambda key: -self.groups[key].total_ms)
        for key in ranked[MOST_STATEMENTS // 2 :]:
            del self.groups[key]


def _of_json(number: int, line: str) -> Iterator[tuple[int, float, str]]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return
    message = entry.get("message") if isinstance(entry, dict) else None
    match = _JSON.fullmatch(message) if isinstance(message, str) else None
    if match:
        yield number, _ms(match), match["sql"]


def _ms(match: re.Match[str]) -> float:
    try:
        return float(match["ms"] or 0.0)
    except ValueError:
        return 0.0


def _lines(blocks: Iterable[bytes]) -> Iterator[str]:
    """
    The lines of a stream.
    """
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(b"\n")
        yield from map(_line, whole)
    if rest:
        yield _line(rest)


def _line(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")
