"""
Rules of single settings beyond type and range, as the server's check hooks have them.

Each rule takes the value after type and range and returns it, a changed one or a rejection.
Source: guc_tables.c names the hook of each setting; the tests ask real servers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from advisor.catalog._postgresql_numbers import our_units
from advisor.catalog._postgresql_texts import TEXT_RULES
from advisor.catalog._postgresql_types import Canonical, Guc, Rejection, refuse

if TYPE_CHECKING:
    from advisor.catalog._postgresql_types import Rule

MAX_BACKENDS: Final = 262143
_SLRU_BANK = 16


def check(guc: Guc, value: Canonical, major: int) -> Canonical | Rejection:
    """
    Apply the rules of this setting, if it has any.
    """
    rule = _RULES.get(guc.name) or TEXT_RULES.get(guc.name)
    return rule(guc, value, major) if rule else value


def _number(guc: Guc, number: int) -> Canonical:
    return Canonical(str(number), our_units(number, guc.unit))


def _backends(guc: Guc, value: Canonical, major: int) -> Canonical | Rejection:
    """
    Up to 17 the sum of all backends is checked here, the other settings being at their defaults.
    """
    if major > 17 or (guc.name == "max_wal_senders" and major < 12):
        return value
    parts = {"max_connections": 100, "autovacuum_max_workers": 3, "max_worker_processes": 8}
    if major >= 12:
        parts["max_wal_senders"] = 10
    parts[guc.name] = int(value.text)
    # One more for the autovacuum launcher.
    if sum(parts.values()) + 1 <= MAX_BACKENDS:
        return value
    return refuse(guc, f"and the other process limits exceed {MAX_BACKENDS} together")


def _wal_buffers(guc: Guc, value: Canonical, _major: int) -> Canonical:
    return _number(guc, 4) if 0 <= int(value.text) < 4 else value


def _autovacuum_work_mem(guc: Guc, value: Canonical, major: int) -> Canonical:
    least = 64 if major >= 17 else 1024
    return _number(guc, least) if -1 < int(value.text) < least else value


def _vacuum_buffers(guc: Guc, value: Canonical, _major: int) -> Canonical | Rejection:
    return refuse(guc, "must be 0 or at least 128kB") if 0 < int(value.text) < 128 else value


def _bank(guc: Guc, value: Canonical, _major: int) -> Canonical | Rejection:
    if int(value.text) % _SLRU_BANK == 0:
        return value
    return refuse(guc, f"must be a multiple of {_SLRU_BANK} blocks (128kB)")


def _not_zero(guc: Guc, value: Canonical, _major: int) -> Canonical | Rejection:
    return refuse(guc, "must be -1 or at least 1") if value.text == "0" else value


def _off(guc: Guc, value: Canonical, major: int) -> Canonical | Rejection:
    if major < 12 or value.value is False:
        return value
    return refuse(guc, "must be off: tables with OIDs are gone since version 12")


def _transaction(guc: Guc, value: Canonical, major: int) -> Canonical | Rejection:
    """
    Checked, then forgotten: every transaction starts with its default again.
    """
    if guc.vartype == "string" and value.text not in _ISOLATION:
        return refuse(guc, f"must be one of {', '.join(_ISOLATION)}")
    if guc.vartype == "bool":
        return Canonical("off", False)
    text = "default" if major < 12 else "read committed"
    return Canonical(text, text)


_ISOLATION = ("serializable", "repeatable read", "read committed", "read uncommitted", "default")


def _bonjour(_guc: Guc, value: Canonical, _major: int) -> Canonical:
    return replace(value, build=value.value is True)


_RULES: dict[str, Rule] = {
    **dict.fromkeys(
        ("autovacuum_max_workers", "max_connections", "max_wal_senders", "max_worker_processes"),
        _backends,
    ),
    **dict.fromkeys(
        (
            "commit_timestamp_buffers",
            "multixact_member_buffers",
            "multixact_offset_buffers",
            "notify_buffers",
            "serializable_buffers",
            "subtransaction_buffers",
            "transaction_buffers",
        ),
        _bank,
    ),
    **dict.fromkeys(
        ("transaction_deferrable", "transaction_isolation", "transaction_read_only"), _transaction
    ),
    "autovacuum_work_mem": _autovacuum_work_mem,
    "bonjour": _bonjour,
    "default_with_oids": _off,
    "io_max_concurrency": _not_zero,
    "vacuum_buffer_usage_limit": _vacuum_buffers,
    "wal_buffers": _wal_buffers,
}
