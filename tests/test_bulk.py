"""
The cycle collector is as it was once the work is done, whatever happened in between.
"""

from __future__ import annotations

import gc
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
