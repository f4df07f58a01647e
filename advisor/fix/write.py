"""
Edited files on disk: all of them or none, and never half of one.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from advisor.errors import FixError
from advisor.sources.text import decode, encoding_of
from advisor.sources.tree import DirectoryTree


def write_files(tree: DirectoryTree, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """
    Write the texts of `after`, by path, where the files still hold those of `before`.

    Encoding, mode and, where that is allowed, owner stay; a symbolic link stays one, and the file
    it leads to is written. Every file is checked and its new text put beside it before the first
    is replaced. Raises `FixError` when one has changed, is not below the root or cannot be written.
    """
    with _staged(tree, before, after) as staged:
        for temporary, real, path in staged:
            try:
                temporary.replace(real)
            except OSError as error:
                raise _cannot(path, error) from error


@contextmanager
def _staged(
    tree: DirectoryTree, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[list[tuple[Path, Path, str]]]:
    """
    New file, file to replace and its path, for each text; what is not used up is removed again.
    """
    staged: list[tuple[Path, Path, str]] = []
    try:
        for path, text in after.items():
            real, data = _unchanged(tree, path, before[path])
            staged.append((_beside(real, path, _encoded(path, text, data)), real, path))
        yield staged
    finally:
        for temporary, _, _ in staged:
            temporary.unlink(missing_ok=True)


def _unchanged(tree: DirectoryTree, path: str, before: str) -> tuple[Path, bytes]:
    real = tree.locate(path)
    if real is None:
        raise FixError("is not below the audited folder any more", path=path)
    try:
        data = real.read_bytes()
    except OSError as error:
        raise _cannot(path, error) from error
    if decode(data) != before:
        raise FixError("has changed since it was read", path=path, hint="run the audit again")
    return real, data


def _encoded(path: str, text: str, like: bytes) -> bytes:
    try:
        return text.encode(encoding_of(like))
    except UnicodeEncodeError as error:
        raise FixError("its encoding has no letter for what is to be written", path=path) from error


def _beside(real: Path, path: str, data: bytes) -> Path:
    """
    A new file in the same folder, with the mode of the one that it is to replace.
    """
    try:
        status = real.stat()
        number, name = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)
    except OSError as error:
        raise _cannot(path, error) from error
    temporary = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with suppress(PermissionError):
            os.chown(temporary, status.st_uid, status.st_gid)
        temporary.chmod(status.st_mode & 0o7777)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _cannot(path, error) from error
    return temporary


def _cannot(path: str, error: OSError) -> FixError:
    return FixError(f"cannot be written: {error.strerror or error}", path=path)
