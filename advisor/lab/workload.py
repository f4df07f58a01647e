"""
The statements to make cheaper: of SQL files, plans, exports of pg_stat_statements and snapshots.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec
from msgspec import Struct

from advisor import regex
from advisor.errors import StatisticsError
from advisor.indexes.statements import statements
from advisor.lab.record import Record
from advisor.lab.record import Statement as Row

_PLANNED = regex.lazy(r"(?:SELECT|WITH|INSERT|UPDATE|DELETE|MERGE|VALUES)\b", re.IGNORECASE)
_EXPLAIN = regex.lazy(r"EXPLAIN\s*(?:\([^)]*\)|(?:ANALYZE\b|VERBOSE\b|\s)*)\s*", re.IGNORECASE)
_TYPED = regex.lazy(
    r"\b(date|timestamptz|timestamp|time|interval|timestamp with(?:out)? time zone)\s+(\$\d+)",
    re.IGNORECASE,
)
_INTERNAL = regex.lazy(r"\b(?:pg_catalog|pg_stat|pg_class|information_schema)", re.IGNORECASE)
_SPACES = regex.lazy(r"\s+")
MOST = 200
"""Statements that are looked at, those that take most time first."""


class Statement(Struct, frozen=True):
    """
    One statement of the workload.
    """

    name: str
    """File and line, or the place in an export."""
    sql: str
    calls: float = 1.0
    total_ms: float = 0.0


def of_script(path: str, text: str) -> Iterator[Statement]:
    """
    Statements of SQL that have a plan; EXPLAIN before them does not matter.
    """
    for one in statements(text):
        sql = _EXPLAIN.sub("", one.text, count=1) if _EXPLAIN.match(one.text) else one.text
        if _PLANNED.match(sql):
            yield Statement(f"{path}:{one.line}", sql)


def of_plans(path: str, text: str) -> Iterator[Statement]:
    """
    Statements above plans, or within them (auto_explain).
    """
    from advisor.plans.read import read_plans  # noqa: PLC0415 - start-up cost

    for plan in read_plans(path, text).plans:
        if plan.query and _PLANNED.match(plan.query.strip()):
            place = f"{path}:{plan.location.line}"
            total = plan.total_ms or plan.execution_ms or 0.0
            yield Statement(place, plan.query.strip().rstrip(";"), plan.calls or 1.0, total)


def of_export(path: str, text: str) -> Iterator[Statement]:
    """
    Rows of pg_stat_statements as CSV with a header or as JSON, an array or one object a line.
    """
    rows = list(
        _json_rows(text) if text.lstrip()[:1] in "[{" else csv.DictReader(io.StringIO(text))
    )
    if not rows or not any("query" in row for row in rows):
        raise StatisticsError(
            "is no export of pg_stat_statements: it has no column “query”",
            path=path,
            hint="write query, calls and total_exec_time with \\copy … TO … CSV HEADER",
        )
    for number, row in enumerate(rows, 1):
        calls, total = _number(row.get("calls")), _number(row.get("total_exec_time"))
        known = normalized(f"{path}: row {number}", str(row.get("query") or ""), calls, total)
        if known is not None:
            yield known


def of_record(path: str, record: Record) -> Iterator[Statement]:
    """
    Statements of a snapshot.
    """
    for number, one in enumerate(record.statements, 1):
        known = _of_row(f"{path}: statement {number}", one)
        if known is not None:
            yield known


def together(found: Iterable[Statement]) -> list[Statement]:
    """
    Each statement once, with all its calls; the `MOST` that take most time, else that come first.
    """
    merged: dict[str, Statement] = {}
    for one in found:
        key = _SPACES.sub(" ", one.sql).strip()
        known = merged.get(key)
        if known is not None:
            one = Statement(  # noqa: PLW2901 - the sum of both
                known.name, known.sql, known.calls + one.calls, known.total_ms + one.total_ms
            )
        merged[key] = one
    ordered = sorted(merged.values(), key=lambda one: -one.total_ms)
    return ordered[:MOST]


def _of_row(name: str, row: Row) -> Statement | None:
    return normalized(name, row.query, row.calls, row.total_exec_time)


def normalized(name: str, query: str, calls: float, total: float) -> Statement | None:
    """
    A statement as the server writes it down, unless it has no plan or is about the catalog only;
    ``date $1``, which is no SQL, becomes ``$1::date``.
    """
    sql = _TYPED.sub(r"\2::\1", query.strip().rstrip(";"))
    if not _PLANNED.match(sql) or _INTERNAL.search(sql):
        return None
    return Statement(name, sql, max(calls, 1.0), total)


def _json_rows(text: str) -> list[Mapping[str, object]]:
    try:
        found = msgspec.json.decode(text.encode())
    except msgspec.DecodeError:
        try:
            found = [
                msgspec.json.decode(line.encode()) for line in text.splitlines() if line.strip()
            ]
        except msgspec.DecodeError:
            return []
    rows = found if isinstance(found, list) else [found]
    return [row for row in rows if isinstance(row, dict)]


def _number(value: object) -> float:
    try:
        return float(str(value or 0))
    except ValueError:
        return 0.0
