"""Sizes of indexes, beside those of a server that really built them (PostgreSQL 18)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.lab import sizes
from advisor.lab.sizes import Part

INT = Part("integer", 4, distinct=1_000_000)


@pytest.mark.parametrize(
    ("rows", "keys", "unique", "real"),
    [
        (1_000_000, [INT], True, 2_745),
        (1_000_000, [Part("bigint", 8, distinct=1_000_000)], True, 2_745),
        (1_000_000, [Part("integer", 4, distinct=1_000)], False, 896),
        (1_000_000, [Part("boolean", 1, distinct=2)], False, 849),
        (100_000, [Part("uuid", 16, distinct=100_000)], True, 388),
    ],
)
def test_a_btree_is_as_large_as_the_server_makes_it(
    rows: int, keys: list[Part], *, unique: bool, real: int
) -> None:
    assert sizes.btree(rows, keys, unique=unique).pages == pytest.approx(real, rel=0.07)


def test_a_lower_fill_factor_takes_more_pages() -> None:
    full, half = sizes.btree(10**6, [INT], fill=100), sizes.btree(10**6, [INT], fill=50)

    assert half.pages == pytest.approx(full.pages * 2, rel=0.05)


def test_included_columns_are_never_put_together() -> None:
    key = Part("integer", 4, distinct=100)

    assert sizes.btree(10**5, [key], [key]).pages > sizes.btree(10**5, [key]).pages * 2


def numeric(width: int) -> Part:
    return Part("numeric(15,2)", width)


@pytest.mark.parametrize(
    ("keys", "carried", "real"),
    [
        ([INT], [numeric(5)], 2_316),
        ([INT], [numeric(4), numeric(8), INT], 2_976),
        ([INT, INT], [numeric(4), numeric(8), INT, numeric(5)], 4_133),
    ],
)
def test_numerics_have_the_width_of_their_digits(
    keys: list[Part], carried: list[Part], real: int
) -> None:
    """600,572 rows of TPC-H; average widths are cut off in the statistics."""
    assert sizes.btree(600_572, keys, carried).pages == pytest.approx(real, rel=0.04)


def test_columns_that_may_depend_are_a_guess() -> None:
    half = Part("integer", 4, distinct=10_000)

    assert sizes.btree(10**5, [half, half]).guessed
    assert not sizes.btree(10**5, [half, half], distinct=10_000).guessed
    assert not sizes.btree(10**5, [half]).guessed


def test_what_is_never_put_together_does_not_depend_on_how_much_is_alike() -> None:
    half = Part("integer", 4, distinct=10_000)
    decimal = Part("numeric(15,2)", 5, distinct=10_000)

    assert not sizes.btree(10**5, [half, half], [half]).guessed
    assert not sizes.btree(10**5, [half, decimal]).guessed


@pytest.mark.parametrize(
    ("pages", "height"), [(1, 0), (2, 0), (3, 1), (286, 1), (290, 2), (81_000, 2), (90_000, 3)]
)
def test_the_height_follows_from_the_pages(pages: int, height: int) -> None:
    assert sizes.height_of(pages, 20) == height


def test_an_empty_index_is_its_metapage() -> None:
    assert sizes.btree(0, [INT]).pages == 1


@pytest.mark.parametrize(("pages", "real"), [(1_000, 3), (4_425, 3)])
def test_brin_is_a_few_pages(pages: int, real: int) -> None:
    assert sizes.brin(pages, [INT]).pages == pytest.approx(real, abs=1)


def test_a_hash_index_has_a_power_of_two_of_buckets_while_it_is_small() -> None:
    """20,000 e-mail addresses took 130 pages."""
    key = Part("text", 21, distinct=20_000)

    assert sizes.hashed(20_000, key).pages == 130


def test_gin_counts_follow_the_true_size() -> None:
    found = sizes.gin(10_000, 500, [(300, 60), (5, 4_000)], 6)
    assert found.gin is not None
    counts = sizes.gin_counts(100, found.gin)

    assert counts.entries == 305
    assert counts.entry_pages + counts.data_pages == 98


@given(
    st.floats(0, 1e9),
    st.floats(1, 200),
    st.one_of(st.none(), st.floats(1, 1e9)),
    st.floats(0, 1),
)
def test_more_rows_are_never_smaller(
    rows: float, width: float, distinct: float | None, nulls: float
) -> None:
    key = Part("text", width, nulls, distinct)
    few, many = sizes.btree(rows, [key]), sizes.btree(rows * 4, [key])

    assert 1 <= few.pages <= many.pages * 1.1 + 1
    assert few.height <= many.height + 1
