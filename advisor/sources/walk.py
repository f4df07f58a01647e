"""
Finding the files to audit below a path.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from advisor.errors import NothingFoundError, SourceError
from advisor.model import Location, Problem
from advisor.model.discreet import Discreet
from advisor.sources.entries import Walker
from advisor.sources.kinds import Kind, is_certain, kind_of, kind_of_named
from advisor.sources.text import NotTextError, read_text
from advisor.sources.tree import DirectoryTree

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOGS = (".log", ".json", ".txt")
"""Names of files of which a long one may be a log; nothing is decompressed while walking."""
MAX_TOTAL_BYTES = 256 * 1024 * 1024
"""Text that one walk opens, to bound its time."""


class Source(Discreet, frozen=True):
    """
    One file to audit.
    """

    untold: ClassVar[frozenset[str]] = frozenset({"text"})

    path: str
    """Relative to the root of the tree, with ``/`` separators."""
    kind: Kind
    text: str


class Skipped(Struct, frozen=True):
    """
    A file or folder that was left out, and why.
    """

    path: str
    reason: str


class Discovery(Struct, frozen=True):
    """
    Everything that a path holds for an audit.
    """

    tree: DirectoryTree
    """For files that others refer to; a superset of `sources`."""
    sources: tuple[Source, ...]
    """Sorted by path."""
    problems: tuple[Problem, ...] = ()
    """Files that should have been read and could not be."""
    skipped: tuple[Skipped, ...] = ()
    """Left out on purpose."""
    notes: tuple[str, ...] = ()
    """Limits that were reached: the walk is then not complete."""
    logs: tuple[str, ...] = ()
    """Logs with plans that are too long to be held, relative to the root of the tree."""
    added: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Files that exist only in memory: what a running server said a moment ago."""


def discover(path: Path) -> Discovery:
    """
    The files to audit: one named file, or all that is recognised below a folder.

    A named file is always audited, and its folder is the root of the tree. Raises `SourceError`
    when the path does not exist, or when a named file cannot be read or its kind cannot be told.
    """
    try:
        real = Path(os.path.realpath(path, strict=True))
    except FileNotFoundError as error:
        raise SourceError("no such file or folder", path=str(path)) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SourceError(f"cannot be read: {reason}", path=str(path)) from error
    if real.is_dir():
        return _discover_folder(real, path)
    return _discover_file(real, path)


def with_text(found: Discovery, path: str, kind: Kind, text: str) -> Discovery:
    """
    The same with one more file, which exists only in memory.
    """
    sources = sorted((*found.sources, Source(path, kind, text)), key=lambda one: one.path)
    return replace(found, sources=tuple(sources), added={**found.added, path: text})


def nothing_found(path: Path) -> NothingFoundError:
    """
    The error to raise when there is nothing to audit below a path.
    """
    return NothingFoundError(
        "nothing to audit here; looked for postgresql.conf, pg_hba.conf, pgbouncer.ini, "
        "redis.conf, nginx configuration, gunicorn settings, SQLAlchemy engines and other pools, "
        "Redis clients, compose files, Dockerfiles, Kubernetes manifests, Patroni, Terraform, "
        "systemd units, supervisord programs, Procfiles, schemas in SQL, EXPLAIN output, results "
        "of load tests and snapshots of advisor collect",
        path=str(path),
        hint="name the file itself if it has an unusual name",
    )


def _discover_file(real: Path, path: Path) -> Discovery:
    tree = DirectoryTree(real.parent)
    try:
        text = read_text(real, str(path))
    except NotTextError:
        if _is_log(real):
            return Discovery(tree, (), logs=(real.name,))
        raise
    kind = kind_of_named(real.name, text)
    if kind is None:
        known = ", ".join(Kind)
        raise SourceError(
            f"cannot tell what kind of file this is; known are {known}", path=str(path)
        )
    return Discovery(tree, (Source(real.name, kind, text),))


def _discover_folder(real: Path, path: Path) -> Discovery:
    reading = _Reading(DirectoryTree(real))
    walker = Walker(real)
    reading.sources.extend(reading.of(walker.files()))
    if walker.unreadable_root:
        raise SourceError(f"cannot be listed: {walker.unreadable_root}", path=str(path))
    problems = [*reading.problems, *(unreadable(*pair) for pair in walker.unreadable)]
    skipped = [*reading.skipped, *(Skipped(*pair) for pair in walker.skipped)]
    return Discovery(
        tree=reading.tree,
        sources=tuple(sorted(reading.sources, key=lambda source: source.path)),
        problems=tuple(sorted(problems, key=lambda problem: problem.location.path)),
        skipped=tuple(sorted(skipped, key=lambda item: item.path)),
        notes=(*walker.notes, *reading.notes),
        logs=tuple(sorted(reading.logs)),
    )


class _Reading(Struct):
    """
    What has been read so far of one walk.
    """

    tree: DirectoryTree
    sources: list[Source] = msgspec.field(default_factory=list)
    problems: list[Problem] = msgspec.field(default_factory=list)
    skipped: list[Skipped] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)
    logs: list[str] = msgspec.field(default_factory=list)
    total: int = 0

    def of(self, paths: Iterator[str]) -> Iterator[Source]:
        for path in paths:
            if self.total > MAX_TOTAL_BYTES:
                self.notes.append(f"stopped reading after {MAX_TOTAL_BYTES // 1024**2} MB of files")
                return
            text = self.text(path)
            kind = kind_of(path, text) if text is not None else None
            if text is not None and kind is not None:
                yield Source(path, kind, text)

    def text(self, path: str) -> str | None:
        try:
            text = self.tree.read(path)
        except NotTextError as error:
            self.note_unusable(path, error)
            return None
        except SourceError as error:
            self.problems.append(unreadable(path, error.message))
            return None
        self.total += len(text or "")
        return text

    def note_unusable(self, path: str, error: SourceError) -> None:
        real = self.tree.locate(path)
        if real is not None and path.endswith(_LOGS) and _is_log(real):
            self.logs.append(path)
        elif is_certain(path):
            self.problems.append(unreadable(path, error.message))
        else:
            self.skipped.append(Skipped(path, error.message))


def _is_log(real: Path) -> bool:
    """
    Whether a file that cannot be held is a server log with plans.
    """
    from advisor.sources.stream import holds_plans  # noqa: PLC0415 - gzip is for those who need it

    return holds_plans(real)


def unreadable(path: str, message: str) -> Problem:
    """
    The problem of a file that could not be read at all.
    """
    return Problem(message, Location(path, 1), category="unreadable")
