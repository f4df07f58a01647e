"""
Walking through folders, within limits.
"""

from __future__ import annotations

import os
from collections import deque
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from advisor import regex
from advisor.errors import SourceError
from advisor.sources.ignore import Ignore
from advisor.sources.kinds import is_certain, may_matter
from advisor.sources.text import read_text
from advisor.sources.tree import is_printable

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 12
"""Folders below each other."""
MAX_FILES = 20_000
"""Files and folders looked at in one walk."""

_IGNORED_FOLDERS = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        ".tox",
        ".nox",
        ".venv",
        "venv",
        "__pycache__",
        "node_modules",
        "site-packages",
        "dist-packages",
    }
)

_LIVE = regex.lazy(
    r"(?:^|/)(?:nginx/(?:conf\.d|sites)|sites-enabled|postgresql/(?:.*/)?conf\.d)/[^/]+\.conf$"
)
"""Folders whose files a server reads; links elsewhere (fontconfig has many) do not count."""


class Walker:
    """
    One walk: the nearest files first, each folder in the order of its names.

    Links to folders are not followed: what they lead to is met at its own place if it is below
    the root, and must not be read if it is not. A link to a file counts when the file itself is
    not met.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.unreadable_root = ""
        """Why the root itself cannot be listed."""
        self.unreadable: list[tuple[str, str]] = []
        """Folders that cannot be listed, with the reason."""
        self.skipped: list[tuple[str, str]] = []
        """What was left out on purpose, with the reason."""
        self.notes: list[str] = []
        """Limits that were reached."""
        self._ignore = Ignore()
        self._left = MAX_FILES
        self._folders = deque([("", 0)])
        self._met: set[str] = set()
        self._links: list[tuple[str, str]] = []

    def files(self) -> Iterator[str]:
        """
        Paths of the files whose name makes them worth opening, relative to the root.
        """
        while self._folders and self._left >= 0:
            folder, depth = self._folders.popleft()
            yield from self._files_in(folder, depth)
        yield from self._linked_files()
        if self._ignore.exhausted:
            self.notes.append("the patterns in .gitignore take too long and were not all applied")

    def _files_in(self, folder: str, depth: int) -> Iterator[str]:
        entries = self._list(folder)
        names = {entry.name for entry in entries}
        if folder and "pyvenv.cfg" in names:
            return
        self._read_gitignore(folder, names)
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if not is_printable(entry.name):
                self.skipped.append((repr(path), "its name cannot be printed"))
            elif entry.is_dir(follow_symlinks=False):
                self._enqueue(path, depth=depth + 1, siblings=names)
            elif may_matter(path) and not self._is_ignored(path):
                yield from self._accept(path, entry)

    def _list(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.root / folder) as scan:
                entries = list(islice(scan, self._left + 1))
        except OSError as error:
            reason = error.strerror or str(error)
            if folder:
                self.unreadable.append((folder, f"cannot be listed: {reason}"))
            else:
                self.unreadable_root = reason
            return []
        self._left -= len(entries)
        if self._left < 0:
            self.notes.append(
                f"stopped after {MAX_FILES:,} files and folders; name a smaller folder"
            )
            entries.pop()
        return sorted(entries, key=lambda entry: os.fsencode(entry.name))

    def _enqueue(self, path: str, *, depth: int, siblings: set[str]) -> None:
        name = path.rpartition("/")[2]
        if name in _IGNORED_FOLDERS or self._ignore.covers(path, is_folder=True):
            return
        if name == "sites-available" and "sites-enabled" in siblings:
            self.skipped.append((path, "sites-enabled says which of them are live"))
        elif depth > MAX_DEPTH:
            self._note_depth()
            self.skipped.append((path, f"more than {MAX_DEPTH} folders deep"))
        else:
            self._folders.append((path, depth))

    def _note_depth(self) -> None:
        note = f"folders more than {MAX_DEPTH} deep were left out"
        if note not in self.notes:
            self.notes.append(note)

    def _is_ignored(self, path: str) -> bool:
        ignored = self._ignore.covers(path, is_folder=False)
        if ignored:
            self.skipped.append((path, "ignored by .gitignore"))
        return ignored

    def _accept(self, path: str, entry: os.DirEntry[str]) -> Iterator[str]:
        if entry.is_symlink():
            self._links.append((path, entry.path))
        elif entry.is_file(follow_symlinks=False):
            self._met.add(entry.path)
            yield path

    def _linked_files(self) -> Iterator[str]:
        for path, place in self._links:
            real = os.path.realpath(place)
            inside = Path(real).is_relative_to(self.root)
            if inside and Path(real).is_file():
                if real not in self._met:
                    self._met.add(real)
                    yield path
            elif not Path(real).is_dir():
                self._note_link(path, "leads nowhere" if inside else "leaves the audited folder")

    def _note_link(self, path: str, what: str) -> None:
        """
        A configuration behind a link that cannot be followed was not judged, and that is said.
        """
        if is_certain(path) or _LIVE.search(path):
            self.unreadable.append((path, f"is a link that {what}"))
        else:
            self.skipped.append((path, f"a link that {what}"))

    def _read_gitignore(self, folder: str, names: set[str]) -> None:
        if ".gitignore" not in names:
            return
        try:
            text = read_text(self.root / folder / ".gitignore", ".gitignore")
        except SourceError:
            # A link, a folder, binary or unreadable: git does not read it either.
            return
        self._ignore.add(folder, text)
