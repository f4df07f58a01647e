"""
Kustomize: which files belong together, and what an overlay changes in them.

Source: Kubernetes documentation, "Declarative Management of Kubernetes Objects Using Kustomize".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from advisor.model import Origin, Secret, Value
from advisor.parsers.kubernetes_fields import Fields, TooLargeError
from advisor.parsers.kustomize_patches import Patch, read_patches
from advisor.parsers.yaml_nodes import Node, read_yaml


class Kustomization(Struct, frozen=True):
    """
    One kustomization file.
    """

    path: str
    resources: tuple[str, ...] = ()
    """Files and folders of the objects it starts from, relative to its own folder."""
    files: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Files of generated ConfigMaps by name and key, relative to its own folder."""
    literals: Mapping[str, Mapping[str, Value[str]]] = field(default_factory=dict)
    """Texts of generated ConfigMaps by name and key."""
    secrets: Mapping[str, Mapping[str, Value[Secret]]] = field(default_factory=dict)
    """Texts of generated Secrets by name and key."""
    replaced: frozenset[str] = frozenset()
    """Names of what it generates in the place of what its bases do, instead of adding to it."""
    merged: frozenset[str] = frozenset()
    """Names of what it generates to add to what its bases have."""
    replicas: Mapping[str, Value[int]] = field(default_factory=dict)
    """Copies by the name of the workload."""
    images: Mapping[str, Value[str]] = field(default_factory=dict)
    """What an image is replaced by, as a whole name where all of it is known; else ``:tag``."""
    patches: tuple[Patch, ...] = ()
    """Those that are no manifests of their own."""

    @property
    def folder(self) -> str:
        """
        The folder it is in.
        """
        return self.path.rpartition("/")[0]


def parse_kustomization(path: str, text: str) -> Kustomization:
    """
    Read a kustomization; what has another form than expected is left out.
    """
    fields = Fields()
    try:
        top = fields.fields(read_yaml(path, text).root, "the kustomization")
        return Kustomization(
            path=path,
            resources=tuple(_texts(fields, top, "resources", "bases", "components")),
            files=dict(_generated(fields, top.get("configMapGenerator"))),
            literals=dict(_literals(fields, top.get("configMapGenerator"))),
            secrets=dict(_secrets(fields, top.get("secretGenerator"))),
            replaced=frozenset(_behaving(fields, top, "replace")),
            merged=frozenset(_behaving(fields, top, "merge")),
            replicas=dict(_replicas(fields, top.get("replicas"))),
            images=dict(_images(fields, top.get("images"))),
            patches=tuple(read_patches(fields, top, text.removeprefix("\ufeff").split("\n"))),
        )
    except TooLargeError:
        return Kustomization(path)


def _texts(fields: Fields, top: Mapping[str, Node], *names: str) -> Iterator[str]:
    for name in names:
        for item in fields.items(top.get(name), name):
            text = fields.plain(item, name)
            if text and "://" not in text:
                yield text


def _generated(fields: Fields, node: Node | None) -> Iterator[tuple[str, dict[str, str]]]:
    for _, entries in fields.records(node, "configMapGenerator"):
        files = (fields.plain(one, "files") for one in fields.items(entries.get("files"), "files"))
        name = fields.plain(entries.get("name"), "name")
        yield name, dict(_pair(file) for file in files if file)


def _literals(fields: Fields, node: Node | None) -> Iterator[tuple[str, dict[str, Value[str]]]]:
    for _, entries in fields.records(node, "configMapGenerator"):
        found = {}
        for item in fields.items(entries.get("literals"), "literals"):
            key, _, text = fields.plain(item, "literals").partition("=")
            found[key] = Value(text.strip("\"'"), Origin.LITERAL, item.location)
        yield fields.plain(entries.get("name"), "name"), found


def _secrets(fields: Fields, node: Node | None) -> Iterator[tuple[str, dict[str, Value[Secret]]]]:
    for name, texts in _literals(fields, node):
        yield (
            name,
            {key: Value(Secret(one.value), one.origin, one.location) for key, one in texts.items()},
        )


def _behaving(fields: Fields, top: Mapping[str, Node], behavior: str) -> Iterator[str]:
    """
    Names of generated objects whose ``behavior`` is this one.
    """
    for generator in ("configMapGenerator", "secretGenerator"):
        for _, entries in fields.records(top.get(generator), generator):
            if fields.plain(entries.get("behavior"), "behavior") == behavior:
                yield fields.plain(entries.get("name"), "name")


def _pair(written: str) -> tuple[str, str]:
    """
    ``key=path``, or a path whose last component is the key.
    """
    key, sign, file = written.partition("=")
    return (key, file) if sign else (written.rpartition("/")[2], written)


def _replicas(fields: Fields, node: Node | None) -> Iterator[tuple[str, Value[int]]]:
    for _, entries in fields.records(node, "replicas"):
        count = fields.count(entries.get("count"), "count")
        if isinstance(count, Value):
            yield fields.plain(entries.get("name"), "name"), count


def _images(fields: Fields, node: Node | None) -> Iterator[tuple[str, Value[str]]]:
    for item, entries in fields.records(node, "images"):
        name = fields.plain(entries.get("name"), "name")
        tag = fields.text(entries.get("newTag"), "newTag")
        renamed = fields.text(entries.get("newName"), "newName")
        written = tag or renamed
        if written is not None:
            repository = renamed.value if renamed else name
            text = f"{repository}:{tag.value}" if tag else repository
            yield name, Value(text, Origin.EVALUATED, written.location or item.location)
