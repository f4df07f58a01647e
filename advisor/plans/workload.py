"""
The plans of a long log by statement: how often each ran, how long all its runs took together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from advisor import regex
from advisor.plans.fingerprint import fingerprint
from advisor.plans.log import Record

MOST_STATEMENTS = 5_000
"""Statements that are kept apart; beyond that those that took least are let go."""
MOST_TEXT = 64 * 1024 * 1024
"""Characters of plans that are kept: one plan for each statement, its slowest."""
_HEAD = 64 * 1024
"""Characters of a record in which its statement is looked for."""
_QUOTED = r'"(?>(?:[^"\\]++|\\.)*)"'
_OF_DOCUMENT: Mapping[str, re.Pattern[str]] = {
    "{": regex.lazy(rf'"Query Text": ({_QUOTED})'),
    "<": regex.lazy(r"<Query-Text>(.*?)</Query-Text>", re.DOTALL),
}
"""By the first character of the plan."""
_OF_YAML = regex.lazy(rf"Query Text: ({_QUOTED})\nPlan: ")
_OF_TEXT = regex.lazy(r"Query Text: (.*?)(?=\n[^\n]*  \(cost=|\nQuery Parameters:)", re.DOTALL)
_PLAN_HEAD = 200


class Statement(Struct):
    """
    All runs of one statement.
    """

    slowest: Record
    calls: int = 0
    total_ms: float = 0.0


class Workload(Struct):
    """
    The statements of a log, as far as it has been read, in bounded memory.
    """

    statements: dict[str, Statement] = field(default_factory=dict)
    """By fingerprint."""
    records: int = 0
    total_ms: float = 0.0
    let_go: int = 0
    """Statements that took too little to be kept."""
    size: int = 0
    """Characters of the slowest records."""

    def take(self, record: Record) -> None:
        """
        Count one record.
        """
        time = record.duration_ms or 0.0
        self.records += 1
        self.total_ms += time
        key = fingerprint(query_of(record)) or record.text[:_PLAN_HEAD]
        found = self.statements.get(key)
        if found is None:
            found = self.statements[key] = Statement(record)
            self.size += len(record.text)
        elif time > (found.slowest.duration_ms or 0.0):
            self.size += len(record.text) - len(found.slowest.text)
            found.slowest = record
        found.calls += 1
        found.total_ms += time
        if len(self.statements) > MOST_STATEMENTS or self.size > MOST_TEXT:
            self._let_go()

    def ranked(self) -> list[Statement]:
        """
        The statements, those that took most time in all first.
        """
        return sorted(self.statements.values(), key=lambda one: -one.total_ms)

    def _let_go(self) -> None:
        """
        Keep what took most time, up to half of either limit.
        """
        kept: dict[str, Statement] = {}
        size = 0
        for key, one in sorted(self.statements.items(), key=lambda pair: -pair[1].total_ms):
            fits = size + len(one.slowest.text) <= MOST_TEXT // 2
            if kept and not (fits and len(kept) < MOST_STATEMENTS // 2):
                self.let_go += 1
                continue
            kept[key] = one
            size += len(one.slowest.text)
        self.statements, self.size = kept, size


def of_records(records: Iterable[Record]) -> Workload:
    """
    Everything that a log holds.
    """
    workload = Workload()
    for record in records:
        workload.take(record)
    return workload


def query_of(record: Record) -> str:
    """
    The statement of a record, found without reading the plan; ``""`` when it does not say.
    """
    text = record.text
    pattern = _OF_DOCUMENT.get(text[:1])
    if pattern is not None:
        match = pattern.search(text, 0, _HEAD)
    else:
        match = _OF_YAML.match(text, 0, _HEAD) or _OF_TEXT.match(text, 0, _HEAD)
    return _unescaped(match[1]) if match else ""


def _unescaped(text: str) -> str:
    if not text.startswith('"'):
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        return text
