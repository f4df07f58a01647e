"""
What several targets say in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
