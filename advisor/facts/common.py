"""
What several targets say in the same way.
"""

from __future__ import annotations

from advisor.deployment.model import Host
from advisor.model import Origin, Value
from advisor.model.subject import Fact


def host_facts(host: Host) -> dict[str, Fact]:
    """
    Facts under ``host.``.
    """
    return {
        "host.cpus": host.cpus,
        "host.memory": host.memory,
        "host.storage": host.storage,
        "host.shared": host.shared,
    }


def computed(value: bool | float | str) -> Fact:  # noqa: FBT001 - a fact's value, not a flag
    """
    A fact that follows from what was read, at no place of its own.
    """
    return Value(value, Origin.EVALUATED)
