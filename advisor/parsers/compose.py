"""
Compose files: what they say of each service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.model import Location, Problem
from advisor.parsers.compose_merge import Merger
from advisor.parsers.compose_model import (
    Build,
    Command,
    ComposeDocument,
    EnvFile,
    Include,
    Mount,
    Port,
    Service,
    Ulimit,
)
from advisor.parsers.compose_reader import Reader, TooLargeError
from advisor.parsers.compose_service import Declared, read_service
from advisor.parsers.yaml_nodes import MapNode, Node, ScalarNode, read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = [
    "Build",
    "Command",
    "ComposeDocument",
    "EnvFile",
    "Include",
    "Mount",
    "Others",
    "Port",
    "Service",
    "Ulimit",
    "parse_compose",
]


def parse_compose(
    path: str,
    text: str,
    *,
    env: Mapping[str, str],
    overrides: Sequence[tuple[str, str]] = (),
    others: Others | None = None,
) -> ComposeDocument:
    """
    Read one compose file with the files that override it, given as path and text.

    `env` has the variables of the ``.env`` next to it. ``extends`` is followed within the files,
    and through `others` to further ones; ``include`` is left to the caller. Source: Compose file
    reference (compose-spec).
    """
    reader = Reader(path, text, env)
    roots: list[Node] = []
    problems: list[Problem] = []
    for name, content in ((path, text), *overrides):
        reader.add(name, content)
        document = read_yaml(name, content)
        problems += document.problems
        if document.root is not None:
            roots.append(document.root)
        elif not document.problems:
            problems.append(Problem("is empty", Location(name, 1)))
    if not roots:
        return ComposeDocument(path, problems=tuple(problems))
    others = others or Others()
    merger = Merger(reader, others.load, others.resolve, path.rpartition("/")[0])
    try:
        top = merger.project(roots)
        services = _services(reader, top, roots[0])
        includes = tuple(_includes(reader, top.get("include")))
    except TooLargeError as error:
        problem = Problem(f"cannot be read: {error}", Location(path, 1), category="unreadable")
        return ComposeDocument(path, problems=(*problems, problem))
    return ComposeDocument(path, services, (*problems, *reader.problems), includes)


class Others(Struct, frozen=True):
    """
    Access to further compose files: to none unless it is given.
    """

    load: Callable[[str], str | None] = lambda _path: None
    """Text of a file by its path below the root; None when there is none."""
    resolve: Callable[[str, str], str] = lambda folder, path: f"{folder}/{path}".lstrip("/")
    """A path that is written in a file of a folder, as a path below the root."""


def _services(reader: Reader, top: Mapping[str, Node], root: Node) -> dict[str, Service]:
    if "services" not in top and any(_is_version_1(value) for value in top.values()):
        reader.problem("has no services; the format of Compose 1 is not read", root.location)
    declared = Declared(
        configs=_files(reader, top.get("configs"), "configs"),
        secrets=_files(reader, top.get("secrets"), "secrets"),
    )
    entries = reader.entries(top.get("services"), "services").values()
    return {key.text: read_service(reader, key, node, declared) for key, node in entries}


def _includes(reader: Reader, node: Node | None) -> Iterator[Include]:
    """
    What is included, in the short form and in the long one.
    """
    for item in reader.items(node, "include"):
        parts = reader.fields(item, "include") if isinstance(item, MapNode) else {"path": item}
        paths = reader.texts(parts.get("path"), "path")
        if paths:
            yield Include(
                paths=paths,
                location=item.location,
                folder=reader.plain(parts.get("project_directory"), "project_directory"),
                env_files=reader.texts(parts.get("env_file"), "env_file"),
            )


def _is_version_1(node: Node) -> bool:
    if not isinstance(node, MapNode):
        return False
    keys = {key.text for key, _ in node.pairs if isinstance(key, ScalarNode)}
    return not keys.isdisjoint({"image", "build"})


def _files(reader: Reader, node: Node | None, what: str) -> dict[str, str]:
    entries = reader.fields(node, what)
    return {
        name: reader.plain(reader.fields(value, what).get("file"), what)
        for name, value in entries.items()
    }
