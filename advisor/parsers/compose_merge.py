"""
Several compose files as one: override files, and services that extend others.

Nodes are merged before anything is read from them, so every value keeps the place it is written
at. Source: Compose file reference, "Merge" and "extends".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from advisor.parsers.yaml_nodes import ListNode, MapNode, Node, ScalarNode, read_yaml

if TYPE_CHECKING:
    from advisor.model import Location
    from advisor.parsers.compose_reader import Reader

MAX_EXTENDS = 20
"""Services that extend each other in a row."""
MAX_FILES = 50
"""Files that services of one project extend services of."""
_MAX_DEPTH = 12
"""Levels below a service at which the later value simply wins: the format has fewer."""

_REPLACED = frozenset({"command", "entrypoint", "healthcheck.test"})
_NAMED = frozenset(
    {"environment", "labels", "annotations", "sysctls", "extra_hosts", "networks", "depends_on"}
    | {"build.args", "build.labels", "deploy.labels"}
)
"""Written as a mapping or as a list of names; merged name by name."""
_LISTED = frozenset({"env_file", "tmpfs", "dns", "dns_search", "dns_opt"})
"""Written as one value or as a list; later ones are added."""
_PATHS = ("env_file", "volumes")


class Merger(Struct):
    """
    Merges the files of one project, with what it takes to follow ``extends``.
    """

    reader: Reader
    load: Callable[[str], str | None]
    """Text of another compose file, by its path below the root; None when there is none."""
    resolve: Callable[[str, str], str]
    """A path that is written in a file of a folder, as a path below the root."""
    folder: str
    """Folder that paths of the project's own files are relative to."""
    files: dict[str, Mapping[str, tuple[ScalarNode, Node]]] = field(default_factory=dict)
    """Services of other files by path."""

    def project(self, roots: Sequence[Node]) -> dict[str, Node]:
        """
        Top-level entries of all files, later ones merged into earlier ones.

        Services in them are complete: what they extend is merged in.
        """
        top: dict[str, Node] = {}
        for root in roots:
            for name, node in self.reader.fields(root, "the file").items():
                earlier = top.get(name)
                top[name] = node if earlier is None else self._section(name, earlier, node)
        services = top.get("services")
        if isinstance(services, MapNode):
            entries = self.reader.entries(services, "services")
            done = (
                (key, self._extended(key.text, node, self.folder, entries, ()))
                for key, node in entries.values()
            )
            top["services"] = replace(services, pairs=tuple(done))
        return top

    def _section(self, name: str, base: Node, over: Node) -> Node:
        """
        Two sections of the same name: services merge by name, as do volumes, configs and such.
        """
        if not isinstance(base, MapNode) or not isinstance(over, MapNode):
            return base if isinstance(over, ScalarNode) and over.is_null else over
        found = dict(self.reader.entries(base, name))
        for key, (place, node) in self.reader.entries(over, name).items():
            earlier = found.get(key)
            if isinstance(node, ScalarNode) and node.tag == "!reset":
                found.pop(key, None)
            elif earlier is None or node.tag == "!override":
                found[key] = (place, node)
            else:
                found[key] = (earlier[0], self.merge(earlier[1], node))
        return replace(base, pairs=tuple(found.values()))

    def merge(self, base: Node, over: Node, path: str = "", depth: int = 0) -> Node:
        """
        One value of a service under another; `path` is its name below the service.
        """
        if path in _NAMED:
            base, over = self._by_name(base), self._by_name(over)
        if path in _LISTED:
            base, over = _as_list(base), _as_list(over)
        if over.tag == "!override" or path in _REPLACED or depth > _MAX_DEPTH:
            return over
        if isinstance(base, MapNode) and isinstance(over, MapNode):
            return self._merge_maps(base, over, path, depth)
        if isinstance(base, ListNode) and isinstance(over, ListNode):
            return replace(base, items=(*base.items, *over.items))
        # The short form of build is its context.
        if path == "build" and isinstance(base, ScalarNode) and isinstance(over, MapNode):
            key = ScalarNode("context", base.location)
            return self._merge_maps(MapNode(((key, base),), base.location), over, path, depth)
        nothing = isinstance(over, ScalarNode) and over.is_null
        return base if nothing and not isinstance(base, ScalarNode) else over

    def _merge_maps(self, base: MapNode, over: MapNode, path: str, depth: int) -> MapNode:
        found = dict(self.reader.entries(base, path or "service"))
        for name, (key, node) in self.reader.entries(over, path or "service").items():
            earlier = found.get(name)
            if node.tag == "!reset":
                found.pop(name, None)
            elif earlier is None:
                found[name] = (key, node)
            else:
                inner = f"{path}.{name}" if path else name
                found[name] = (earlier[0], self.merge(earlier[1], node, inner, depth + 1))
        return replace(base, pairs=tuple(found.values()))

    def _by_name(self, node: Node) -> Node:
        """
        A list of ``NAME=value`` or of names as a mapping.
        """
        if not isinstance(node, ListNode):
            return node
        pairs: list[tuple[Node, Node]] = []
        for item in node.items:
            if not isinstance(item, ScalarNode):
                return node
            name, sign, text = item.text.partition("=")
            value = ScalarNode(text, item.location, plain=not sign)
            pairs.append((ScalarNode(name.strip(), item.location), value))
        unique = {key.text: (key, value) for key, value in pairs if isinstance(key, ScalarNode)}
        return MapNode(tuple(unique.values()), node.location, node.tag)

    def _extended(
        self,
        name: str,
        node: Node,
        folder: str,
        entries: Mapping[str, tuple[ScalarNode, Node]],
        seen: tuple[Location, ...],
    ) -> Node:
        """
        A service with what it extends merged under its own entries.
        """
        if not isinstance(node, MapNode):
            return node
        own = dict(self.reader.entries(node, f"service {name}"))
        _, extends = own.pop("extends", (None, None))
        if extends is None or (isinstance(extends, ScalarNode) and extends.is_null):
            return node
        bare = replace(node, pairs=tuple(own.values()))
        if node.location in seen or len(seen) >= MAX_EXTENDS:
            self.reader.problem(
                f"{name} extends itself, which Compose refuses", extends.location, category="syntax"
            )
            return bare
        base = self._base(extends, folder, entries, (*seen, node.location))
        return bare if base is None else self.merge(base, bare)

    def _base(
        self,
        extends: Node,
        folder: str,
        entries: Mapping[str, tuple[ScalarNode, Node]],
        seen: tuple[Location, ...],
    ) -> Node | None:
        reader = self.reader
        if isinstance(extends, MapNode):
            parts = reader.fields(extends, "extends")
            service = reader.plain(parts.get("service"), "service")
            file = reader.plain(parts.get("file"), "file")
        else:
            service, file = reader.plain(extends, "extends"), ""
        home = folder
        if file:
            path = self.resolve(folder, file)
            home = path.rpartition("/")[0]
            loaded = self._services(path)
            if loaded is None:
                self._missing(f"{path} is not among the files", service, extends.location)
                return None
            entries = loaded
        if service not in entries:
            self._missing("there is no such service", service, extends.location)
            return None
        key, node = entries[service]
        whole = self._extended(key.text, node, home, entries, seen)
        return self._moved(whole, home) if file and home != self.folder else whole

    def _missing(self, why: str, service: str, place: Location) -> None:
        self.reader.problem(f"extends {service}, but {why}", place, category="include")

    def _services(self, path: str) -> Mapping[str, tuple[ScalarNode, Node]] | None:
        if path not in self.files:
            text = self.load(path) if len(self.files) < MAX_FILES else None
            if text is None:
                return None
            document = read_yaml(path, text)
            self.reader.add(path, text)
            for one in document.problems:
                self.reader.problem(one.message, one.location, hint=one.hint, category=one.category)
            top = self.reader.fields(document.root, "the file")
            self.files[path] = self.reader.entries(top.get("services"), "services")
        return self.files[path]

    def _moved(self, node: Node, home: str) -> Node:
        """
        A service of a file in another folder, its relative paths made absolute below the root.
        """
        if not isinstance(node, MapNode):
            return node
        pairs: list[tuple[Node, Node]] = []
        for key, value in self.reader.entries(node, "service").values():
            if key.text == "build":
                value = self._moved_build(value, home)  # noqa: PLW2901 - the same value, moved
            elif key.text in _PATHS:
                value = self._moved_paths(value, home, bare=key.text != "volumes")  # noqa: PLW2901
            pairs.append((key, value))
        return replace(node, pairs=tuple(pairs))

    def _moved_build(self, node: Node, home: str) -> Node:
        if isinstance(node, MapNode):
            entries = self.reader.entries(node, "build")
            pairs = (
                (key, self._moved_path(value, home, bare=True) if name == "context" else value)
                for name, (key, value) in entries.items()
            )
            return replace(node, pairs=tuple(pairs))
        return self._moved_path(node, home, bare=True)

    def _moved_paths(self, node: Node, home: str, *, bare: bool) -> Node:
        if isinstance(node, ListNode):
            items = (self._moved_paths(one, home, bare=bare) for one in node.items)
            return replace(node, items=tuple(items))
        if isinstance(node, MapNode):
            entries = self.reader.entries(node, "a path").items()
            pairs = (
                (key, self._moved_path(value, home, bare=bare) if name in _SOURCES else value)
                for name, (key, value) in entries
            )
            return replace(node, pairs=tuple(pairs))
        return self._moved_path(node, home, bare=bare)

    def _moved_path(self, node: Node, home: str, *, bare: bool) -> Node:
        """
        `bare` says that a text without a leading dot is a path as well.
        """
        if not isinstance(node, ScalarNode) or "://" in node.text or node.text[:1] in ("/", "~"):
            return node
        if not node.text.startswith(".") and (not bare or node.text.startswith("$")):
            return node
        up = "../" * len([part for part in self.folder.split("/") if part])
        return replace(node, text=f"./{up}{home}/{node.text}")


_SOURCES = ("path", "source", "src")


def _as_list(node: Node) -> Node:
    if isinstance(node, ListNode) or (isinstance(node, ScalarNode) and node.is_null):
        return node
    return ListNode((node,), node.location, node.tag)
