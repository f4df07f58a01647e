"""What is tuned starts: every file beside the program that has to take it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from advisor.tune.files import render_files
from advisor.tune.model import Solution, Versions
from tests.support import nginx_programs
from tests.support.nginx_servers import OPENSSL
from tests.support.postgres_programs import Server, majors, program_of
from tests.support.tune import solved

pytestmark = pytest.mark.oracle

WAIT = 30
"""Seconds after which a program gives up."""
PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
AS_OTHER = ["runuser", "-u", "nobody", "--"] if os.geteuid() == 0 else []


def solutions(versions: Versions) -> Iterator[Solution]:
    """Small, usual and large machines with every kind of worker and workload."""
    yield solved(cpus=1, memory="1GB", storage=None, versions=versions)
    yield solved(worker="gthread", workload="oltp", redis=True, versions=versions)
    yield solved(cpus=8, memory="64GB", worker="sync", workload="dw", versions=versions)
    yield solved(cpus=64, memory="512GB", storage="san", workload="mixed", versions=versions)
    yield solved(storage="hdd", one_host=False, replicas=9, versions=versions)


@pytest.mark.parametrize("major", majors())
def test_postgresql(tmp_path: Path, major: int) -> None:
    """Every single setting has the value that was meant, so none was refused or overridden."""
    server = Server(program_of(major), major, tmp_path)
    for solution in solutions(Versions(postgresql=major)):
        text = render_files(solution)["postgresql.conf"]
        names = ("port", "max_connections", "shared_buffers", "work_mem", "jit")
        printed = dict(zip(names, server.ask_all([(name, text) for name in names]), strict=True))

        chosen = solution["postgresql"]
        assert printed["port"] == "5432"
        assert printed["max_connections"] == str(chosen.number("max_connections"))
        assert printed["shared_buffers"] == str(chosen.number("shared_buffers") // 8192)
        assert printed["work_mem"] == str(chosen.number("work_mem") // 1024)
        assert printed["jit"] == ("off" if chosen.has("jit") else "on")


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
@pytest.mark.parametrize("program", nginx_programs.programs(), ids=str)
def test_nginx(tmp_path: Path, program: nginx_programs.Program) -> None:
    """The name of the application's host and ports that only root may bind give way to others."""
    certificate(tmp_path)
    (tmp_path / "mime.types").write_text("types { text/html html; }")
    for solution in solutions(Versions(nginx=program.version)):
        text = render_files(solution)["nginx.conf"]
        for old, new in (
            ("server app:8000", "server 127.0.0.1:8000"),
            ("listen 80;", "listen 127.0.0.1:1809;"),
            ("listen 443 ", "listen 127.0.0.2:18443 "),
        ):
            assert old in text
            text = text.replace(old, new)

        assert program.refusal(tmp_path, text) is None


def certificate(folder: Path) -> None:
    """A certificate where the configuration names one."""
    (folder / "certs").mkdir()
    subprocess.run(
        [
            *(str(OPENSSL), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=www.example.com"),
            *("-keyout", "certs/site.key", "-out", "certs/site.pem"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )


def test_gunicorn(tmp_path: Path) -> None:
    (tmp_path / "stub.py").write_text("def app(environ, start): return []\n")
    for solution in solutions(Versions()):
        (tmp_path / "gunicorn.conf.py").write_text(render_files(solution)["gunicorn.conf.py"])
        done = subprocess.run(
            [sys.executable, "-m", "gunicorn", "--check-config", "stub:app"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=WAIT,
        )

        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed")
def test_pgbouncer() -> None:
    """It starts, and says so; an own socket folder and port stand in for those of the container."""
    with tempfile.TemporaryDirectory(prefix="advisor-tune-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "users").write_text('"app" "x"\n')
        files = render_files(solved(pooler="always", versions=Versions(pgbouncer=(1, 18))))
        text = files["pgbouncer.ini"]
        for old, new in (
            ("listen_addr = *", f"listen_addr =\nunix_socket_dir = {folder}"),
            ("/run/secrets/pgbouncer_users", str(folder / "users")),
            ("host=db", "host=127.0.0.1"),
        ):
            assert old in text
            text = text.replace(old, new)
        (folder / "pgbouncer.ini").write_text(text)
        folder.chmod(0o777)
        said = started(folder / "pgbouncer.ini")

    assert "process up: PgBouncer" in said
    assert "ERROR" not in said
    assert "WARNING" not in said


def started(file: Path) -> str:
    """What PgBouncer says until it is told to stop."""
    with subprocess.Popen(
        [*AS_OTHER, "timeout", "--signal=INT", "2", str(PGBOUNCER), str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        said, _ = process.communicate(timeout=WAIT)
    return said


def test_sqlalchemy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The call makes the pool that was meant."""
    sqlalchemy = pytest.importorskip("sqlalchemy", reason="SQLAlchemy is not installed")
    solution = solved(worker="gthread")
    calls: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@db/app")
    monkeypatch.setattr(
        sqlalchemy, "create_engine", lambda url, **options: calls.append((url, options))
    )
    exec(render_files(solution)["app/db.py"], {})  # noqa: S102 - what is tested

    ((url, options),) = calls
    chosen = {one.setting: one.value for one in solution["engine"].choices}
    assert url == "postgresql://app@db/app"
    sent = options.pop("connect_args")
    assert sent.pop("connect_timeout") == chosen.pop("connect_timeout")
    assert sent == {"options": "-c statement_timeout=20s"}
    assert options == chosen
    names = {name.removeprefix("pool_"): value for name, value in options.items()}
    size, overflow = names.pop("size"), names.pop("max_overflow")
    pool = sqlalchemy.pool.QueuePool(lambda: None, size, overflow, **names)
    assert (pool.size(), pool.timeout()) == (options["pool_size"], options["pool_timeout"])
