"""
Bare numbers that were probably meant in another unit: ``shared_buffers = 512`` is 4 MB.

A number without a unit counts in the setting's own unit, which is blocks of 8 kB for some and
milliseconds for others (``unit`` of pg_settings).
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from advisor import regex
from advisor.catalog.postgresql import Guc
from advisor.model import Value
from advisor.model.subject import Fact
from advisor.units import DURATION_UNITS, SIZE_UNITS, format_duration, format_size

_BYTES = {**SIZE_UNITS, "8kB": 8 * SIZE_UNITS["kB"]}
_BARE = regex.lazy(r"\s*([1-9]\d{0,9})\s*")


class Doubt(Struct, frozen=True):
    """
    A bare number that is hardly meant as the server takes it.
    """

    kind: str
    """``clear``: nobody can mean it; ``possible``: some do."""
    amount: str
    """What it means to the server: ``4 MB``, ``30 ms``."""
    suggestion: str
    """The same number with the unit that was probably meant: ``512MB``, ``30s``."""


class _Limits(Struct, frozen=True):
    """
    Below which bare numbers of a setting are doubtful, in the setting's own unit.
    """

    clear: int
    possible: int = 0
    unit: str = "MB"
    """What such a number was probably meant in."""


_LIMITS: Mapping[str, _Limits] = {
    # A tenth of the default; for autovacuum_work_mem that of maintenance_work_mem.
    "shared_buffers": _Limits(1639),
    "effective_cache_size": _Limits(52429),
    "temp_buffers": _Limits(103),
    "work_mem": _Limits(410),
    "maintenance_work_mem": _Limits(6554),
    "autovacuum_work_mem": _Limits(6554),
    "logical_decoding_work_mem": _Limits(6554),
    "log_rotation_size": _Limits(1024),
    "max_wal_size": _Limits(80, unit="GB"),
    # Timeouts that would end what they should guard; a short limit may be a decision for some.
    "statement_timeout": _Limits(100, 1000, "s"),
    "transaction_timeout": _Limits(100, 1000, "s"),
    "lock_timeout": _Limits(10, 100, "s"),
    "idle_in_transaction_session_timeout": _Limits(1000, unit="s"),
    "idle_session_timeout": _Limits(1000, unit="s"),
    "wal_sender_timeout": _Limits(1000, unit="s"),
    "wal_receiver_timeout": _Limits(1000, unit="s"),
    "checkpoint_timeout": _Limits(0, 60, "min"),
}


def doubt_of(guc: Guc, raw: str, memory: Fact) -> Doubt | None:
    """
    The doubt about one value, None when there is none.

    Nothing is doubted that is not a bare number, or that would exceed the host's memory in the
    unit it might be meant in.
    """
    bare, limits = _BARE.fullmatch(raw), _LIMITS.get(guc.name)
    if bare is None or limits is None:
        return None
    number = int(bare[1])
    if number >= max(limits.clear, limits.possible) or _too_large(number, limits.unit, memory):
        return None
    kind = "clear" if number < limits.clear else "possible"
    return Doubt(kind, _amount(number, guc.unit), f"{number}{limits.unit}")


def meant_unit(name: str, raw: str) -> str:
    """
    A bare number with the unit it was probably meant in, empty when nothing can be said.
    """
    bare, limits = _BARE.fullmatch(raw), _LIMITS.get(name)
    return f"{bare[1]}{limits.unit}" if bare and limits else ""


def _too_large(number: int, unit: str, memory: Fact) -> bool:
    limit = memory.value if isinstance(memory, Value) else None
    if unit != "MB" or not isinstance(limit, (int, float)):
        return False
    return number * SIZE_UNITS["MB"] > limit


def _amount(number: int, unit: str) -> str:
    if unit in _BYTES:
        return format_size(number * _BYTES[unit])
    return format_duration(number * DURATION_UNITS[unit])
