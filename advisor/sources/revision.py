"""
The audited files as they were in another revision of their git repository.

git is asked for names and bytes of files and for nothing else: no hook, filter, textconv or remote
of the repository is run, and nothing in it is written.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from msgspec import Struct

from advisor.errors import SourceError
from advisor.sources.text import MAX_BYTES
from advisor.sources.tree import normal_parts

MAX_FILES = 50_000
MAX_TOTAL = 512 * 1024 * 1024
"""Bytes of all files that are written to the temporary folder."""
_SECONDS = 120
_GIT = (
    "git",
    "--no-pager",
    "--no-replace-objects",
    "--no-optional-locks",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
)
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "",  # a partial clone must not fetch what it lacks
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_FILE, _EXECUTABLE, _LINK = b"100644", b"100755", b"120000"


class _Entry(Struct, frozen=True):
    mode: bytes
    blob: bytes
    size: int
    path: str


@contextmanager
def revision_of(path: Path, revision: str) -> Iterator[Path | None]:
    """
    The audited path as it was, in a temporary folder; None when the revision does not hold it.

    Raises `SourceError` when the path is in no repository or there is no such revision.
    """
    real = Path(os.path.realpath(path))
    folder = real if real.is_dir() else real.parent
    top = _top(folder, path)
    commit = _commit(top, revision)
    inside = real.relative_to(top).as_posix()
    entries = _entries(top, commit, inside)
    with tempfile.TemporaryDirectory(prefix="advisor-") as temporary:
        root = Path(os.path.realpath(temporary)) / top.name
        root.mkdir()
        _write(top, root, entries, str(path))
        found = root / inside
        yield found if found.exists() else None


def _top(folder: Path, path: Path) -> Path:
    try:
        said = _run(folder, ("rev-parse", "--show-toplevel"))
    except SourceError as error:
        raise SourceError(
            f"is in no git repository: {error.message}", path=str(path), hint=error.hint
        ) from error
    return Path(os.path.realpath(os.fsdecode(said.rstrip(b"\n"))))


def _commit(top: Path, revision: str) -> str:
    wanted = f"{revision}^{{commit}}"
    try:
        said = _run(top, ("rev-parse", "--verify", "--quiet", "--end-of-options", wanted))
    except SourceError as error:
        raise SourceError(
            f"there is no revision {revision[:80]!r}",
            path=str(top),
            hint="a shallow clone holds only the newest; fetch more of the history",
        ) from error
    # With --end-of-options some versions repeat it before the answer.
    return said.decode("ascii", "replace").split()[-1]


def _entries(top: Path, commit: str, inside: str) -> list[_Entry]:
    below = () if inside == "." else ("--", inside)
    try:
        said = _run(top, ("ls-tree", "-r", "-z", "-l", "--full-tree", commit, *below))
    except SourceError as error:
        raise SourceError(
            f"git cannot read the revision: {error.message}",
            path=str(top),
            hint="fetch what a partial clone lacks",
        ) from error
    entries = []
    for line in said.split(b"\0"):
        head, tab, name = line.partition(b"\t")
        fields = head.split()
        if not tab or fields[0] not in (_FILE, _EXECUTABLE, _LINK):
            continue
        path = os.fsdecode(name)
        if normal_parts(path) and "\0" not in path:
            entries.append(_Entry(fields[0], fields[2], int(fields[3]), path))
    if len(entries) > MAX_FILES:
        raise SourceError(
            f"the revision holds more than {MAX_FILES:,} files here",
            path=str(top),
            hint="name a smaller folder",
        )
    return entries


def _write(top: Path, root: Path, entries: Sequence[_Entry], shown: str) -> None:
    """
    Files first, links last, so that nothing is written through a link.
    """
    small = [one for one in entries if one.size <= MAX_BYTES]
    if sum(one.size for one in small) > MAX_TOTAL:
        raise SourceError(
            f"the revision holds more than {MAX_TOTAL // 1024**2} MB here",
            path=shown,
            hint="name a smaller folder",
        )
    links: list[tuple[Path, bytes]] = []
    for entry, content in _contents(top, small):
        place = _place(root, entry)
        if entry.mode == _LINK:
            links.append((place, content))
        else:
            place.write_bytes(content)
    for entry in entries:
        if entry.size > MAX_BYTES:
            # As large as it was, and without its content: the audit reads none of it.
            with _place(root, entry).open("wb") as file:
                file.truncate(entry.size)
    for place, target in links:
        if not place.exists() and Path(os.path.realpath(place.parent)).is_relative_to(root):
            place.symlink_to(os.fsdecode(target))


def _place(root: Path, entry: _Entry) -> Path:
    place = root.joinpath(*normal_parts(entry.path) or ())
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def _contents(top: Path, entries: Sequence[_Entry]) -> Iterator[tuple[_Entry, bytes]]:
    with tempfile.TemporaryFile() as wanted:
        wanted.write(b"".join(one.blob + b"\n" for one in entries))
        wanted.seek(0)
        with subprocess.Popen(  # noqa: S603 - a fixed command, and git runs nothing of its own here
            (*_GIT, "cat-file", "--batch"),
            cwd=top,
            env=_environment(),
            stdin=wanted,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            if process.stdout is None:
                return
            for entry in entries:
                yield entry, _content(process.stdout, entry)


def _content(stream: IO[bytes], entry: _Entry) -> bytes:
    head = stream.readline().split()
    if len(head) != 3 or head[1] != b"blob":
        raise SourceError(
            "git does not hold its content", path=entry.path, hint="fetch what the clone lacks"
        )
    size = int(head[2])
    return stream.read(size + 1)[:size]


def _run(folder: Path, arguments: tuple[str, ...]) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, and git runs nothing of its own here
            (*_GIT, *arguments),
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise SourceError("git is not installed", hint="--since asks git for the files") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceError(f"git does not answer: {error}") from error
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").splitlines() or ["git refuses"]
        fatal = next((line for line in lines if line.startswith("fatal: ")), lines[-1])
        raise SourceError(fatal.removeprefix("fatal: "))
    return done.stdout


def _environment() -> dict[str, str]:
    """
    That of the user without what hooks of git set: it would name another repository.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith("GIT_CONFIG")
    }
    return {**kept, **_ENVIRONMENT}
