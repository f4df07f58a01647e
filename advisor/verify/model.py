"""
What a program said, and why it was not asked.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from advisor.errors import AdvisorError


class Verified(Struct, frozen=True):
    """
    What is known of one edited file.
    """

    path: str
    accepted: bool
    """False: nobody could say. What a program refuses raises instead."""
    text: str
    """Who accepted it, or why nobody was asked: the end of a sentence."""


class Program(Struct, frozen=True):
    """
    An installed program.
    """

    name: str
    path: Path
    version: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.name} {'.'.join(map(str, self.version))}"


class UnverifiableError(AdvisorError):
    """
    A file that no program here can be asked about. The text says why.
    """
