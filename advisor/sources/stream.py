"""
Files that a user names and that may be long or compressed: server logs, read block by block.

Nothing is ever decompressed while walking a folder; here somebody asked for one file, and what
comes out of it is bounded.
"""

from __future__ import annotations

import gzip
import os
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import IO, TYPE_CHECKING

from advisor.errors import SourceError
from advisor.sources.text import MAX_BYTES

if TYPE_CHECKING:
    from pathlib import Path

MAX_STREAM = 2 * 1024**3
"""Bytes of one stream, decompressed; a day's log of a busy server has less."""
BLOCK = 1024**2
"""Bytes that are read at a time."""
_PLAN = b" ms  plan:"
_GZIP = b"\x1f\x8b"
_HINT = "cut out the part to look at"


@contextmanager
def byte_blocks(real: Path | None, path: str) -> Iterator[Iterator[bytes]]:
    """
    The bytes of a file, decompressed if it begins as gzip does; None is standard input.

    Raises `SourceError`, naming it `path`, when it cannot be opened; so do the blocks when what
    follows is broken or longer than `MAX_STREAM`.
    """
    try:
        file = sys.stdin.buffer if real is None else _open(real, path)
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}", path=path) from error
    with file:
        yield _blocks(file, path)


def holds_plans(real: Path) -> bool:
    """
    Whether the beginning of a file, as far as an ordinary file may be long, has plans of a log.
    """
    try:
        with byte_blocks(real, real.name) as blocks:
            return any(_PLAN in block for block in islice(blocks, MAX_BYTES // BLOCK))
    except SourceError:
        return False


def _open(real: Path, path: str) -> IO[bytes]:
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    file = open(os.open(real, flags), "rb")  # noqa: PTH123, SIM115 - a file descriptor
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise SourceError("is not a regular file", path=path, hint="pipe it to standard input")
    return file


def _blocks(file: IO[bytes], path: str) -> Iterator[bytes]:
    size = 0
    try:
        start = file.peek(2)[:2] if hasattr(file, "peek") else b""
        opened = gzip.GzipFile(fileobj=file) if start == _GZIP else file
        while block := opened.read(BLOCK):
            size += len(block)
            if size > MAX_STREAM:
                limit = f"{MAX_STREAM // 1024**3} GB"
                raise SourceError(f"is larger than {limit}", path=path, hint=_HINT)
            yield block
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError("is not whole: the gzip data breaks off", path=path) from error
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}", path=path) from error
