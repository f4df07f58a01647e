"""
What was probably meant.
"""

from __future__ import annotations

import pytest

from advisor.suggest import closest, did_you_mean

NAMES = ("shared_buffers", "work_mem", "GB", "Keepalive")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("shared_bufers", "shared_buffers"),
        ("SHARED_BUFFERS", "shared_buffers"),
        ("keepalive", "Keepalive"),
        ("gb", "GB"),
        ("port", None),
        ("", None),
        ("work_mem" * 1000, None),
    ],
)
def test_the_closest_name(name: str, expected: str | None) -> None:
    assert closest(name, NAMES) == expected


def test_the_cutoff() -> None:
    assert closest("work", NAMES) is None
    assert closest("work", NAMES, cutoff=0.6) == "work_mem"


def test_the_order_of_the_names_does_not_matter() -> None:
    names = [f"rule{n}" for n in range(9)]

    assert closest("rule", names) == closest("rule", reversed(names)) == closest("rule", set(names))


def test_as_a_question() -> None:
    assert did_you_mean("work_men", NAMES) == "did you mean 'work_mem'?"
    assert did_you_mean("port", NAMES) is None
