"""
Records that do not tell everything they hold.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct


class Discreet(Struct, frozen=True):
    """
    A record whose repr leaves fields out: text that may hold secrets, and what is long.
    """

    untold: ClassVar[frozenset[str]] = frozenset()
    """Names of the fields that are left out."""

    def __repr__(self) -> str:
        told = (name for name in self.__struct_fields__ if name not in self.untold)
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in told)
        return f"{type(self).__name__}({fields})"
