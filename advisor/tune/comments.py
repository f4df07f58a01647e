"""
Lines of a file with the reasons for them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from enum import Enum

_WIDTH = 100


class Beside(Enum):
    """
    Where the reason for a line may stand.
    """

    COLUMN = "{line:46} # {reason}"
    """Behind it, below each other."""
    CLOSE = "{line}  # {reason}"
    """Behind it, as formatters of Python leave it."""
    ABOVE = ""
    """Never behind it: the program would take it for a part of the value."""


def commented(
    line: str, reason: str, *, indent: str = "", beside: Beside = Beside.COLUMN
) -> Iterator[str]:
    """
    The line with its reason, which is above it where the line would become too long.
    """
    line = f"{indent}{line}"
    whole = beside.value.format(line=line, reason=reason)
    if whole and len(whole) <= _WIDTH:
        yield whole
        return
    start = f"{indent}# "
    yield from textwrap.wrap(
        reason,
        _WIDTH,
        initial_indent=start,
        subsequent_indent=start,
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield line
