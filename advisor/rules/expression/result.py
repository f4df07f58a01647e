"""
What an evaluation gives beside its value: the facts it read and the reasons it could not decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from advisor.model.subject import Fact, Record

Key: TypeAlias = str | tuple[int, str]
"""A fact by name, or a field by identity of its record and name: names of fields cost time."""


class Cause(Struct, frozen=True):
    """
    One thing that was missing to decide.
    """

    name: str
    """The fact, as in `Read.name`; or the text of the operand that could not be computed."""
    reason: str
    """Completes "not known: …", for example ``depends on the variable WORKERS``."""


class Undecided(Struct, frozen=True):
    """
    The result of an expression that the known facts do not decide. Never true.
    """

    causes: tuple[Cause, ...]
    """In the order they were met, without repeats; only those that mattered."""

    def __bool__(self) -> bool:
        # A condition that is not decided must not fire, whoever forgets to ask.
        return False

    @property
    def needs(self) -> tuple[str, ...]:
        """
        Names of what is missing.
        """
        return tuple(cause.name for cause in self.causes)

    @property
    def reasons(self) -> tuple[str, ...]:
        """
        Why each of `needs` is missing, in the same order.
        """
        return tuple(cause.reason for cause in self.causes)


class Read(Struct, frozen=True):
    """
    One fact that an evaluation looked at.
    """

    name: str
    """``pg.shared_buffers``, or ``upstream.servers[2].max_fails`` for a field of a list item."""
    fact: Fact
    record: Record | None = None
    """The list item that the field belongs to: its location is the place to show."""


class Reads:
    """
    The facts that evaluations looked at, in the order they were first read, without repeats.

    Use one for everything that is evaluated for one subject: condition, message and fix.
    """

    __slots__ = ("_facts", "_places", "unknown")

    def __init__(self) -> None:
        self._facts: dict[Key, tuple[Fact, Record | None]] = {}
        self._places: dict[int, tuple[str, int]] = {}
        self.unknown: dict[str, str] = {}
        """Why each fact is missing that left a result undecided, by name."""

    def __iter__(self) -> Iterator[Read]:
        for key, (fact, record) in self._facts.items():
            yield Read(self.name(key), fact, record)

    def __len__(self) -> int:
        return len(self._facts)

    def note(self, key: Key, fact: Fact, record: Record | None = None) -> bool:
        """
        Remember that a fact was read. False when it had been read before.
        """
        if key in self._facts:
            return False
        self._facts[key] = (fact, record)
        return True

    def place(self, key: Key, items: Iterable[Record]) -> None:
        """
        Remember which list the items come from, to name their fields.
        """
        name = self.name(key)
        # By identity: a filtered list holds the same records, and they keep their places.
        for index, item in enumerate(items):
            self._places[id(item)] = (name, index)

    def name(self, key: Key) -> str:
        """
        The full name of what was noted: ``upstream.servers[2].max_fails``.
        """
        if isinstance(key, str):
            return key
        name, index = self._places.get(key[0], ("item", 0))
        return f"{name}[{index}].{key[1]}"

    def blame(self, result: Undecided) -> None:
        """
        Add the causes of an undecided result to `unknown`.
        """
        for cause in result.causes:
            self.unknown.setdefault(cause.name, cause.reason)


class _Forgetful(Reads):
    """
    Remembers nothing: most conditions are false, and nobody asks why.
    """

    __slots__ = ()

    def note(self, key: Key, fact: Fact, record: Record | None = None) -> bool:  # noqa: ARG002 - as in the base
        """
        Nothing was read before, and nothing will have been.
        """
        return False


FORGETFUL: Reads = _Forgetful()


class Frame(Struct):
    """
    What closures see while one expression is evaluated.
    """

    facts: Mapping[str, Fact]
    reads: Reads
    items: list[object] = field(default_factory=lambda: [None, None])
    """The current item of each loop, outermost first; comprehensions nest at most two deep."""


def missing(name: str, reason: str) -> Undecided:
    """
    An undecided result with one cause.
    """
    return Undecided((Cause(name, reason),))


def merge(*values: object) -> Undecided:
    """
    One undecided result with the causes of all undecided ones among `values`.
    """
    found = (value for value in values if isinstance(value, Undecided))
    return Undecided(tuple(dict.fromkeys(cause for value in found for cause in value.causes)))
