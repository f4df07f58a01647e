"""
Long and compressed files, line by line and within bounds.
"""

from __future__ import annotations

import gzip
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from advisor.errors import SourceError
from advisor.sources import stream
from advisor.sources.stream import byte_lines, text_of

LINES = [b"first\n", b"\n", b"last"]


@pytest.mark.parametrize("data", [b"".join(LINES), gzip.compress(b"".join(LINES), mtime=0)])
def test_lines_come_out_whatever_the_name_says(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "server.log"
    path.write_bytes(data)
    with byte_lines(path, "server.log") as lines:
        assert list(lines) == LINES


@pytest.mark.parametrize("data", [b"".join(LINES), gzip.compress(b"".join(LINES), mtime=0), b""])
def test_standard_input_is_read_the_same_way(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    given = SimpleNamespace(buffer=io.BufferedReader(io.BytesIO(data)))
    monkeypatch.setattr(sys, "stdin", given)
    with byte_lines(None, "stdin") as lines:
        assert list(lines) == (LINES if data else [])


def refused(path: Path) -> str:
    """
    What is said of a file that cannot be read to its end.
    """

    def read() -> Iterator[bytes]:
        with byte_lines(path, path.name) as lines:
            yield from lines

    with pytest.raises(SourceError) as caught:
        list(read())
    return str(caught.value)


def test_a_bomb_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is on what comes out, and nothing beyond it is held."""
    monkeypatch.setattr(stream, "MAX_STREAM", 2**20)
    monkeypatch.setattr(stream, "MAX_LINE", 2**16)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(16 * 2**20)))
    assert path.stat().st_size < 2**15
    assert refused(path) == "bomb.gz: is larger than 0 GB (cut out the part to look at)"


def test_gzip_that_breaks_off_is_said_to(tmp_path: Path) -> None:
    path = tmp_path / "half.gz"
    path.write_bytes(gzip.compress(os.urandom(5_000))[:-2_000])
    assert refused(path) == "half.gz: is not whole: the gzip data breaks off"


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_what_is_no_file_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    expected = {
        "missing": "missing: cannot be read: No such file or directory",
        "folder": "folder: cannot be read: Is a directory",
        "pipe": "pipe: is not a regular file (pipe it to standard input)",
    }
    assert refused(path) == expected[kind]


def test_bytes_of_any_encoding_become_text() -> None:
    assert [text_of(line) for line in (b"a\xc3\xa4\n", b"a\xe4\n", b"a\0\n")] == [
        "aä\n",
        "aä\n",
        "",
    ]
