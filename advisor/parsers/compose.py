"""
Compose files: what they say of each service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.model import Location, Problem
from advisor.parsers.compose_model import (
    Build,
    Command,
    ComposeDocument,
    EnvFile,
    Mount,
    Port,
    Service,
    Ulimit,
)
from advisor.parsers.compose_reader import Reader, TooLargeError
from advisor.parsers.compose_service import Declared, read_service
from advisor.parsers.yaml_nodes import MapNode, Node, ScalarNode, read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Build",
    "Command",
    "ComposeDocument",
    "EnvFile",
    "Mount",
    "Port",
    "Service",
    "Ulimit",
    "parse_compose",
]


def parse_compose(path: str, text: str, *, env: Mapping[str, str]) -> ComposeDocument:
    """
    Read one compose file. `env` has the variables of the ``.env`` next to it.

    Override files, ``extends`` and ``include`` are not followed; for the latter two there is a
    problem that says so. Source: Compose file reference (compose-spec).
    """
    document = read_yaml(path, text)
    if document.root is None:
        problems = document.problems or (Problem("is empty", Location(path, 1)),)
        return ComposeDocument(path, problems=problems)
    reader = Reader(path, text, env)
    try:
        services = _services(reader, document.root)
    except TooLargeError as error:
        problem = Problem(f"cannot be read: {error}", Location(path, 1), category="unreadable")
        return ComposeDocument(path, problems=(*document.problems, problem))
    return ComposeDocument(path, services, (*document.problems, *reader.problems))


def _services(reader: Reader, root: Node) -> dict[str, Service]:
    top = reader.fields(root, "the file")
    if "include" in top:
        reader.problem("include is not followed", top["include"].location, category="note")
    if "services" not in top and any(_is_version_1(value) for value in top.values()):
        reader.problem("has no services; the format of Compose 1 is not read", root.location)
    declared = Declared(
        configs=_files(reader, top.get("configs"), "configs"),
        secrets=_files(reader, top.get("secrets"), "secrets"),
    )
    entries = reader.entries(top.get("services"), "services").values()
    return {key.text: read_service(reader, key, node, declared) for key, node in entries}


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
