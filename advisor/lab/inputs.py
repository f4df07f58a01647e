"""
The files of a run, each taken for what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from advisor import regex
from advisor.errors import SourceError, StatisticsError
from advisor.lab import workload
from advisor.lab.logged import is_log, of_log
from advisor.lab.record import HINT, Record, looks_like_record, read_record
from advisor.lab.workload import Statement
from advisor.parsers.postgresql import read_config
from advisor.plans.read import looks_like_plan
from advisor.sources.tree import DirectoryTree

_SQL = regex.lazy(
    r"^\s*(?:SELECT|WITH|INSERT|UPDATE|DELETE|MERGE|EXPLAIN|CREATE|ALTER|SET|BEGIN|COPY|COMMENT)\b",
    # Anywhere at the beginning of a line: dumps begin with comments.
    2 | 8,
)
_EXPORT = regex.lazy(r"\A\s*(?:[\[{]|[^\n]*\bquery\b)", 2)


class Inputs(Struct):
    """
    What the files say together.
    """

    records: list[tuple[str, Record]] = msgspec.field(default_factory=list)
    statements: list[Statement] = msgspec.field(default_factory=list)
    scripts: list[str] = msgspec.field(default_factory=list)
    settings: dict[str, str] = msgspec.field(default_factory=dict)
    """Of configuration files, which beat those of the snapshot."""

    @property
    def record(self) -> Record:
        """
        The one snapshot.

        Raises `StatisticsError` when there is none, or more than one.
        """
        if not self.records:
            raise StatisticsError("no file holds the statistics of the database", hint=HINT)
        if len(self.records) > 1:
            path = self.records[1][0]
            raise StatisticsError("is a second snapshot; one is enough", path=path)
        return self.records[0][1]

    def all_settings(self) -> Mapping[str, str]:
        """
        Settings of the server, with those of files on top.
        """
        own = {one.name: one.setting for one in self.record.settings}
        return own | self.settings


def read_inputs(paths: Iterable[Path], snapshots: Mapping[str, str] | None = None) -> Inputs:
    """
    Read every file; `snapshots` are texts that are no files, by what messages call them.

    Raises `SourceError` when one cannot be read or is nothing of what is wanted.
    """
    found = Inputs()
    for name, text in (snapshots or {}).items():
        _take(found, name, text)
    for path in paths:
        _read(found, path)
    found.statements = workload.together(found.statements)
    return found


def _read(found: Inputs, path: Path) -> None:
    name = str(path)
    if is_log(path) and (logged := list(of_log(path))):
        found.statements += logged
        return
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SourceError(f"cannot be read: {said}", path=name) from error
    if looks_like_record(text):
        _take(found, name, text)
    elif path.suffix == ".conf":
        document = read_config(path.name, DirectoryTree(path.parent))
        for setting, value in document.settings.items():
            found.settings[setting] = value.raw
    elif looks_like_plan(text):
        found.statements += workload.of_plans(name, text)
    elif path.suffix in (".csv", ".json", ".jsonl") and _EXPORT.match(text):
        found.statements += workload.of_export(name, text)
    elif _SQL.search(text):
        found.scripts.append(text)
        found.statements += workload.of_script(name, text)
    else:
        hint = (
            "give a snapshot, SQL, plans, a log, an export of pg_stat_statements or postgresql.conf"
        )
        raise SourceError("is nothing that index advice is made of", path=name, hint=hint)


def _take(found: Inputs, name: str, text: str) -> None:
    record = read_record(name, text)
    found.records.append((name, record))
    found.statements += workload.of_record(name, record)
