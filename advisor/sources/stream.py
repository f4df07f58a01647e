"""
Files that a user names and that may be long or compressed: server logs, read line by line.

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
from typing import IO, TYPE_CHECKING

from advisor.errors import SourceError
from advisor.sources.text import decode

if TYPE_CHECKING:
    from pathlib import Path

MAX_STREAM = 2 * 1024**3
"""Bytes of one stream, decompressed; a day's log of a busy server has less."""
MAX_LINE = 8 * 1024**2
"""Bytes of one line; a longer one is read in pieces."""
_GZIP = b"\x1f\x8b"
_HINT = "cut out the part to look at"


@contextmanager
def byte_lines(real: Path | None, path: str) -> Iterator[Iterator[bytes]]:
    """
    Lines of a file, decompressed if it begins as gzip does; None is standard input.

    Raises `SourceError`, naming it `path`, when it cannot be opened; so do the lines when what
    follows is broken or longer than `MAX_STREAM`.
    """
    try:
        file = sys.stdin.buffer if real is None else _open(real, path)
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}", path=path) from error
    with file:
        yield _lines(file, path)


def text_of(line: bytes) -> str:
    """
    A line as text. One with a zero byte, which no log has, is empty.
    """
    return decode(line) or ""


def _open(real: Path, path: str) -> IO[bytes]:
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    file = open(os.open(real, flags), "rb")  # noqa: PTH123, SIM115 - a file descriptor
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise SourceError("is not a regular file", path=path, hint="pipe it to standard input")
    return file


def _lines(file: IO[bytes], path: str) -> Iterator[bytes]:
    size = 0
    try:
        start = file.peek(2)[:2] if hasattr(file, "peek") else b""
        opened = gzip.GzipFile(fileobj=file) if start == _GZIP else file
        while line := opened.readline(MAX_LINE):
            size += len(line)
            if size > MAX_STREAM:
                limit = f"{MAX_STREAM // 1024**3} GB"
                raise SourceError(f"is larger than {limit}", path=path, hint=_HINT)
            yield line
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError("is not whole: the gzip data breaks off", path=path) from error
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}", path=path) from error
