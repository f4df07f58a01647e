"""Formulas of RDS that count in another unit than was meant."""

from __future__ import annotations

import pytest

from advisor.catalog.rds_memory import UNITS, meant, times_memory

GIB = 2**30


@pytest.mark.parametrize(
    ("name", "text", "times"),
    [
        ("shared_buffers", "{DBInstanceClassMemory/4}", 2048.0),
        ("shared_buffers", "{DBInstanceClassMemory/32768}", 0.25),
        ("effective_cache_size", "{DBInstanceClassMemory/16384}", 0.5),
        ("work_mem", "{DBInstanceClassMemory/1024}", 1.0),
        ("work_mem", "LEAST({DBInstanceClassMemory/4},65536)", 65536 * 1024 / (768 * GIB)),
        ("max_connections", "{DBInstanceClassMemory/4}", None),
        ("shared_buffers", "{AllocatedStorage/4}", None),
    ],
)
def test_times_of_any_class(name: str, text: str, times: float | None) -> None:
    """What is bounded gives less of a large class, and the least of all counts."""
    found = times_memory(name, text, None)

    assert found == (times if times is None else pytest.approx(times, rel=1e-6))


def test_times_of_one_class() -> None:
    text = "GREATEST({DBInstanceClassMemory/32768},1000000)"

    assert times_memory("shared_buffers", text, 4 * GIB) == pytest.approx(8192e6 / (4 * GIB))


@pytest.mark.parametrize(
    ("name", "text", "formula"),
    [
        ("shared_buffers", "{DBInstanceClassMemory/4}", "{DBInstanceClassMemory/32768}"),
        ("shared_buffers", "{ DBInstanceClassMemory / 3 }", "{DBInstanceClassMemory/24576}"),
        ("shared_buffers", "{DBInstanceClassMemory/4096}", "{DBInstanceClassMemory/32768}"),
        ("shared_buffers", "{DBInstanceClassMemory*3/4}", "{DBInstanceClassMemory/32768}"),
        ("effective_cache_size", "{DBInstanceClassMemory*3/4}", "{DBInstanceClassMemory*3/32768}"),
        ("shared_buffers", "{DBInstanceClassMemory*2/6}", "{DBInstanceClassMemory*2/49152}"),
        ("effective_cache_size", "{DBInstanceClassMemory/2}", "{DBInstanceClassMemory/16384}"),
        ("work_mem", "{DBInstanceClassMemory/256}", "{DBInstanceClassMemory/262144}"),
        ("work_mem", "{DBInstanceClassMemory*2}", ""),
        ("shared_buffers", "{DBInstanceClassMemory/0}", "{DBInstanceClassMemory/32768}"),
    ],
)
def test_what_was_meant(name: str, text: str, formula: str) -> None:
    assert meant(name, text) == formula


@pytest.mark.parametrize("name", UNITS)
def test_what_is_advised_fits_the_class(name: str) -> None:
    advised = meant(name, "{DBInstanceClassMemory/4}")

    assert (times_memory(name, advised, None) or 0) < 1
