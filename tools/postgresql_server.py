"""
What a server installed on this machine says of its own settings.

The server runs as a single process in a temporary cluster: no port, no socket, no client.
"""  # noqa: INP001 - part of a script

from __future__ import annotations

import csv
import os
import pwd
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Final

QUERY: Final = (
    "SELECT name, vartype, unit, category, context, min_val, max_val,"
    " array_to_string(enumvals, '|') AS enumvals, boot_val FROM pg_settings ORDER BY name"
)
"""On one line, because ``postgres --single`` ends a statement there."""

MODULES: Final = (
    *("auth_delay", "auto_explain", "basebackup_to_shell", "basic_archive", "isn", "passwordcheck"),
    *("pg_prewarm", "pg_stat_statements", "pg_trgm", "pgcrypto", "plpgsql", "postgres_fdw"),
)
"""Modules of the PostgreSQL distribution that have settings and can be preloaded."""


def settings(programs: Path) -> tuple[int, list[dict[str, str]]]:
    """
    The major version and the rows of `QUERY`, with every module of `MODULES` that is installed.

    `programs` is the folder of ``initdb``, ``pg_config`` and ``postgres``. Raises SystemExit with
    the program's own message when one of them fails.
    """
    major = int(re.findall(r"\d+", _run(programs / "postgres", "--version"))[0])
    installed = Path(_run(programs / "pg_config", "--pkglibdir").strip())
    modules = ",".join(name for name in MODULES if (installed / f"{name}.so").exists())
    with tempfile.TemporaryDirectory(prefix="advisor-catalogue-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            os.chown(folder, *_postgres())
        data, answer = folder / "data", folder / "pg_settings.csv"
        _run(programs / "initdb", "-D", data, "--locale=C", "--encoding=UTF8", "--no-sync")
        load = f"shared_preload_libraries={modules}"
        copy = f"COPY ({QUERY}) TO '{answer}' CSV HEADER\n"
        _run(programs / "postgres", "--single", "-D", data, "-c", load, "postgres", text=copy)
        with answer.open(encoding="utf-8", newline="") as file:
            return major, list(csv.DictReader(file))


def _run(*command: str | Path, text: str = "") -> str:
    """
    Run a program that refuses to be root, as the user postgres if need be; give what it prints.
    """
    user, group = _postgres() if os.geteuid() == 0 else (None, None)
    done = subprocess.run(  # noqa: S603 - the programs were named by whoever runs this
        command,
        input=text,
        capture_output=True,
        check=False,
        text=True,
        cwd="/",
        user=user,
        group=group,
        extra_groups=None if user is None else [],
    )
    if done.returncode:
        raise SystemExit(f"{command[0]} failed: {done.stderr.strip()}")
    return done.stdout


def _postgres() -> tuple[int, int]:
    user = pwd.getpwnam("postgres")
    return user.pw_uid, user.pw_gid
