"""
Database and broker URLs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus

from msgspec import Struct, field

from advisor import regex
from advisor.model import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCHEME = regex.lazy(r"([A-Za-z][A-Za-z0-9.-]*)(?:\+([A-Za-z0-9_.+-]+))?://")
_USER = regex.lazy(r"([^:/?@]*)(?::([^@]*))?@")
_HOST = regex.lazy(r"(\[[^\]/]*\]|[^:/,]*)(?::([^/,]*))?")
_SECRET_FIELDS = ("password", "sslpassword")


class Dsn(Struct, frozen=True):
    """
    Where a URL leads. `str()` and `repr()` never show the password.
    """

    scheme: str
    """In lower case, without the driver: ``postgresql``, ``postgres``, ``redis``."""
    driver: str = ""
    """What follows the ``+``: ``psycopg2``, ``asyncpg``; empty when it is left to the default."""
    host: str = ""
    """The first host; empty when none is named. A folder means a Unix socket."""
    port: int | None = None
    database: str = ""
    user: str = ""
    password: Secret | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    """Options behind the ``?``, without passwords."""

    def __str__(self) -> str:
        driver = f"+{self.driver}" if self.driver else ""
        port = f":{self.port}" if self.port is not None else ""
        return f"{self.scheme}{driver}://{self.host}{port}/{self.database}"


def parse_dsn(text: str) -> Dsn | None:
    """
    The parts of ``scheme[+driver]://[user[:password]@][host[:port]][/database][?query]``.

    An ``@`` that was left unescaped belongs to the password, so that no part of a password can end
    up as a host. Of several hosts the first is taken. None when the text is no URL.
    """
    scheme = _SCHEME.match(text.strip())
    if scheme is None:
        return None
    user, password, rest = _split_user(text.strip()[scheme.end() :])
    place, _, query_text = rest.partition("?")
    query = _parse_query(query_text)
    authority, _, database = place.partition("/")
    host, port = _split_host(authority)
    field = next((query[name] for name in _SECRET_FIELDS if name in query), None)
    return Dsn(
        scheme=scheme[1].lower(),
        driver=(scheme[2] or "").lower(),
        host=host or query.get("host", ""),
        port=port if port is not None else _port(query.get("port", "")),
        database=unquote(database) or query.get("dbname", ""),
        user=unquote(user) or query.get("user", ""),
        password=_secret(unquote(password) if password is not None else field),
        query={name: value for name, value in query.items() if name not in _SECRET_FIELDS},
    )


def _split_user(text: str) -> tuple[str, str | None, str]:
    match = _USER.match(text)
    if match is None:
        return "", None, text
    rest = text[match.end() :]
    end = re.search(r"[/?]|$", rest)
    head = rest[: end.start()] if end else rest
    if "@" not in head:
        return match[1], match[2], rest
    more, _, host = head.rpartition("@")
    return match[1], f"{match[2] or ''}@{more}", host + rest[len(head) :]


def _split_host(authority: str) -> tuple[str, int | None]:
    match = _HOST.match(authority)
    if match is None:
        return "", None
    return unquote(match[1]).strip("[]"), _port(match[2] or "")


def _parse_query(text: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in text.partition("#")[0].split("&") if pair)
    return {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}


def _port(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,5}", text) else None


def _secret(text: str | None) -> Secret | None:
    return None if text is None else Secret(text)
