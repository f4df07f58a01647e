"""
Read access to the audited files, and to nothing else.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.errors import SourceError
from advisor.sources.text import NotTextError, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from advisor.model import Tree


class DirectoryTree:
    """
    The files below one folder. Whatever leaves it, by ``..`` or by a symbolic link, does not exist.
    """

    __slots__ = ("root",)

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.realpath(root))
        """Absolute, with symbolic links resolved."""

    def read(self, path: str) -> str | None:
        """
        Text of a file, None when there is no such file below the root.

        Raises `SourceError` when the file exists but cannot be read, is binary or too large.
        """
        real = self.locate(path)
        if real is None or not real.is_file():
            return None
        return read_text(real, path)

    def names(self, folder: str) -> tuple[str, ...]:
        """
        Names of the regular files directly in a folder, sorted bytewise. The root is ``""``.

        Links to files below the root count, names that cannot be printed do not.
        """
        return self._listed(folder, folders=False)

    def folders(self, folder: str) -> tuple[str, ...]:
        """
        Names of the folders directly in a folder, as `names` gives those of the files.
        """
        return self._listed(folder, folders=True)

    def _listed(self, folder: str, *, folders: bool) -> tuple[str, ...]:
        real = self.locate(folder)
        if real is None:
            return ()
        try:
            with os.scandir(real) as entries:
                found = [entry.name for entry in entries if self._offers(entry, folders=folders)]
        except NotADirectoryError:
            return ()
        except OSError as error:
            raise SourceError(
                f"cannot be listed: {error.strerror or error}", path=folder or "."
            ) from error
        return tuple(sorted(found, key=os.fsencode))

    def locate(self, path: str) -> Path | None:
        """
        Where a path below the root really is, None when it does not exist or leaves the root.
        """
        parts = normal_parts(path)
        if parts is None:
            return None
        try:
            real = Path(os.path.realpath(self.root.joinpath(*parts), strict=True))
        except (OSError, ValueError):
            # Missing, a cycle of links, a name too long, a NUL or a lone surrogate in the name.
            return None
        return real if real.is_relative_to(self.root) else None

    def _offers(self, entry: os.DirEntry[str], *, folders: bool) -> bool:
        if not is_printable(entry.name):
            return False
        if not entry.is_symlink():
            wanted = entry.is_dir if folders else entry.is_file
            return wanted(follow_symlinks=False)
        real = Path(os.path.realpath(entry.path))
        return real.is_relative_to(self.root) and (real.is_dir() if folders else real.is_file())


class Snapshot(DirectoryTree):
    """
    The files of a folder as they were when each was first read, or as they are to become.

    Everything that asks sees the same text, whatever happens to the file meanwhile, and by
    whichever link it asks.
    """

    __slots__ = ("_texts",)

    def __init__(self, root: Path, texts: Mapping[str, str]) -> None:
        super().__init__(root)
        self._texts = {self.real(path): text for path, text in texts.items()}

    def read(self, path: str) -> str | None:
        """
        Text of a file as it was read first, with the same errors.
        """
        real = self.real(path)
        if real not in self._texts:
            text = super().read(path)
            if text is None:
                return None
            self._texts[real] = text
        return self._texts[real]

    def real(self, path: str) -> str:
        """
        The path of the file itself, with links resolved; the path as given when there is none.
        """
        real = self.locate(path)
        return path if real is None else real.relative_to(self.root).as_posix()

    def edited(self, texts: Mapping[str, str]) -> Snapshot:
        """
        The same files with other texts in some of them.
        """
        return Snapshot(self.root, {**self._texts, **texts})


class MemoryTree:
    """
    Files that exist only in memory: examples of rules, tests, parts of other files.
    """

    __slots__ = ("_files",)

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = {"/".join(normal_parts(path) or ()): text for path, text in files.items()}

    def read(self, path: str) -> str | None:
        """
        Text of a file, None when there is no such file.

        Raises `SourceError` for what would be a binary file on disk.
        """
        parts = normal_parts(path)
        text = None if parts is None else self._files.get("/".join(parts))
        if text is not None and "\0" in text:
            raise NotTextError("is a binary file, not text", path=path)
        return text

    def names(self, folder: str) -> tuple[str, ...]:
        """
        Names of the files directly in a folder, sorted bytewise. The root is ``""``.
        """
        found = (name for name in self._below(folder) if "/" not in name)
        return tuple(sorted(found, key=os.fsencode))

    def folders(self, folder: str) -> tuple[str, ...]:
        """
        Names of the folders directly in a folder, sorted bytewise. The root is ``""``.
        """
        found = {name.partition("/")[0] for name in self._below(folder) if "/" in name}
        return tuple(sorted(found, key=os.fsencode))

    def _below(self, folder: str) -> Iterator[str]:
        """
        Paths of all files in a folder and in those below it, from there on.
        """
        parts = normal_parts(folder)
        if parts is None:
            return
        prefix = "".join(f"{part}/" for part in parts)
        for path in self._files:
            if path.startswith(prefix):
                yield path.removeprefix(prefix)


class LayeredTree:
    """
    Files that exist only in memory, above those of another tree.
    """

    __slots__ = ("_above", "_below")

    def __init__(self, files: Mapping[str, str], below: Tree) -> None:
        self._above = MemoryTree(files)
        self._below = below

    def read(self, path: str) -> str | None:
        """
        Text of a file, None when there is no such file. Raises `SourceError` as both trees do.
        """
        text = self._above.read(path)
        return self._below.read(path) if text is None else text

    def names(self, folder: str) -> tuple[str, ...]:
        """
        Names of the files directly in a folder of either tree, sorted bytewise.
        """
        found = {*self._above.names(folder), *self._below.names(folder)}
        return tuple(sorted(found, key=os.fsencode))

    def folders(self, folder: str) -> tuple[str, ...]:
        """
        Names of the folders directly in a folder of either tree, sorted bytewise.
        """
        found = {*self._above.folders(folder), *self._below.folders(folder)}
        return tuple(sorted(found, key=os.fsencode))


def normal_parts(path: str) -> tuple[str, ...] | None:
    """
    The components of a relative path; None when it is absolute or has a ``..`` in it.
    """
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    return None if path.startswith("/") or ".." in parts else parts


def is_printable(name: str) -> bool:
    """
    Whether a file name can be shown: no control characters, no bytes that are not UTF-8.
    """
    return name.isprintable()
