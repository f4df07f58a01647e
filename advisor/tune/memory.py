"""
The sizes of a PostgreSQL server that is not there yet, by the formulas that judge one that is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from advisor.catalog import postgresql as catalog
from advisor.facts.advice import advice_facts
from advisor.facts.common import Joined
from advisor.facts.memory import memory_facts
from advisor.model import Origin, Value
from advisor.model.subject import Fact


class _Defaults(Mapping[str, Fact]):
    """
    Settings that nobody chose, as the server of one major has them.
    """

    def __init__(self, major: int) -> None:
        self._major = major

    def __getitem__(self, name: str) -> Fact:
        space, _, setting = name.partition(".")
        if space != "pg":
            raise KeyError(name)
        found = catalog.default(setting, self._major)
        return Value(found.value if found else None, Origin.DEFAULT)

    def __iter__(self) -> Iterator[str]:
        return (f"pg.{name}" for name in catalog.names(self._major))

    def __len__(self) -> int:
        return len(catalog.names(self._major))


class Server(Struct, frozen=True):
    """
    A server to be: its host, its load and the settings chosen so far.
    """

    memory: int
    """Bytes."""
    cpus: float
    major: int
    planned: int
    """Connections that may be open at once."""
    settings: Mapping[str, float] = field(default_factory=dict)
    """By name, sizes in bytes."""

    def facts(self) -> Mapping[str, Fact]:
        """
        The facts under ``memory.`` and ``advice.`` with all that they are computed from.
        """
        stated: dict[str, Fact] = {
            "host.memory": Value(self.memory, Origin.GIVEN),
            "host.cpus": Value(self.cpus, Origin.GIVEN),
            "host.shared": Value(value=False, origin=Origin.GIVEN),
            "host.shm": Value(None, Origin.DEFAULT),
            "pg.major": Value(self.major, Origin.GIVEN),
            "connections.planned": Value(self.planned, Origin.EVALUATED),
            "connections.peak": Value(self.planned, Origin.EVALUATED),
        }
        chosen: dict[str, Fact] = {
            f"pg.{name}": Value(value, Origin.EVALUATED) for name, value in self.settings.items()
        }
        facts = Joined({**stated, **chosen}, _Defaults(self.major))
        facts = Joined(memory_facts(facts), facts)
        return Joined(advice_facts(facts), facts)

    def number(self, name: str) -> float:
        """
        One of the numeric facts. Raises `TypeError` for one that is not known.
        """
        return numeric(self.facts(), name)

    @property
    def worst(self) -> float:
        """
        Memory in bytes if every planned connection sorted and hashed at once.
        """
        return self.number("memory.worst")


def numeric(facts: Mapping[str, Fact], name: str) -> float:
    """
    The value of a numeric fact. Raises `TypeError` for one that is not known.
    """
    fact = facts[name]
    value = fact.value if isinstance(fact, Value) else None
    if not isinstance(value, (int, float)):
        raise TypeError(f"{name} is no number")
    return value
