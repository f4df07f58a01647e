"""
Regular expressions as nginx uses them: what they can match, and how long they may take.

Nothing here runs a regular expression engine of Python's: a small one that counts its steps tries
the texts that are thought out, so that hostile expressions cannot hang the advisor.
"""

from __future__ import annotations

from enum import Enum, auto


class Where(Enum):
    """
    Where in a captured part a wanted text stands.
    """

    ANYWHERE = auto()
    FIRST = auto()
    """The part begins with it."""
    ALL = auto()
    """The part is nothing else."""
