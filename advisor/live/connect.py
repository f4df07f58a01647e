"""
Opening a connection that can do no harm, and saying what went wrong without saying a secret.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from advisor.errors import LiveError
from advisor.parsers.redaction import MASK, redact

if TYPE_CHECKING:
    import psycopg

OLDEST = 12
CONNECT_TIMEOUT = 10
"""Seconds, where the DSN and ``PGCONNECT_TIMEOUT`` say nothing."""
_SECRETS = ("password", "sslpassword", "oauth_client_secret")
"""Parameters of libpq that nobody may see."""
_HINT = (
    "set PGHOST, PGUSER, PGDATABASE and PGPASSWORD or a ~/.pgpass, PGSERVICE for a service file, "
    "or ADVISOR_DSN"
)


def parse_dsn(dsn: str) -> Mapping[str, Any]:
    """
    The parameters of a connection string. Raises `LiveError`, which never quotes it.
    """
    psycopg = driver()
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    try:
        return conninfo_to_dict(dsn)
    except psycopg.Error:
        # The message of libpq quotes the part that it does not understand: perhaps a password.
        raise LiveError("the connection string is not understood", hint=_HINT) from None


def has_password(dsn: str) -> bool:
    """
    Whether a connection string holds a secret.
    """
    return any(parse_dsn(dsn).get(name) for name in _SECRETS)


@contextmanager
def connected(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """
    A connection to the server, closed at the end. Raises `LiveError` when there is none.
    """
    module = driver()
    given = dict(parse_dsn(dsn))
    if "PGCONNECT_TIMEOUT" not in os.environ:
        given.setdefault("connect_timeout", CONNECT_TIMEOUT)
    if "PGAPPNAME" not in os.environ:
        given.setdefault("application_name", "advisor collect")
    try:
        connection: psycopg.Connection[Any] = module.connect(**given, autocommit=True)
    except (module.Error, OSError, UnicodeError) as error:
        raise LiveError(f"no connection: {said(error, dsn)}", hint=_HINT) from None
    # Behind PgBouncer a prepared statement may meet another server than the one that has it.
    connection.prepare_threshold = None
    with connection:
        yield connection


def said(error: BaseException, dsn: str = "") -> str:
    """
    The first line of what the server or libpq says, without passwords.
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = redact(lines[0]) if lines else type(error).__name__
    for secret in sorted(_secrets(dsn), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def _secrets(dsn: str) -> Iterator[str]:
    given = parse_dsn(dsn)
    for plain in (*(given.get(name) for name in _SECRETS), os.environ.get("PGPASSWORD")):
        if plain:
            yield from {str(plain), quote(str(plain), safe=""), quote_plus(str(plain))}


def driver() -> Any:  # noqa: ANN401 - the module psycopg, which is optional
    """
    The driver. Raises `LiveError` when it is not installed.
    """
    try:
        import psycopg  # noqa: PLC0415
    except ImportError as error:
        raise LiveError(
            "psycopg is not installed, which talks to the server",
            hint="pip install 'deploy-advisor[live]'",
        ) from error
    return psycopg
