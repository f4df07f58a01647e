"""
What fixes write, beside the programs that have to read it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from advisor.facts.schema import BOOL, DURATION, NUMBER, SIZE, STRING, Type
from advisor.rules.spelling import setting_line

KB, MB, GB = 1024, 1024**2, 1024**3
POSTGRES = next(
    iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)), None
)
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")

pytestmark = pytest.mark.oracle

SERVER_LINES: list[tuple[str, object, Type, str]] = [
    ("shared_buffers", 4 * GB, SIZE, "524288"),
    ("work_mem", 1536 * KB, SIZE, "1536"),
    ("temp_file_limit", -1, SIZE, "-1"),
    ("max_slot_wal_keep_size", 0, SIZE, "0"),
    ("statement_timeout", 90, DURATION, "90000"),
    ("lock_timeout", 1.5, DURATION, "1500"),
    ("log_min_duration_statement", -1, DURATION, "-1"),
    ("bgwriter_delay", 0.25, DURATION, "250"),
    ("fsync", False, BOOL, "off"),
    ("max_connections", 157.0, NUMBER, "157"),
    ("random_page_cost", 1.1, NUMBER, "1.1"),
    ("cluster_name", "it's C:\\", STRING, "it's C:\\"),
    ("log_line_prefix", "%m [%p] ", STRING, "%m [%p] "),
]
"""Name, value, type, and what the server prints: pages, kB or ms without their unit."""

PROXY_LINES: dict[str, list[tuple[str, object, Type]]] = {
    "http": [
        ("keepalive_timeout", 65, DURATION),
        ("keepalive_requests", 1000.0, NUMBER),
        ("send_timeout", 0.5, DURATION),
        ("client_max_body_size", 2 * GB, SIZE),
        ("client_body_buffer_size", 16 * KB, SIZE),
        ("gzip", True, BOOL),
        ("gzip_types", ("text/css", "application/json"), STRING),
        ("ssl_session_cache", "shared:SSL:10m", STRING),
        ("default_type", 'a; } "b" \\ c', STRING),
    ],
    "upstream": [("keepalive", 32, NUMBER), ("keepalive_timeout", 60, DURATION)],
}


@pytest.mark.skipif(POSTGRES is None, reason="PostgreSQL is not installed")
@pytest.mark.parametrize(("name", "value", "kind", "printed"), SERVER_LINES)
def test_postgresql(tmp_path: Path, name: str, value: object, kind: Type, printed: str) -> None:
    line = setting_line("postgresql", name, value, kind)
    (tmp_path / "postgresql.conf").write_text(f"{line}\n")

    done = subprocess.run(
        [str(POSTGRES), "-C", name, "-D", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.removesuffix("\n") == printed


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_nginx(tmp_path: Path) -> None:
    lines = {
        block: "\n".join(setting_line("nginx", *one) for one in rows)
        for block, rows in PROXY_LINES.items()
    }
    (tmp_path / "nginx.conf").write_text(
        "pid nginx.pid; error_log stderr; events {}\n"
        f"http {{ access_log off;\n{lines['http']}\n"
        f"upstream app {{ server 127.0.0.1:8000;\n{lines['upstream']}\n}} }}\n"
    )
    (tmp_path / "logs").mkdir()

    done = subprocess.run(
        [str(NGINX), "-t", "-e", "stderr", "-p", str(tmp_path), "-c", "nginx.conf"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_gunicorn(tmp_path: Path) -> None:
    """
    The configuration is Python.
    """
    pytest.importorskip("gunicorn", reason="gunicorn is not installed")
    rows = [
        ("workers", 4.0, NUMBER),
        ("keepalive", 65, DURATION),
        ("worker_class", "gthread", STRING),
        ("preload_app", True, BOOL),
        ("proc_name", "it's \\ me", STRING),
    ]
    text = "\n".join(setting_line("gunicorn", *row) for row in rows)
    (tmp_path / "gunicorn.conf.py").write_text(f"{text}\n")
    (tmp_path / "app.py").write_text("def app(environ, start_response): ...\n")

    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--check-config", "app:app"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
