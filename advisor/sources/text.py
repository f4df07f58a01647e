"""
From bytes to text, with a limit.
"""

from __future__ import annotations

import codecs
import os
import stat
from typing import TYPE_CHECKING

from advisor.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 8 * 1024 * 1024
"""No configuration file is larger; whatever is would only cost time and memory."""

MAX_SNAPSHOT_BYTES = 64 * 1024 * 1024
"""A snapshot holds statistics of every column: 14 MB for a database of 2,000 tables."""

_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
"""Encodings by their byte order mark."""
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)
# O_NONBLOCK: opening a named pipe that nobody writes to would block for ever.


class NotTextError(SourceError):
    """
    The file is too large or binary: nothing that a parser could read.
    """


def decode(data: bytes) -> str | None:
    """
    The text of a file, None when it is binary.

    UTF-8, else Latin-1. A byte order mark stays in the text as U+FEFF, because PostgreSQL and
    nginx reject it; line ends stay as they are. UTF-16 is read only behind its byte order mark.
    """
    for mark, name in _UTF_16.items():
        if data.startswith(mark):
            return _decode_utf16(data, name)
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def encoding_of(data: bytes) -> str:
    """
    The encoding in which `decode` reads the bytes of a file.
    """
    for mark, name in _UTF_16.items():
        if data.startswith(mark):
            return name
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def read_text(real: Path, path: str) -> str:
    """
    Text of the regular file at `real`, which must not be a symbolic link.

    Raises `SourceError`, naming it `path`, when it cannot be read, and `NotTextError` when it is
    larger than `MAX_BYTES` or binary.
    """
    try:
        data = _read_bytes(real, path)
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror or error}", path=path) from error
    text = decode(data)
    if text is None:
        raise NotTextError("is a binary file, not text", path=path)
    return text


def limit_of(name: str) -> int:
    """
    How large a file of that name may be.
    """
    is_snapshot = name.endswith(".json") and "snapshot" in name.rpartition("/")[2].lower()
    return MAX_SNAPSHOT_BYTES if is_snapshot else MAX_BYTES


def _read_bytes(real: Path, path: str) -> bytes:
    limit = limit_of(real.name)
    with open(os.open(real, _OPEN_FLAGS), "rb") as file:  # noqa: PTH123 - a file descriptor
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise SourceError("is not a regular file", path=path, hint="save it to a file first")
        data = file.read(limit + 1) if status.st_size <= limit else None
    if data is None or len(data) > limit:
        raise NotTextError(
            f"is larger than {limit // 1024**2} MB, the limit for one file",
            path=path,
            hint="cut out the part to audit",
        )
    return data


def _decode_utf16(data: bytes, name: str) -> str | None:
    try:
        text = data.decode(name)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
