"""
Every kind of statement on real servers: all forms are one tree, and every millisecond has an owner.

The statements are those of ``tests/data/explain/queries.sql``. Each server is started once, each
statement explained in a transaction that is undone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from advisor.plans.arithmetic import NodeTimes, account
from advisor.plans.buffers import self_buffers
from advisor.plans.model import Buffers, Plan
from advisor.plans.read import looks_like_plan, read_plans
from tests.support.explain_queries import Query, Session, queries, session
from tests.support.explain_servers import PARALLEL, SERIAL, serving
from tests.support.plan_trees import differences
from tests.support.postgres_programs import REQUIRED, program_of

pytestmark = pytest.mark.oracle

MODES = {"serial": SERIAL, "parallel": PARALLEL}
FORMS = ("TEXT", "JSON", "YAML", "XML")
QUERIES = queries()
UNREAD = "modifying cte that nothing reads"
"""It runs after the root is finished, so neither time nor blocks are in the root's."""
SEVERAL_CALLS = "function scan, several"
"""The text form prints the alias alone there, where others have no function name."""
NODE_TYPES = frozenset(
    {
        "Aggregate",
        "Append",
        "Bitmap Heap Scan",
        "Bitmap Index Scan",
        "BitmapAnd",
        "BitmapOr",
        "CTE Scan",
        "Function Scan",
        "Gather",
        "Gather Merge",
        "Group",
        "Hash",
        "Hash Join",
        "Incremental Sort",
        "Index Only Scan",
        "Index Scan",
        "Limit",
        "LockRows",
        "Materialize",
        "Memoize",
        "Merge Append",
        "Merge Join",
        "ModifyTable",
        "Nested Loop",
        "ProjectSet",
        "Recursive Union",
        "Result",
        "Sample Scan",
        "Seq Scan",
        "SetOp",
        "Sort",
        "Subquery Scan",
        "Tid Range Scan",
        "Tid Scan",
        "Unique",
        "Values Scan",
        "WindowAgg",
        "WorkTable Scan",
    }
)
"""All of explain.c, but Custom Scan, for which no extension is there, and those tested apart."""


@pytest.fixture(scope="module", params=REQUIRED)
def connected(request: pytest.FixtureRequest) -> Iterator[Session]:
    with serving(program_of(request.param)) as running, session(running, request.param) as made:
        yield made


def one(output: str) -> Plan:
    """
    The one plan of an output, read without any problem.
    """
    assert looks_like_plan(output)
    document = read_plans("plan", output)
    (plan,) = document.plans
    assert (document.problems, plan.problems) == ((), ())
    return plan


def cases(connected: Session) -> Iterator[tuple[Query, str]]:
    """
    Every statement that the server knows, prepared for each mode in turn.
    """
    for query in filter(connected.knows, QUERIES):
        for mode, setup in MODES.items():
            with connected.prepared(query, setup):
                yield query, mode


def test_there_are_enough_statements() -> None:
    assert len(QUERIES) >= 150
    assert len({query.name for query in QUERIES}) == len(QUERIES)


def test_all_forms_have_the_same_structure_and_estimates(connected: Session) -> None:
    """Field by field, and every node type that can be produced is among them."""
    seen: set[str] = set()
    odd = []
    for query, mode in cases(connected):
        text, *others = (one(connected.explain(query, f"VERBOSE, FORMAT {form}")) for form in FORMS)
        assert [plan.form for plan in (text, *others)] == [form.lower() for form in FORMS]
        seen.update(node.node_type for plan in others for node in plan.walk())
        found = [line for other in others for line in differences(text, other)]
        is_known = query.name == SEVERAL_CALLS and all("function_name" in line for line in found)
        odd += [] if is_known else [(query.name, mode, line) for line in found]
    assert odd == []
    assert seen >= NODE_TYPES
    assert ("Foreign Scan" in seen) == ("contrib" in connected.abilities)
    assert ("Table Function Scan" in seen) == (
        connected.major >= 17 or "xml" in connected.abilities
    )


def test_every_millisecond_and_block_has_one_owner(connected: Session) -> None:
    """No self time below zero, their sum is the root's within 5 %; the same for blocks, exactly."""
    odd = []
    for number, (query, mode) in enumerate(cases(connected)):
        form = FORMS[number % len(FORMS)]
        plan = one(connected.explain(query, f"ANALYZE, BUFFERS, FORMAT {form}"))
        unread = query.name == UNREAD
        wrong = [*_wrong_times(plan, unread=unread), *(() if unread else _wrong_blocks(plan))]
        odd += [(query.name, mode, form, line) for line in wrong]
    assert odd == []


def _wrong_times(plan: Plan, *, unread: bool) -> Iterator[str]:
    times = account(plan)
    bound = max(0.05 * (times[0].total_ms or 0), _rounding(plan))
    own = {i: row.self_ms or 0.0 for i, row in times.items()}
    yield from (f"{i} has {time} ms" for i, time in own.items() if time < -bound)
    expected = (times[0].total_ms or 0.0) + sum(_after_the_root(plan, times) if unread else ())
    if abs(sum(own.values()) - expected) > bound:
        yield f"{sum(own.values())} ms, not {expected}"
    if abs(sum(row.share for row in times.values()) - 1) > 0.01 and times[0].total_ms:
        yield "shares"
    for node in plan.walk():
        row = times[node.id]
        if node.never_executed and (row.self_ms, row.executions, row.rows_scanned_total) != (
            0,
            0,
            0,
        ):
            yield f"{node.id} never ran, yet counts"
        if (row.cpu_ms or 0.0) < (row.total_ms or 0.0) - 1e-9:
            yield f"{node.id} has less processor time than wall time"


def _after_the_root(plan: Plan, times: Mapping[int, NodeTimes]) -> Iterator[float]:
    for node in plan.walk():
        if node.node_type == "ModifyTable" and node.relationship == "InitPlan":
            yield times[node.id].total_ms or 0.0


def _rounding(plan: Plan) -> float:
    """
    Times are printed with three decimals, per loop.
    """
    return 0.001 * sum(node.loops or 0 for node in plan.walk()) + 0.01


def _wrong_blocks(plan: Plan) -> Iterator[str]:
    own, whole = self_buffers(plan), plan.root.buffers or Buffers()
    for name in Buffers.__struct_fields__ if own else ():
        total = sum(getattr(blocks, name) for blocks in own.values())
        if total != getattr(whole, name):
            yield f"{total} blocks {name}, not {getattr(whole, name)}"


def test_what_stands_beside_the_tree(connected: Session) -> None:
    """Planning, triggers, JIT and serialization are told apart from the nodes' times."""
    by_name = {query.name: query for query in QUERIES}
    with connected.prepared(by_name["update with trigger"], SERIAL):
        plan = one(connected.explain(by_name["update with trigger"], "ANALYZE"))
    assert [(one.name, one.calls) for one in plan.triggers] == [("audit", 9)]
    assert None not in (plan.planning_ms, plan.execution_ms, plan.triggers[0].time_ms)
    with connected.prepared(by_name["jit"], SERIAL):
        plan = one(connected.explain(by_name["jit"], "ANALYZE"))
    assert (plan.jit is None) == (connected.answer("SELECT pg_jit_available()::text") == "false\n")
    if connected.major >= 17:
        plan = one(connected.explain(by_name["seq scan"], "ANALYZE, SERIALIZE TEXT"))
        assert plan.serialization_ms is not None
        assert plan.serialization_ms > 0


@pytest.mark.parametrize("form", FORMS)
def test_rows_of_a_trigger_have_a_scan_of_their_own(connected: Session, form: str) -> None:
    """Named Tuplestore Scan: a statement in a trigger that reads its transition table."""
    with connected.connection.transaction(force_rollback=True):
        connected.connection.execute(
            "CREATE TRIGGER watch AFTER INSERT ON watched REFERENCING NEW TABLE AS added"
            f" FOR EACH STATEMENT EXECUTE FUNCTION explain_rows('ANALYZE, FORMAT {form}')"
        )
        connected.connection.execute("INSERT INTO watched SELECT generate_series(1, 9)")
        plan = one(connected.answer("SELECT line FROM explained ORDER BY number"))
    assert (plan.root.node_type, plan.root.actual_rows) == ("Named Tuplestore Scan", 6)
    assert account(plan)[0].rows_scanned_total == 9
