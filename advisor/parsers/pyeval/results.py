"""
What evaluation says of a value: known, depending on cpus or environment, or undecided.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from advisor import regex
from advisor.model import Location

CodeOrigin = Literal["class", "function", "import"]
_CLASS_NAME = regex.lazy(r"_?[A-Z]+[a-z0-9][A-Za-z0-9]*")
HOLE = "\0"
ANY_VARIABLE = "*"
"""Stands for all variables that no file states, in `Taint.assumed`."""


class Taint(Struct, frozen=True):
    """
    What a value rests on besides the file it stands in.
    """

    assumed: frozenset[str] = frozenset()
    """Environment variables that no file states, so that they were taken as unset."""
    stated: frozenset[str] = frozenset()
    """Environment variables whose value a deployment file states."""
    per_cpu: bool = False
    """Whether it depends on the number of cpus."""

    def __or__(self, other: Taint) -> Taint:
        if other is CLEAN or self is other or not other:
            return self
        if not self:
            return other
        return Taint(
            self.assumed | other.assumed,
            self.stated | other.stated,
            self.per_cpu or other.per_cpu,
        )

    def __bool__(self) -> bool:
        return bool(self.assumed or self.stated or self.per_cpu)


CLEAN = Taint()


class Code(Struct, frozen=True):
    """
    A function or class, known by its name only: ``sqlalchemy.pool.NullPool``, ``post_fork``.
    """

    name: str
    """Dotted through the import it came by, bare when the file defines it."""
    origin: CodeOrigin = "import"
    """How the file got it. What is imported may as well be a plain value."""

    @property
    def base(self) -> str:
        """
        The last part of the name.
        """
        return self.name.rpartition(".")[2]

    @property
    def is_class(self) -> bool:
        """
        Whether it is a class: defined as one, or imported under a name that reads like one.
        """
        return self.origin == "class" or (
            self.origin == "import" and _CLASS_NAME.fullmatch(self.base) is not None
        )


class Known(Struct, frozen=True):
    """
    A value that is certain, given its taint.
    """

    value: Any
    """Plain Python data, or `Code`. Scalars only while evaluating, containers in results."""
    location: Location
    literal: bool = False
    """Whether it is written out at `location`, as opposed to computed."""
    taint: Taint = CLEAN


class Undecided(Struct, frozen=True):
    """
    A value that cannot be told from the file, and why.
    """

    reason: str
    """Completes "not known: …", for example ``calls load(), which is not evaluated``."""
    location: Location
    taint: Taint = CLEAN
    template: str = ""
    """For a text known in pieces: the text with `HOLE` for every piece that is not."""


@dataclass(frozen=True, slots=True)
class PerCpu:
    """
    A value that follows from the number of cpus.
    """

    location: Location
    reason: str
    """Why it is not known as long as the number of cpus is not."""
    source: Callable[[int], Known | Undecided] = field(repr=False, compare=False)

    def at(self, cpus: int) -> Known | Undecided:
        """
        The value on a machine with so many cpus.
        """
        return self.source(cpus)


@dataclass(frozen=True, slots=True)
class EnvDependent:
    """
    A value that environment variables decide which no deployment file states.
    """

    variables: tuple[str, ...]
    """Sorted; ``*`` means any variable."""
    default: Known | PerCpu | Undecided
    """What it is when none of them is set."""

    @property
    def variable(self) -> str:
        """
        The first of the variables.
        """
        return self.variables[0]


Outcome: TypeAlias = Known | PerCpu | EnvDependent | Undecided
