"""
Values that know where they come from.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Generic, TypeVar

from msgspec import Struct

from advisor.model.location import Location

T_co = TypeVar("T_co", covariant=True)


class Origin(StrEnum):
    """
    How a value came to be known, surest first.
    """

    LITERAL = "literal"
    """Written in a file, as it stands."""
    GIVEN = "given"
    """Stated by the user on the command line or in ``advisor.toml``."""
    EVALUATED = "evaluated"
    """Computed from literals, for example an expression in ``gunicorn.conf.py``."""
    DEFAULT = "default"
    """Nobody wrote it; the program's documented default applies."""
    ASSUMED = "assumed"
    """A fallback that may not hold at run time, for example an unset environment variable."""


class Value(Struct, Generic[T_co], frozen=True):
    """
    One thing the configuration says, and where it says it.

    Units are fixed by kind: sizes are bytes (int), durations are seconds (int or float).
    """

    value: T_co
    origin: Origin
    location: Location | None = None
    """None when nobody wrote it: the program's own default applies."""
    note: str = ""
    """How it was obtained, for the reader: ``9 at 4 cpus``, ``default of PostgreSQL 16``."""


class Unknown(Struct, frozen=True):
    """
    A fact that could not be decided, and why. Never the same as absent or false.
    """

    reason: str
    """Completes "not known: …", for example ``depends on the variable WORKERS``."""
    location: Location | None = None
    needs: tuple[str, ...] = ()
    """Facts that would decide it, for example ``host.cpus``; empty when only itself would."""


DIFFERS = Unknown("it differs from one to the next")
"""
Stands for a fact of many subjects that is not the same for all of them. Not even whether it is
known can then be asked.
"""


class Secret(Struct, frozen=True):
    """
    Text that must never reach a report, a log or an exception.

    Neither `repr` nor `str` shows it; two secrets are equal when their texts are.
    """

    text: str

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"
