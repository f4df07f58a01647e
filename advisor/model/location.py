"""
Places in the audited files.
"""

from __future__ import annotations

from msgspec import Struct


class Location(Struct, frozen=True, order=True):
    """
    A span of one file. Lines and columns are 1-based, `end_column` is exclusive.
    """

    path: str
    """Path relative to the root of the deployment, with ``/`` separators."""
    line: int
    column: int = 1
    end_line: int = 0
    """0 when unknown: the span then ends on `line`."""
    end_column: int = 0
    """0 when unknown: the span then ends with the line's text."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"
