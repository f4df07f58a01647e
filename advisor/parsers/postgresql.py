"""
postgresql.conf with everything it includes, and the settings on a server's command line.

Source: "Setting Parameters" (config-setting.html) and ``ParseConfigFile`` of guc-file.l.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from advisor.catalog.postgresql import canonical_name
from advisor.model import Location, Problem
from advisor.parsers._postgresql_arguments import command_line
from advisor.parsers._postgresql_files import Folder, flatten
from advisor.parsers._postgresql_grammar import Assignment, Include, ParsedFile, parse_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from advisor.model import Tree

__all__ = [
    "Assignment",
    "Effective",
    "Folder",
    "Include",
    "ParsedFile",
    "PostgresDocument",
    "command_line",
    "parse_file",
    "read_config",
    "with_command_line",
]


class Effective(Struct, frozen=True):
    """
    The last word on one setting, and the places it won against.
    """

    name: str
    """Lower case, old names that every server still accepts replaced: ``work_mem``."""
    written: str
    """The name as it stands in the file: ``sort_mem``."""
    raw: str
    location: Location
    value_location: Location
    lost: tuple[Assignment, ...] = ()
    """Earlier assignments of the same setting, in the order they are read."""
    quoted: bool = False
    placeholder: bool = False
    """Whether the value is only known once a template is rendered."""


class PostgresDocument(Struct, frozen=True):
    """
    All that one configuration file and its companions say.
    """

    path: str
    assignments: tuple[Assignment, ...]
    """In effective order: a later one of the same setting wins."""
    settings: Mapping[str, Effective]
    """By canonical name, in the order the winners are read."""
    problems: tuple[Problem, ...]
    files: tuple[str, ...]
    """Every file that was read, the main one first."""
    folders: tuple[Folder, ...] = ()
    """Every folder that an include_dir reads."""


def read_config(path: str, tree: Tree) -> PostgresDocument:
    """
    Read a main configuration file, what it includes, and the postgresql.auto.conf beside it.

    The server looks for postgresql.auto.conf in the data directory; in a deployment that is the
    folder of the main file. Nothing outside the tree is read, and nothing raises.
    """
    flat = flatten(path, tree)
    return PostgresDocument(
        path,
        tuple(flat.assignments),
        settle(flat.assignments),
        tuple(flat.problems),
        tuple(dict.fromkeys(flat.files)),
        tuple(flat.folders.values()),
    )


def with_command_line(
    document: PostgresDocument, assignments: Iterable[Assignment]
) -> PostgresDocument:
    """
    The same document with settings of the command line on top, which beat every file.
    """
    merged = (*document.assignments, *assignments)
    return replace(document, assignments=merged, settings=settle(merged))


def settle(assignments: Iterable[Assignment]) -> Mapping[str, Effective]:
    """
    The last assignment of every setting; names count as equal in any case and by old names.
    """
    by_name: dict[str, list[Assignment]] = {}
    for assignment in assignments:
        name = canonical_name(assignment.name)
        # Taken out and put back, so that the order is that of the winners.
        earlier = by_name.pop(name, [])
        earlier.append(assignment)
        by_name[name] = earlier
    return MappingProxyType({name: _effective(name, all_) for name, all_ in by_name.items()})


def _effective(name: str, assignments: list[Assignment]) -> Effective:
    *lost, last = assignments
    return Effective(
        name=name,
        written=last.name,
        raw=last.raw,
        location=last.location,
        value_location=last.value_location,
        lost=tuple(lost),
        quoted=last.quoted,
        placeholder=last.placeholder,
    )
