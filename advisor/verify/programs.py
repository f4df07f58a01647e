"""
The programs of this machine: where they are, their versions, one run of one of them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from advisor.verify.model import Program, UnverifiableError

SECONDS = 20
"""A check takes milliseconds; a program that hangs must not hang the advisor."""
_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/usr/bin", "/sbin", "/bin")
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
"""Nothing of the caller's: with TZ a server does not search the host's time zones."""


def find_nginx() -> Program | None:
    """
    The nginx of this machine, None when there is none.
    """
    path = _which("nginx")
    said = run((path, "-v"))[1] if path else ""
    found = re.search(r"nginx/(\d+(?:\.\d+)*)", said)
    return _program("nginx", path, found[1]) if path and found else None


def find_postgres() -> tuple[Program, ...]:
    """
    The PostgreSQL servers of this machine, the newest first.
    """
    return tuple(sorted(_servers(), key=lambda one: one.version, reverse=True))


def _servers() -> Iterator[Program]:
    folders = (Path("/usr/lib/postgresql"), Path("/usr"), Path("/opt/homebrew/opt"))
    patterns = ("*/bin/postgres", "pgsql-*/bin/postgres", "postgresql@*/bin/postgres")
    found = [
        one for folder, glob in zip(folders, patterns, strict=True) for one in folder.glob(glob)
    ]
    first = _which("postgres")
    for path in dict.fromkeys([*([first] if first else []), *sorted(found)]):
        stated = re.search(r"\) (\d+(?:\.\d+)*)", run((path, "--version"))[1])
        if stated:
            yield _program("PostgreSQL", path, stated[1])


def _program(name: str, path: Path, version: str) -> Program:
    return Program(name, path, tuple(map(int, version.split("."))))


def _which(name: str) -> Path | None:
    """
    From absolute folders of PATH only: nothing that lies where the advisor was started.
    """
    given = os.environ.get("PATH", "").split(os.pathsep)
    folders = [one for one in (*given, *_FOLDERS) if os.path.isabs(one)]  # noqa: PTH117 - texts
    found = shutil.which(name, path=os.pathsep.join(folders))
    return Path(found) if found else None


def run(command: Sequence[object], folder: Path | None = None) -> tuple[int, str]:
    """
    Exit code and all that a program prints. Raises `UnverifiableError` when it does not answer.
    """
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, which only reads and checks here
            [str(word) for word in command],
            cwd=folder or "/",
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnverifiableError(f"{command[0]} does not answer") from error
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")
