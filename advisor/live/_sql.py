"""
Pieces of SQL that several questions share.
"""

from __future__ import annotations

OWN = "row_to_json(answer)"
"""What every question of this program has in it, and statements of others do not."""


def moment(expression: str) -> str:
    """
    A point in time as text in UTC, whatever the session's zone and date style.
    """
    return f"to_char(({expression}) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"


def seconds(expression: str) -> str:
    """
    How long ago something was, in seconds.
    """
    return f"round(extract(epoch FROM clock_timestamp() - ({expression}))::numeric, 1)"


def since(major: int, first: int, expression: str, *, older: str = "NULL") -> str:
    """
    An expression that older servers do not know.
    """
    return expression if major >= first else older


def user_relations(alias: str) -> str:
    """
    The condition for relations that are neither the system's nor temporary.
    """
    return (
        f"{alias}.nspname <> 'information_schema' AND {alias}.nspname NOT LIKE 'pg\\_catalog'"
        f" AND {alias}.nspname NOT LIKE 'pg\\_toast%' AND {alias}.nspname NOT LIKE 'pg\\_temp\\_%'"
    )
