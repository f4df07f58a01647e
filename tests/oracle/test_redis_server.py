"""
The reader of redis.conf against the program: for every setting the same value, the same refused.

Every file is started on loopback or a unix socket, in a folder of its own, and stopped again.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from advisor.catalog.redis import SETTINGS, Kind
from advisor.model import Location, Value
from advisor.parsers.redis import option_words, read_redis
from advisor.sources.tree import MemoryTree

pytestmark = pytest.mark.oracle

SERVER = shutil.which("redis-server")
SECONDS = 5.0
PLACE = Location("command", 1)
ACCEPTED: Mapping[str, tuple[str, ...]] = {
    "maxmemory": ("0", "100", "10k", "10kb", "10KB", "2m", "2mb", "1g", "1GB", '"3mb"', "'4mb'"),
    "maxmemory-policy": ("allkeys-lru", "ALLKEYS-LFU", "volatile-ttl", '"noevic\\x74ion"'),
    "maxclients": ("10", "500"),
    "timeout": ("0", "300"),
    "tcp-keepalive": ("0", "60"),
    "tcp-backlog": ("128",),
    "databases": ("1", "32"),
    "io-threads": ("2",),
    "hz": ("50",),
    "auto-aof-rewrite-percentage": ("0", "50"),
    "auto-aof-rewrite-min-size": ("32mb",),
    "no-appendfsync-on-rewrite": ("yes", "No"),
    "appendonly": ("YES", "no"),
    "appendfsync": ("always", "no", "EVERYSEC"),
    "protected-mode": ("no", "yes"),
    "stop-writes-on-bgsave-error": ("no",),
    "activedefrag": ("no",),
    "lazyfree-lazy-eviction": ("yes",),
    "cluster-enabled": ("no",),
    "tls-port": ("0",),
    "bind": ("127.0.0.1", "127.0.0.1 -::1"),
    "aclfile": (),
    "unixsocket": (),
    "port": (),
    "save": ("60 5", '""', "60 5 10 100", "60 5\nsave 900 1", '60 5\nsave ""\nsave 7 7'),
    "requirepass": ("word", '"two words"', '""'),
}
"""Values by setting; those without any would change where the server listens."""
REFUSED = (
    "maxmemory 2gb # comment",
    "maxmemory 1.5gb",
    "maxmemory 10%",
    "maxmemory -1",
    "maxmemory",
    "maxmemory-policy lru",
    "maxclients 0",
    "maxclients 010",
    "timeout x",
    "timeout 10s",
    "appendonly true",
    "appendfsync sometimes",
    "save 60",
    "save 60 5 900",
    "save x y",
    'requirepass "open',
    'requirepass "open"x',
    "requirepass 'it''s'",
    "requirepass two words",
    "rename-command FLUSHALL",
)


class Server:
    """A server on a unix socket, asked in its own protocol."""

    def __init__(self, folder: Path, text: str, arguments: tuple[str, ...] = ()) -> None:
        self.socket = folder / "s"
        (folder / "redis.conf").write_text(
            f"port 0\nunixsocket {self.socket}\ndir {folder}\n{text}\n"
        )
        command = [SERVER or "redis-server", "redis.conf", *arguments]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def started(self) -> bool:
        """Whether it came up; it says so at once, or that it does not."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                if self.socket.exists() and client.connect_ex(str(self.socket)) == 0:
                    return True
            time.sleep(0.01)
        return False

    def settings(self, password: str = "") -> dict[str, str]:
        """What ``CONFIG GET *`` says."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(SECONDS)
            client.connect(str(self.socket))
            with client.makefile("rwb") as stream:
                if password:
                    stream.write(_request("AUTH", password))
                    stream.flush()
                    assert stream.readline() == b"+OK\r\n"
                stream.write(_request("CONFIG", "GET", "*"))
                stream.flush()
                values = [_bulk(stream) for _ in range(int(stream.readline()[1:]))]
        return dict(zip(values[::2], values[1::2], strict=True))

    def stop(self) -> None:
        """End it and wait."""
        self.process.kill()
        self.process.communicate(timeout=SECONDS)


def _request(*words: str) -> bytes:
    parts = (f"${len(word.encode())}\r\n{word}\r\n" for word in words)
    return f"*{len(words)}\r\n{''.join(parts)}".encode()


def _bulk(stream: object) -> str:
    length = int(stream.readline()[1:])  # type: ignore[attr-defined] # a buffered socket file
    return str(stream.read(length + 2)[:-2].decode())  # type: ignore[attr-defined] # as above


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short: the path of a unix socket has about 100 characters."""
    with tempfile.TemporaryDirectory(prefix="rd") as name:
        yield Path(name)


@pytest.fixture(autouse=True)
def _needs_redis() -> None:
    if SERVER is None:
        if os.environ.get("ADVISOR_ORACLES") == "required":
            pytest.fail("redis-server is not installed")
        pytest.skip("redis-server is not installed (Debian package redis-server)")


def shown(name: str, value: object) -> str:
    """A value of ours as ``CONFIG GET`` prints it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def test_defaults_are_the_programs_own(folder: Path) -> None:
    """Of everything but where this server is made to listen."""
    server = Server(folder, "")
    try:
        assert server.started()
        found = server.settings()
    finally:
        server.stop()
    known = {name: one for name, one in SETTINGS.items() if name not in {"port", "unixsocket"}}
    ours = {name: shown(name, one.default) for name, one in known.items()}
    ours["requirepass"] = ""

    assert {name: found[name] for name in known} == ours


def test_every_setting_is_asked() -> None:
    assert set(ACCEPTED) == set(SETTINGS)


@pytest.mark.parametrize(
    ("name", "written"), [(name, one) for name, all_ in ACCEPTED.items() for one in all_]
)
def test_values_are_read_as_the_program_reads_them(name: str, written: str, folder: Path) -> None:
    text = f"{name} {written}"
    value = read_redis("redis.conf", MemoryTree({"redis.conf": text})).settings[name]
    secret = SETTINGS[name].kind is Kind.SECRET
    server = Server(folder, text)
    try:
        assert server.started()
        found = server.settings(written.strip('"') if secret else "")[name]
    finally:
        server.stop()

    assert isinstance(value, Value)
    assert bool(found) == value.value if secret else found == shown(name, value.value)


@pytest.mark.parametrize("line", REFUSED)
def test_both_refuse_the_same(line: str, folder: Path) -> None:
    document = read_redis("redis.conf", MemoryTree({"redis.conf": line}))
    server = Server(folder, line)
    try:
        assert not server.started()
    finally:
        server.stop()

    assert [one.location.line for one in document.problems] == [1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--maxmemory", "100mb", "--save", ""),
        ("--save", "60", "5", "--appendonly", "yes"),
        ("--maxmemory 3mb", "--bind", "127.0.0.1", "-::1"),
        ("--timeout", "5", "--timeout", "7"),
    ],
)
def test_flags_come_after_the_file(arguments: tuple[str, ...], folder: Path) -> None:
    text = "maxmemory 1mb\nsave 900 1\ntimeout 3"
    words = [("redis-server", PLACE), ("redis.conf", PLACE), *((one, PLACE) for one in arguments)]
    named = option_words(words)
    assert named is not None
    document = read_redis(named[0], MemoryTree({"redis.conf": text}), named[1])
    server = Server(folder, text, arguments)
    try:
        assert server.started()
        found = server.settings()
    finally:
        server.stop()
    ours = {
        name: shown(name, one.value)
        for name, one in document.settings.items()
        if isinstance(one, Value)
    }

    assert {name: found[name] for name in ours} == ours
    assert set(ours) >= {"maxmemory", "save", "timeout"}


def test_files_are_included_where_they_are_named(folder: Path) -> None:
    files = {
        "redis.conf": "maxmemory 1mb\ninclude more.conf\ntimeout 9",
        "more.conf": "maxmemory 2mb\ntimeout 1",
    }
    (folder / "more.conf").write_text(files["more.conf"])
    settings = read_redis("redis.conf", MemoryTree(files)).settings
    server = Server(folder, files["redis.conf"])
    try:
        assert server.started()
        found = server.settings()
    finally:
        server.stop()

    ours = {
        name: shown(name, one.value) for name, one in settings.items() if isinstance(one, Value)
    }
    assert ours == {"maxmemory": found["maxmemory"], "timeout": found["timeout"]}
