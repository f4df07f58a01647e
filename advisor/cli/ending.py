"""
The end of the program, without taking it down.
"""

from __future__ import annotations

import atexit
import os
import sys


class Ending:
    """
    Leaves to the system what Python would do last: to free every module and object one by one,
    which takes a fifth of a short run.

    It waits for everything that others want done at the end: threads, and functions registered
    with `atexit` after this one was made. Where one was registered before, as a measurement of
    coverage does, Python ends as it always does.
    """

    def __init__(self) -> None:
        self._code: int | None = None
        if not atexit._ncallbacks():  # noqa: SLF001 - nothing public tells
            atexit.register(self._end)

    def comes(self, code: int) -> None:
        """
        Everything is done and `code` is the exit code.
        """
        try:
            for stream in (sys.stdout, sys.stderr):
                if stream is not None:
                    stream.flush()
        except (OSError, ValueError):
            return  # Python tries again, and says why it cannot
        self._code = code

    def _end(self) -> None:
        if self._code is not None:
            os._exit(self._code)
