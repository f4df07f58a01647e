"""
Every form of EXPLAIN, of every server: the same statement is read as the same tree.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from advisor.plans.arithmetic import account
from advisor.plans.model import Plan
from advisor.plans.read import looks_like_plan, read_plans
from tests.support.explain_servers import PARALLEL, QUERIES, SERIAL, Server, serving
from tests.support.plan_trees import differences, outline, tree
from tests.support.postgres_programs import REQUIRED, program_of

pytestmark = pytest.mark.oracle

MODES = {"serial": SERIAL, "parallel": PARALLEL}
FORMS = ("JSON", "YAML", "XML")
LAYOUTS = ((), ("-P", "border=2"), ("-P", "format=unaligned"), ("-P", "tuples_only=on"))


@pytest.fixture(scope="module", params=REQUIRED)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with serving(program_of(request.param)) as running:
        yield running


def one(output: str, form: str) -> Plan:
    """
    The one plan of an output, read in its form and without any problem.
    """
    assert looks_like_plan(output)
    document = read_plans("plan", output)
    (plan,) = document.plans
    assert (document.problems, plan.problems, plan.form) == ((), (), form.lower())
    return plan


def explained(
    server: Server, setup: str, options: str, query: str, layout: tuple[str, ...] = ()
) -> str:
    """
    What psql prints for a statement that is explained and rolled back.
    """
    commands = (f"{setup} BEGIN", f"EXPLAIN ({options}) {query}", "ROLLBACK")
    return server.psql(*commands, options=layout)[0]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", QUERIES)
def test_all_forms_of_a_plan_are_the_same(server: Server, name: str, mode: str) -> None:
    """Structure, names, conditions and estimates are equal, field by field."""
    setup, query = QUERIES[name]
    setup += MODES[mode]
    for more in ("VERBOSE", "COSTS OFF"):
        text = one(explained(server, setup, more, query), "text")
        for form in FORMS:
            other = one(explained(server, setup, f"{more}, FORMAT {form}", query), form)
            assert differences(text, other) == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", QUERIES)
def test_documents_say_the_same_and_where(server: Server, name: str, mode: str) -> None:
    """YAML and XML know every property that JSON has, and the line of every node."""
    setup, query = QUERIES[name]
    plans = []
    for form in FORMS:
        options = f"VERBOSE, SETTINGS, FORMAT {form}"
        output = explained(server, setup + MODES[mode], options, query)
        plan = one(output, form)
        lines = output.split("\n")
        assert all("Node" in lines[node.line - 1] for node in plan.walk())
        plans.append(plan)
    json, yaml, xml = plans
    assert tree(json) == tree(yaml) == tree(xml)
    assert json.settings == yaml.settings == xml.settings
    assert json.details == yaml.details == xml.details


@pytest.mark.parametrize("form", ["TEXT", *FORMS])
@pytest.mark.parametrize("name", QUERIES)
def test_executed_statements_are_read_in_every_form(server: Server, name: str, form: str) -> None:
    """Times differ from one execution to the next; what is read of them is complete."""
    setup, query = QUERIES[name]
    options = f"ANALYZE, BUFFERS, WAL, FORMAT {form}"
    plan = one(explained(server, setup, options, query), form)
    assert plan.analyzed
    assert plan.execution_ms is not None
    assert plan.planning_ms is not None
    assert all(node.loops is not None for node in plan.walk())
    times = account(plan)
    own = sum(row.self_ms or 0 for row in times.values())
    rounding = 0.001 * sum(node.loops or 0 for node in plan.walk()) + 0.01
    assert own == pytest.approx(times[0].total_ms, rel=0.05, abs=rounding)


@pytest.mark.parametrize("layout", LAYOUTS, ids=" ".join)
@pytest.mark.parametrize("form", ["TEXT", *FORMS])
def test_psql_may_lay_it_out_as_it_likes(
    server: Server, form: str, layout: tuple[str, ...]
) -> None:
    setup, query = QUERIES["cte, initplan, subplans"]
    options = f"VERBOSE, FORMAT {form}"
    plain = one(explained(server, setup, options, query), form)
    laid_out = one(explained(server, setup, options, query, layout), form)
    assert outline(plain) == outline(laid_out)
    assert tree(plain) == tree(laid_out)
