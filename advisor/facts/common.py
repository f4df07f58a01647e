"""
What several targets say in the same way.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from advisor.deployment.model import Host
from advisor.facts.schema import Kind, Type
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact

if TYPE_CHECKING:
    from advisor.deployment.services import RunningService

LARGEST = 1e15
"""No setting of a program is larger than this; more is a slip or an attack."""
_PYTHON: Mapping[Kind, type] = {Kind.BOOL: bool, Kind.STRING: str, Kind.VERSION: tuple}

_ANYWHERE = ("", "0.0.0.0", "::", "*")  # noqa: S104 - compared


def host_facts(host: Host) -> dict[str, Fact]:
    """
    Facts under ``host.``.
    """
    return {
        "host.cpus": host.cpus,
        "host.processors": _in_words(host.cpus),
        "host.memory": host.memory,
        "host.storage": host.storage,
        "host.shared": host.shared,
        "host.workload": host.workload,
        "host.limited": computed(host.limited),
        "host.shm": host.shm or Value(None, Origin.DEFAULT, note="not in a container"),
    }


def _in_words(cpus: Value[float] | Value[int] | Unknown) -> Fact:
    if isinstance(cpus, Unknown):
        return cpus
    text = f"{cpus.value:g} cpu{'' if cpus.value <= 1 else 's'}"
    return Value(text, Origin.EVALUATED)


def manager_of(service: RunningService | None) -> str:
    """
    What starts and stops a service: compose, kubernetes, systemd, supervisord; empty if not known.
    """
    if service is None:
        return ""
    if service.pod:
        return "kubernetes"
    return "compose" if service.composed else service.manager


def opened_to_others(service: RunningService) -> Value[bool]:
    """
    Whether machines other than its host, or than those of its cluster, reach a container.
    """
    if service.opened is not None:
        return Value(True, Origin.LITERAL, service.opened)
    if service.host_network:
        return Value(True, Origin.EVALUATED, service.service.location)
    for mapping in service.service.ports:
        if mapping.value.published and mapping.value.host_ip.strip("[]") in _ANYWHERE:
            return Value(True, Origin.EVALUATED, mapping.location)
    return Value(False, Origin.EVALUATED)


def somaxconn_of(service: RunningService | None) -> Fact:
    """
    The kernel's limit for backlogs in a container; absent where nobody set it.
    """
    value = service.service.sysctls.get("net.core.somaxconn") if service else None
    if value is None:
        return Value(None, Origin.DEFAULT, note="nobody set it")
    text = value.value if isinstance(value, Value) else None
    if isinstance(value, Value) and isinstance(text, str) and text.isdecimal():
        return Value(int(text), value.origin, value.location)
    return Unknown("is no number", value.location)


def computed(value: bool | float | str) -> Fact:  # noqa: FBT001 - a fact's value, not a flag
    """
    A fact that follows from what was read, at no place of its own.
    """
    return Value(value, Origin.EVALUATED)


def of_type(fact: Fact | Value[object] | Unknown, type_: Type) -> Fact:
    """
    A setting as a fact, if its value is of the type that the schema promises.

    Code may set anything: what the program would not take as this type is unknown.
    """
    if isinstance(fact, Unknown):
        return fact
    value = fact.value
    wanted = _PYTHON.get(type_.kind)
    if value is None:
        return Value(None, fact.origin, fact.location, fact.note)
    if wanted is None and isinstance(value, (int, float)) and not isinstance(value, bool):
        if math.isfinite(value) and abs(value) < LARGEST:
            return Value(value, fact.origin, fact.location, fact.note)
    elif wanted is not None and isinstance(value, (bool, str, tuple)) and isinstance(value, wanted):
        return Value(value, fact.origin, fact.location, fact.note)
    return Unknown(f"its value is no usable {type_}", fact.location)


def number(fact: Fact) -> int:
    """
    The whole number of a known fact, 0 for any other.
    """
    value = fact.value if isinstance(fact, Value) else 0
    return int(value) if isinstance(value, (int, float)) else 0


def holds(fact: Fact) -> bool:
    """
    Whether a fact is known and true.
    """
    return isinstance(fact, Value) and bool(fact.value)


def first_unknown(*facts: Fact) -> Unknown | None:
    """
    The first of several facts that is not known, None when all are.
    """
    return next((fact for fact in facts if isinstance(fact, Unknown)), None)


def origin_of(*facts: Fact) -> Origin:
    """
    The origin of what is computed from facts: assumed if one of them is.
    """
    assumed = any(isinstance(one, Unknown) or one.origin is Origin.ASSUMED for one in facts)
    return Origin.ASSUMED if assumed else Origin.EVALUATED


def weakest(*origins: Origin) -> Origin:
    """
    The least sure of several origins.
    """
    return max(origins, key=list(Origin).index)


class Joined(Mapping[str, Fact]):
    """
    Facts of one mapping before those of another, without copying the hundreds of settings.
    """

    def __init__(self, first: Mapping[str, Fact], second: Mapping[str, Fact]) -> None:
        self._parts = (first, second)

    def __getitem__(self, name: str) -> Fact:
        first, second = self._parts
        return first[name] if name in first else second[name]

    def __contains__(self, name: object) -> bool:
        return any(name in part for part in self._parts)

    def __iter__(self) -> Iterator[str]:
        first, second = self._parts
        yield from first
        yield from (name for name in second if name not in first)

    def __len__(self) -> int:
        return sum(1 for _ in self)
