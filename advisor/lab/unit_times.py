"""
What the executor takes for a row, a page or a comparison when all that it reads is in memory.

Microseconds, measured with PostgreSQL 15 on one core and tables of 500,000 rows, and held against
the clock by ``benchmarks/effort.py``. A pair says what it takes within the caches of the processor,
and how much more outside of them.
"""

from __future__ import annotations

from math import log2
from typing import TypeAlias

Reach: TypeAlias = tuple[float, float]
UNIT = 2.5
"""What counts as 1, so that efforts are about as large as costs: a page of a sequential scan costs
1 and about 0.6 for its rows, and takes about 4."""
PAGE = 0.6
ROW = 0.035
DESCENT: Reach = (0.7, 1.8)
"""To a leaf of an index."""
ENTRY = 0.02
FETCH: Reach = (0.2, 0.9)
"""Of a row that an index points to."""
FETCH_NEXT = 0.08
"""Of a row on the page that was read last."""
BITMAP_PAGE = 1.0
BITMAP_ROW = 0.12
HASHED: Reach = (0.1, 0.3)
PROBED: Reach = (0.04, 0.1)
MERGED = 0.045
LOOPED = 0.05
PASSED = 0.02
SORTED = 0.025
"""For each row and each doubling of their number."""
SORTED_NUMBERS = 0.008
"""The same for what fits into a register of the processor."""
GROUPED = 0.02
GROUP_FOUND: Reach = (0.08, 0.4)
"""The group of a row, in a hash table of groups."""
CALL = 0.035
"""A function or an operator of an aggregate."""
COMPARISON = 0.02
DECIMAL = 0.04
"""More for a comparison with a ``numeric`` constant."""
OF_ENTRY = 0.5
"""Part of what a condition on a row takes, when it is one on an entry of an index."""
PATTERN = 0.11
FUNCTION = 0.15
_NEAR_PAGES, _FAR_PAGES = 64, 8192
_VISITS = 8
_ROW_HEAD = 32
_PAGE_BYTES = 8192


def reach(pair: Reach, pages: float, sequence: float = 0.0) -> float:
    """
    What something takes in a relation of so many pages; `sequence` is how much it is asked for in
    the order in which it lies there, from 0 to 1.
    """
    part = log2(max(pages, 1.0) / _NEAR_PAGES) / log2(_FAR_PAGES / _NEAR_PAGES)
    return pair[0] + pair[1] * min(max(part, 0.0), 1.0) * (1 - sequence)


def nearby(times: float, pages: float) -> float:
    """
    How much visits in the order of the pages profit from the visit before: 0 to 1. It takes several
    to each page until they do.
    """
    return times / (times + _VISITS * max(pages, 1.0))


def pages_of(rows: float, width: float) -> float:
    """
    Pages that rows of a width take in a hash table.
    """
    return rows * (width + _ROW_HEAD) / _PAGE_BYTES
