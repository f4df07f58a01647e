"""
Settings of PgBouncer that rules speak of: types and defaults per version.

Sources: "pgbouncer.ini" (https://www.pgbouncer.org/config.html) for types and defaults, and the
changelog (https://www.pgbouncer.org/changelog.html): max_prepared_statements came with 1.21 as 0
and is 200 from 1.24 on; query_wait_timeout is 120 s since 1.7.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from advisor import regex


class Kind(StrEnum):
    """
    What a setting takes.
    """

    NUMBER = "number"
    """A whole number: decimal, 0x or octal."""
    SECONDS = "seconds"
    """A number of seconds without a unit, fractions allowed."""
    WORD = "word"
    """One of a few words, in any case."""
    TEXT = "text"


class Setting(Struct, frozen=True):
    """
    One setting of the section ``[pgbouncer]``.
    """

    kind: Kind
    default: float | str
    words: tuple[str, ...] = ()


POOL_MODES = ("session", "transaction", "statement")
PREPARED_SINCE = (1, 21)
PREPARED_ON_SINCE = (1, 24)
_PREPARED = "max_prepared_statements"
_AUTH = ("any", "trust", "plain", "md5", "cert", "hba", "ldap", "pam", "scram-sha-256", "peer")
_TLS = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_NUMBERS: Mapping[str, int] = {
    "listen_port": 6432,
    "max_client_conn": 100,
    "default_pool_size": 20,
    "min_pool_size": 0,
    "reserve_pool_size": 0,
    "max_db_connections": 0,
    "max_user_connections": 0,
    "max_db_client_connections": 0,
    "max_user_client_connections": 0,
    "server_round_robin": 0,
    "server_reset_query_always": 0,
    "server_fast_close": 0,
}
_SECONDS: Mapping[str, int] = {
    "query_timeout": 0,
    "query_wait_timeout": 120,
    "client_idle_timeout": 0,
    "client_login_timeout": 60,
    "idle_transaction_timeout": 0,
    "transaction_timeout": 0,
    "server_idle_timeout": 600,
    "server_lifetime": 3600,
    "server_connect_timeout": 15,
    "server_login_retry": 15,
    "server_check_delay": 30,
    "reserve_pool_timeout": 5,
    "autodb_idle_timeout": 3600,
}
_TEXTS: Mapping[str, str] = {
    "listen_addr": "",
    "auth_file": "",
    "auth_user": "",
    "auth_hba_file": "",
    "unix_socket_dir": "",
    "ignore_startup_parameters": "",
    "track_extra_parameters": "IntervalStyle",
    "server_reset_query": "DISCARD ALL",
}
SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        **{name: Setting(Kind.NUMBER, default) for name, default in _NUMBERS.items()},
        **{name: Setting(Kind.SECONDS, default) for name, default in _SECONDS.items()},
        **{name: Setting(Kind.TEXT, default) for name, default in _TEXTS.items()},
        "pool_mode": Setting(Kind.WORD, "session", POOL_MODES),
        "auth_type": Setting(Kind.WORD, "md5", _AUTH),
        "client_tls_sslmode": Setting(Kind.WORD, "disable", _TLS),
        "server_tls_sslmode": Setting(Kind.WORD, "prefer", _TLS),
        _PREPARED: Setting(Kind.NUMBER, 200),
    }
)
"""By name, with the defaults of the newest version."""
_NUMBER = regex.lazy(r"\s*[+-]?(?:0[xX][0-9a-fA-F]+|[0-9]+)", re.ASCII)
_FRACTION = regex.lazy(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_LONGEST = 18
"""Digits that a number may have: more is a slip."""


def default_of(name: str, version: tuple[int, ...] | None) -> float | str | None:
    """
    The default of a setting, None where it depends on a version that is not known.

    Raises `KeyError` for a name that the catalogue does not hold.
    """
    default = SETTINGS[name].default
    if name != _PREPARED:
        return default
    if version is None or len(version) < len(PREPARED_SINCE):
        return None
    return default if version[:2] >= PREPARED_ON_SINCE else 0


def read_value(name: str, raw: str) -> float | str | None:
    """
    A written value as PgBouncer takes it, None when it refuses it.

    Raises `KeyError` for a name that the catalogue does not hold.
    """
    setting = SETTINGS[name]
    if setting.kind is Kind.TEXT:
        return raw
    if setting.kind is Kind.WORD:
        return raw.lower() if raw.lower() in setting.words else None
    if len(raw) > _LONGEST:
        return None
    if setting.kind is Kind.NUMBER:
        return _integer(raw) if _NUMBER.fullmatch(raw) else None
    seconds = float(raw) if _FRACTION.fullmatch(raw) else -1.0
    return seconds if 0 <= seconds < 10**_LONGEST else None


def _integer(raw: str) -> int | None:
    digits = raw.strip().lstrip("+-").lower()
    base = 16 if digits.startswith("0x") else 8 if digits.startswith("0") else 10
    try:
        number = int(digits, base)
    except ValueError:
        return None
    return -number if raw.strip().startswith("-") else number
