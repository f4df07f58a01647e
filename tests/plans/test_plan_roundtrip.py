"""
Plans of all shapes, printed under all options and disguised in all ways, are read as what they are.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.plans.model import Plan
from advisor.plans.read import looks_like_plan, read_plans
from tests.support.plan_texts import DISGUISES, Sample, samples
from tests.support.plan_trees import tree

EACH = 80
"""Trees for every disguise: more than 2,000 in all."""


def check(sample: Sample, text: str) -> None:
    """
    One plan, no problem, and every field of every node as it was made.
    """
    document = read_plans("x", text)
    (plan,) = document.plans
    assert (document.problems, plan.problems) == ((), ())
    assert tree(plan) == tree(sample.plan)
    assert whole(plan) == whole(sample.plan)


def whole(plan: Plan) -> tuple[object, ...]:
    """
    What a plan says besides its nodes; a log adds the execution time.
    """
    return plan.planning_ms, plan.settings, plan.details, plan.analyzed


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_disguised_plan_is_the_same_plan(disguise: str) -> None:
    @settings(max_examples=EACH, deadline=None)
    @given(samples())
    def read_back(sample: Sample) -> None:
        text = DISGUISES[disguise](sample.text)
        assert looks_like_plan(text) or not sample.plan.root.children
        check(sample, text)

    read_back()


@settings(max_examples=100, deadline=None)
@given(st.lists(samples(), min_size=2, max_size=3))
def test_several_plans_keep_apart(some: list[Sample]) -> None:
    """Each stands below its own statement, as in a session or in notes."""
    text = "\n\n".join(
        f"EXPLAIN SELECT {number};\n\n{DISGUISES['psql'](sample.text)}"
        for number, sample in enumerate(some)
    )
    plans = read_plans("x", text).plans
    assert [tree(plan) for plan in plans] == [tree(sample.plan) for sample in some]
    assert [plan.query for plan in plans] == [f"SELECT {number}" for number in range(len(some))]
