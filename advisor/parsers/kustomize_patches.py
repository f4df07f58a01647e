"""
Patches of Kustomize: which objects they are for, and what those of JSON (RFC 6902) make of one.

Sources: RFC 6902, "JavaScript Object Notation (JSON) Patch"; RFC 6901 for its paths; Kustomize,
"patches".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from advisor import regex
from advisor.model import Location
from advisor.parsers.embedded import Embedded, embedded
from advisor.parsers.kubernetes_fields import Fields
from advisor.parsers.yaml_nodes import ListNode, MapNode, Node, ScalarNode, read_documents

MAX_OPERATIONS = 200
"""Of one patch."""
_MAX_DEPTH = 64
_PLAIN = regex.lazy(r"[A-Za-z0-9._-]+")
_LISTS = ("patches", "patchesJson6902")
_SELECTORS = ("labelSelector", "annotationSelector")


class Target(Struct, frozen=True):
    """
    The objects a patch is for. Kustomize takes names for patterns; those that are none count here.
    """

    kind: str = ""
    name: str = ""
    namespace: str = ""
    certain: bool = True
    """False when it picks objects by labels or patterns, which are not followed."""

    def means(self, kind: str, name: str) -> bool:
        """
        Whether an object is one of them; empty parts stand for any.
        """
        return self.certain and self.kind in ("", kind) and self.name in ("", name)


class Patch(Struct, frozen=True):
    """
    One patch: its text in the kustomization, or the file that holds it.
    """

    location: Location
    target: Target | None
    """None where the patch itself says whom it is for."""
    text: Embedded | None = None
    file: str = ""
    """Relative to the folder of the kustomization."""


class Operation(Struct, frozen=True):
    """
    One step of a JSON patch.
    """

    kind: str
    path: tuple[str, ...]
    value: Node | None


class JsonPatch(Struct, frozen=True):
    """
    Steps for the objects of a target.
    """

    location: Location
    target: Target
    steps: tuple[Operation, ...]

    def applied(self, root: Node) -> Node | None:
        """
        An object after all steps, None when one of them does not fit.
        """
        found: Node | None = root
        for step in self.steps:
            if found is None:
                return None
            if step.kind != "test":
                found = _changed(found, step.path, step)
        return found


def read_patches(fields: Fields, top: Mapping[str, Node], lines: Sequence[str]) -> Iterator[Patch]:
    """
    Patches that are no manifests of their own; `lines` are those of the kustomization.
    """
    for name in _LISTS:
        for item in fields.items(top.get(name), name):
            entries = fields.fields(item, name)
            target = _target(fields, entries.get("target"))
            node = entries.get("patch")
            file = fields.plain(entries.get("path"), "path")
            if isinstance(node, ScalarNode):
                yield Patch(item.location, target, embedded(node, lines))
            elif file and (target is not None or name != "patches"):
                yield Patch(item.location, target or Target(certain=False), None, file)
    for item in fields.items(top.get("patchesStrategicMerge"), "patchesStrategicMerge"):
        if isinstance(item, ScalarNode) and "\n" in item.text:
            yield Patch(item.location, None, embedded(item, lines))


def roots_of(text: Embedded) -> tuple[Node, ...]:
    """
    The documents of a patch, at their places in the file around it.
    """
    known: dict[int, Node] = {}
    return tuple(_moved(one, text, known) for one in read_documents(text.path, text.text).roots)


def operations(fields: Fields, root: Node) -> tuple[Operation, ...] | None:
    """
    The steps of a JSON patch, None when it is none or has steps that are not followed.
    """
    if not isinstance(root, ListNode) or len(root.items) > MAX_OPERATIONS:
        return None
    found = []
    for _, entries in fields.records(root, "a patch"):
        kind = fields.plain(entries.get("op"), "op")
        path = fields.plain(entries.get("path"), "path")
        value = entries.get("value")
        needs = kind in ("add", "replace")
        if kind not in ("add", "replace", "remove", "test") or path[:1] != "/":
            return None
        if needs and value is None:
            return None
        parts = (one.replace("~1", "/").replace("~0", "~") for one in path[1:].split("/"))
        found.append(Operation(kind, tuple(parts), value))
    return tuple(found)


def _target(fields: Fields, node: Node | None) -> Target | None:
    if node is None:
        return None
    entries = fields.fields(node, "target")
    kind, name, namespace = (
        fields.plain(entries.get(one), one) for one in ("kind", "name", "namespace")
    )
    plain = all(_PLAIN.fullmatch(one) for one in (kind, name) if one)
    picks = any(one in entries for one in _SELECTORS)
    return Target(kind, name, namespace, certain=plain and not picks and bool(kind or name))


def _moved(node: Node, text: Embedded, known: dict[int, Node]) -> Node:
    """
    A node and what is below it at its place around the patch. Aliases stay shared.
    """
    if id(node) not in known:
        place = text.locate(node.location)
        if isinstance(node, MapNode):
            pairs = tuple(
                (_moved(key, text, known), _moved(value, text, known)) for key, value in node.pairs
            )
            known[id(node)] = MapNode(pairs, place, node.tag)
        elif isinstance(node, ListNode):
            items = tuple(_moved(one, text, known) for one in node.items)
            known[id(node)] = ListNode(items, place, node.tag)
        else:
            known[id(node)] = ScalarNode(node.text, place, node.plain, node.tag)
    return known[id(node)]


def _changed(node: Node, path: tuple[str, ...], step: Operation) -> Node | None:
    if len(path) > _MAX_DEPTH:
        return None
    if isinstance(node, MapNode):
        return _in_map(node, path, step)
    return _in_list(node, path, step) if isinstance(node, ListNode) else None


def _in_map(node: MapNode, path: tuple[str, ...], step: Operation) -> Node | None:
    name, *rest = path
    at = next((at for at, (key, _) in enumerate(node.pairs) if _is(key, name)), None)
    if at is None:
        if rest or step.kind != "add" or step.value is None:
            return None
        new = (ScalarNode(name, step.value.location), step.value)
        return MapNode((*node.pairs, new), node.location, node.tag)
    key, inner = node.pairs[at]
    before, after = node.pairs[:at], node.pairs[at + 1 :]
    pairs: tuple[tuple[Node, Node], ...] | None
    if rest:
        changed = _changed(inner, tuple(rest), step)
        pairs = None if changed is None else (*before, (key, changed), *after)
    elif step.kind == "remove" or step.value is None:
        pairs = (*before, *after)
    else:
        pairs = (*before, (ScalarNode(name, step.value.location), step.value), *after)
    return None if pairs is None else MapNode(pairs, node.location, node.tag)


def _is(key: Node, name: str) -> bool:
    return isinstance(key, ScalarNode) and key.text == name


def _in_list(node: ListNode, path: tuple[str, ...], step: Operation) -> Node | None:
    name, *rest = path
    items, count = node.items, len(node.items)
    adds = step.kind == "add" and not rest
    if adds and name == "-":
        name = str(count)
    if not (name.isascii() and name.isdigit() and len(name) < 6):
        return None
    at = int(name)
    if at > count or (at == count and not adds):
        return None
    if rest:
        changed = _changed(items[at], tuple(rest), step)
        found = None if changed is None else (*items[:at], changed, *items[at + 1 :])
    else:
        new: tuple[Node, ...] = ()
        if step.kind != "remove" and step.value is not None:
            new = (step.value,)
        found = (*items[:at], *new, *items[at if adds else at + 1 :])
    return None if found is None else ListNode(found, node.location, node.tag)
