"""
The files of one deployment, as parsers see them.
"""

from __future__ import annotations

from typing import Protocol


class Tree(Protocol):
    """
    Read access to the files below the audited root, and to nothing outside it.

    Paths are relative to the root, with ``/`` separators and without ``..``.
    """

    def read(self, path: str) -> str | None:
        """
        Text of a file, None when there is no such file below the root.

        Raises `SourceError` when the file exists but cannot be read.
        """

    def names(self, folder: str) -> tuple[str, ...]:
        """
        Names of the regular files directly in a folder, sorted bytewise. The root is ``""``.
        """

    def folders(self, folder: str) -> tuple[str, ...]:
        """
        Names of the folders directly in a folder, sorted bytewise. The root is ``""``.
        """
