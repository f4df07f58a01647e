"""Files are as long as they should be, take no room, and hold what the planner reads."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.lab.pages import PAGE, SEGMENT, Files, GinCounts, grow


def put(folder: Path, pages: int = 1) -> Path:
    path = folder / "16385"
    path.write_bytes(bytes(pages * PAGE))
    return path


def test_a_table_becomes_long_and_takes_no_room(tmp_path: Path) -> None:
    path = put(tmp_path, 0)
    grow(tmp_path, Files("16385", 10_000))

    assert path.stat().st_size == 10_000 * PAGE
    assert path.stat().st_blocks < 100


def test_more_than_a_gigabyte_goes_on_in_the_next_file(tmp_path: Path) -> None:
    path = put(tmp_path, 0)
    grow(tmp_path, Files("16385", 2 * SEGMENT + 5))

    assert path.stat().st_size == SEGMENT * PAGE
    assert (tmp_path / "16385.1").stat().st_size == SEGMENT * PAGE
    assert (tmp_path / "16385.2").stat().st_size == 5 * PAGE


def test_nothing_is_ever_shorter(tmp_path: Path) -> None:
    path = put(tmp_path, 3)
    grow(tmp_path, Files("16385", 1))

    assert path.stat().st_size == 3 * PAGE


@settings(max_examples=20)
@given(height=st.integers(0, 5))
def test_a_btree_has_a_way_down(tmp_path_factory: pytest.TempPathFactory, height: int) -> None:
    folder = tmp_path_factory.mktemp("tree")
    path = put(folder)
    grow(folder, Files("16385", 100, "btree", height))
    data = path.read_bytes()

    assert struct.unpack_from("<IIII", data, 32) == (height + 1, height, height + 1, height)
    block = height + 1
    for level in range(height, -1, -1):
        page = data[block * PAGE : (block + 1) * PAGE]
        assert struct.unpack_from("<IIIHH", page, PAGE - 16)[2] == level
        if level:
            pointer = struct.unpack_from("<I", page, 24)[0]
            high, low = struct.unpack_from("<HH", page, pointer & 0x7FFF)
            block = high << 16 | low
    assert block == 1


def test_a_gin_index_counts_its_pages(tmp_path: Path) -> None:
    path = put(tmp_path, 2)
    grow(tmp_path, Files("16385", 90, "gin", gin=GinCounts(60, 28, 7_000)))
    data = path.read_bytes()

    assert struct.unpack_from("<III", data, 48) == (90, 60, 28)
    assert struct.unpack_from("<q", data, 64) == (7_000,)


def test_the_map_of_a_brin_index_covers_its_table(tmp_path: Path) -> None:
    path = put(tmp_path, 2)
    grow(tmp_path, Files("16385", 6, "brin", table_pages=400_000))

    assert struct.unpack_from("<I", path.read_bytes(), 36) == (3,)
