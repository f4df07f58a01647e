"""
How far a run over many deployments is, on standard error.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TextIO

from msgspec import Struct, field

if TYPE_CHECKING:
    from advisor.report.fleet import Standing

_OFTEN = 0.1
"""Seconds between two states of the line on a terminal."""
_SELDOM = 30.0
"""Seconds between two lines in a log."""


class Progress(Struct):
    """
    One line that is rewritten on a terminal; elsewhere a line now and then, in a long run only.
    """

    stream: TextIO
    total: int
    done: int = 0
    failing: int = 0
    errors: int = 0
    last: float = field(default_factory=time.monotonic)
    shown: str = ""
    """What stands on the terminal now."""

    def step(self, standing: Standing) -> None:
        """
        Count one deployment more.
        """
        self.done += 1
        self.failing += standing.fails
        self.errors += bool(standing.error)
        alive, now = self.stream.isatty(), time.monotonic()
        if now - self.last >= (_OFTEN if alive else _SELDOM):
            self.last, self.shown = now, self.words()
            if not alive:
                self._put(f"{self.shown}\n")
        if alive:
            self._put(f"\r\x1b[K{self.shown}")

    def words(self) -> str:
        """
        For example ``120 of 1,000 deployments audited, 3 failing, 1 error``.
        """
        text = f"{self.done:,} of {self.total:,} deployments audited, {self.failing:,} failing"
        if not self.errors:
            return text
        return f"{text}, {self.errors:,} {'error' if self.errors == 1 else 'errors'}"

    def clear(self) -> None:
        """
        Take the line away: something else is about to be printed, or the run is at its end.
        """
        if self.shown and self.stream.isatty():
            self._put("\r\x1b[K")

    def _put(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()
