"""
What a file of Terraform is made of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from msgspec import Struct

from advisor.model import Location, Problem

Scalar: TypeAlias = "str | float | bool | None"
Expression: TypeAlias = "Literal | Template | Reference | ListOf | ObjectOf | Opaque"


class Literal(Struct, frozen=True):
    """
    A value as it stands.
    """

    value: Scalar
    location: Location


class Template(Struct, frozen=True):
    """
    A text with parts that are filled in.
    """

    parts: tuple[Expression, ...]
    location: Location


class Reference(Struct, frozen=True):
    """
    ``var.size``, ``aws_db_parameter_group.main.name``, ``local.sizes["web"]``.
    """

    steps: tuple[str, ...]
    """The names one by one: ``("var", "size")``."""
    location: Location


class ListOf(Struct, frozen=True):
    """
    Expressions in square brackets.
    """

    items: tuple[Expression, ...]
    location: Location


class ObjectOf(Struct, frozen=True):
    """
    Expressions by names that are written out.
    """

    entries: Mapping[str, Expression]
    location: Location


class Opaque(Struct, frozen=True):
    """
    An expression that is not understood.
    """

    location: Location


class Block(Struct, frozen=True):
    """
    A block with its labels, or a whole file, which has none.
    """

    type: str
    labels: tuple[str, ...]
    attributes: Mapping[str, Expression]
    blocks: tuple[Block, ...]
    location: Location
    """Of its first line: type and labels."""

    def of_type(self, type_: str) -> Iterator[Block]:
        """
        The blocks of one type directly inside.
        """
        return (one for one in self.blocks if one.type == type_)


class HclDocument(Struct, frozen=True):
    """
    One file.
    """

    path: str
    root: Block
    problems: tuple[Problem, ...] = ()
