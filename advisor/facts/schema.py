"""
The type of every fact: the hinge between what is read and what rules may say.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Kind(StrEnum):
    """
    What a value is. Sizes are bytes, durations seconds, shares parts of one.
    """

    NUMBER = "number"
    SIZE = "size"
    DURATION = "duration"
    SHARE = "share"
    BOOL = "bool"
    STRING = "string"
    VERSION = "version"
    LIST = "list"
    RECORD = "record"


class Type(Struct, frozen=True):
    """
    The type of a fact or of an expression.
    """

    kind: Kind
    item: Type | None = None
    """Of a list: the type of its items."""
    record: str = ""
    """Of a record: its name in `RECORDS`."""

    def __str__(self) -> str:
        if self.kind is Kind.LIST:
            return f"list of {self.item}"
        return self.record or str(self.kind)


NUMBER = Type(Kind.NUMBER)
SIZE = Type(Kind.SIZE)
DURATION = Type(Kind.DURATION)
SHARE = Type(Kind.SHARE)
BOOL = Type(Kind.BOOL)
STRING = Type(Kind.STRING)
VERSION = Type(Kind.VERSION)


def list_of(item: Type) -> Type:
    """
    The type of a list of `item`.
    """
    return Type(Kind.LIST, item=item)


def record(name: str) -> Type:
    """
    The type of the record called `name` in `RECORDS`.
    """
    return Type(Kind.RECORD, record=name)
