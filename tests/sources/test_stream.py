"""
Long and compressed files, block by block and within bounds.
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
from advisor.sources.stream import byte_blocks

DATA = b"first\n\nlast"


@pytest.mark.parametrize("data", [DATA, gzip.compress(DATA, mtime=0)])
def test_bytes_come_out_whatever_the_name_says(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "server.log"
    path.write_bytes(data)
    with byte_blocks(path, "server.log") as blocks:
        assert list(blocks) == [DATA]


@pytest.mark.parametrize("data", [DATA, gzip.compress(DATA, mtime=0), b""])
def test_standard_input_is_read_the_same_way(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    given = SimpleNamespace(buffer=io.BufferedReader(io.BytesIO(data)))
    monkeypatch.setattr(sys, "stdin", given)
    with byte_blocks(None, "stdin") as blocks:
        assert list(blocks) == ([DATA] if data else [])


def refused(path: Path) -> str:
    """
    What is said of a file that cannot be read to its end.
    """

    def read() -> Iterator[bytes]:
        with byte_blocks(path, path.name) as blocks:
            yield from blocks

    with pytest.raises(SourceError) as caught:
        list(read())
    return str(caught.value)


def test_a_bomb_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is on what comes out, and nothing beyond it is held."""
    monkeypatch.setattr(stream, "MAX_STREAM", 2**20)
    monkeypatch.setattr(stream, "BLOCK", 2**16)
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
