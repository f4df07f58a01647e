"""
Wrong estimates: the deepest node is blamed, and only for what was decided by it.
"""

from __future__ import annotations

import pytest

from advisor.plans import text
from advisor.plans.arithmetic import account
from advisor.plans.misestimates import Misestimate, misestimates


def found(source: str) -> tuple[Misestimate, ...]:
    lines = [_long(line) for line in source.strip("\n").splitlines()]
    (plan,) = text.read("x", "\n".join(lines) + "\n").plans
    assert plan.problems == ()
    return misestimates(plan, account(plan))


def _long(line: str) -> str:
    """
    ``Sort @ 9.5 10/2000 3`` ran 3 times, each 9.5 ms, with 2000 rows where 10 were planned.
    """
    name, _, rest = line.rpartition(" @ ")
    if not name:
        return line
    time, rows, loops = rest.split()
    planned, actual = rows.split("/")
    cost = f"(cost=0.00..{time} rows={planned} width=4)"
    return f"{name}  {cost} (actual time=0.000..{time} rows={actual} loops={loops})"


LOOP = """
Nested Loop @ 100.000 10/2000 1
  ->  %s @ 10.000 10/2000 1
%s
  ->  Index Scan using i on b @ 0.040 1/1 2000
        Index Cond: (id = a.b)
"""


def test_a_loop_that_ran_far_more_often_is_blamed_on_its_outer_side() -> None:
    (one,) = found(LOOP % ("Seq Scan on a", "        Filter: (x > 5)"))
    assert (one.node.relation, one.harmed.node_type, one.harm) == ("a", "Nested Loop", "loop")
    assert (one.planned, one.actual, one.kind, one.share) == (10, 2000, "table", 0.8)


@pytest.mark.parametrize(
    ("filter_", "kind", "columns"),
    [
        ("((x = 5) AND (y = 6))", "columns", ("x", "y")),
        ("((x = 5) AND (x = 6))", "table", ()),
        ("(x = 5)", "table", ()),
        ("((x % 5) = 3)", "expression", ()),
    ],
)
def test_what_the_planner_could_not_know(filter_: str, kind: str, columns: tuple[str, ...]) -> None:
    filtered = f"        Filter: {filter_}"
    (one,) = found(LOOP % ("Seq Scan on a", filtered))
    assert (one.kind, one.columns) == (kind, columns)


def test_the_deepest_wrong_node_is_blamed() -> None:
    (one,) = found("""
Nested Loop @ 100.000 10/2000 1
  ->  Hash Join @ 20.000 10/2000 1
        Hash Cond: (a.id = c.id)
        ->  Seq Scan on a @ 5.000 10/2000 1
        ->  Hash @ 5.000 100/100 1
              ->  Seq Scan on c @ 4.000 100/100 1
  ->  Index Scan using i on b @ 0.030 1/1 2000
""")
    assert (one.node.relation, one.harmed.id) == ("a", 0)


def test_a_join_is_blamed_when_its_inputs_are_right() -> None:
    (one,) = found("""
Nested Loop @ 100.000 10/2000 1
  ->  Hash Join @ 20.000 10/2000 1
        ->  Seq Scan on a @ 5.000 2000/2000 1
        ->  Hash @ 5.000 100/100 1
              ->  Seq Scan on c @ 4.000 100/100 1
  ->  Index Scan using i on b @ 0.030 1/1 2000
""")
    assert (one.node.node_type, one.kind) == ("Hash Join", "join")


def test_a_sort_that_was_planned_in_memory() -> None:
    (one,) = found("""
Sort @ 100.000 100/90000 1
  Sort Method: external merge  Disk: 9000kB
  ->  Seq Scan on a @ 20.000 100/90000 1
""")
    assert (one.node.relation, one.harmed.node_type, one.harm) == ("a", "Sort", "disk")
    assert one.share == 0.8


def test_a_hash_that_was_split_later() -> None:
    (one,) = found("""
Hash Join @ 100.000 100/100 1
  ->  Seq Scan on b @ 10.000 100/100 1
  ->  Hash @ 80.000 100/90000 1
        Buckets: 1024 (originally 1024)  Batches: 16 (originally 1)  Memory Usage: 900kB
        ->  Seq Scan on a @ 20.000 100/90000 1
""")
    assert (one.node.relation, one.harmed.node_type, one.harm) == ("a", "Hash", "disk")


@pytest.mark.parametrize(
    "source",
    [
        # nothing was decided by it
        "Seq Scan on a @ 10.000 10/2000 1",
        # too few rows to matter
        LOOP.replace("2000", "50") % ("Seq Scan on a", "        Filter: (x > 5)"),
        # off by less than ten times
        LOOP.replace("10/2000", "300/2000") % ("Seq Scan on a", "        Filter: (x > 5)"),
        # more were planned than there are: nothing ran too often
        LOOP.replace("10/2000", "200000/2000") % ("Seq Scan on a", "        Filter: (x > 5)"),
        # never executed
        LOOP.replace("10/2000", "10/0") % ("Seq Scan on a", "        Filter: (x > 5)"),
    ],
)
def test_what_is_nobodys_fault(source: str) -> None:
    assert found(source) == ()


def test_below_a_limit_nothing_is_known() -> None:
    loop = LOOP % ("Seq Scan on a", "        Filter: (x > 5)")
    below = "\n".join(f"      {line}" for line in loop.strip("\n").splitlines())
    limited = f"Limit @ 100.000 10/2000 1\n{below.replace('      Nested', '  ->  Nested', 1)}"
    assert found(limited) == ()
