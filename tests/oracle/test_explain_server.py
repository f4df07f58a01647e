"""
The real server's plans: text and JSON of the same execution must be read as the same tree.

While a statement is explained as text, auto_explain sends the same execution as JSON.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from advisor.plans import ddl
from advisor.plans.arithmetic import account
from advisor.plans.indexes import index_candidates
from advisor.plans.model import Plan
from advisor.plans.read import looks_like_plan, read_plans
from tests.support.plan_trees import differences

BIN = Path("/usr/lib/postgresql/15/bin")

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not (BIN / "postgres").exists(), reason="PostgreSQL 15 is not installed"),
]

SCHEMA = '''
CREATE TABLE templates (id int PRIMARY KEY, name varchar(40) NOT NULL, category varchar(20),
  created_at timestamptz NOT NULL, score numeric, doc jsonb);
INSERT INTO templates SELECT g, 'name ' || g,
  CASE WHEN g % 100 = 0 THEN 'firmware' ELSE 'cat' || g % 7 END,
  timestamptz '2025-01-01' + ((g * 7919) % 100000) * interval '1 minute', g % 1000,
  jsonb_build_object('k', g % 50) FROM generate_series(1, 30000) g;
CREATE TABLE authors (id int PRIMARY KEY, email text NOT NULL, team int);
INSERT INTO authors SELECT g, 'u' || g || '@example.org', g % 20 FROM generate_series(1, 500) g;
CREATE TABLE uses (id int PRIMARY KEY, template_id int NOT NULL,
  author_id int REFERENCES authors, amount int, note text);
INSERT INTO uses SELECT g, 1 + (g * 31) % 30000, 1 + g % 500, g % 97, repeat('x', 20)
  FROM generate_series(1, 40000) g;
CREATE INDEX uses_author ON uses (author_id);
CREATE TABLE events (id int, at date, kind text) PARTITION BY RANGE (id);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (5000);
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (5000) TO (10000);
INSERT INTO events SELECT g, date '2025-01-01' + g % 300, 'k' || g % 4
  FROM generate_series(0, 9999) g;
CREATE TABLE "Odd ""Names""" ("Some Column" text, "order" int);
INSERT INTO "Odd ""Names""" SELECT 'v' || g, g FROM generate_series(1, 5000) g;
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER audit AFTER UPDATE ON authors FOR EACH ROW EXECUTE FUNCTION keep();
VACUUM ANALYZE;
'''
GUIDE = "SELECT * FROM templates WHERE category = 'firmware' ORDER BY created_at DESC LIMIT 20"
SERIAL = "SET max_parallel_workers_per_gather = 0;"
PARALLEL = (
    "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;"
    "SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;"
)
QUERIES: dict[str, tuple[str, str]] = {
    "guide": (SERIAL, GUIDE),
    "guide, parallel": (PARALLEL, GUIDE),
    "joins": (
        SERIAL,
        (
            "SELECT a.team, count(*) FROM authors a JOIN uses u ON u.author_id = a.id"
            " JOIN templates t ON t.id = u.template_id AND t.category = 'firmware'"
            " GROUP BY a.team ORDER BY 2 DESC"
        ),
    ),
    "cte, initplan, subplans": (
        SERIAL,
        (
            "WITH big AS MATERIALIZED (SELECT * FROM uses WHERE amount > 90),"
            " m AS (SELECT max(amount) x FROM uses)"
            " SELECT (SELECT email FROM authors a WHERE a.id = b.author_id), b.* FROM big b"
            " WHERE b.amount = (SELECT x FROM m)"
            " AND b.author_id NOT IN (SELECT id FROM authors WHERE team = 3) ORDER BY b.note"
        ),
    ),
    "recursive": (
        SERIAL,
        (
            "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 50)"
            " SELECT sum(n) FROM r"
        ),
    ),
    "quoted cte read twice": (
        SERIAL,
        (
            'WITH "My CTE" AS MATERIALIZED (SELECT team, count(*) c FROM authors GROUP BY 1)'
            ' SELECT * FROM "My CTE" x JOIN "My CTE" y ON x.c = y.c WHERE x.team < y.team'
        ),
    ),
    "bitmap": (
        SERIAL,
        "SELECT * FROM uses WHERE author_id BETWEEN 10 AND 20 OR id BETWEEN 4 AND 200",
    ),
    "lossy bitmap": (
        SERIAL + "SET work_mem = '64kB'; SET enable_seqscan = off; SET enable_indexscan = off;",
        "SELECT * FROM uses WHERE author_id < 400 AND amount = 3",
    ),
    "index only": (
        SERIAL + "SET enable_seqscan = off;",
        "SELECT author_id FROM uses WHERE author_id < 5",
    ),
    "backward": (SERIAL, "SELECT * FROM uses ORDER BY id DESC LIMIT 3"),
    "never executed": (
        SERIAL,
        "SELECT * FROM authors a JOIN uses u ON u.author_id = a.id WHERE u.id < -5",
    ),
    "sort on disk": (
        SERIAL + "SET work_mem = '64kB';",
        "SELECT note, id FROM uses ORDER BY note, id DESC NULLS LAST",
    ),
    "hash batches": (
        SERIAL + "SET work_mem = '64kB'; SET enable_mergejoin = off; SET enable_nestloop = off;",
        "SELECT count(*) FROM uses u JOIN templates t ON t.id = u.template_id",
    ),
    "hash aggregate on disk": (
        SERIAL + "SET work_mem = '64kB'; SET enable_sort = off;",
        "SELECT template_id, count(*) FROM uses GROUP BY 1",
    ),
    "partitions": (
        SERIAL,
        "SELECT * FROM events WHERE id > 3 AND (kind = 'k1' OR at = '2025-02-02')",
    ),
    "incremental sort": (
        SERIAL,
        "SELECT * FROM uses ORDER BY author_id, amount LIMIT 500",
    ),
    "merge join": (
        SERIAL + "SET enable_hashjoin = off; SET enable_nestloop = off;",
        "SELECT * FROM authors a FULL JOIN uses u ON a.id = u.template_id",
    ),
    "memoize": (
        SERIAL + "SET enable_hashjoin = off; SET enable_mergejoin = off;",
        "SELECT * FROM uses u JOIN authors a ON a.id = u.author_id",
    ),
    "materialize": (
        SERIAL,
        "SELECT * FROM authors a, authors b WHERE a.team + b.team = 38 AND a.id < 50 AND b.id < 50",
    ),
    "grouping sets and window": (
        SERIAL,
        (
            "SELECT team, count(*), rank() OVER (ORDER BY team) FROM authors"
            " GROUP BY GROUPING SETS ((team), ())"
        ),
    ),
    "set operations": (
        SERIAL,
        "SELECT id FROM authors INTERSECT ALL (SELECT author_id FROM uses EXCEPT VALUES (1), (2))",
    ),
    "functions and values": (
        SERIAL,
        (
            "SELECT * FROM generate_series(1, 3) g, (VALUES (1), (2)) v,"
            " json_to_recordset('[{\"a\": 1}]') AS j(a int) WHERE g % 2 = 1"
        ),
    ),
    "odd names": (
        SERIAL,
        'SELECT * FROM "Odd ""Names""" "An Alias" WHERE "Some Column" = \'a -> b (cost=1..2)\'',
    ),
    "literal with line breaks": (
        SERIAL,
        "SELECT * FROM authors WHERE email = E'first\\n   ->  Seq Scan on x (\\n last''one'",
    ),
    "tid": (SERIAL, "SELECT * FROM authors WHERE ctid = '(0,1)'"),
    "parallel initplan": (
        PARALLEL,
        (
            "SELECT count(*) FROM uses u JOIN templates t ON t.id = u.template_id"
            " WHERE t.score < (SELECT avg(team) FROM authors)"
        ),
    ),
    "parallel, leader off": (
        PARALLEL + "SET parallel_leader_participation = off;",
        "SELECT category, count(*) FROM templates GROUP BY 1",
    ),
    "parallel append": (PARALLEL, "SELECT kind, count(*) FROM events GROUP BY kind"),
    "update with triggers": (SERIAL, "UPDATE authors SET team = team WHERE id < 10"),
    "insert with foreign key": (
        SERIAL,
        "INSERT INTO uses SELECT 1000000 + g, 1, 3 FROM generate_series(1, 5) g",
    ),
    "modifying cte": (
        SERIAL,
        "WITH gone AS (DELETE FROM uses WHERE id = 7 RETURNING *) SELECT count(*) FROM gone",
    ),
    "merge": (
        SERIAL,
        (
            "MERGE INTO authors a USING (VALUES (5), (900)) s(id) ON a.id = s.id"
            " WHEN MATCHED THEN UPDATE SET team = 1"
            " WHEN NOT MATCHED THEN INSERT VALUES (s.id, 'x', 1)"
        ),
    ),
    "update of partitions": (SERIAL, "UPDATE events SET kind = 'z' WHERE at = '2025-02-02'"),
    "jit": (SERIAL + "SET jit = on; SET jit_above_cost = 0;", "SELECT sum(team) FROM authors"),
}
LIKE_AUTO_EXPLAIN = {
    "verbose": "ANALYZE, VERBOSE, BUFFERS, WAL, SETTINGS",
    "plain": "ANALYZE",
    "untimed": "ANALYZE, TIMING OFF, BUFFERS",
}


class Server(NamedTuple):
    """
    A running server, reached over its socket.
    """

    folder: Path
    user: tuple[str, ...]

    def psql(self, *commands: str, options: tuple[str, ...] = ()) -> tuple[str, str]:
        """
        What psql prints: results and messages.
        """
        given = [part for command in commands for part in ("-c", command)]
        to_server = ("-X", "-q", "-h", str(self.folder), "-d", "postgres", "-v", "ON_ERROR_STOP=1")
        done = subprocess.run(
            [*self.user, str(BIN / "psql"), *to_server, *options, *given],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr

    def both(self, setup: str, query: str, mode: str) -> tuple[Plan, Plan]:
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
        output, messages = self.psql(
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
    folder = Path(tempfile.mkdtemp(prefix="explain"))
    user: tuple[str, ...] = ()
    if os.geteuid() == 0:
        user = ("runuser", "-u", "postgres", "--")
        shutil.chown(folder, "postgres")
    data = str(folder / "data")
    control = [*user, str(BIN / "pg_ctl"), "-D", data, "-w", "-s"]
    create = [*user, str(BIN / "initdb"), "-D", data, "-N", "-A", "trust", "-E", "UTF8"]
    settings = f"-k {folder} -c listen_addresses= -c fsync=off -c autovacuum=off"
    try:
        subprocess.run([*create, "--locale=C.UTF-8"], check=True, capture_output=True)
        start = [*control, "-l", str(folder / "log"), "-o", settings, "start"]
        subprocess.run(start, check=True, capture_output=True)
        running = Server(folder, user)
        running.psql(*[part for part in SCHEMA.split(";\n") if part.strip()])
        yield running
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("mode", LIKE_AUTO_EXPLAIN)
@pytest.mark.parametrize("name", QUERIES)
def test_text_and_json_of_one_execution_are_the_same_plan(
    server: Server, name: str, mode: str
) -> None:
    """Every field of every node is equal, and so are the times; these add up to the root's."""
    setup, query = QUERIES[name]
    text, json = server.both(setup, query, mode)
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
