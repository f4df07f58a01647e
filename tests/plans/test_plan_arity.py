"""
Plans that lost their indentation: put together again, or said to be a guess.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.plans.arithmetic import account
from advisor.plans.model import Plan
from advisor.plans.read import read_plans
from tests.support.plan_trees import outline

DATA = Path(__file__).parent.parent / "data" / "plans"
BUILT = "the indentation is lost, so the tree was put together by what each node needs"
GUESS = "the indentation is lost, so the tree is a guess"
Shape = tuple[str, list["Shape"]]


def only(source: str) -> Plan:
    """
    The one plan of a text.
    """
    (plan,) = read_plans("x", source).plans
    return plan


def flat(source: str) -> str:
    """
    The text as a form or a chat leaves it that drops blanks at the left.
    """
    return "\n".join(line.strip() for line in source.split("\n"))


def messages(plan: Plan) -> list[str]:
    """
    Its problems, without the lines they quote.
    """
    return [problem.message.partition(": ")[0] for problem in plan.problems]


PARALLEL = """\
Finalize GroupAggregate  (cost=6.0..9.0 rows=9 width=9) (actual time=784.0..1328.0 rows=9 loops=1)
  Group Key: c.name
  ->  Gather Merge  (cost=6.0..9.0 rows=9 width=9) (actual time=784.0..1200.0 rows=9 loops=1)
        Workers Planned: 2
        Workers Launched: 2
        ->  Sort  (cost=6.0..9.0 rows=9 width=9) (actual time=755.0..856.0 rows=9 loops=3)
              Sort Key: c.name DESC
              Sort Method: external merge  Disk: 4328kB
              Worker 0:  Sort Method: external merge  Disk: 4144kB
              Worker 1:  Sort Method: external merge  Disk: 4296kB
              Buffers: shared hit=7
              ->  Parallel Hash Join  (cost=6.0..9.0 rows=9 width=9) (actual rows=9 loops=3)
                    Hash Cond: (c.id = o.customer_id)
                    ->  Parallel Append  (cost=6.0..9.0 rows=9 width=9) (actual rows=9 loops=3)
                          ->  Parallel Seq Scan on c_1  (cost=6.0..9.0 rows=9 width=9)
                          ->  Parallel Seq Scan on c_2  (cost=6.0..9.0 rows=9 width=9)
                    ->  Parallel Hash  (cost=6.0..9.0 rows=9 width=9) (actual rows=9 loops=3)
                          Buckets: 131072  Batches: 8  Memory Usage: 3520kB
                          ->  Parallel Seq Scan on o  (cost=6.0..9.0 rows=9 width=9)
                                Filter: (order_status_id = 1)
Planning Time: 0.519 ms
JIT:
  Functions: 54
  Options: Inlining false, Optimization false
Execution Time: 1376.494 ms
"""
SUBPLANS = """\
Hash Join  (cost=6.0..9.0 rows=9 width=9)
  Hash Cond: (a.x = b.x)
  CTE big
    ->  Recursive Union  (cost=6.0..9.0 rows=9 width=9)
          ->  Seq Scan on r  (cost=6.0..9.0 rows=9 width=9)
          ->  WorkTable Scan on big  (cost=6.0..9.0 rows=9 width=9)
  InitPlan 2 (returns $1)
    ->  Aggregate  (cost=6.0..9.0 rows=9 width=9)
          ->  Seq Scan on s  (cost=6.0..9.0 rows=9 width=9)
  ->  Seq Scan on a  (cost=6.0..9.0 rows=9 width=9)
        Filter: (x > (SubPlan 3))
        SubPlan 3
          ->  Bitmap Heap Scan on u  (cost=6.0..9.0 rows=9 width=9)
                ->  BitmapOr  (cost=6.0..9.0 rows=9 width=9)
                      ->  Bitmap Index Scan on u_1  (cost=6.0..9.0 rows=9 width=9)
                      ->  Bitmap Index Scan on u_2  (cost=6.0..9.0 rows=9 width=9)
  ->  Hash  (cost=6.0..9.0 rows=9 width=9)
        ->  CTE Scan on big b  (cost=6.0..9.0 rows=9 width=9)
"""


@pytest.mark.parametrize("source", [PARALLEL, SUBPLANS])
def test_the_tree_is_put_together_and_that_is_said(source: str) -> None:
    whole, found = only(source), only(flat(source))
    assert outline(found) == outline(whole)
    assert messages(found)[0] == BUILT
    assert not found.is_guess
    assert found.details == whole.details


def test_properties_stay_with_the_node_above_them() -> None:
    root, _, sort, join, *_ = only(flat(PARALLEL)).walk()
    assert root.group_key == ("c.name",)
    assert (len(sort.workers), sort.buffers and sort.buffers.shared_hit) == (2, 7)
    assert join.hash_cond == "(c.id = o.customer_id)"


@pytest.mark.parametrize("name", sorted(path.name for path in DATA.glob("*.txt")))
def test_stored_plans_are_put_together_or_said_to_be_a_guess(name: str) -> None:
    source = (DATA / name).read_text(encoding="utf-8")
    for whole in read_plans("x", source).plans:
        lines = source.split("\n")[whole.location.line - 1 : whole.location.end_line]
        found = only(flat("\n".join(line.strip(" |│║") for line in lines)))
        assert found.is_guess or outline(found) == outline(whole)


AMBIGUOUS = """\
Nested Loop  (cost=6.0..9.0 rows=9 width=9) (actual time=1.0..900.0 rows=9 loops=1)
->  Append  (cost=6.0..9.0 rows=9 width=9) (actual time=1.0..800.0 rows=9 loops=1)
->  Seq Scan on a  (cost=6.0..9.0 rows=9 width=9) (actual time=1.0..700.0 rows=9 loops=1)
->  Seq Scan on b  (cost=6.0..9.0 rows=9 width=9) (actual time=1.0..50.0 rows=9 loops=1)
->  Seq Scan on c  (cost=6.0..9.0 rows=9 width=9) (actual time=1.0..20.0 rows=9 loops=1)
Execution Time: 900.0 ms
"""


def test_of_a_tree_that_is_a_guess_no_node_has_a_time_of_its_own() -> None:
    found = only(AMBIGUOUS)
    assert (found.is_guess, messages(found)) == (True, [GUESS])
    times = account(found)
    assert [(row.self_ms, row.known) for row in times.values()] == [(None, False)] * 5
    assert times[0].total_ms == 900.0


def test_a_level_that_is_lost_above_one_node_leaves_no_doubt() -> None:
    """Copied from the middle of the first line on."""
    found = only(
        "Limit  (cost=6.0..9.0 rows=9 width=9)\n"
        "->  Hash Join  (cost=6.0..9.0 rows=9 width=9)\n"
        "      ->  Seq Scan on a  (cost=6.0..9.0 rows=9 width=9)\n"
        "      ->  Hash  (cost=6.0..9.0 rows=9 width=9)\n"
        "            ->  Seq Scan on b  (cost=6.0..9.0 rows=9 width=9)\n"
    )
    assert (found.problems, found.is_guess) == ((), False)
    assert [len(node.children) for node in found.walk()] == [1, 2, 0, 1, 0]


@pytest.mark.parametrize(
    "lines",
    [
        ["Seq Scan on a", "Seq Scan on b"],
        ["Limit", "Seq Scan on a", "Seq Scan on b"],
        ["Hash Join", "Seq Scan on a", "Seq Scan on b"],
        ["Sort", "Append", "Append", "Seq Scan on a", "Seq Scan on b"],
        ["Nested Loop", "Result", "Seq Scan on a", "Seq Scan on b"],
    ],
)
def test_what_no_server_prints_or_what_goes_two_ways_is_a_guess(lines: list[str]) -> None:
    first, *rest = (f"{line}  (cost=6.0..9.0 rows=9 width=9)" for line in lines)
    found = only("\n".join([first, *(f"->  {line}" for line in rest)]))
    assert (found.is_guess, messages(found)) == (True, [GUESS])


@pytest.mark.parametrize(
    ("sort_key", "condition", "owner"),
    [
        ("a", "(x = (SubPlan 1))", "Seq Scan"),
        ("((SubPlan 1))", "(x = (SubPlan 1))", "Seq Scan"),
        ("a", "(NOT (hashed SubPlan 1))", "Seq Scan"),
        ("((SubPlan 1))", "", "Seq Scan"),
        ("a", "", ""),
        ("a", "(x = (SubPlan 12))", ""),
    ],
)
def test_a_subplan_hangs_on_the_node_that_computes_it(
    sort_key: str, condition: str, owner: str
) -> None:
    numbers = "(cost=6.0..9.0 rows=9 width=9)"
    text = (
        f"Sort  {numbers}\nSort Key: {sort_key}\n->  Seq Scan on t  {numbers}\n"
        + (f"Filter: {condition}\n" if condition else "")
        + f"SubPlan 1\n->  Index Scan using i on u  {numbers}\n"
    )
    found = only(text)
    above = found.parents()[2].title
    assert (found.is_guess, owner) in {(True, ""), (False, above)}


def shapes(depth: int) -> st.SearchStrategy[Shape]:
    """
    Trees as the planner makes them.
    """
    scan: st.SearchStrategy[Shape] = st.sampled_from(("Seq Scan on a", "Function Scan on f")).map(
        lambda name: (name, [])
    )
    if not depth:
        return scan
    below = shapes(depth - 1)
    bitmap: Shape = ("Bitmap Heap Scan on b", [("Bitmap Index Scan on i", [])])
    return st.one_of(
        scan,
        st.just(bitmap),
        below.map(lambda one: ("Sort", [one])),
        st.tuples(below, below).map(lambda two: ("Hash Join", [two[0], ("Hash", [two[1]])])),
        st.tuples(below, below).map(lambda two: ("Merge Join", [*two])),
        st.lists(below, min_size=1, max_size=3).map(lambda some: ("Append", some)),
    )


def printed(shape: Shape, column: int = 0) -> Iterator[str]:
    """
    Its lines, as explain.c indents them.
    """
    name, below = shape
    arrow = "->  " if column else ""
    yield f"{' ' * column}{arrow}{name}  (cost=6.0..9.0 rows=9 width=9)"
    for one in below:
        yield from printed(one, column + (6 if column else 2))


@settings(max_examples=200, deadline=None)
@given(shapes(4))
def test_no_tree_is_put_together_wrongly(shape: Shape) -> None:
    text = "\n".join(printed(shape))
    whole, found = only(text), only(flat(text))
    assert found.is_guess or outline(found) == outline(whole)
    assert not found.is_guess or "Append" in text
