"""
What a server knows of its tables: sizes, statistics of columns, indexes.

The rows are those of a snapshot (`advisor.parsers.snapshot`); only these lists of it are read here,
at once and without the lines that they stand in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from advisor import regex
from advisor.errors import StatisticsError
from advisor.parsers._snapshot_relations import (
    Column,
    ExtendedStatistics,
    ForeignKey,
    Index,
    Table,
)
from advisor.parsers._snapshot_rows import Setting, Statement
from advisor.parsers.snapshot import FORMAT

__all__ = [
    "FORMAT",
    "Column",
    "ExtendedStatistics",
    "ForeignKey",
    "Index",
    "Record",
    "Setting",
    "Source",
    "Statement",
    "Table",
]

HINT = "collect it with advisor collect, or write it as docs/lab.md says"
_MARK = regex.lazy(rf'"format"\s*:\s*"{FORMAT}"')
_SAMPLE = 2_000


class Source(Struct, frozen=True):
    """
    The server that was asked; others than advisor collect may not say more of it.
    """

    major: int = 0
    version: str = ""
    samples: bool = False
    """Whether values of table data are there."""


class Record(Struct, frozen=True, kw_only=True):
    """
    Everything the lab is built from.
    """

    format: str = ""
    server: Source = Source()
    settings: Sequence[Setting] = ()
    tables: Sequence[Table] = ()
    columns: Sequence[Column] = ()
    indexes: Sequence[Index] = ()
    foreign_keys: Sequence[ForeignKey] = ()
    extended_statistics: Sequence[ExtendedStatistics] = ()
    extensions: Sequence[Mapping[str, object]] = ()
    statements: Sequence[Statement] = ()


def looks_like_record(text: str) -> bool:
    """
    Whether a file is a snapshot, by its beginning.
    """
    return _MARK.search(text[:_SAMPLE]) is not None


def read_record(path: str, text: str) -> Record:
    """
    The record of a file.

    Raises `StatisticsError` when it is damaged, of another format, or without tables or columns.
    """
    try:
        found = msgspec.json.decode(text.encode(), type=Record)
    except msgspec.DecodeError as error:
        said = re.sub(r"\s+", " ", str(error))[:200]
        raise StatisticsError(f"cannot be read as a snapshot: {said}", path=path) from error
    if found.format != FORMAT:
        raise StatisticsError(f"is no snapshot of the format {FORMAT}", path=path, hint=HINT)
    if not found.tables or not found.columns:
        raise StatisticsError("holds no tables with columns", path=path, hint=HINT)
    if all(one.tuples is None or one.pages is None for one in found.tables):
        raise StatisticsError("says nothing of the size of any table", path=path, hint=HINT)
    return found
