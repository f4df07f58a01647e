"""
What rules look at: a subject and the facts known of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct

from advisor.model.location import Location
from advisor.model.value import Unknown, Value

Scalar: TypeAlias = bool | int | float | str | tuple[int, ...]
"""Tuples of numbers are versions: ``(1, 29, 7)``."""


class Record(Struct, frozen=True):
    """
    One item of a list fact, for example a location of an upstream.
    """

    fields: Mapping[str, Fact]
    location: Location | None = None
    label: str = ""
    """What to call it in a sentence: ``location /api/``."""


Known: TypeAlias = "Value[Scalar | tuple[Scalar, ...] | tuple[Record, ...] | None]"
"""A known fact. None inside means: not set, and the program has no default for it."""
Fact: TypeAlias = "Known | Unknown"


class Subject(Struct, frozen=True):
    """
    One thing of a target's kind: a database, an upstream, an engine, a plan node, an edge.
    """

    target: str
    """As in a rule's ``target``: ``postgresql``, ``nginx.upstream``, ``stack.database`` …"""
    name: str
    """What to call it in a sentence: ``upstream app``."""
    facts: Mapping[str, Fact]
    """By dotted name; holds every fact that the schema gives this target."""
    location: Location | None = None
    """The line that opens it, for findings about things that are not set."""
    path: str = ""
    """The file an unset setting would be added to."""
    common: Mapping[str, Fact] | None = None
    """
    What is the same for all subjects of this target in one program, and unknown where they differ;
    None when nothing is. A condition that it makes false need not be tried on each of them.
    """
    alike: Mapping[str, Fact] | None = None
    """
    What is the same for all subjects that differ in names alone, such as thousands of sites that
    follow one pattern: what it decides is decided for each of them. None where nobody looked.
    """
