"""
Kustomize: the ConfigMaps that it makes out of files.

Source: Kubernetes documentation, "Declarative Management of Kubernetes Objects Using Kustomize".
"""

from __future__ import annotations

from advisor.parsers.kubernetes_fields import Fields, TooLargeError
from advisor.parsers.yaml_nodes import read_yaml


def generated_files(path: str, text: str) -> dict[str, dict[str, str]]:
    """
    Files by the name of their ConfigMap and by key, relative to the folder of the kustomization.
    """
    fields = Fields()
    found: dict[str, dict[str, str]] = {}
    try:
        top = fields.fields(read_yaml(path, text).root, "the kustomization")
        for _, entries in fields.records(top.get("configMapGenerator"), "configMapGenerator"):
            files = [
                fields.plain(one, "files") for one in fields.items(entries.get("files"), "files")
            ]
            name = fields.plain(entries.get("name"), "name")
            found[name] = dict(_pair(file) for file in files if file)
    except TooLargeError:
        return {}
    return found


def _pair(written: str) -> tuple[str, str]:
    """
    ``key=path``, or a path whose last component is the key.
    """
    key, sign, file = written.partition("=")
    return (key, file) if sign else (written.rpartition("/")[2], written)
