"""
What pods refer to by name: ConfigMaps and Secrets, those that Kustomize makes included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from advisor.deployment.paths import join
from advisor.model import Location, Secret, Value
from advisor.parsers.kubernetes_model import ConfigMap, Manifests, Named
from advisor.parsers.kustomization import Kustomization
from advisor.parsers.redaction import wrap
from advisor.sources.kinds import Kind, kind_of

Key: TypeAlias = tuple[str, str]
"""Namespace and name."""
Made: TypeAlias = (
    "Mapping[str, Mapping[str, Value[str]]] | Mapping[str, Mapping[str, Value[Secret]]]"
)


class Objects(Struct, frozen=True):
    """
    What pods refer to by name.
    """

    config_maps: Mapping[Key, ConfigMap]
    secrets: Mapping[Key, ConfigMap]
    generated: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Files of ConfigMaps that Kustomize makes: paths below the root by name and key."""

    @classmethod
    def of(cls, manifests: Iterable[Manifests], layers: Iterable[Kustomization]) -> Objects:
        """
        Objects of manifests, the most telling first, and those that kustomizations make, the
        strongest first.
        """
        found, known = list(manifests), list(layers)
        maps = _by_name(one for each in found for one in each.config_maps)
        secrets = _by_name(one for each in found for one in each.secrets)
        generated: dict[str, Mapping[str, str]] = {}
        for one in reversed(known):
            for name, files in one.files.items():
                paths = {key: join(one.folder, file) for key, file in files.items()}
                below = {} if name in one.replaced else generated.get(name, {})
                generated[name] = {**below, **paths}
            _make(maps, one, "ConfigMap", one.literals)
            _make(secrets, one, "Secret", one.secrets)
        return cls(config_maps=maps, secrets=secrets, generated=generated)

    def config_map(self, name: str, namespace: str) -> ConfigMap | None:
        """
        The ConfigMap that a pod means by a name.
        """
        return _find(self.config_maps, name, namespace)

    def files_of(self, name: str, namespace: str) -> dict[str, str] | None:
        """
        Paths of the files of a ConfigMap by key, None when it is not among the files.
        """
        config_map = self.config_map(name, namespace)
        if config_map is None and name not in self.generated:
            return None
        found = dict(self.generated.get(name, {}))
        if config_map is not None:
            found.update({key: path_of(config_map, key) for key in config_map.files})
        return found

    def referred(self, source: str, name: str, namespace: str) -> ConfigMap | None:
        """
        The ConfigMap or Secret that a variable comes from.
        """
        maps = {"configmap": self.config_maps, "secret": self.secrets}.get(source, {})
        return _find(maps, name, namespace)


def _make(objects: dict[Key, ConfigMap], one: Kustomization, kind: str, made: Made) -> None:
    """
    Lay what Kustomize makes out of literals over the objects that it made before, and under those
    that are written unless it is told to merge.
    """
    for name, texts in made.items():
        held = [key for key in objects if key[1] == name]
        for key in held or [("", name)]:
            new = _made(Named(kind, name, key[0], Location(one.path, 1)), texts)
            old = objects.get(key)
            if old is None or name in one.replaced:
                objects[key] = new
            else:
                over = name in one.merged or _is_made(old)
                objects[key] = _under(new, old) if over else _under(old, new)


def _made(named: Named, texts: Mapping[str, Value[str] | Value[Secret]]) -> ConfigMap:
    """
    A ConfigMap or Secret that Kustomize makes out of literals.
    """
    known: dict[str, Value[str | Secret]] = {
        key: Value(
            wrap(key, text.value) if isinstance(text.value, str) else text.value,
            text.origin,
            text.location,
        )
        for key, text in texts.items()
    }
    return ConfigMap(named, known)


def _is_made(known: ConfigMap) -> bool:
    return kind_of(known.named.location.path, "") is Kind.KUSTOMIZATION


def _find(objects: Mapping[Key, ConfigMap], name: str, namespace: str) -> ConfigMap | None:
    """
    An object of the same namespace; one of the two may leave it to ``kubectl``.
    """
    known = objects.get((namespace, name)) or objects.get(("", name))
    if known is not None or namespace:
        return known
    return next((one for (_, other), one in objects.items() if other == name), None)


def _by_name(objects: Iterable[ConfigMap]) -> dict[Key, ConfigMap]:
    """
    Objects by namespace and name; of several each key counts where it stands first.
    """
    found: dict[Key, ConfigMap] = {}
    for one in objects:
        key = (one.named.namespace, one.named.name)
        first = found.get(key)
        found[key] = one if first is None else _under(first, one)
    return found


def _under(first: ConfigMap, other: ConfigMap) -> ConfigMap:
    return replace(
        first,
        texts={**other.texts, **first.texts},
        files={**other.files, **first.files},
    )


def path_of(config_map: ConfigMap, key: str) -> str:
    """
    The path that is made up for a file of a ConfigMap.
    """
    named = config_map.named
    parts = (config_map.files[key].path, named.namespace, named.name, key)
    return "/".join(part for part in parts if part)
