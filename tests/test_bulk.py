"""
The cycle collector is as it was once the work is done, whatever happened in between.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from advisor.bulk import RELAXED, collector_paused, collector_relaxed


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    thresholds, running = gc.get_threshold(), gc.isenabled()
    yield
    gc.set_threshold(*thresholds)
    (gc.enable if running else gc.disable)()


def test_pause_ends_with_the_work() -> None:
    with collector_paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_pause_ends_when_the_work_fails() -> None:
    with pytest.raises(ValueError, match="broken"), collector_paused():
        raise ValueError("broken")
    assert gc.isenabled()


def test_pause_inside_a_pause_does_not_end_it() -> None:
    with collector_paused():
        with collector_paused():
            pass
        assert not gc.isenabled()


def test_collector_that_was_off_stays_off() -> None:
    gc.disable()
    with collector_paused():
        pass
    assert not gc.isenabled()


def test_relaxed_only_meanwhile() -> None:
    gc.set_threshold(700, 10, 10)
    with collector_relaxed():
        assert gc.get_threshold() == (RELAXED, 10, 10)
    assert gc.get_threshold() == (700, 10, 10)


@pytest.mark.parametrize("threshold", [0, 10 * RELAXED])
def test_relaxed_collects_no_more_than_before(threshold: int) -> None:
    """Nought switches the collector off; a higher threshold is somebody's choice."""
    gc.set_threshold(threshold, 10, 10)
    with collector_relaxed():
        assert gc.get_threshold() == (threshold, 10, 10)


class Knot:
    """
    Refers to itself, so that only the collector takes it away.
    """

    def __init__(self) -> None:
        self.own = self


def test_nothing_looks_through_what_a_pause_left() -> None:
    """The next collection is one of the youngest, and there is nothing in it."""
    looked: list[int] = []

    def note(phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            looked.append(gc.get_count()[0])

    gc.collect()
    gc.callbacks.append(note)
    try:
        with collector_paused():
            kept = [Knot() for _ in range(RELAXED + 1)]
        more = [Knot() for _ in range(5_000)]
    finally:
        gc.callbacks.remove(note)
    assert len(kept) + len(more) > RELAXED
    assert all(count < RELAXED for count in looked)


def test_what_a_pause_left_goes_before_the_next_work() -> None:
    with collector_paused():
        knots = [Knot() for _ in range(RELAXED + 1)]
        last = weakref.ref(knots[-1])
        del knots
    assert last() is not None
    with collector_relaxed():
        assert last() is None


def test_what_others_froze_stays_frozen() -> None:
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        with collector_paused():
            kept = [Knot() for _ in range(RELAXED + 1)]
        assert kept
        assert gc.get_freeze_count() >= frozen * 0.9
    finally:
        gc.unfreeze()
