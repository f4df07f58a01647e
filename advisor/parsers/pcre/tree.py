"""
What a regular expression is made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class At(StrEnum):
    """
    A place in the text that an expression may demand.
    """

    START = "start"
    LINE_START = "start of a line"
    END = "end"
    """``$``: the end, or before a line break that ends the text."""
    LINE_END = "end of a line"
    VERY_END = "very end"
    WORD = "word boundary"
    NO_WORD = "no word boundary"


@dataclass(frozen=True, slots=True)
class Chars:
    """
    One character out of a set.
    """

    mask: int
    """As `charset` makes it."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """
    One after the other; the empty text when there is none.
    """

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """
    One of several, the first that leads to a match.
    """

    options: tuple[Node, ...]


class Greed(StrEnum):
    """
    What a repetition tries first, and whether it gives back.
    """

    MANY = "greedy"
    FEW = "lazy"
    ALL = "possessive"


@dataclass(frozen=True, slots=True)
class Repeat:
    """
    The same several times.
    """

    item: Node
    low: int
    high: int | None
    """None is without end."""
    greed: Greed


@dataclass(frozen=True, slots=True)
class Group:
    """
    A part that is captured.
    """

    item: Node
    number: int
    """From 1 on."""


@dataclass(frozen=True, slots=True)
class Atomic:
    """
    A part that, once matched, is never tried in another way.
    """

    item: Node


@dataclass(frozen=True, slots=True)
class Assertion:
    """
    A demand on the place, which takes no character.
    """

    at: At


@dataclass(frozen=True, slots=True)
class Look:
    """
    A demand on what follows or precedes, which takes no character.
    """

    item: Node
    ahead: bool
    negative: bool


@dataclass(frozen=True, slots=True)
class Again:
    """
    The text of an earlier group once more.
    """

    number: int
    folded: bool
    """Whether letters are compared without case."""


Node: TypeAlias = Chars | Sequence | Choice | Repeat | Group | Atomic | Assertion | Look | Again


@dataclass(frozen=True, slots=True)
class Tree:
    """
    A whole expression.
    """

    root: Node
    groups: int
    """How many parts it captures."""
    names: tuple[tuple[str, int], ...]
    """Names of captured parts, with their numbers."""


def is_anchored(node: Node) -> bool:
    """
    Whether every match begins at the start of the text.
    """
    match node:
        case Assertion(at=At.START):
            return True
        case Sequence(items=items):
            return bool(items) and is_anchored(items[0])
        case Choice(options=options):
            return all(is_anchored(one) for one in options)
        case Group(item=item) | Atomic(item=item):
            return is_anchored(item)
    return False
