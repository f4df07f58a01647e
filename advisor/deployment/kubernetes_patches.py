"""
Patches that kustomizations hold or name: what they change, and which of them are not applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from advisor.deployment.paths import join, text_of
from advisor.model import Location, Tree
from advisor.parsers.kubernetes import parse_objects
from advisor.parsers.kubernetes_fields import Fields
from advisor.parsers.kubernetes_model import Manifests
from advisor.parsers.kustomization import Kustomization
from advisor.parsers.kustomize_patches import JsonPatch, Patch, Target, operations, roots_of
from advisor.parsers.yaml_nodes import ListNode, Node, read_documents


class Changes(Struct, frozen=True):
    """
    Patches of all layers.
    """

    steps: tuple[JsonPatch, ...] = ()
    """JSON patches, those of the weakest layer first."""
    merged: tuple[Manifests, ...] = ()
    """Objects that are merged into others, the strongest first."""
    refused: tuple[Location, ...] = ()
    """Places of patches that are not followed."""

    def left(self, manifests: Iterable[Manifests]) -> Iterator[Location]:
        """
        Places of the patches that changed none of the manifests.
        """
        done = {place for one in manifests for place in one.patched}
        yield from self.refused
        yield from (one.location for one in self.steps if one.location not in done)


def changes_of(layers: Sequence[Kustomization], tree: Tree) -> Changes:
    """
    The patches of layers, which come with the strongest first.
    """
    steps: list[JsonPatch] = []
    merged: list[Manifests] = []
    refused: list[Location] = []
    for layer in reversed(layers):
        for patch in layer.patches:
            read = _read(patch, layer, tree)
            if isinstance(read, JsonPatch):
                steps.append(read)
            elif isinstance(read, Manifests):
                merged.insert(0, read)
            else:
                refused.append(patch.location)
    return Changes(tuple(steps), tuple(merged), tuple(refused))


def _read(patch: Patch, layer: Kustomization, tree: Tree) -> JsonPatch | Manifests | None:
    """
    What a patch says, None when it is not followed.
    """
    target = patch.target
    if target is not None and not target.certain:
        return None
    roots = _roots(patch, layer, tree)
    if len(roots) == 1 and isinstance(roots[0], ListNode):
        steps = operations(Fields(), roots[0])
        return JsonPatch(patch.location, target, steps) if target and steps else None
    return _objects(patch, target, roots)


def _roots(patch: Patch, layer: Kustomization, tree: Tree) -> tuple[Node, ...]:
    if patch.text is not None:
        return roots_of(patch.text)
    path = join(layer.folder, patch.file)
    text = text_of(tree, path)
    return () if text is None else read_documents(path, text).roots


def _objects(patch: Patch, target: Target | None, roots: Sequence[Node]) -> Manifests | None:
    """
    Objects to merge. Those in files count without a target as well: they are manifests.
    """
    if not roots or (patch.text is None and target is None):
        return None
    path = patch.text.path if patch.text else roots[0].location.path
    found = parse_objects(path, roots, target)
    return found if found.workloads or found.config_maps else None
