"""
How a fact of nginx is declared: its type, its meaning, and what computes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from msgspec import Struct

from advisor.facts.schema import Type
from advisor.model.subject import Fact, Scalar


class Row(Struct, frozen=True):
    """
    One fact of a namespace. The names of `Rows` are the last parts of the facts' names.
    """

    type: Type
    doc: str
    of: Callable[[Any], Fact]
    """Takes the view of the level: a `Whole`, `Server`, `Location` or `Group` of `views`."""
    only_with: frozenset[str] = frozenset()
    """
    Directives that it takes: where none of them stands on a level, around it or in it, the fact is
    `otherwise`, and rules that then cannot hold are not tried on thousands of levels one by one.
    """
    otherwise: Scalar = False
    far: bool = False
    """Whether these directives count wherever they stand, as in a server on the same socket."""
    setting: bool = False
    """Whether it is the directive of that name, which a fix may set."""


Rows: TypeAlias = Mapping[str, Row]
