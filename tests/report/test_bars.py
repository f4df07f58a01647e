"""
Budgets as bars and as words.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model import Budget, BudgetKind
from advisor.report.bars import WIDTH, bar, budget_words

GB = 2**30
AMOUNTS = st.none() | st.integers(0, 10**12) | st.floats()


def budget(
    expected: float | None,
    most: float | None,
    limit: float | None,
    kind: BudgetKind = BudgetKind.CONNECTIONS,
) -> Budget:
    return Budget(kind, "db", (), expected, most, limit, "")


@pytest.mark.parametrize(
    ("numbers", "blocks"),
    [
        ((20, 50, 100), "█" * 8 + "▒" * 12 + "░" * 20),
        ((50, 200, 100), "█" * 10 + "▒" * 10 + "┃" + "▒" * 20),
        ((200, 200, 100), "█" * 20 + "┃" + "█" * 20),
        ((100, 100, 100), "█" * 40),
        ((None, 50, 100), "▒" * 20 + "░" * 20),
        ((50, None, 100), "█" * 20 + "░" * 20),
        ((20, 40, None), "█" * 20 + "▒" * 20),
        ((0, 0, 100), "░" * 40),
        ((10, 10, 0), "┃" + "█" * 40),
        ((None, None, 100), ""),
        ((0, 0, 0), ""),
    ],
)
def test_bar(numbers: tuple[float | None, float | None, float | None], blocks: str) -> None:
    assert bar(budget(*numbers)) == blocks


@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_a_bar_is_as_wide_as_all_others(
    expected: float | None, most: float | None, limit: float | None
) -> None:
    """
    Whatever the numbers: one below the other, bars can be compared.
    """
    blocks = bar(budget(expected, most, limit))

    assert not blocks or len(blocks.replace("┃", "")) == WIDTH
    assert blocks.count("┃") <= 1


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((180, 270, 197), "at most 270 of 197 connections ⚠, 180 kept open"),
        ((40, 60, 97), "at most 60 of 97 connections, 40 kept open"),
        ((None, 20, 97), "at most 20 of 97 connections"),
        ((10, 20, None), "at most 20 connections, 10 kept open"),
        ((None, None, 97), "demand not known, the limit is 97 connections"),
        ((None, None, None), "demand not known"),
    ],
)
def test_words(numbers: tuple[float | None, float | None, float | None], words: str) -> None:
    assert budget_words(budget(*numbers)) == words


def test_memory_is_told_in_its_units() -> None:
    found = budget_words(budget(8.4 * GB, 24.2 * GB, 16 * GB, BudgetKind.MEMORY))

    assert found == "at most 24.2 GB of 16 GB ⚠, 8.4 GB expected"
