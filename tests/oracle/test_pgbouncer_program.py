"""
The reader of pgbouncer.ini against the program: the same files refused.

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


def _accepts(text: str, folder: Path) -> bool:
    """Whether the program comes up; it says so at once, or that it does not."""
    (folder / "asked.ini").write_text(text, "utf-8")
    process = subprocess.Popen(
        [*AS_OTHER, str(PROGRAM), "asked.ini"],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if "process up" in line:
                return True
            if "FATAL" in line:
                return False
        return False
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
