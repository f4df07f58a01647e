"""
Whole files as the server printed them, and everything people and programs do to such files.
"""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.plans.arithmetic import account
from advisor.plans.model import Plan, PlanDocument
from advisor.plans.read import looks_like_plan, read_plans
from tests.support.index_advice import index_candidates
from tests.support.plan_trees import outline, tree

DATA = Path(__file__).parent.parent / "data" / "plans"
FILES = sorted(path.name for path in DATA.iterdir() if path.suffix != ".tree")
TEXTS = [name for name in FILES if name.endswith(".txt") and name != "session.txt"]
SAMPLES = {name: (DATA / name).read_text(encoding="utf-8") for name in FILES}


def only(text: str) -> Plan:
    """
    The one plan of a text, read without any problem.
    """
    document = read_plans("plan.txt", text)
    assert document.problems == ()
    (plan,) = document.plans
    assert plan.problems == ()
    return plan


def use(document: PlanDocument) -> None:
    """
    Do with every plan what an audit does.
    """
    for plan in document.plans:
        times = account(plan)
        assert sorted(times) == list(range(len(times)))
        index_candidates(plan)
        assert plan.location.line <= plan.location.end_line


@pytest.mark.parametrize("name", FILES)
def test_files_of_the_server_give_the_expected_trees(name: str) -> None:
    document = read_plans(name, SAMPLES[name])
    expected = (DATA / f"{name}.tree").read_text(encoding="utf-8")
    assert "\n".join(outline(plan) for plan in document.plans) == expected
    assert document.problems == ()
    assert [plan.problems for plan in document.plans] == [()] * len(document.plans)
    assert looks_like_plan(SAMPLES[name])


def test_the_guides_plan_is_read_completely() -> None:
    plan = only(SAMPLES["guide.txt"])
    limit, sort, scan = plan.walk()
    assert (plan.form, plan.analyzed, plan.planning_ms) == ("text", True, 0.334)
    assert plan.query.startswith("SELECT * FROM templates\nWHERE category = 'firmware'")
    assert plan.query.endswith("LIMIT 20")
    assert (plan.location.line, plan.location.end_line) == (7, 15)
    assert (limit.line, sort.line, scan.line) == (7, 8, 11)
    assert (sort.sort_method, sort.sort_space_kb, sort.sort_space_type) == (
        "top-N heapsort",
        29,
        "Memory",
    )
    assert sort.sort_key == ("created_at DESC",)
    assert scan.filter == "((category)::text = 'firmware'::text)"
    assert scan.rows_removed_by_filter == 29700
    assert (scan.plan_rows, scan.plan_width, scan.startup_cost) == (300, 55, 0.0)


def test_json_nodes_know_the_lines_of_their_node_types() -> None:
    text = SAMPLES["guide.json"]
    lines = text.split("\n")
    plan = only(text)
    assert all('"Node Type"' in lines[node.line - 1] for node in plan.walk())
    assert plan.form == "json"
    assert plan.execution_ms is not None


def test_one_session_has_several_plans_with_their_queries() -> None:
    document = read_plans("session.txt", SAMPLES["session.txt"])
    assert [plan.query.partition(" FROM ")[0] for plan in document.plans] == [
        "SELECT *",
        "SELECT *",
        "INSERT INTO authors VALUES (1000, 'a', 4)",
        "SELECT *",
    ]
    assert [plan.analyzed for plan in document.plans] == [True, True, False, False]


def test_triggers_settings_wal_and_jit_are_read() -> None:
    plan = only(SAMPLES["update-with-triggers.txt"])
    assert [(t.name, t.calls) for t in plan.triggers] == [("audit", 9)]
    assert plan.settings["jit_above_cost"] == "0"
    assert plan.root.details["WAL Records"] != "0"
    assert plan.jit is not None
    assert plan.jit.functions
    assert plan.jit.total_ms
    assert plan.root.buffers is not None
    assert plan.root.buffers.shared_hit > 0


def test_workers_of_a_verbose_plan_are_read() -> None:
    sort = only(SAMPLES["guide-parallel.txt"]).root.children[0].children[0]
    assert [worker.number for worker in sort.workers] == [0, 1]
    assert all(worker.loops == 1 for worker in sort.workers)
    assert all("Sort Method" in worker.details for worker in sort.workers)


def test_the_guides_plan_needs_no_sql_parser() -> None:
    """Start-up time: plain columns and literals are recognised without sqlglot."""
    code = (
        "import sys; from pathlib import Path; from advisor import indexes;"
        "from advisor.plans import read;"
        "text = Path(sys.argv[1]).read_text(); plan = read.read_plans('x', text).plans[0];"
        "assert indexes.advise([indexes.Query('x', plan)]).candidates;"
        "print('sqlglot' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(DATA / "guide.txt")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=DATA.parents[2])
    assert done.stdout == "False\n"


def bordered(text: str) -> str:
    width = max(map(len, text.splitlines()))
    rows = [f"| {line:<{width}} |" for line in text.splitlines()]
    rule = "+" + "-" * (width + 2) + "+"
    return "\n".join([rule, f"| {'QUERY PLAN':^{width}} |", rule, *rows, rule, "(9 rows)", ""])


def csv(text: str) -> str:
    rows = ['"' + line.replace('"', '""') + '"' for line in text.splitlines()]
    return "\n".join(['"QUERY PLAN"', *rows])


def fetched(text: str) -> str:
    return "[" + ",\n ".join(f"({line!r},)" for line in text.splitlines()) + "]"


DECORATIONS: dict[str, Callable[[str], str]] = {
    "indented": lambda text: textwrap.indent(text, "        "),
    "indented with tabs": lambda text: textwrap.indent(text, "\t"),
    "no-break spaces": lambda text: text.replace(" ", "\u00a0", 1).replace("\n ", "\n\u00a0"),
    "windows": lambda text: text.replace("\n", "\r\n"),
    "byte order mark": lambda text: "\ufeff" + text,
    "bordered": bordered,
    "csv": csv,
    "rows of a driver": fetched,
    "one quoted cell": lambda text: '"' + text.rstrip().replace('"', '""') + '"',
    "continued": lambda text: " +\n".join(line.ljust(120) for line in text.splitlines()),
    "markdown": lambda text: f"Slow since Monday:\n\n```\n{text}```\n\nAny ideas?\n",
    "blank lines": lambda text: text.replace("\n", "\n\n"),
    "trailing blanks": lambda text: text.replace("\n", "   \n"),
    "french": lambda text: (
        f" PLAN DE REQUÊTE\n-----------\n{text}(31 lignes)\n\nTemps : 5,312 ms\n"
    ),
    "chinese": lambda text: f" QUERY PLAN\n-----------\n{text}(31 行记录)\n\n时间：5.312 ms\n",
    "prompt": lambda text: (
        f"shop=# explain analyze select 1;\n QUERY PLAN\n-----\n{text}shop=# \\q"
    ),
    "own rule below": lambda text: f"{text}-----------------------\nthat was fast\n",
    "wider": lambda text: "\n".join(wider(line) for line in text.splitlines()),
}


def wider(line: str) -> str:
    body = line.lstrip(" ")
    return "  " * (len(line) - len(body)) + body


def bare(text: str) -> str:
    """
    The lines of a plan alone.
    """
    plan = read_plans("x", text).plans[0]
    lines = text.split("\n")[plan.location.line - 1 : plan.location.end_line]
    return textwrap.dedent("\n".join(lines)) + "\n"


@pytest.mark.parametrize("decoration", DECORATIONS)
@pytest.mark.parametrize("name", [name for name in TEXTS if "bordered" not in name])
def test_decorated_plans_have_the_same_tree(name: str, decoration: str) -> None:
    plain = bare(SAMPLES[name])
    plan = only(DECORATIONS[decoration](plain))
    assert tree(plan) == tree(only(plain))
    assert plan.execution_ms == only(plain).execution_ms


JSON_DECORATIONS: dict[str, Callable[[str], str]] = {
    "continued": lambda text: " +\n".join(line.ljust(90) for line in text.splitlines()),
    "bordered": bordered,
    "csv": lambda text: '"QUERY PLAN"\n"' + text.strip().replace('"', '""') + '"\n',
    "windows": lambda text: text.replace("\n", "\r\n"),
    "compact": lambda text: json.dumps(json.loads(text)),
    "sorted": lambda text: json.dumps(json.loads(text), sort_keys=True, indent=1),
    "object": lambda text: json.dumps(json.loads(text)[0], indent=2),
    "markdown": lambda text: f"explain (format json) select 1;\n```json\n{text}\n```\n[1]\n",
}


@pytest.mark.parametrize("decoration", JSON_DECORATIONS)
def test_decorated_json_has_the_same_tree(decoration: str) -> None:
    plain = SAMPLES["parallel-initplan.json"]
    assert tree(only(JSON_DECORATIONS[decoration](plain))) == tree(only(plain))


def test_text_and_json_may_stand_in_one_file() -> None:
    text = SAMPLES["guide.txt"] + "\n" + SAMPLES["guide.json"] + "\n" + SAMPLES["sort-on-disk.txt"]
    document = read_plans("mixed.txt", text)
    assert [plan.form for plan in document.plans] == ["text", "json", "text"]
    assert document.problems == ()


def test_a_file_without_a_plan_is_a_problem() -> None:
    document = read_plans("notes.txt", "Result\n\nNothing here.\n")
    assert document.plans == ()
    (problem,) = document.problems
    assert problem.message == "no query plan found"
    assert problem.hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" Seq Scan on t\n   Filter: a\n", True),
        ('[{"Plan": {"Node Type": "Result"}}]', True),
        ("->  Hash Join", True),
        ("def f(x: int) -> Result:\n    return x\n", False),
        ("worker_processes auto;\n", False),
        ("The scan on the sequence\n", False),
    ],
)
def test_a_cheap_look_tells_plans_from_other_files(text: str, expected: bool) -> None:  # noqa: FBT001 - a table of cases
    assert looks_like_plan(text) is expected


FRAGMENTS = [
    *(line + "\n" for name in ("guide.txt", "session.txt") for line in SAMPLES[name].splitlines()),
    *(line + "\n" for line in SAMPLES["ctes-and-subplans.txt"].splitlines()),
    *(line + "\n" for line in SAMPLES["update-with-triggers.txt"].splitlines()),
    *("   ->  ", "(cost=1..2 rows=", "'", '"', "(", ")", "Worker 0:  ", "\t", "\r", "+\n", "| "),
    *('[{"Plan": {', '"Node Type": "Sort", "Plans": [', "}]", "Triggers: x\n", "Workers: 1\n"),
    *("Planning:\n", "JIT:\n", "Timing: x\n", "CTE x\n", "SubPlan 1\n", "$1", "--------\n"),
    *("Insert on x\n", "Result\n", "-[ RECORD 1 ]-\n", "QUERY PLAN | ", "Settings: a = 'b'\n"),
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=12), max_size=30).map("".join))
def test_scraps_of_plans_never_raise(text: str) -> None:
    use(read_plans("x", text))


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_random_text_never_raises(text: str) -> None:
    use(read_plans("x", text))
    assert looks_like_plan(text) in (True, False)


KEYS = """
Plan|Plans|Node Type|Actual Loops|Actual Rows|Actual Total Time|Workers|Filter|Sort Key|JIT
Triggers|Settings|Total Cost|Subplan Name|Parent Relationship|Shared Hit Blocks|Query Text
""".strip().replace("\n", "|")
JUNK = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS.split("|")),
            inner | st.sampled_from(["Gather", "InitPlan", "Seq Scan"]),
            max_size=6,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=200, deadline=None)
@given(JUNK)
def test_json_of_any_shape_never_raises(value: object) -> None:
    top = {"Node Type": "Sort", **value} if isinstance(value, dict) else value
    use(read_plans("x", json.dumps([{"Plan": top}, value])))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(FILES), st.data())
def test_mutilated_plans_never_raise(name: str, data: st.DataObject) -> None:
    """Cut off at both ends, with a piece taken out and another put in."""
    text = SAMPLES[name]
    places = st.integers(0, len(text))
    start, stop = sorted(data.draw(st.tuples(places, places)))
    piece = data.draw(st.text(max_size=8) | st.sampled_from(FRAGMENTS))
    use(read_plans("x", text[:start] + piece + text[stop:]))
    use(read_plans("x", text[start:stop]))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(TEXTS), st.integers(0, 40), st.sampled_from(["\n", "\r\n"]))
def test_any_margin_gives_the_same_tree(name: str, margin: int, newline: str) -> None:
    moved = textwrap.indent(bare(SAMPLES[name]), " " * margin).replace("\n", newline)
    assert tree(only(moved)) == tree(only(SAMPLES[name]))
