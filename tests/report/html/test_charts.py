"""
Budgets and timeouts to scale.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.model import (
    Budget,
    BudgetKind,
    BudgetTerm,
    Order,
    TimeoutChain,
    TimeoutStep,
    Wait,
)
from advisor.report.html.budgets import COLOURS, budget_chart
from advisor.report.html.timeouts import chain_chart

CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
AMOUNT = st.one_of(st.none(), st.floats(), st.floats(min_value=0, max_value=2**50))


def connections(*terms: tuple[float | None, float | None], limit: float | None) -> Budget:
    """
    A budget of connections.
    """
    rows = tuple(BudgetTerm(f"app{at}", *term, "how") for at, term in enumerate(terms))
    known = [term.most for term in rows if term.most is not None]
    most = sum(known) if len(known) == len(rows) else None
    return Budget(BudgetKind.CONNECTIONS, "service db", rows, None, most, limit, "max_connections")


def chain(*steps: tuple[float | None, Order]) -> TimeoutChain:
    """
    A chain of timeouts.
    """
    return TimeoutChain(
        "service app",
        tuple(TimeoutStep(Wait.POOL, "pool_timeout", *step) for step in steps),
    )


class TestBudgets:
    def test_bars_are_to_scale_and_the_limit_too(self) -> None:
        chart = budget_chart(connections((60, 80), (20, 120), limit=150))

        assert [(one.start, one.width) for one in chart.kept] == [(0, 30), (30, 10)]
        assert [(one.start, one.width) for one in chart.most] == [(0, 40), (40, 60)]
        assert (chart.limit_place, chart.beyond, chart.exceeded) == (75, 25, True)
        assert chart.words == "at most 200 of 150 connections"
        assert chart.most[1].words == "app1: 120"

    def test_room_that_is_left_is_left(self) -> None:
        chart = budget_chart(connections((10, 25), limit=100))

        assert (chart.most[0].width, chart.limit_place, chart.beyond) == (25, 100, 0)

    def test_what_is_not_known_is_no_bar(self) -> None:
        chart = budget_chart(connections((None, None), (None, 20), limit=None))

        assert chart.kept == ()
        assert [(one.colour, one.width) for one in chart.most] == [(1, 100)]
        assert (chart.limit_place, chart.limit) == (None, "not known")
        assert [row.most for row in chart.terms] == ["not known", "20"]

    def test_a_limit_of_none_at_all(self) -> None:
        assert budget_chart(connections((0, 0), limit=0)).limit_place is None

    def test_there_are_colours_for_all_terms(self) -> None:
        chart = budget_chart(connections(*[(1, 1)] * 9, limit=5))

        assert {one.colour for one in chart.most} == set(range(COLOURS))

    @CALM
    @given(st.lists(st.tuples(AMOUNT, AMOUNT), max_size=5), AMOUNT)
    def test_nothing_leaves_the_bar(
        self, terms: list[tuple[float | None, float | None]], limit: float | None
    ) -> None:
        chart = budget_chart(connections(*terms, limit=limit))

        for one in (*chart.kept, *chart.most):
            assert 0 <= one.start <= one.start + one.width <= 100.1
        assert chart.limit_place is None or 0 <= chart.limit_place <= 100
        assert 0 <= chart.beyond <= 100


class TestTimeouts:
    def test_bars_end_where_the_wait_does(self) -> None:
        chart = chain_chart(chain((30, Order.FITS), (60, Order.LATE), (15, Order.IDLE)))

        assert [row.end for row in chart.rows] == [50, 100, 25]
        assert [row.sign for row in chart.rows] == ["fits", "late", "idle"]
        assert [(tick.place, tick.words) for tick in chart.ticks] == [
            (0, "0 s"),
            (33.33, "20 s"),
            (66.67, "40 s"),
            (100, "60 s"),
        ]

    def test_no_limit_goes_to_the_end_and_what_is_not_known_has_no_bar(self) -> None:
        chart = chain_chart(chain((3, Order.FITS), (None, Order.UNLIMITED), (None, Order.UNKNOWN)))

        assert [row.end for row in chart.rows] == [100, 100, None]
        assert [(row.ends, row.state) for row in chart.rows] == [
            ("3 s", "in order"),
            ("no limit", ""),
            ("not known", ""),
        ]

    @pytest.mark.parametrize("seconds", [None, 0.0, float("inf"), float("nan"), -1.0])
    def test_without_any_time_there_is_no_scale(self, seconds: float | None) -> None:
        chart = chain_chart(chain((seconds, Order.FITS)))

        assert chart.ticks == ()
        assert chart.rows[0].end is None

    @CALM
    @given(st.lists(st.floats(min_value=0.001, max_value=10**7), min_size=1, max_size=5))
    def test_every_time_fits_the_scale(self, seconds: list[float]) -> None:
        chart = chain_chart(chain(*((one, Order.FITS) for one in seconds)))

        assert 2 <= len(chart.ticks) <= 6
        assert chart.ticks[-1].place == 100
        assert all(row.end is not None and 0 <= row.end <= 100 for row in chart.rows)
        longest = max(row.end or 0 for row in chart.rows)
        assert longest > 60
