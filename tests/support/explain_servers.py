"""
Running servers that explain: their data, statements of every kind, and what psql prints of both.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.postgres_programs import environment, installation

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


class Server(NamedTuple):
    """
    A running server, reached over its socket.
    """

    bin: Path
    folder: Path
    user: tuple[str, ...]

    def psql(self, *commands: str, options: tuple[str, ...] = ()) -> tuple[str, str]:
        """
        What psql prints: results and messages.
        """
        given = [part for command in commands for part in ("-c", command)]
        to_server = ("-X", "-q", "-h", str(self.folder), "-d", "postgres", "-v", "ON_ERROR_STOP=1")
        done = subprocess.run(
            [*self.user, str(self.bin / "psql"), *to_server, *options, *given],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **environment()},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr


@contextmanager
def serving(program: Path) -> Iterator[Server]:
    """
    A server with `SCHEMA` in it, reached over a socket only and gone at the end.
    """
    folder = Path(tempfile.mkdtemp(prefix="explain"))
    folder.chmod(0o755)
    user: tuple[str, ...] = ()
    if os.geteuid() == 0:
        user = ("runuser", "-u", "postgres", "--")
        shutil.chown(folder, "postgres")
    data = str(folder / "data")
    programs = installation(program, folder)
    control = [*user, str(programs / "pg_ctl"), "-D", data, "-w", "-s"]
    create = [*user, str(programs / "initdb"), "-D", data, "-N", "-A", "trust", "-E", "UTF8"]
    settings = f"-k {folder} -c listen_addresses= -c fsync=off -c autovacuum=off"
    try:
        _quietly([*create, "--locale=C.UTF-8"], check=True)
        start = [*control, "-l", str(folder / "log"), "-o", settings, "start"]
        _quietly(start, check=True)
        running = Server(programs, folder, user)
        running.psql(*[part for part in SCHEMA.split(";\n") if part.strip()])
        yield running
    finally:
        _quietly([*control, "-m", "immediate", "stop"], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _quietly(command: list[str], *, check: bool) -> None:
    surroundings = {**os.environ, **environment()}
    subprocess.run(command, check=check, capture_output=True, env=surroundings, cwd="/")
