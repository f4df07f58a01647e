"""
One read-only transaction, in which a question that fails spoils nothing but itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct

from advisor.live._sql import OWN
from advisor.live.connect import said

if TYPE_CHECKING:
    import psycopg

Row: TypeAlias = Mapping[str, Any]
_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Answer(Struct, frozen=True):
    """
    Rows, or why there are none.
    """

    rows: tuple[Row, ...] | None
    reason: str = ""
    denied: bool = False
    """Whether the role lacks a privilege."""
    locked: bool = False
    """Whether a lock of somebody else was in the way, or the time was up."""


class Session:
    """
    Asks a server; every row comes as JSON made by the server itself.
    """

    def __init__(self, connection: psycopg.Connection[Any], driver: Any) -> None:  # noqa: ANN401 - the module
        self._connection = connection
        self._errors = driver.errors
        self._error = driver.Error

    def begin(self) -> None:
        """
        Begin the transaction. Names are looked up in the catalogue of the system only.
        """
        self._connection.execute(_BEGIN)

    def limit(self, *, statement: float, lock: float) -> None:
        """
        Bound what follows, in seconds, to one process of the server.
        """
        for name, value in {
            "statement_timeout": f"{statement * 1000:.0f}ms",
            "lock_timeout": f"{lock * 1000:.0f}ms",
            "idle_in_transaction_session_timeout": "60s",
            "search_path": "pg_catalog",
            "max_parallel_workers_per_gather": "0",
            "jit": "off",
            "DateStyle": "ISO, YMD",
            "IntervalStyle": "postgres",
            "extra_float_digits": "1",
        }.items():
            self._connection.execute("SELECT pg_catalog.set_config(%s, %s, true)", (name, value))

    def end(self) -> None:
        """
        End the transaction.
        """
        self._connection.execute("ROLLBACK")

    def rows(self, query: str) -> tuple[Row, ...]:
        """
        The rows of a query that must not fail; columns without a value are left out.
        """
        found = self._connection.execute(_as_json(query)).fetchall()
        return tuple(row for (row,) in found)

    def one(self, query: str) -> Row:
        """
        The only row of a query that must not fail.
        """
        (row,) = self.rows(query)
        return row

    def ask(self, query: str, *, timeout: float | None = None) -> Answer:
        """
        The rows of a query, or the reason why there are none.

        The savepoint is rolled back in any case: that gives back every lock the query took.
        """
        self._connection.execute("SAVEPOINT question")
        try:
            if timeout is not None:
                bound = f"{timeout * 1000:.0f}ms"
                self._connection.execute(
                    "SELECT pg_catalog.set_config('statement_timeout', %s, true)", (bound,)
                )
            return Answer(self.rows(query))
        except self._error as error:
            if self._connection.closed:
                raise
            return self._refused(error)
        finally:
            if not self._connection.closed:
                self._connection.execute("ROLLBACK TO SAVEPOINT question")
                self._connection.execute("RELEASE SAVEPOINT question")

    def _refused(self, error: BaseException) -> Answer:
        errors = self._errors
        if isinstance(error, errors.InsufficientPrivilege):
            return Answer(None, said(error), denied=True)
        if isinstance(error, errors.LockNotAvailable):
            return Answer(None, "a lock of another session is in the way", locked=True)
        if isinstance(error, errors.QueryCanceled):
            return Answer(None, "the question took too long", locked=True)
        return Answer(None, said(error))


def _as_json(query: str) -> str:
    return f"SELECT json_strip_nulls({OWN}) FROM ({query}) answer"
