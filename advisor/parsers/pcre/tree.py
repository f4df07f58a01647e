"""
What a regular expression is made of.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct


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


class Chars(Struct, frozen=True):
    """
    One character out of a set.
    """

    mask: int
    """As `charset` makes it."""


class Sequence(Struct, frozen=True):
    """
    One after the other; the empty text when there is none.
    """

    items: tuple[Node, ...]


class Choice(Struct, frozen=True):
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


class Repeat(Struct, frozen=True):
    """
    The same several times.
    """

    item: Node
    low: int
    high: int | None
    """None is without end."""
    greed: Greed


class Group(Struct, frozen=True):
    """
    A part that is captured.
    """

    item: Node
    number: int
    """From 1 on."""


class Atomic(Struct, frozen=True):
    """
    A part that, once matched, is never tried in another way.
    """

    item: Node


class Assertion(Struct, frozen=True):
    """
    A demand on the place, which takes no character.
    """

    at: At


class Look(Struct, frozen=True):
    """
    A demand on what follows or precedes, which takes no character.
    """

    item: Node
    ahead: bool
    negative: bool


class Again(Struct, frozen=True):
    """
    The text of an earlier group once more.
    """

    number: int
    folded: bool
    """Whether letters are compared without case."""


Node: TypeAlias = Chars | Sequence | Choice | Repeat | Group | Atomic | Assertion | Look | Again


class Tree(Struct, frozen=True):
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
