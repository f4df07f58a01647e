"""What it takes to try conditions: most rows meet only the first of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.lab.checks import time

DAY = "(day > '1994-01-01'::date)"
PRICE = "(price < '24'::numeric)"
TEXT = "((comment)::text !~~ '%special%requests%'::text)"

conditions = st.recursive(
    st.sampled_from([DAY, PRICE, TEXT, "(a = ANY ('{1,2,3}'::integer[]))", "lower(b) = 'x'"]),
    lambda inner: st.tuples(st.sampled_from([" AND ", " OR "]), st.lists(inner, min_size=1)).map(
        lambda parts: f"({parts[0].join(parts[1])})"
    ),
    max_leaves=6,
)


def test_no_condition_takes_no_time() -> None:
    assert time("", 0.5) == 0


def test_what_is_dear_to_try() -> None:
    assert time(DAY, 0.5) < time(PRICE, 0.5) < time(TEXT, 0.5)
    assert time("(a = ANY ('{1,2,3,4,5,6,7}'::integer[]))", 0.1) > time("(a = 1)", 0.1)
    assert time("(substr(phone, 1, 2) = '13'::text)", 0.1) > 3 * time("(a = 1)", 0.1)


@pytest.mark.parametrize("word", ["AND", "OR"])
def test_the_first_part_may_decide(word: str) -> None:
    both = f"({DAY} {word} {TEXT})"
    every, none = time(both, 1.0), time(both, 0.0)
    whole, first = (every, none) if word == "AND" else (none, every)

    assert whole == pytest.approx(time(DAY, 0.5) + time(TEXT, 0.5))
    assert first == pytest.approx(time(DAY, 0.5))


def test_what_is_known_of_one_part_tells_how_often_the_next_is_tried() -> None:
    """Both keep a hundredth: the first part nearly nothing, or nearly all."""
    both = f"({DAY} AND {TEXT})"
    strict = time(both, 0.01, {DAY[1:-1]: 0.01}.get)
    loose = time(both, 0.01, {DAY[1:-1]: 1.0}.get)

    assert strict < time(both, 0.01) < loose
    assert loose == pytest.approx(time(DAY, 1) + time(TEXT, 1))


@given(conditions, st.floats(0, 1), st.floats(0, 1))
def test_no_condition_takes_longer_than_all_its_parts(text: str, kept: float, share: float) -> None:
    alone = sum(text.count(one) * time(one, 0.5) for one in (DAY, PRICE, TEXT))
    alone += text.count("ANY") * time("(a = ANY ('{1,2,3}'::integer[]))", 0.5)
    alone += text.count("lower") * time("lower(b) = 'x'", 0.5)

    assert 0 < time(text, kept) <= alone + 1e-9
    assert 0 < time(text, kept, lambda _part: share) <= alone + 1e-9
