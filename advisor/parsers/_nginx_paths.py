"""
From the paths that nginx sees to the paths of the audited files.
"""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.parsers._nginx_model import Why

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from advisor.model import Tree

PREFIXES = (
    "/etc/nginx",
    "/usr/local/nginx/conf",
    "/usr/local/openresty/nginx/conf",
    "/opt/bitnami/nginx/conf",
    "/usr/local/etc/nginx",
)
"""Folders of nginx.conf in common packages and images."""
MAX_FOLDERS = 1_000
"""Links between folders can make a pattern match without end."""


class Places(Struct, frozen=True):
    """
    Where included files may lie. No path that it gives leads out of the tree.
    """

    folder: str
    """Folder of the first file, which relative includes start from (nginx's conf prefix)."""
    mapped: Mapping[str, str]
    """From absolute paths of files or folders on the host to paths in the tree."""
    host_folder: str | None
    """The first file's folder on the host, where the map tells it."""

    @classmethod
    def of(cls, main: str, path_map: Mapping[str, str]) -> Places:
        """
        Places for one first file. Values of the map are relative to the tree, ``""`` is its root.
        """
        mapped = {
            posixpath.normpath("/" + host.lstrip("/")): inside
            for host, target in path_map.items()
            if (inside := _inside(target)) is not None
        }
        return cls(posixpath.dirname(main), mapped, _host_folder(main, mapped))

    def literal(self, path: str) -> Iterator[str]:
        """
        Paths in the tree where a file may lie, likeliest first.
        """
        host = self._host(path)
        rest = _below(host, self.mapped) if host else None
        if rest is not None:
            yield from _some(_inside(_join(self.mapped[rest[0]], rest[1])))
        elif host:
            for prefix in PREFIXES:
                if host.startswith(f"{prefix}/"):
                    yield from _some(_inside(_join(self.folder, host[len(prefix) + 1 :])))
        if not path.startswith("/"):
            yield from _some(_inside(_join(self.folder, path)))

    def matching(self, pattern: str, tree: Tree) -> tuple[tuple[str, ...], Why | None]:
        """
        Files that a pattern matches, in nginx's order (by host path, bytewise), or why none does.
        """
        found = dict(self._mapped_files(pattern, tree))
        why = Why.UNLISTED
        for place in self._folders_of(pattern, alone=not found):
            why = Why.EMPTY
            listed = dict(_files(place, self._host(pattern) or place, tree))
            if listed:
                found = listed | found
                break
        return tuple(found[host] for host in sorted(found)), None if found else why

    def _folders_of(self, pattern: str, *, alone: bool) -> Iterator[str]:
        """
        Places of a pattern. A folder that is only guessed does not add to files that are mapped.
        """
        host = self._host(pattern)
        if alone or (host and _below(host, self.mapped)):
            yield from self.literal(pattern)

    def _mapped_files(self, pattern: str, tree: Tree) -> Iterator[tuple[str, str]]:
        """
        Single files of the map, such as mounts of one file, that the pattern matches.
        """
        parts = (self._host(pattern) or "").split("/")
        for host, target in self.mapped.items():
            own = host.split("/")
            if len(own) != len(parts) or not all(map(_matches, own, parts)):
                continue
            folder, _, name = target.rpartition("/")
            if name in tree.names(folder):
                yield host, target

    def _host(self, path: str) -> str | None:
        if path.startswith("/"):
            # Two slashes at the start would survive normpath.
            return posixpath.normpath("/" + path.lstrip("/"))
        return _join(self.host_folder, path) if self.host_folder else None


def has_magic(path: str) -> bool:
    """
    Whether nginx takes the path for a pattern.
    """
    return any(mark in path for mark in "*?[")


def _matches(name: str, pattern: str) -> bool:
    if name.startswith(".") and not pattern.startswith("."):
        return False
    return fnmatchcase(name, pattern.replace("[^", "[!"))


def _files(place: str, host: str, tree: Tree) -> Iterator[tuple[str, str]]:
    """
    Files that a pattern matches: their paths on the host, and in the tree.

    Both patterns are the same from the first wildcard on.
    """
    folder, _, last = place.rpartition("/")
    parts = folder.split("/") if folder else []
    literal = next((at for at, part in enumerate(parts) if has_magic(part)), len(parts))
    outer = posixpath.dirname(host).split("/")
    outer = outer[: len(outer) - (len(parts) - literal)]
    for inner in _folders("/".join(parts[:literal]), parts[literal:], tree):
        shown = "/".join((*outer, *inner.split("/")[literal:]))
        for name in tree.names(inner):
            if _matches(name, last):
                yield _join(shown, name), _join(inner, name)


def _folders(start: str, parts: list[str], tree: Tree) -> list[str]:
    """
    Folders below one that match a pattern, component by component.
    """
    found = [start]
    for part in parts:
        if has_magic(part):
            inner = ((one, name) for one in found for name in tree.folders(one))
            fitting = (_join(one, name) for one, name in inner if _matches(name, part))
            found = list(islice(fitting, MAX_FOLDERS))
        else:
            found = [_join(one, part) for one in found]
    return found


def _join(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path)) if path else folder


def _inside(path: str) -> str | None:
    """
    The path in the tree's own form, None when it leads out.
    """
    clean = posixpath.normpath(path or ".")
    if clean.startswith(("/", "../")) or clean == "..":
        return None
    return "" if clean == "." else clean


def _some(path: str | None) -> Iterator[str]:
    if path:
        yield path


def _below(path: str, folders: Mapping[str, str]) -> tuple[str, str] | None:
    """
    The longest of the folders that holds the path, and the path from there; None when none does.
    """
    best = path
    while best not in folders:
        outer = posixpath.dirname(best)
        if outer == best:
            return None
        best = outer
    return best, path[len(best) :].strip("/")


def _host_folder(main: str, mapped: Mapping[str, str]) -> str | None:
    by_target = {target: host for host, target in mapped.items()}
    rest = _below(main, by_target)
    return posixpath.dirname(_join(by_target[rest[0]], rest[1])) if rest else None
