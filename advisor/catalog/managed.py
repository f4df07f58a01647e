"""
What managed PostgreSQL runs on, and what it sets where nobody says anything.

Sources: Amazon RDS User Guide, "DB instance classes" and "Specifying DB parameters"; AWS
Prescriptive Guidance, "Tuning PostgreSQL parameters in Amazon RDS and Amazon Aurora"; Cloud SQL for
PostgreSQL, "Quotas and limits"; Azure Database for PostgreSQL, "Limits".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from advisor import regex
from advisor.units import SIZE_UNITS

_GIB = SIZE_UNITS["GB"]
_MIB = SIZE_UNITS["MB"]


class Machine(NamedTuple):
    """
    Cpus, and bytes of memory.
    """

    cpus: float
    memory: int


_CPUS = {
    "large": 2,
    "xlarge": 4,
    "2xlarge": 8,
    "4xlarge": 16,
    "8xlarge": 32,
    "10xlarge": 40,
    "12xlarge": 48,
    "16xlarge": 64,
    "24xlarge": 96,
    "32xlarge": 128,
}
_TO_16 = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
_TO_24 = (*_TO_16, "24xlarge")
_TO_32 = (*_TO_24, "32xlarge")
_FAMILIES: Mapping[str, tuple[float, tuple[str, ...]]] = {
    "m4": (4, ("large", "xlarge", "2xlarge", "4xlarge", "10xlarge", "16xlarge")),
    "m5": (4, _TO_24),
    "m5d": (4, _TO_24),
    "m6g": (4, _TO_16),
    "m6gd": (4, _TO_16),
    "m6i": (4, _TO_32),
    "m6id": (4, _TO_32),
    "m7g": (4, _TO_16),
    "m7i": (4, _TO_24),
    "m8g": (4, _TO_24),
    "r4": (7.625, ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge")),
    "r5": (8, _TO_24),
    "r5d": (8, _TO_24),
    "r6g": (8, _TO_16),
    "r6gd": (8, _TO_16),
    "r6i": (8, _TO_32),
    "r6id": (8, _TO_32),
    "r7g": (8, _TO_16),
    "r7i": (8, _TO_24),
    "r8g": (8, _TO_24),
    "x2g": (16, _TO_16),
}
"""GiB a cpu, and the sizes there are."""
_BURSTABLE: Mapping[str, Machine] = {
    "micro": Machine(2, _GIB),
    "small": Machine(2, 2 * _GIB),
    "medium": Machine(2, 4 * _GIB),
    "large": Machine(2, 8 * _GIB),
    "xlarge": Machine(4, 16 * _GIB),
    "2xlarge": Machine(8, 32 * _GIB),
}
_SINGLE = ("micro", "small")
"""Sizes of db.t2 with one cpu."""
_CUSTOM = regex.lazy(r"db-custom-(\d{1,3})-(\d{4,7})")
_PERFORMANCE = regex.lazy(r"db-perf-optimized-N-(\d{1,3})")
_SHARED_CORE = {
    "db-f1-micro": Machine(1, int(0.6 * _GIB)),
    "db-g1-small": Machine(1, int(1.7 * _GIB)),
}
_CLOUDSQL_CONNECTIONS = (
    (120, 1000),
    (60, 800),
    (30, 600),
    (15, 500),
    (7.5, 400),
    (6, 200),
    (3.75, 100),
    (1.7, 50),
    (0.6, 25),
)
"""GiB from which on, and connections."""
_AZURE = regex.lazy(r"(?:GP|MO)_Standard_([DE])(\d{1,2})(?:s_v3|d?a?ds_v[45])")
_AZURE_BURSTABLE = {
    "B_Standard_B1ms": (Machine(1, 2 * _GIB), 50),
    "B_Standard_B2s": (Machine(2, 4 * _GIB), 429),
    "B_Standard_B2ms": (Machine(2, 8 * _GIB), 859),
    "B_Standard_B4ms": (Machine(4, 16 * _GIB), 1718),
    "B_Standard_B8ms": (Machine(8, 32 * _GIB), 3437),
    "B_Standard_B12ms": (Machine(12, 48 * _GIB), 5000),
    "B_Standard_B16ms": (Machine(16, 64 * _GIB), 5000),
    "B_Standard_B20ms": (Machine(20, 80 * _GIB), 5000),
}
_AZURE_CONNECTIONS = {8: 859, 16: 1718, 32: 3437}
"""By GiB; 5000 above."""

RDS: Mapping[str, str] = {
    "max_connections": "LEAST({DBInstanceClassMemory/9531392},5000)",
    "shared_buffers": "{DBInstanceClassMemory/32768}",
    "effective_cache_size": "{DBInstanceClassMemory/16384}",
    "maintenance_work_mem": "GREATEST({DBInstanceClassMemory*1024/63963136},65536)",
    "autovacuum_max_workers": "GREATEST({DBInstanceClassMemory/64371566592},3)",
}
"""Formulas that stand in every default parameter group of RDS, in the units of PostgreSQL."""
AURORA: Mapping[str, str] = {"max_connections": RDS["max_connections"]}
AZURE_RESERVED = 15
"""Connections that Azure keeps for replication and monitoring."""
ENGINE_DEFAULTS = frozenset(
    {
        "work_mem",
        "temp_buffers",
        "random_page_cost",
        "seq_page_cost",
        "cpu_tuple_cost",
        "superuser_reserved_connections",
    }
)
"""Settings for which RDS has no value of its own, so that PostgreSQL's default applies."""


def rds_machine(name: str) -> Machine | None:
    """
    What a class like ``db.t4g.medium`` has; None for those the table lacks.
    """
    prefix, _, rest = name.partition(".")
    family, _, size = rest.partition(".")
    if prefix != "db":
        return None
    if family in ("t2", "t3", "t4g"):
        found = _BURSTABLE.get(size)
        return found._replace(cpus=1) if found and family == "t2" and size in _SINGLE else found
    ratio, sizes = _FAMILIES.get(family, (0.0, ()))
    if size not in sizes:
        return None
    return Machine(_CPUS[size], int(_CPUS[size] * ratio * _GIB))


def cloudsql_machine(tier: str) -> Machine | None:
    """
    What a tier like ``db-custom-2-7680`` has; None for those whose name does not say it.
    """
    custom = _CUSTOM.fullmatch(tier)
    if custom:
        return Machine(int(custom[1]), int(custom[2]) * _MIB)
    performance = _PERFORMANCE.fullmatch(tier)
    if performance:
        return Machine(int(performance[1]), int(performance[1]) * 8 * _GIB)
    return _SHARED_CORE.get(tier)


def cloudsql_connections(machine: Machine) -> int | None:
    """
    max_connections where no flag says anything.
    """
    memory = machine.memory / _GIB
    return next((number for least, number in _CLOUDSQL_CONNECTIONS if memory >= least - 0.01), None)


def azure_machine(sku: str) -> tuple[Machine, int] | None:
    """
    What a product like ``GP_Standard_D2ds_v5`` has, and its max_connections.
    """
    match = _AZURE.fullmatch(sku)
    if match is None:
        return _AZURE_BURSTABLE.get(sku)
    cpus = int(match[2])
    gib = cpus * (4 if match[1] == "D" else 8)
    if cpus not in (2, 4, 8, 16, 32, 48, 64):
        return None
    memory = 432 if (match[1], cpus) == ("E", 64) else gib
    return Machine(cpus, memory * _GIB), _AZURE_CONNECTIONS.get(gib, 5000)
