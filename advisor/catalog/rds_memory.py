"""
Formulas of Amazon RDS that count in another unit than was meant.

``DBInstanceClassMemory`` is in bytes, what a formula gives is in the setting's own unit:
``{DBInstanceClassMemory/4}`` for shared_buffers is 8 kB times a quarter of the bytes.

Source: Amazon RDS User Guide, "Specifying DB parameters" and "RDS for PostgreSQL memory": a quarter
is ``{DBInstanceClassMemory/32768}``.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor import regex
from advisor.catalog.rds_formulas import evaluate
from advisor.units import SIZE_UNITS

_PAGE, _KB = 8192, 1024
UNITS: Mapping[str, int] = {
    "shared_buffers": _PAGE,
    "effective_cache_size": _PAGE,
    "temp_buffers": _PAGE,
    "work_mem": _KB,
    "maintenance_work_mem": _KB,
    "autovacuum_work_mem": _KB,
    "logical_decoding_work_mem": _KB,
}
"""Bytes for which 1 stands, by setting."""
_USUAL: Mapping[str, tuple[float, float]] = {
    "shared_buffers": (1 / 64, 2 / 5),
    "effective_cache_size": (1 / 64, 1),
}
_RARELY_MORE = (1 / 20_000, 1 / 4)
"""Least and largest part of the memory that makes sense for a setting."""
_DEFAULTS: Mapping[str, int] = {"shared_buffers": 4, "effective_cache_size": 2}
"""Parts of the memory that RDS gives where nobody says anything: a quarter, a half."""
_SOME = (1 * SIZE_UNITS["GB"], 768 * SIZE_UNITS["GB"])
"""A small and a large class: what exceeds the memory of both does so on any."""
_FEW_CPUS = 2
_SIMPLE = regex.lazy(
    r"\{\s*DBInstanceClassMemory\s*(?:\*\s*([1-9]\d{0,5})\s*)?/\s*([1-9]\d{0,14})\s*\}"
)


def times_memory(name: str, text: str, memory: float | None) -> float | None:
    """
    How many times the memory of its class a formula gives, at least that when it is not known.

    None for settings that are no memory, and for formulas that cannot be computed.
    """
    unit = UNITS.get(name)
    if unit is None:
        return None
    found = [
        (evaluate(text, {"DBInstanceClassMemory": one, "DBInstanceVCPU": _FEW_CPUS}), one)
        for one in ((memory,) if memory else _SOME)
    ]
    times = [number * unit / one for number, one in found if number is not None]
    return min(times) if len(times) == len(found) else None


def meant(name: str, text: str) -> str:
    """
    The formula that gives the part of the memory that was meant, else the one of RDS; may be empty.

    Whoever divides by 4 thinks in bytes, whoever divides by 4096 in kB.
    """
    unit = UNITS[name]
    match = _SIMPLE.fullmatch(text.strip())
    least, most = _USUAL.get(name, _RARELY_MORE)
    factor, divisor = (int(match[1] or 1), int(match[2])) if match else (1, 0)
    for thought in (1, _KB):
        parts = divisor // thought
        if parts and least <= factor / parts <= most:
            return _formula(factor, parts * unit)
    return _formula(1, _DEFAULTS[name] * unit) if name in _DEFAULTS else ""


def _formula(factor: int, divisor: int) -> str:
    times = f"*{factor}" if factor > 1 else ""
    return f"{{DBInstanceClassMemory{times}/{divisor}}}"
