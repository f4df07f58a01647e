"""
Running servers to collect from: one of each version, with a schema that has something to tell.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from tests.support.postgres_programs import environment, installation

PASSWORD = "pa%ss wörd'1"  # noqa: S105 - the secret that nobody may see
SCHEMA = '''
CREATE TABLE customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL,
  state text, doc jsonb);
INSERT INTO customers (email, state, doc) SELECT 'person' || g || '@example.org',
  CASE WHEN g % 3 = 0 THEN 'gold-secret' ELSE 'plain' END, '{"k": 1}'
  FROM generate_series(1, 3000) g;
CREATE UNIQUE INDEX customers_email ON customers (email);
CREATE INDEX customers_state ON customers (state);
CREATE INDEX customers_state_again ON customers (state);
CREATE INDEX customers_lower ON customers (lower(email)) WHERE state = 'plain';
CREATE TABLE orders (id serial PRIMARY KEY, customer_id bigint REFERENCES customers, amount int);
INSERT INTO orders (customer_id, amount) SELECT 1 + g % 3000, g FROM generate_series(1, 5000) g;
CREATE STATISTICS orders_both ON customer_id, amount FROM orders;
CREATE TABLE events (at date, kind text) PARTITION BY RANGE (at);
CREATE TABLE events_25 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE "Odd ""Names""" ("Some 'Column'" int, b box);
CREATE SEQUENCE nearly MAXVALUE 1000 START 990;
SELECT nextval('nearly');
CREATE ROLE watcher LOGIN; GRANT pg_monitor TO watcher;
CREATE ROLE nobody LOGIN;
ALTER ROLE nobody SET work_mem = '7MB';
CREATE PUBLICATION feed FOR TABLE "Odd ""Names""";
ALTER SYSTEM SET primary_conninfo = 'host=other password=hunter2secret';
ALTER SYSTEM SET max_connections = 77;
ALTER SYSTEM SET work_mem = '9MB';
SELECT pg_reload_conf();
'''
SECRETS = ("hunter2secret", PASSWORD)
DATA = ("gold-secret", "person1@", "@example.org")
"""Values of rows, which a snapshot without samples must not hold."""


def has_statements(program: Path) -> bool:
    """
    Whether the extension pg_stat_statements came with a server; that from PyPI has none.
    """
    found = subprocess.run(
        [program.parent / "pg_config", "--pkglibdir"], capture_output=True, text=True, check=True
    )
    return (Path(found.stdout.strip()) / "pg_stat_statements.so").exists()


class LiveServer(NamedTuple):
    """
    A running server, reached over its socket.
    """

    major: int
    folder: Path

    def dsn(self, role: str = "postgres", database: str = "postgres") -> str:
        """
        How to connect as a role; authentication is by trust.
        """
        return f"host={self.folder} user={role} dbname={database}"

    def connect(
        self, role: str = "postgres", database: str = "postgres"
    ) -> psycopg.Connection[Any]:
        """
        A connection of the test's own.
        """
        return psycopg.connect(self.dsn(role, database), autocommit=True)


@contextmanager
def live_server(program: Path, major: int, more: str = "") -> Iterator[LiveServer]:
    """
    A server with `SCHEMA` in it, gone at the end; `more` are options of the program.
    """
    folder = Path(tempfile.mkdtemp(prefix="live"))
    folder.chmod(0o755)
    user: tuple[str, ...] = ()
    if os.geteuid() == 0:
        user = ("runuser", "-u", "postgres", "--")
        shutil.chown(folder, "postgres")
    data = str(folder / "data")
    programs = installation(program, folder)
    control = [*user, str(programs / "pg_ctl"), "-D", data, "-w", "-s"]
    create = [*user, str(programs / "initdb"), "-D", data, "-N", "-A", "trust", "-E", "UTF8"]
    settings = (
        f"-k {folder} -c listen_addresses= -c fsync=off -c autovacuum=off"
        f" -c max_prepared_transactions=2 {more}"
    )
    if has_statements(program):
        settings += " -c shared_preload_libraries=pg_stat_statements"
    try:
        _run([*create, "-U", "postgres", "--locale=C.UTF-8"], check=True)
        _run([*control, "-l", str(folder / "log"), "-o", settings, "start"], check=True)
        running = LiveServer(major, folder)
        with running.connect() as connection:
            for statement in SCHEMA.split(";\n"):
                if statement.strip():
                    connection.execute(statement)
            connection.execute("VACUUM ANALYZE")
        yield running
    finally:
        _run([*control, "-m", "immediate", "stop"], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str], *, check: bool) -> None:
    surroundings = {**os.environ, **environment()}
    subprocess.run(command, check=check, capture_output=True, env=surroundings, cwd="/")
