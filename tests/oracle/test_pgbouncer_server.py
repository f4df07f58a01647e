"""
What the rules for PgBouncer say of it, asked of the program with a server behind it.

Both run as an unprivileged user, on unix sockets in a folder of their own.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from advisor.parsers.session_state import kind_of

BIN = Path("/usr/lib/postgresql/15/bin")
PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
SECONDS = 20
PORT = "6999"
"""Part of the names of sockets; nothing listens on a network."""

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not (BIN / "postgres").exists(), reason="PostgreSQL 15 is not installed"),
    pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not installed"),
]


class Server(NamedTuple):
    """A running server, and the folder of both programs."""

    folder: Path
    user: tuple[str, ...]

    @contextmanager
    def pooled(
        self, settings: str, users: str = "", entry: str = "user=postgres"
    ) -> Iterator[None]:
        """PgBouncer in front of it."""
        (self.folder / "users.txt").write_text(users, "utf-8")
        (self.folder / "pool.ini").write_text(
            f"[databases]\nshop = host={self.folder} dbname=postgres {entry}\n[pgbouncer]\n"
            f"unix_socket_dir = {self.folder}\nlisten_port = {PORT}\npidfile = pid\n{settings}\n",
            "utf-8",
        )
        command = [*self.user, str(PROGRAM), "pool.ini"]
        process = subprocess.Popen(command, cwd=self.folder, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        try:
            assert any("process up" in line for line in process.stderr)
            yield
        finally:
            pid = self.folder / "pid"
            os.kill(int(pid.read_text("utf-8")), 2)
            process.communicate(timeout=SECONDS)

    def ask(self, *commands: str, options: str = "") -> str:
        """What psql prints when it goes through the pooler, messages included."""
        given = [part for command in commands for part in ("-c", command)]
        target = f"host={self.folder} port={PORT} user=shop dbname=shop password=geheim"
        done = subprocess.run(
            [str(BIN / "psql"), "-XAtq", target, *given],
            env={"PGCONNECT_TIMEOUT": str(SECONDS), "PGOPTIONS": options},
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="pooled"))
    user: tuple[str, ...] = ()
    if os.geteuid() == 0:
        user = ("runuser", "-u", "postgres", "--")
        shutil.chown(folder, "postgres")
    data = str(folder / "data")
    control = [*user, str(BIN / "pg_ctl"), "-D", data, "-w", "-s"]
    create = [*user, str(BIN / "initdb"), "-D", data, "-N", "-A", "trust", "-U", "postgres"]
    settings = f"-k {folder} -c listen_addresses= -c fsync=off -c autovacuum=off"
    try:
        subprocess.run([*create, "--locale=C.UTF-8"], check=True, capture_output=True)
        start = [*control, "-l", str(folder / "log"), "-o", settings, "start"]
        subprocess.run(start, check=True, capture_output=True)
        yield Server(folder, user)
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


PID = "SELECT pg_backend_pid()"


@pytest.mark.parametrize(("lifetime", "processes"), [(0, 3), (3600, 1)])
def test_a_lifetime_of_zero_is_one_use(server: Server, lifetime: int, processes: int) -> None:
    with server.pooled(f"auth_type = any\npool_mode = transaction\nserver_lifetime = {lifetime}"):
        answers = server.ask(PID, PID, PID).split()

    assert len(answers) == 3
    assert len(set(answers)) == processes


def test_statement_mode_allows_no_transactions(server: Server) -> None:
    with server.pooled("auth_type = any\npool_mode = statement"):
        assert server.ask("SELECT 1") == "1\n"
        assert "transaction blocks not allowed in statement pooling mode" in server.ask("BEGIN")


@pytest.mark.parametrize(
    ("settings", "inherited"),
    [("server_reset_query =", True), ("", False), ("server_reset_query = DISCARD ALL", False)],
)
def test_what_a_session_leaves(server: Server, settings: str, *, inherited: bool) -> None:
    with server.pooled(f"auth_type = any\ndefault_pool_size = 1\n{settings}"):
        server.ask("SET search_path TO other")
        assert (server.ask("SHOW search_path") == "other\n") is inherited


@pytest.mark.parametrize(
    ("statement", "question", "answer"),
    [
        ("SET app.tenant = '7'", "SHOW app.tenant", "7\n"),
        ("SELECT set_config('app.tenant', '7', false)", "SHOW app.tenant", "7\n"),
        (
            "SELECT pg_advisory_lock(1)",
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'",
            "1\n",
        ),
        ("LISTEN orders", "SELECT pg_listening_channels()", "orders\n"),
        ("CREATE TEMP TABLE t AS SELECT 7 AS id", "SELECT id FROM t", "7\n"),
        ("PREPARE find AS SELECT 7", "EXECUTE find", "7\n"),
        (
            "BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT 7; COMMIT",
            "FETCH c",
            "7\n",
        ),
    ],
)
def test_what_a_client_leaves_to_the_next_one(
    server: Server, statement: str, question: str, answer: str
) -> None:
    """In transaction mode sessions are not reset between clients."""
    with server.pooled("auth_type = any\npool_mode = transaction\ndefault_pool_size = 1"):
        server.ask(statement)
        assert server.ask(question) == answer
        assert kind_of(statement.removeprefix("BEGIN; "))


@pytest.mark.parametrize(
    ("statement", "question", "answer"),
    [
        ("SET LOCAL app.tenant = '7'", "SELECT current_setting('app.tenant', true)", "\n"),
        (
            "SELECT pg_advisory_xact_lock(1)",
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'",
            "0\n",
        ),
        (
            "CREATE TEMP TABLE t (id int) ON COMMIT DROP",
            "SELECT to_regclass('pg_temp.t')",
            "\n",
        ),
        ("SET timezone = 'Asia/Tokyo'", "SHOW timezone", "Etc/UTC\n"),
    ],
)
def test_what_it_does_not_leave(server: Server, statement: str, question: str, answer: str) -> None:
    with server.pooled("auth_type = any\npool_mode = transaction\ndefault_pool_size = 1"):
        server.ask(f"BEGIN; {statement}; COMMIT")
        assert server.ask(question) == answer
        assert not kind_of(statement)


def test_a_query_that_takes_too_long_costs_the_connection(server: Server) -> None:
    with server.pooled("auth_type = any\nquery_timeout = 1"):
        answer = server.ask("SELECT pg_sleep(15)")

    assert "query timeout" in answer
    assert "connection to server was lost" in answer


def test_options_that_are_ignored_have_no_effect(server: Server) -> None:
    show = "SHOW statement_timeout"
    with server.pooled("auth_type = any\nignore_startup_parameters = options"):
        assert server.ask(show, options="-c statement_timeout=5s") == "0\n"


def test_an_md5_hash_is_no_use_for_scram(server: Server) -> None:
    digest = hashlib.md5(b"geheimshop", usedforsecurity=False).hexdigest()
    users = f'"shop" "md5{digest}"\n'
    for kind, logged_in in (("scram-sha-256", False), ("md5", True)):
        with server.pooled(f"auth_type = {kind}\nauth_file = users.txt", users):
            assert (server.ask("SELECT 1") == "1\n") is logged_in


@pytest.mark.parametrize("settings", ["", "auth_file = nowhere.txt"])
def test_the_user_of_an_entry_lets_nobody_in(server: Server, settings: str) -> None:
    """It comes up without the file, and refuses everybody."""
    with server.pooled(f"auth_type = md5\n{settings}", entry="user=postgres password=geheim"):
        assert "password authentication failed" in server.ask("SELECT 1")
