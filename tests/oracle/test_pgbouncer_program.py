"""
The readers of pgbouncer.ini and of its users against the program: the same files refused.

Every file is started as an unprivileged user, on a unix socket in a folder of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from advisor.parsers.pgbouncer import read_pgbouncer
from advisor.parsers.pgbouncer_users import parse_users
from advisor.sources.tree import MemoryTree

pytestmark = pytest.mark.oracle

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
AS_OTHER = ["runuser", "-u", "nobody", "--"] if os.geteuid() == 0 else []
SECONDS = 10
SETTINGS = (
    "",
    "default_pool_size = 0x10",
    "default_pool_size = 010",
    "default_pool_size = 089",
    "default_pool_size = -5",
    "default_pool_size =",
    "default_pool_size = ten",
    "default_pool_size = 20 ; comment",
    "; comment\ndefault_pool_size = 20\n# comment",
    "pool_mode = Transaction",
    "pool_mode = x",
    "query_wait_timeout = 1.5",
    "query_wait_timeout = 5s",
    "query_wait_timeout = -1",
    "auth_type = none",
    "client_tls_sslmode = maybe",
    "no equals sign",
    "[databases",
    "[databases]\na = host=x password='a b''c'",
    "[databases]\na = host=x, port=1",
    "[databases]\na = host = x",
    "[databases]\na = host=",
    "[databases]\na = host= port=5432 dbname=x",
    "[databases]\na = port=5432 host=",
    "[databases]\na = host",
    "[databases]\na = host='x",
    "[databases]\na =",
    "[databases]\n* = ",
    "[databases]\nmy db = host=x",
    "[users]\nbob = pool_mode=session max_user_connections=3",
    "[nosuch]",
    "%include other.ini",
    "[pgbouncer]\nunix_socket_dir = .\nlisten_port = 0\nauth_type = any",
)


USERS = (
    "",
    '"bob" "pw"\n',
    '; comment\n"bob" "pw"\n',
    '# comment\n"bob" "pw"\n',
    '"bob" "pw" # comment\n"joe" "x"\n',
    "bob pw\n",
    '"bob" pw\n',
    '"bob"\n"pw"\n',
    '"bob"\n',
    '\n  "bob"\t"pw" rest of it',
    '"bo""b""p""w"\r\n',
    '"bob" "p\nw"\n"joe" "x"\n',
    '"bob" "pw\n"joe" "x"\n',
    '"bob" ""\nx\n',
)


def _accepts(text: str, folder: Path) -> bool:
    """Whether the program comes up; it says so at once, or that it does not."""
    return "process up" in _log(text, folder)


def _log(text: str, folder: Path) -> str:
    """What the program says until it is up, or that it does not come up."""
    (folder / "asked.ini").write_text(text, "utf-8")
    said: list[str] = []
    process = subprocess.Popen(
        [*AS_OTHER, str(PROGRAM), "asked.ini"],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            if "process up" in line or "FATAL" in line:
                break
        return "".join(said)
    finally:
        _stop(process, folder)


def _stop(process: subprocess.Popen[str], folder: Path) -> None:
    pid = folder / "pid"
    if pid.exists() and pid.read_text("utf-8").strip():
        os.kill(int(pid.read_text("utf-8")), 2)
    else:
        process.terminate()
    process.communicate(timeout=SECONDS)


@pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not installed")
def test_the_same_files_are_refused() -> None:
    folder = Path(tempfile.mkdtemp(prefix="pgb"))
    base = "[pgbouncer]\nunix_socket_dir = .\nlisten_port = 0\nauth_type = any\npidfile = pid\n"
    try:
        folder.chmod(0o777)
        (folder / "other.ini").write_text("default_pool_size = 3\n", "utf-8")
        wrong = []
        for text in SETTINGS:
            whole = f"{base}{text}\n"
            tree = MemoryTree({"asked.ini": whole, "other.ini": "default_pool_size = 3\n"})
            ours = not read_pgbouncer("asked.ini", tree).problems
            if _accepts(whole, folder) is not ours:
                wrong.append((text, ours))
        assert wrong == []
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not installed")
def test_the_same_files_of_users_are_broken() -> None:
    """The program comes up all the same, without those who stand behind the broken line."""
    folder = Path(tempfile.mkdtemp(prefix="pgb"))
    text = (
        "[databases]\n[pgbouncer]\nunix_socket_dir = .\nlisten_port = 0\npidfile = pid\n"
        "auth_type = md5\nauth_file = users.txt\n"
    )
    try:
        folder.chmod(0o777)
        wrong = []
        for users in USERS:
            (folder / "users.txt").write_bytes(users.encode())
            said = _log(text, folder)
            assert "process up" in said
            if ("broken auth file" in said) is not (parse_users("x", users).broken is not None):
                wrong.append((users, said))
        assert wrong == []
    finally:
        shutil.rmtree(folder, ignore_errors=True)
