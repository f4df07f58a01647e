"""
Nested ``.gitignore`` files: what the repository does not hold is not audited.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pathspec

MAX_STEPS = 1_000_000_000
"""
Estimated steps of pattern matching for one walk.

A pattern with k stars can backtrack in the order of length^k steps, so that a hostile file could
keep the walk busy for ever. 20,000 files against 100 ordinary patterns need about 100 million.
"""

_STARS = regex.lazy(r"\*+")


class Patterns(Struct, frozen=True):
    """
    The usable patterns of one ``.gitignore``.
    """

    spec: pathspec.GitIgnoreSpec
    stars: Mapping[int, int]
    """How many patterns have how many runs of stars."""

    def cost(self, length: int) -> int:
        """
        Estimated steps of matching a path of that length.
        """
        return sum(count * length**stars for stars, count in self.stars.items())


class Ignore:
    """
    Decides for one walk what is ignored. Rules of deeper folders win, as in git.
    """

    __slots__ = ("_folders", "_steps")

    def __init__(self) -> None:
        self._folders: dict[str, Patterns] = {}
        self._steps = 0

    @property
    def exhausted(self) -> bool:
        """
        Whether matching was given up, because the patterns are too expensive.
        """
        return self._steps > MAX_STEPS

    def add(self, folder: str, text: str) -> None:
        """
        Take up the ``.gitignore`` of a folder. Lines that git could not use either are left out.
        """
        self._folders[folder] = _compile(text.splitlines())

    def covers(self, path: str, *, is_folder: bool) -> bool:
        """
        Whether a file or folder is ignored; the folders above it are known not to be.
        """
        if not self._folders:
            return False
        suffix = "/" if is_folder else ""
        for folder in _folders_above(path):
            patterns = self._folders.get(folder)
            if patterns is None:
                continue
            below = path[len(folder) + 1 :] if folder else path
            decision = self._match(patterns, below + suffix)
            if decision is not None:
                return decision
        return False

    def _match(self, patterns: Patterns, path: str) -> bool | None:
        self._steps += patterns.cost(len(path))
        return None if self.exhausted else patterns.spec.check_file(path).include


def _folders_above(path: str) -> Iterable[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
    yield ""


def _compile(lines: list[str]) -> Patterns:
    import pathspec  # noqa: PLC0415 - start-up cost

    usable = [line for line in lines if _is_usable(line)]
    stars = Counter(len(_STARS.findall(line)) for line in usable)
    return Patterns(spec=pathspec.GitIgnoreSpec.from_lines(usable), stars=stars)


def _is_usable(line: str) -> bool:
    import pathspec  # noqa: PLC0415 - start-up cost

    if not line.strip() or line.startswith("#"):
        return False
    try:
        pathspec.GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error, OverflowError, RecursionError):
        return False
    return True
