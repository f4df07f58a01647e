"""
What the user states about the target: the strongest source of facts about hosts and versions.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from advisor.model.value import Value


class Given(Struct, frozen=True):
    """
    Stated host facts, versions and mappings. Empty means: nothing was stated.
    """

    cpus: Value[float] | None = None
    memory: Value[int] | None = None
    """Bytes."""
    storage: Value[str] | None = None
    """``ssd``, ``hdd`` or ``san``."""
    shared: Value[bool] | None = None
    """Whether the database shares its host with the other services."""
    workload: Value[str] | None = None
    """``web``, ``oltp``, ``dw`` or ``mixed``."""
    platform: Value[str] | None = None
    """Service that runs PostgreSQL: ``rds``, ``aurora``, ``cloudsql``, ``azure``."""
    versions: Mapping[str, Value[tuple[int, ...]]] = field(default_factory=dict)
    """By program: ``postgresql``, ``nginx``, ``gunicorn``, ``sqlalchemy``."""
    path_map: Mapping[str, str] = field(default_factory=dict)
    """Absolute folder on the target → folder below the audited root."""
