"""
Plans copied from a terminal that was too narrow for them.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from advisor.plans.read import read_plans
from advisor.plans.wrapping import unwrapped
from tests.support.plan_trees import outline

DATA = Path(__file__).parent.parent / "data" / "plans"
NAMES = ("ctes-and-subplans.txt", "guide-parallel.txt", "eighteen.txt", "sort-on-disk.txt")


def broken(text: str, width: int) -> str:
    """
    The text as a terminal of that width shows it.
    """
    return "\n".join(
        line[start : start + width]
        for line in text.split("\n")
        for start in range(0, max(1, len(line)), width)
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [60, 72, 80, 100, 120, 132])
def test_broken_lines_are_put_together(name: str, width: int) -> None:
    source = (DATA / name).read_text(encoding="utf-8")
    document = read_plans("x", broken(source, width))
    assert document.problems == ()
    assert [plan.problems for plan in document.plans] == [()]
    (whole,) = read_plans("x", source).plans
    assert outline(document.plans[0]) == outline(whole)


@pytest.mark.parametrize("name", NAMES)
def test_whole_plans_stay_as_they_are(name: str) -> None:
    source = (DATA / name).read_text(encoding="utf-8")
    assert unwrapped(source) == source


@pytest.mark.parametrize("name", NAMES)
def test_records_of_an_expanded_table_are_whole_lines(name: str) -> None:
    """Their rules are as long as the longest line."""
    source = (DATA / name).read_text(encoding="utf-8")
    cells = [f"QUERY PLAN | {line}" for line in source.rstrip().split("\n")]
    edge = max(map(len, cells))
    text = "\n".join(
        f"{f'-[ RECORD {number} ]':-<{edge}}\n{cell}" for number, cell in enumerate(cells, 1)
    )
    assert unwrapped(text) == text


def test_lines_keep_their_numbers() -> None:
    text = f"{'a' * 40}\n{'b' * 40}\nccc\nlast"
    assert unwrapped(text) == f"{'a' * 40}{'b' * 40}ccc\n\n\nlast"


def test_hostile_text_takes_linear_time() -> None:
    start = time.perf_counter()
    unwrapped(f"{'x' * 60}\n" * 100_000)
    assert time.perf_counter() - start < 5
