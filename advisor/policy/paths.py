"""
Paths and patterns of settings, which are relative to the file that holds them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.errors import ConfigError

if TYPE_CHECKING:
    import pathspec


def relative(path: str, root: Path, folder: Path) -> str:
    """
    A path below the audited `root` as seen from `folder`, with ``/`` separators.
    """
    whole = os.path.normpath(root / path)
    return Path(os.path.relpath(whole, folder)).as_posix()


def covered(path: Path, folder: Path, seen: Iterable[str]) -> set[str]:
    """
    Which files, as they are seen from `folder`, an audit of `path` looks at.
    """
    whole = relative(os.path.realpath(path), Path("/"), folder)
    if whole == ".":
        return {one for one in seen if not one.startswith("../")}
    return {one for one in seen if one == whole or one.startswith(f"{whole}/")}


def matches(pattern: str, path: str) -> bool:
    """
    Whether a pattern, written as in ``.gitignore``, covers a path. Raises `ConfigError`.
    """
    return not path.startswith("../") and _spec(pattern).match_file(path)


@lru_cache(maxsize=256)
def _spec(pattern: str) -> pathspec.GitIgnoreSpec:
    import pathspec  # noqa: PLC0415 - start-up cost

    try:
        return pathspec.GitIgnoreSpec.from_lines([pattern])
    except ValueError as error:
        raise ConfigError(f"{pattern[:60]!r} is no pattern of paths: {error}") from error
