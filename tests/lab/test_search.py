"""The search on planners that are tables: what is chosen, within which limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.lab.exchange import acquaint, exchange
from advisor.lab.prices import OVERHEAD, Limits, Option, Pairs, Priced, Prices, Weight
from advisor.lab.search import choose, wanted

BASE = 1_000.0
Costs = Sequence[Mapping[frozenset[int], float]]
"""For each statement: sets of indexes and what it costs with them."""


def prices(costs: Costs, sizes: Mapping[int, int]) -> Prices:
    def planner(query: int, chosen: frozenset[int]) -> Priced:
        fitting = {one: cost for one, cost in costs[query].items() if one <= chosen}
        best = min(fitting, key=lambda one: (fitting[one], len(one)), default=frozenset[int]())
        cost = fitting.get(best, BASE)
        used = best if cost < BASE else frozenset[int]()
        return Priced(min(cost, BASE), used, min(cost, BASE))

    options = {one: Option(one, "t", size) for one, size in sizes.items()}
    return Prices(planner, [frozenset({"t"})] * len(costs), options)


def chosen(
    costs: Costs, sizes: Mapping[int, int], limits: Limits | None = None
) -> tuple[list[int], Prices]:
    asked = prices(costs, sizes)
    weights = [Weight(1 / len(costs), 0.0)] * len(costs)
    return search(asked, weights, limits or Limits()), asked


def search(
    asked: Prices, weights: Sequence[Weight], limits: Limits, pairs: Pairs | None = None
) -> list[int]:
    begin = wanted(asked, len(weights), lambda: None)
    return choose(asked, weights, limits, begin, pairs or {}, lambda: None)


def one(*numbers: int) -> frozenset[int]:
    return frozenset(numbers)


def test_an_index_that_no_plan_uses_is_not_chosen() -> None:
    found, _ = chosen([{one(1): 10.0}], {1: 8192, 2: 8192})

    assert found == [1]


def test_of_two_alike_one_is_enough() -> None:
    """The one that serves both statements stays."""
    found, _ = chosen([{one(1): 100.0, one(2): 102.0}, {one(2): 100.0}], {1: 8192, 2: 8192})

    assert found == [2]


def test_indexes_that_help_only_together_are_found() -> None:
    found, _ = chosen([{one(1, 2): 10.0}], {1: 8192, 2: 8192})

    assert sorted(found) == [1, 2]


def test_one_dear_statement_does_not_hide_the_others() -> None:
    found, _ = chosen([{one(1): 1.0}, {one(2): 500.0}], {1: 8192, 2: 8192})

    assert found == [1, 2]


def test_a_gain_that_is_not_worth_an_index_is_left() -> None:
    found, _ = chosen([{one(1): 995.0}], {1: 8192})

    assert found == []


def test_the_number_of_indexes_is_a_limit() -> None:
    costs = [{one(1): 10.0}, {one(2): 500.0}, {one(3): 100.0}]

    assert chosen(costs, dict.fromkeys((1, 2, 3), 8192), Limits(indexes=1))[0] == [1]
    assert chosen(costs, dict.fromkeys((1, 2, 3), 8192), Limits(indexes=0))[0] == []


def test_room_that_is_left_is_used() -> None:
    """The large index does not fit, the small one that does nearly the same does."""
    costs = [{one(1): 10.0, one(2): 20.0}]

    assert chosen(costs, {1: 10**9, 2: 8192}, Limits(storage=10**6))[0] == [2]


def test_a_budget_may_be_spent_on_what_is_worth_its_part_of_it() -> None:
    """Two of many statements gain 2 % each: not worth an index as such, nor a third of it."""
    costs: Costs = [{one(1): BASE * 0.98}, {one(1): BASE * 0.98}, *[{}] * 20]
    small, large = {1: 8192}, {1: 30 * 8192}

    assert chosen(costs, small)[0] == []
    assert chosen(costs, small, Limits(storage=100 * 8192))[0] == [1]
    assert chosen(costs, large, Limits(storage=100 * 8192))[0] == []


def test_a_smaller_index_that_does_nearly_the_same_is_preferred() -> None:
    """The plan prefers the one that carries more columns, for next to nothing."""
    costs = [{one(1): 1.0, one(2): 3.0}]

    assert chosen(costs, {1: 80 * 8192, 2: 40 * 8192})[0] == [2]


def test_one_index_takes_the_place_of_two_that_do_not_fit() -> None:
    """Both statements are served by an index that is smaller than the two that they want."""
    costs = [{one(1): 10.0, one(3): 12.0}, {one(2): 10.0, one(3): 12.0}]
    asked = prices(costs, {1: 60 * 8192, 2: 60 * 8192, 3: 70 * 8192})
    found = search(asked, [Weight(0.5, 0.0)] * 2, Limits(storage=100 * 8192), {3: (1, 2)})

    assert found == [3]


def test_a_smaller_index_makes_room_for_another() -> None:
    """Neither of the two steps is worth it alone."""
    costs = [{one(1): 10.0, one(2): 12.0}, {one(1): 500.0}, {one(3): 100.0}]
    asked = prices(costs, {1: 70 * 8192, 2: 40 * 8192, 3: 40 * 8192})
    weights, limits, found = [Weight(1 / 3, 0.0)] * 3, Limits(storage=100 * 8192), {1}
    wanted(asked, len(costs), lambda: None)
    acquaint(asked, {})
    exchange(asked, weights, limits, found)

    assert found == {2, 3}


def test_a_plan_that_the_planner_prefers_may_be_worse() -> None:
    """An index that is used and makes a statement dearer in truth is not chosen."""

    def planner(_query: int, chosen: frozenset[int]) -> Priced:
        return Priced(2 * BASE, one(1), 10.0) if 1 in chosen else Priced(BASE, one(), BASE)

    asked = Prices(planner, [frozenset({"t"})], {1: Option(1, "t", 8192)})

    assert search(asked, [Weight(1.0, 0.0)], Limits()) == []


def test_an_answer_is_asked_for_once() -> None:
    asked = prices([{one(1): 10.0}], {1: 8192, 2: 8192, 3: 8192})
    asked.ask(0, [1, 2, 3])
    asked.ask(0, [1, 2])
    asked.ask(0, [1])

    assert asked.calls == 1
    assert asked.ask(0, [2]).cost == BASE
    assert asked.calls == 2


def test_indexes_of_other_tables_are_not_asked_about() -> None:
    asked = prices([{one(1): 10.0}], {1: 8192})
    asked.options = {1: Option(1, "other", 8192)}

    assert asked.ask(0, [1]).cost == BASE


def test_the_number_of_questions_is_a_limit() -> None:
    """Beyond it, what is known already decides, and limits hold all the same."""
    asked = prices(
        [{one(number): 10.0 * number for number in range(1, 9)}] * 3,
        dict.fromkeys(range(1, 9), 8192),
    )
    asked.most = 8
    found = search(asked, [Weight(1 / 3, 0.0)] * 3, Limits(indexes=1))

    assert asked.calls == 8
    assert len(found) == 1


TABLE = st.lists(
    st.dictionaries(
        st.frozensets(st.integers(1, 5), min_size=1, max_size=2),
        st.floats(1, 900),
        max_size=4,
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60)
@given(TABLE, st.integers(0, 4), st.lists(st.integers(1, 50), min_size=5, max_size=5))
def test_limits_hold_and_nothing_becomes_dearer(costs: Costs, most: int, pages: list[int]) -> None:
    sizes = {number: size * 8192 for number, size in enumerate(pages, 1)}
    limits = Limits(storage=60 * 8192, indexes=most)
    found, asked = chosen(costs, sizes, limits)

    assert len(found) <= most
    assert sum(sizes[number] for number in found) <= 60 * 8192
    for query in range(len(costs)):
        assert asked.ask(query, found).cost <= BASE


@settings(max_examples=60)
@given(TABLE)
def test_without_limits_little_is_left_on_the_table(costs: Costs) -> None:
    """No single further index, nor a pair, makes any statement twice as cheap."""
    sizes = dict.fromkeys(range(1, 6), 8192)
    found, asked = chosen(costs, sizes)
    others = [number for number in sizes if number not in found]
    sets = [*((a,) for a in others), *combinations(others, 2)]
    for query in range(len(costs)):
        now = asked.ask(query, found).cost
        best = min((asked.ask(query, [*found, *more]).cost for more in sets), default=now)
        assert best + OVERHEAD >= (now + OVERHEAD) / 2
