"""
The real server's plans: text and JSON of the same execution must be read as the same tree.

While a statement is explained as text, auto_explain sends the same execution as JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.indexes import ddl
from advisor.plans.arithmetic import account
from advisor.plans.model import Plan
from advisor.plans.read import looks_like_plan, read_plans
from tests.support.explain_servers import GUIDE, PARALLEL, QUERIES, SERIAL, Server, serving
from tests.support.index_advice import index_candidates
from tests.support.plan_trees import differences

BIN = Path("/usr/lib/postgresql/15/bin")

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not (BIN / "postgres").exists(), reason="PostgreSQL 15 is not installed"),
]

LIKE_AUTO_EXPLAIN = {
    "verbose": "ANALYZE, VERBOSE, BUFFERS, WAL, SETTINGS",
    "plain": "ANALYZE",
    "untimed": "ANALYZE, TIMING OFF, BUFFERS",
}


def both(server: Server, setup: str, query: str, mode: str) -> tuple[Plan, Plan]:
    """
    The plan of one execution from its text form and from its JSON form, rolled back.
    """
    options = LIKE_AUTO_EXPLAIN[mode]
    switches = {
        "log_verbose": "VERBOSE" in options,
        "log_buffers": "BUFFERS" in options,
        "log_wal": "WAL" in options,
        "log_settings": "SETTINGS" in options,
        "log_timing": "TIMING OFF" not in options,
    }
    watch = "".join(f"SET auto_explain.{name} = {on};" for name, on in switches.items())
    output, messages = server.psql(
        "BEGIN",
        "LOAD 'auto_explain'; SET auto_explain.log_analyze = on;"
        "SET auto_explain.log_format = json; SET auto_explain.log_triggers = on;"
        f"SET auto_explain.log_level = notice; {watch}{setup}",
        "SET auto_explain.log_min_duration = 0",
        f"EXPLAIN ({options}) {query}",
        "SET auto_explain.log_min_duration = -1",
        "ROLLBACK",
    )
    (text,) = read_plans("plan.txt", output).plans
    (json,) = read_plans("plan.json", messages).plans
    assert text.problems == json.problems == ()
    return text, json


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(BIN / "postgres") as running:
        yield running


@pytest.mark.parametrize("mode", LIKE_AUTO_EXPLAIN)
@pytest.mark.parametrize("name", QUERIES)
def test_text_and_json_of_one_execution_are_the_same_plan(
    server: Server, name: str, mode: str
) -> None:
    """Every field of every node is equal, and so are the times; these add up to the root's."""
    setup, query = QUERIES[name]
    text, json = both(server, setup, query, mode)
    assert differences(text, json) == []
    assert text.settings == json.settings
    assert (text.analyzed, json.analyzed) == (True, True)
    assert [t.calls for t in text.triggers] == [t.calls for t in json.triggers]
    assert account(text) == account(json)
    if mode != "untimed":
        check_sums(text)


def check_sums(plan: Plan) -> None:
    """
    Nothing is counted twice: within 5 % apart from what rounding explains, and none below zero.
    """
    times = account(plan)
    own = [row.self_ms for row in times.values() if row.self_ms is not None]
    if not any(node.workers_planned for node in plan.walk()):
        # Workers are timed by clocks of their own.
        assert all(row.consistent for row in times.values())
    rounding = 0.001 * sum(node.loops or 0 for node in plan.walk()) + 0.01
    assert sum(own) == pytest.approx(times[0].total_ms, rel=0.05, abs=rounding)
    assert sum(row.share for row in times.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("name", QUERIES)
def test_plans_that_were_not_executed_are_the_same_too(server: Server, name: str) -> None:
    setup, query = QUERIES[name]
    commands = (f"{setup} EXPLAIN {query}", f"{setup} EXPLAIN (FORMAT JSON) {query}")
    text, json = (read_plans("x", server.psql(command)[0]).plans[0] for command in commands)
    assert differences(text, json) == []
    assert not text.analyzed
    shares = [row.share for row in account(text).values()]
    assert sum(shares) == pytest.approx(1.0)


@pytest.mark.parametrize("name", QUERIES)
def test_plans_without_costs_have_the_same_tree(server: Server, name: str) -> None:
    """The reader goes by indentation and arrows, so it does not miss the numbers."""
    setup, query = QUERIES[name]
    output, _ = server.psql(f"{setup} EXPLAIN (COSTS OFF) {query}")
    assert looks_like_plan(output)
    (text,) = read_plans("x", output).plans
    output, _ = server.psql(f"{setup} EXPLAIN (COSTS OFF, FORMAT JSON) {query}")
    (json,) = read_plans("x", output).plans
    assert text.problems == ()
    assert differences(text, json) == []


@pytest.mark.parametrize(
    "options",
    [
        ("-P", "border=2"),
        ("-P", "border=2", "-P", "linestyle=unicode"),
        ("-P", "border=0"),
        ("-P", "format=unaligned"),
        ("-P", "format=csv"),
        ("-P", "expanded=on"),
        ("-P", "expanded=on", "-P", "border=2"),
        ("-P", "footer=off"),
        ("-P", "tuples_only=on"),
        ("-P", "format=wrapped", "-P", "columns=200"),
        ("-P", "format=asciidoc"),
    ],
)
def test_every_layout_of_psql_gives_the_same_plan(server: Server, options: tuple[str, ...]) -> None:
    setup, query = QUERIES["cte, initplan, subplans"]
    for form in ("TEXT", "JSON"):
        if form == "JSON" and options[-1] in ("format=csv", "format=asciidoc"):
            continue
        command = f"{setup} EXPLAIN (FORMAT {form}) {query}"
        (plain,) = read_plans("x", server.psql(command)[0]).plans
        (plan,) = read_plans("x", server.psql(command, options=options)[0]).plans
        assert plan.problems == ()
        assert differences(plain, plan) == []


@pytest.mark.parametrize("setup", [SERIAL, PARALLEL])
def test_the_advised_index_is_accepted_and_used(server: Server, setup: str) -> None:
    """The guide's query: the statement runs, the scan and the sort are gone, it can be undone."""
    command = f"{setup} EXPLAIN (ANALYZE) {GUIDE}"
    (before,) = read_plans("x", server.psql(command)[0]).plans
    (candidate,) = index_candidates(before)
    assert candidate.columns == ("category", "created_at")
    server.psql(candidate.statement)
    try:
        (after,) = read_plans("x", server.psql(command)[0]).plans
        scan = next(node for node in after.walk() if node.index)
        assert [scan.index, scan.scan_direction] == [
            "idx_templates_category_created_at",
            "Backward",
        ]
        assert not any(node.node_type in ("Seq Scan", "Sort") for node in after.walk())
        assert index_candidates(after) == ()
    finally:
        server.psql(candidate.rollback)


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("SELECT * FROM uses WHERE template_id = 77", ("template_id",)),
        ("SELECT * FROM uses WHERE amount IN (3) AND template_id < 200", ("amount", "template_id")),
        (
            "SELECT * FROM templates ORDER BY score DESC, created_at LIMIT 5",
            ("score DESC", "created_at"),
        ),
        (
            "SELECT * FROM templates ORDER BY score DESC NULLS LAST, id DESC NULLS LAST LIMIT 5",
            ("score DESC NULLS LAST", "id DESC NULLS LAST"),
        ),
        ('SELECT * FROM "Odd ""Names""" WHERE "order" = 7', ('"order"',)),
        (
            (
                "SELECT a.id, (SELECT count(*) FROM uses u WHERE u.template_id = a.id)"
                " FROM authors a WHERE a.team = 3"
            ),
            ("template_id",),
        ),
    ],
)
def test_advised_indexes_are_used(server: Server, query: str, columns: tuple[str, ...]) -> None:
    command = f"{SERIAL} EXPLAIN (ANALYZE) {query}"
    (before,) = read_plans("x", server.psql(command)[0]).plans
    candidate = index_candidates(before)[0]
    assert candidate.columns == columns
    server.psql(candidate.statement)
    try:
        (after,) = read_plans("x", server.psql(command)[0]).plans
        name = candidate.statement.split()[3]
        assert name in [node.index for node in after.walk()]
    finally:
        server.psql(candidate.rollback)


def test_identifiers_are_quoted_wherever_the_server_would(server: Server) -> None:
    """Quoting too much is harmless, quoting too little is a syntax error."""
    words, _ = server.psql(
        "SELECT word FROM pg_get_keywords() WHERE quote_ident(word) <> word", options=("-A", "-t")
    )
    assert [word for word in words.split() if not ddl.quote(word).startswith('"')] == []


@pytest.mark.parametrize("form", ["text", "json", "yaml", "xml"])
def test_auto_explain_sends_what_explain_prints(server: Server, form: str) -> None:
    """Every form of it, as psql shows what the server sends: a log without its prefix and tabs."""
    setup, query = QUERIES["cte, initplan, subplans"]
    _, messages = server.psql(
        f"LOAD 'auto_explain'; SET auto_explain.log_format = {form}; {setup}"
        "SET auto_explain.log_level = notice; SET auto_explain.log_min_duration = 0;",
        query,
    )
    (sent,) = read_plans("x", messages).plans
    output, _ = server.psql(f"{setup} EXPLAIN (FORMAT {form}) {query}")
    (printed,) = read_plans("x", output).plans
    assert (sent.form, sent.query) == (form, query)
    assert differences(printed, sent) == []
    log = "".join(f"{line}\n" for line in _as_logged(messages))
    (logged,) = read_plans("x.log", log).plans
    assert differences(printed, logged) == []
    assert logged.execution_ms is not None


def _as_logged(messages: str) -> Iterator[str]:
    first, *others = messages.rstrip("\n").split("\n")
    yield f"2026-01-02 03:04:05 UTC [7] {first}"
    yield from (f"\t{line}" for line in others)
