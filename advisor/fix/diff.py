"""
Unified diffs that ``patch -p1`` and ``git apply`` take.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

CONTEXT = 3
"""Lines around a change, as in diff -u."""
_NO_LINE_END = "\n\\ No newline at end of file\n"


def unified(path: str, before: str, after: str, *, context: int = CONTEXT) -> str:
    """
    The difference of one file, empty when there is none. Line ends stay as they are in the file.
    """
    # A tab ends a name with a blank in it, for GNU patch and git alike.
    name = f"{path}\t" if " " in path else path
    lines = difflib.unified_diff(
        list(_lines(before)), list(_lines(after)), f"a/{name}", f"b/{name}", n=context
    )
    return "".join(line if line.endswith("\n") else line + _NO_LINE_END for line in lines)


def _lines(text: str) -> Iterator[str]:
    """
    Lines end with a line feed and with nothing else: form feeds stand inside of them.
    """
    *whole, last = text.split("\n")
    yield from (f"{line}\n" for line in whole)
    if last:
        yield last
