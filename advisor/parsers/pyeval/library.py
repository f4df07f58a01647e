"""
The other files of the same code, for names that one file imports from another.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from msgspec import field

from advisor.model.discreet import Discreet
from advisor.parsers.pyeval.source import Source, parse

MAX_TEXT = 200_000
"""Letters of an imported file: no module of settings comes near."""
_PACKAGE = "__init__.py"
_MAX_FOLDERS = 12
"""Folders above a file in which the modules it imports are looked for."""


class Library(Discreet, frozen=True, eq=False):
    """
    Python files by their path below the root, read when something is imported from them.
    """

    untold: ClassVar[frozenset[str]] = frozenset({"read", "endings", "loading", "_sources"})

    read: Callable[[str], str | None]
    """Text of a file, None when there is none."""
    endings: dict[tuple[object, ...], object] = field(default_factory=dict)
    """Files that were evaluated; see `advisor.parsers.pyeval.endings`."""
    loading: list[Any] = field(default_factory=list)
    """Files that are being imported, outermost first; see there, too."""
    _sources: dict[str, Source | None] = field(default_factory=dict)

    def source(self, path: str) -> Source | None:
        """
        A file as a syntax tree; None when there is none, when it is too long or no Python.
        """
        if path not in self._sources:
            text = self.read(path)
            usable = text is not None and len(text) <= MAX_TEXT
            source = parse(path, text) if text is not None and usable else None
            self._sources[path] = None if source is None or source.problems else source
        return self._sources[path]

    def find(self, importer: str, module: str) -> str:
        """
        Path of a module as the file `importer` names it (``shop.settings``, ``.settings``).

        Empty when it is not among the files, is part of Python, or when two files may be meant:
        which folders Python looks in is not known, those around `importer` are taken.
        """
        name = module.lstrip(".")
        level = len(module) - len(name)
        if not level and name.partition(".")[0] in sys.stdlib_module_names:
            return ""
        folders = importer.split("/")[:-1]
        if level > len(folders) + 1:
            return ""
        roots = [folders[: len(folders) - level + 1]] if level else list(_roots(folders))
        parts = name.split(".") if name else []
        found = [path for root in roots if (path := self._module([*root, *parts]))]
        return found[0] if len(found) == 1 else ""

    def below(self, path: str, name: str) -> str:
        """
        Path of the module `name` in the package that the file `path` opens, empty when none.
        """
        folder, slash, file = path.rpartition("/")
        if file != _PACKAGE:
            return ""
        return self._module([*folder.split("/"), name] if slash else [name])

    def _module(self, parts: list[str]) -> str:
        base = "/".join(parts)
        for path in (f"{base}/{_PACKAGE}" if base else _PACKAGE, f"{base}.py"):
            if self.source(path) is not None:
                return path
        return ""


def _roots(folders: list[str]) -> Iterator[list[str]]:
    for depth in range(len(folders), max(-1, len(folders) - _MAX_FOLDERS), -1):
        yield folders[:depth]
