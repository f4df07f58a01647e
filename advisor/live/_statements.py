"""
The statements that take the most time, from pg_stat_statements.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from advisor.live._sql import OWN

if TYPE_CHECKING:
    from advisor.live.sections import Scope
    from advisor.live.session import Session

Row: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = tuple[Row, ...]
MOST = 100
LONGEST = 8192
"""Characters of a statement that are kept."""
_DATA = (
    r"^[[:space:](]*(/[*].*[*]/[[:space:]]*)?"
    r"(select|with|insert|update|delete|merge|values)\M"
)
"""Statements that read or write rows, perhaps behind a comment; a regular expression of SQL."""
_KEPT = (
    "calls",
    "rows",
    "total_exec_time",
    "mean_exec_time",
    "total_plan_time",
    "shared_blks_hit",
    "shared_blks_read",
    "temp_blks_read",
    "temp_blks_written",
    "wal_bytes",
)
_OLD = {"total_exec_time": "total_time", "mean_exec_time": "mean_time"}
"""Names of version 1.7, which PostgreSQL 12 has."""


def where_statements(session: Session) -> str:
    """
    The schema of the extension, quoted; empty where this database does not have it.
    """
    query = """
    SELECT quote_ident(n.nspname) AS schema FROM pg_extension e
    JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'
    """
    rows = session.rows(query)
    return rows[0]["schema"] if rows else ""


def statements(session: Session, scope: Scope) -> tuple[Rows | None, Rows]:
    """
    The costliest statements of this database. Utility statements, which may hold passwords, are
    left out; constants were taken out by the extension, and are again by `clean`.

    Which columns there are depends on the version of the extension, not on the server's.
    """
    if not scope.statements:
        return None, (_lacking("the extension pg_stat_statements is not in this database"),)
    view = f"{scope.statements}.pg_stat_statements"
    answer = session.ask(
        f"""
        SELECT r.rolname AS role, left(row ->> 'query', {LONGEST}) AS query, row
        FROM (SELECT to_jsonb(s) AS row, s.userid FROM {view} s
              JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database()) q
        LEFT JOIN pg_roles r ON r.oid = q.userid
        WHERE row ->> 'query' ~* '{_DATA}' AND row ->> 'query' NOT LIKE '%{OWN}%'
        ORDER BY coalesce(row ->> 'total_exec_time', row ->> 'total_time')::float8 DESC,
                 row ->> 'queryid'
        LIMIT {MOST}
        """
    )
    if answer.rows is None:
        return None, (_lacking(answer.reason),)
    return tuple(_row(one) for one in answer.rows), ()


def _row(one: Row) -> Row:
    raw = one["row"]
    found = {"id": str(raw.get("queryid", "")), "role": one.get("role", ""), "query": one["query"]}
    for name in _KEPT:
        value = raw.get(name, raw.get(_OLD.get(name, "")))
        if value is not None:
            found[name] = value
    return found


def _lacking(reason: str) -> Row:
    return {"section": "statements", "what": "statements that take the most time", "reason": reason}
