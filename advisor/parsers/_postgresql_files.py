"""
The include directives of postgresql.conf, followed inside the audited tree only.

Source: ``ParseConfigFile``, ``ParseConfigDirectory`` and ``AbsoluteConfigLocation`` of guc-file.l.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from msgspec import Struct, field

from advisor.errors import SourceError
from advisor.model import Location, Problem
from advisor.parsers._postgresql_grammar import Assignment, Include, ParsedFile, parse_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from advisor.model import Tree

AUTO_CONF = "postgresql.auto.conf"
MAX_DEPTH = 10
"""The server's own limit for includes inside includes."""
MAX_FILES = 1000
"""Inclusions in one document; the server has no limit, but its files are not hostile."""


class Folder(Struct, frozen=True):
    """
    A folder that an ``include_dir`` reads.
    """

    path: str
    """Relative to the root."""
    files: tuple[str, ...]
    """Paths of the files in it that the server passes over because of their names."""


class Flat(Struct):
    """
    All assignments of a document in effective order, while it is being put together.
    """

    tree: Tree
    assignments: list[Assignment] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    folders: dict[str, Folder] = field(default_factory=dict)
    parsed: dict[str, ParsedFile | None] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)


def flatten(path: str, tree: Tree) -> Flat:
    """
    Read a main file with its includes, and the postgresql.auto.conf beside it last.
    """
    flat = Flat(tree)
    main = posixpath.normpath(path)
    if not _follow(flat, main, (), Location(path, 1)):
        message = f"{path} could not be read"
        flat.problems.append(Problem(message, Location(path, 1), category="unreadable"))
    folder, name = posixpath.split(main)
    if name != AUTO_CONF:
        _follow(flat, posixpath.join(folder, AUTO_CONF), (), Location(path, 1))
    return flat


def _follow(flat: Flat, path: str, stack: tuple[str, ...], asked: Location) -> bool:
    """
    Add one file with all it includes; False when there is no such file.
    """
    refusal = _refusal(flat, path, stack)
    if refusal:
        flat.problems.append(Problem(refusal, asked, category="include"))
        return True
    first_time = path not in flat.parsed
    parsed = _parse(flat, path, asked)
    if parsed is None:
        # Unreadable files were reported when they were first tried.
        return path in flat.unreadable
    if first_time:
        flat.problems.extend(parsed.problems)
    flat.files.append(path)
    for entry in parsed.entries:
        if isinstance(entry, Assignment):
            flat.assignments.append(entry)
        else:
            _include(flat, entry, (*stack, path))
    return True


def _refusal(flat: Flat, path: str, stack: tuple[str, ...]) -> str:
    if path in stack:
        return f"{path} includes itself: the server stops with “configuration file recursion”"
    if len(stack) > MAX_DEPTH:
        return f"{path} is included more than {MAX_DEPTH} levels deep, which the server refuses"
    if len(flat.files) >= MAX_FILES:
        return f"more than {MAX_FILES} files are included: {path} was not read"
    return ""


def _parse(flat: Flat, path: str, asked: Location) -> ParsedFile | None:
    if path not in flat.parsed:
        try:
            text = flat.tree.read(path)
        except SourceError as error:
            message = f"{path} could not be read: {error.message}"
            flat.problems.append(Problem(message, asked, category="unreadable"))
            flat.unreadable.add(path)
            text = None
        flat.parsed[path] = None if text is None else parse_file(path, text)
    return flat.parsed[path]


def _include(flat: Flat, include: Include, stack: tuple[str, ...]) -> None:
    if include.placeholder:
        message = f"{include.kind} “{include.target}” could not be followed: it is a template"
        flat.problems.append(Problem(message, include.location, category="template"))
        return
    if not include.target.strip(" \t\r\n"):
        message = f"{include.kind} names no file"
        flat.problems.append(Problem(message, include.location, category="include"))
        return
    target = _locate(flat.tree, include, posixpath.dirname(stack[-1]))
    if target is None:
        flat.problems.append(_not_followed(include))
    elif include.kind == "include_dir":
        _include_folder(flat, include, target, stack)
    elif not _follow(flat, target, stack, include.location) and include.kind == "include":
        flat.problems.append(
            Problem(
                f"include: there is no file {target}",
                include.location,
                "create it, or write include_if_exists if it may be missing",
                "include",
            )
        )


def _include_folder(flat: Flat, include: Include, folder: str, stack: tuple[str, ...]) -> None:
    names = _names(flat.tree, folder)
    if not names:
        message = f"include_dir: the folder {folder or '.'} is missing, empty or unreadable"
        # Version control keeps no empty folders, and the server accepts one.
        flat.problems.append(Problem(message, include.location, category="note"))
    # The tree sorts bytewise, which is the server's order.
    read = [name for name in names if name.endswith(".conf") and not name.startswith(".")]
    passed_over = (posixpath.join(folder, name) for name in names if name not in read)
    flat.folders.setdefault(folder, Folder(folder, tuple(passed_over)))
    for name in read:
        _follow(flat, posixpath.join(folder, name), stack, include.location)


def _locate(tree: Tree, include: Include, folder: str) -> str | None:
    """
    The path of an include below the root, None when it leads outside or cannot be told.
    """
    target = include.target
    if target.startswith("/"):
        return _mirrored(tree, include, folder)
    path = posixpath.normpath(posixpath.join(folder, target))
    return None if path.startswith("../") or path == ".." else _root(path)


def _mirrored(tree: Tree, include: Include, folder: str) -> str | None:
    """
    Where the tree holds a copy of an absolute path of the server's machine.

    The longest tail of the path that exists below the root or beside the including file decides.
    A bare last component counts only beside the including file. Two candidates are no certainty.
    """
    parts = [part for part in posixpath.normpath(include.target).split("/") if part]
    for start in range(len(parts)):
        tail = "/".join(parts[start:])
        bases = [folder] if start == len(parts) - 1 and len(parts) > 1 else ["", folder]
        found = {path for path in _candidates(bases, tail) if _exists(tree, include, path)}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def _candidates(bases: list[str], tail: str) -> Iterator[str]:
    for base in bases:
        yield _root(posixpath.normpath(posixpath.join(base, tail)))


def _exists(tree: Tree, include: Include, path: str) -> bool:
    folder, name = posixpath.split(path)
    if include.kind == "include_dir":
        return any(name.endswith(".conf") for name in _names(tree, path))
    return name in _names(tree, folder)


def _names(tree: Tree, folder: str) -> tuple[str, ...]:
    try:
        return tree.names(folder)
    except SourceError:
        return ()


def _root(path: str) -> str:
    return "" if path == "." else path


def _not_followed(include: Include) -> Problem:
    return Problem(
        f"{include.kind} “{include.target}” could not be followed: it leads outside the deployment",
        include.location,
        "settings made there are not seen",
        "note",
    )
