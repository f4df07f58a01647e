"""
Paths of the deployment: which folder holds what, which file is part of which.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from msgspec import Struct

from advisor import regex
from advisor.errors import SourceError

if TYPE_CHECKING:
    from advisor.model import Tree
    from advisor.parsers.dockerfile import Copy

_VARIANTS = frozenset(
    {"override", "dev", "devel", "development", "debug", "test", "tests", "testing", "ci", "e2e"}
    | {"example", "examples", "sample", "samples"}
)
_VARIANT_NAMES = _VARIANTS | {"local"}
"""A folder ``usr/local`` is no variant of anything."""
_WORD = regex.lazy(r"[a-z0-9]+")
_TEMPLATE = regex.lazy(r"\.(?:template|tmpl|tpl|j2|jinja2?|erb|mustache)$", re.IGNORECASE)


def words_of(path: str) -> list[str]:
    """
    The words of a path in lower case.
    """
    return _WORD.findall(path.lower())


def is_variant(path: str) -> bool:
    """
    Whether a path names something beside the real thing: development, tests, examples.
    """
    folder, _, name = path.rpartition("/")
    known = _VARIANTS.isdisjoint(words_of(folder)) and _VARIANT_NAMES.isdisjoint(words_of(name))
    return not known


def is_template(path: str) -> bool:
    """
    Whether a name says that another file is made of this one.
    """
    return _TEMPLATE.search(path) is not None


def join(folder: str, path: str) -> str:
    """
    A path relative to a folder, as a path relative to the root, ``./`` and ``..`` taken out.

    A path that leaves the root keeps its ``..`` in front: no file has such a path.
    """
    parts: list[str] = []
    for part in f"{folder}/{path}".split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def folder_of(path: str) -> str:
    """
    The folder of a file; empty for the root.
    """
    return path.rpartition("/")[0]


def name_of(path: str) -> str:
    """
    The last component of a path.
    """
    return path.rpartition("/")[2]


def is_in(path: str, folder: str) -> bool:
    """
    Whether a path is a folder or below it. The root is empty.
    """
    return not folder or path == folder or path.startswith(f"{folder}/")


def innermost(path: str, folders: Iterable[str]) -> str | None:
    """
    The deepest of the folders that hold a path, None when none does.
    """
    return max((one for one in folders if is_in(path, one)), key=len, default=None)


class Included(Protocol):
    """
    A document with the files that it is made of.
    """

    @property
    def path(self) -> str:
        """
        The file it starts with.
        """

    @property
    def files(self) -> tuple[str, ...]:
        """
        All files that were read for it.
        """


D = TypeVar("D", bound=Included)


def outermost(documents: Sequence[D]) -> list[D]:
    """
    Documents without those that another one includes: they are no configuration of their own.

    Of documents that include each other the first counts.
    """
    files = [frozenset(one.files) for one in documents]

    def is_part(at: int) -> bool:
        path = documents[at].path
        return any(
            path in inner and (index < at or documents[index].path not in files[at])
            for index, inner in enumerate(files)
            if index != at
        )

    return [one for at, one in enumerate(documents) if not is_part(at)]


def text_of(tree: Tree, path: str) -> str | None:
    """
    The text of a file, None when there is none or it cannot be read.
    """
    try:
        return tree.read(path)
    except SourceError:
        return None


def names_in(tree: Tree, folder: str) -> tuple[str, ...]:
    """
    The files in a folder, none when it does not exist or cannot be listed.
    """
    try:
        return tree.names(folder)
    except SourceError:
        return ()


def exists(tree: Tree, path: str) -> bool:
    """
    Whether there is a file of this path, or a folder with anything in it.
    """
    try:
        if name_of(path) in tree.names(folder_of(path)):
            return True
        return bool(tree.names(path) or tree.folders(path))
    except SourceError:
        return True


class Placed(Struct, frozen=True):
    """
    A file or folder of the deployment and where it appears in a container.
    """

    source: str
    """Relative to the root."""
    target: str
    """Absolute."""

    def source_of(self, path: str) -> str | None:
        """
        What lies at an absolute path if it is this, or below it.
        """
        place = self.target.rstrip("/")
        if path != place and not path.startswith(f"{place}/"):
            return None
        return join(self.source, path[len(place) :])


def placed_module(name: str, placed: Iterable[Placed]) -> str:
    """
    The file that a container has under the name of a Python module, empty where there is none.
    """
    ending = f"/{name.replace('.', '/')}.py"
    return next((one.source for one in placed if one.target.endswith(ending)), "")


def copies(copy: Copy, context: str) -> Iterator[Placed]:
    """
    What a ``COPY`` brings in from the build context.

    Whether a source is a file or a folder is not known here, so both are given: a folder's contents
    go into the target, and so does a file if the target ends with a slash.
    """
    for source in copy.sources:
        folder, _, name = source.rstrip("/").rpartition("/")
        if "*" in name:
            yield Placed(join(context, folder), copy.target)
            continue
        if copy.target.endswith("/") and name not in ("", ".") and not source.endswith("/"):
            yield Placed(join(context, source), f"{copy.target}{name}")
        yield Placed(join(context, source), copy.target)
