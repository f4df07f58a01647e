"""
Asking a server how it would plan a statement; nothing is executed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor import regex

if TYPE_CHECKING:
    from advisor.lab.server import Connection

_PARAMETER = regex.lazy(r"\$\d")
_NAME = "advisor_statement"


def plan(connection: Connection, statement: str) -> tuple[bytes | None, str]:
    """
    The plan as JSON, or the error. To be called in a transaction that is rolled back, and followed
    by `forget`.

    With parameters it is the plan for any values: prepared and never executed. Prepared anew each
    time, because a kept plan would not notice that indexes come and go.
    """
    if not _PARAMETER.search(statement):
        return _ask(connection, f"EXPLAIN (VERBOSE, FORMAT JSON) {statement}")
    _, error = _ask(connection, f"PREPARE {_NAME} AS {statement}")
    if error:
        return None, error
    count, _ = _ask(
        connection,
        "SELECT cardinality(parameter_types) FROM pg_catalog.pg_prepared_statements"
        f" WHERE name = '{_NAME}'",
    )
    nulls = ", ".join(["NULL"] * int(count or 0))
    arguments = f"({nulls})" if nulls else ""
    connection.execute(b"SET LOCAL plan_cache_mode = force_generic_plan")
    return _ask(connection, f"EXPLAIN (VERBOSE, FORMAT JSON) EXECUTE {_NAME}{arguments}")


def forget(connection: Connection, statement: str) -> None:
    """
    Drop what `plan` has prepared, which outlives the transaction.
    """
    if _PARAMETER.search(statement):
        known = f"SELECT 1 FROM pg_catalog.pg_prepared_statements WHERE name = '{_NAME}'"
        if connection.execute(known.encode()).fetchone():
            connection.execute(f"DEALLOCATE {_NAME}".encode())


def _ask(connection: Connection, statement: str) -> tuple[bytes | None, str]:
    """
    One value, or the error. Sent as one statement: the server refuses a second one.
    """
    result = connection.pgconn.exec_params(statement.encode(), None)
    said = result.error_message.decode("utf-8", "replace").strip().split("\n")[0]
    return (result.get_value(0, 0) if result.ntuples else None), said.removeprefix("ERROR:  ")
