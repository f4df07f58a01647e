"""
How evaluation leaves a statement early.
"""

from __future__ import annotations

from advisor.parsers.pyeval.results import CLEAN, Taint


class TooHardError(Exception):
    """
    A statement or call is beyond the evaluator; what it assigns is undecided.
    """

    def __init__(self, reason: str, taint: Taint = CLEAN) -> None:
        super().__init__(reason)
        self.reason = reason
        self.taint = taint


class ExhaustedError(Exception):
    """
    The whole evaluation has taken too long.
    """


class RaisedError(Exception):
    """
    The audited program raises an exception here.
    """

    def __init__(
        self, name: str, reason: str, taint: Taint = CLEAN, *, meant: bool = False
    ) -> None:
        super().__init__(reason)
        self.name = name
        """Name of the exception's class without its module."""
        self.reason = reason
        self.taint = taint
        self.meant = meant
        """Whether the program ends here on purpose, by ``raise`` or ``sys.exit()``."""
