"""
Lines of a file with the reasons for them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

_COLUMN = 46
"""Where a reason begins behind a setting."""
_WIDTH = 100


def commented(line: str, reason: str, *, indent: str = "", behind: bool = True) -> Iterator[str]:
    """
    The line with its reason behind it, or above it where that would be too long or is no comment.
    """
    line = f"{indent}{line}"
    whole = f"{line:{_COLUMN}} # {reason}"
    if behind and len(whole) <= _WIDTH:
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
