"""
Sizes of indexes, beside those that PostgreSQL 15 really made.
"""

from __future__ import annotations

import pytest

from advisor.indexes.model import Definition, Key
from advisor.indexes.sizes import btree_size, size

MB = 10**6


@pytest.mark.parametrize(
    ("rows", "width", "distinct", "real"),
    [
        (600_572, 4, 20_000, 4.5),
        (600_572, 4, 2_526, 4.3),
        (600_572, 8, None, 13.5),
        (150_000, 4, 2_406, 1.1),
        (80_000, 4, 1_000, 0.6),
        (200_000, 33, None, 11.6),
    ],
)
def test_btrees_are_as_large_as_real_ones(
    rows: float, width: float, distinct: float | None, real: float
) -> None:
    assert btree_size(rows, width, distinct) / MB == pytest.approx(real, rel=0.25)


def test_repeated_keys_are_stored_once() -> None:
    assert btree_size(1e6, 8, 100) < btree_size(1e6, 8, None) / 2
    assert btree_size(1e6, 8, 1e6) == btree_size(1e6, 8, None)


def test_other_methods() -> None:
    brin = Definition("t", (Key("at"),), "brin")
    assert size(brin, 1e8, [], None) in range(24_000, 1_000_000)
    assert size(Definition("t", (Key("doc"),), "gin"), 1e6, [], None) is None
    assert size(Definition("t", (Key("a"),)), 0, [], None) is None
