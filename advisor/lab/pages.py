"""
Relation files as large as the real ones, without data: the planner asks the file system for sizes.

Files are extended sparsely. Of an index the planner also reads the metapage: the height of a
B-tree, the page counts of a GIN index, the map of a BRIN index. A B-tree whose metapage tells of a
height must have a way down, because the planner looks for the ends of an index: one page for each
level, each with a single downlink, to an empty leaf.

Layouts: PostgreSQL 18, ``storage/bufpage.h``, ``access/nbtree.h``, ``access/ginblock.h``,
``access/brin_page.h``.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

from msgspec import Struct

PAGE = 8192
SEGMENT = 131072
"""Pages of one file; the next has its number at the end."""
_HEADER = struct.Struct("<IIHHHHHHI")
"""lsn (2), checksum, flags, lower, upper, special, size and version, oldest xid."""
_LAYOUT_VERSION = PAGE | 4
_META = 24
"""Where the contents of a page begin."""
_BTREE_META = struct.Struct("<IIII")
_OPAQUE = struct.Struct("<IIIHH")
"""Left and right sibling, level, flags, cycle."""
_LEAF, _ROOT = 1, 2
_ALTERNATIVE_TID = 0x2000
_GIN_PAGES = struct.Struct("<III")


class GinCounts(Struct, frozen=True):
    """
    What the metapage of a GIN index counts.
    """

    entry_pages: int
    data_pages: int
    entries: int


class Files(Struct, frozen=True):
    """
    What one relation is to look like.
    """

    path: str
    """As pg_relation_filepath says."""
    pages: int
    method: str = ""
    """Empty for a table."""
    height: int = 0
    gin: GinCounts | None = None
    pages_per_range: int = 128
    table_pages: int = 0


def grow(data: Path, files: Files) -> None:
    """
    Extend one relation and write what the planner reads of it. The server must not run.
    """
    path = data / files.path
    if files.method == "btree" and files.pages > 1:
        _write_btree(path, files.height)
    elif files.method == "gin" and files.gin is not None:
        _write_gin(path, files.pages, files.gin)
    elif files.method == "brin":
        _write_brin(path, files)
    _extend(path, files.pages)


def shrink(data: Path, files: Files) -> None:
    """
    Make one relation empty.
    """
    path = data / files.path
    for segment in path.parent.glob(f"{path.name}.*"):
        segment.unlink()
    with path.open("r+b") as file:
        file.truncate(0)


def _extend(path: Path, pages: int) -> None:
    """
    Make room without using any: never shorter than what is there.
    """
    for number in range((pages + SEGMENT - 1) // SEGMENT):
        segment = path.with_name(f"{path.name}.{number}") if number else path
        size = min(pages - number * SEGMENT, SEGMENT) * PAGE
        if number:
            segment.touch(0o600)
            owner = path.stat()
            if os.geteuid() == 0:
                os.chown(segment, owner.st_uid, owner.st_gid)
        if segment.stat().st_size < size:
            os.truncate(segment, size)


def _write_btree(path: Path, height: int) -> None:
    """
    Blocks 1 … height + 1: the leaf first, the root last.
    """
    root = height + 1
    with path.open("r+b") as file:
        file.seek(_META + 8)
        file.write(_BTREE_META.pack(root, height, root, height))
        for level in range(height + 1):
            file.seek((level + 1) * PAGE)
            file.write(_btree_page(level, is_root=level == height))


def _btree_page(level: int, *, is_root: bool) -> bytes:
    special = PAGE - _OPAQUE.size
    flags = (_LEAF if level == 0 else 0) | (_ROOT if is_root else 0)
    item = b"" if level == 0 else _downlink(level)
    upper = special - len(item)
    lower = _META + (4 if item else 0)
    header = _HEADER.pack(0, 0, 0, 0, lower, upper, special, _LAYOUT_VERSION, 0)
    pointer = struct.pack("<I", upper | 1 << 15 | len(item) << 17) if item else b""
    body = (header + pointer).ljust(upper, b"\0")
    return body + item + _OPAQUE.pack(0, 0, level, flags, 0)


def _downlink(block: int) -> bytes:
    """
    A pivot without keys: everything is to the right of it.
    """
    return struct.pack("<HHHH", block >> 16, block & 0xFFFF, 0, _ALTERNATIVE_TID | 8)


def _write_gin(path: Path, pages: int, counts: GinCounts) -> None:
    with path.open("r+b") as file:
        file.seek(_META + 24)
        file.write(_GIN_PAGES.pack(pages, counts.entry_pages, counts.data_pages))
        file.seek(_META + 40)
        file.write(struct.pack("<q", counts.entries))


def _write_brin(path: Path, files: Files) -> None:
    per_map = (PAGE - _META - 8) // 6
    ranges = -(-files.table_pages // max(files.pages_per_range, 1))
    with path.open("r+b") as file:
        file.seek(_META + 12)
        file.write(struct.pack("<I", max(-(-ranges // per_map), 1)))
