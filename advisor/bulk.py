"""
Python's cycle collector and the building of a great many objects.

The collector looks through all of them again and again while they grow in number. With 100,000
lines of configuration that takes as much time as the reading itself, and finds nothing: what is
built is kept.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

RELAXED = 400_000
"""Objects made before the collector looks at them; Python's own number is 700 or 2,000."""


class _Aged:
    """
    Objects that the collector takes for old though it never saw them.
    """

    are_there = False


@contextmanager
def collector_paused() -> Iterator[None]:
    """
    No collection meanwhile: for code that keeps nearly all it makes.

    A great many new objects are old ones afterwards, so that nothing looks through them when the
    pause is over.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            if gc.get_count()[0] > RELAXED and not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
                _Aged.are_there = True
            gc.enable()


@contextmanager
def collector_relaxed() -> Iterator[None]:
    """
    Fewer collections meanwhile: for code that also makes garbage, which must not pile up.

    What an earlier pause left behind is looked through first: the collector would not come to it by
    itself.
    """
    if _Aged.are_there:
        _Aged.are_there = False
        gc.collect()
    thresholds = gc.get_threshold()
    if thresholds[0]:
        gc.set_threshold(max(RELAXED, thresholds[0]), *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
