"""
Whoever plans statements with indexes that do not exist, and what is asked and answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from msgspec import Struct

from advisor.indexes.model import Definition
from advisor.lab.plan_nodes import walk
from advisor.lab.record import Record


class Note(Struct, frozen=True):
    """
    What the lab does not hold as the server does, and why.
    """

    subject: str
    reason: str


class Refused(Struct, frozen=True):
    """
    A statement that the lab cannot plan.
    """

    reason: str


class Answer(Struct, frozen=True):
    """
    What the planner says about one statement with one set of indexes.
    """

    cost: float
    plan: Mapping[str, Any]
    indexes: frozenset[str]
    """Names of those that the plan uses."""

    @classmethod
    def of(cls, plan: Mapping[str, Any]) -> Answer:
        """
        Read a plan.
        """
        names = (one.get("Index Name") for one in walk(plan))
        return cls(plan["Total Cost"], plan, frozenset(name for name in names if name))


class Candidate(Struct, frozen=True):
    """
    An index that is there to be asked about, with one part for each partition.
    """

    number: int
    definition: Definition
    names: frozenset[str]
    oids: tuple[int, ...]
    size: int
    """Bytes, of all partitions together."""
    notes: tuple[str, ...] = ()
    """What of the answer is guessed."""


class Planner(Protocol):
    """
    Whoever can plan a statement with indexes that do not exist.
    """

    record: Record
    notes: list[Note]
    candidates: list[Candidate]
    refused: dict[Definition, str]
    existing: dict[str, int]
    """Identities of the indexes of the schema that can be hidden, by qualified name."""
    calls: int
    """How often the planner was asked."""

    @property
    def name(self) -> str:
        """
        Whose planner it is.
        """

    def explain(
        self,
        statement: str,
        candidates: Iterable[Candidate] = (),
        without: Iterable[str] = (),
    ) -> Answer | Refused:
        """
        Plan a statement with these candidates and without these indexes of the schema.
        """

    def add(self, definitions: Iterable[Definition]) -> list[Candidate]:
        """
        Have these indexes ready to be asked about; those that are refused go to `refused`.
        """


def unseen(planner: Planner, definitions: Iterable[Definition]) -> list[Definition]:
    """
    Those of these indexes that a planner was never given, each once.
    """
    known = {one.definition for one in planner.candidates} | set(planner.refused)
    return [one for one in dict.fromkeys(definitions) if one not in known]
