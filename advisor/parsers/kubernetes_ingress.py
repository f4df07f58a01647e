"""
What leads into a cluster: Ingress objects and routes of the Gateway API.

Sources: Kubernetes API reference, "Ingress"; gateway-api.sigs.k8s.io, "HTTPRoute".
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.model import Value
from advisor.parsers.kubernetes_fields import Fields
from advisor.parsers.kubernetes_model import Backend, IngressObject, Named
from advisor.parsers.yaml_nodes import Node

_CLASS = "kubernetes.io/ingress.class"
"""The annotation from before ``ingressClassName``."""


def read_ingress(fields: Fields, named: Named, root: Node) -> IngressObject:
    """
    An Ingress with the Services of all its paths, the one for everything else included.
    """
    spec = fields.fields(fields.at(root, "spec"), "spec")
    found = _annotations(fields, root)
    old = found.get(_CLASS)
    backends = [spec.get("defaultBackend") or spec.get("backend")]
    for _, rule in fields.records(spec.get("rules"), "rules"):
        paths = fields.at(rule.get("http"), "paths")
        backends += [path.get("backend") for _, path in fields.records(paths, "paths")]
    return IngressObject(
        named=named,
        controller=fields.plain(spec.get("ingressClassName"), "ingressClassName")
        or (old.value if old else ""),
        backends=tuple(_backends(fields, (one for one in backends if one is not None))),
        annotations=found,
    )


def read_route(fields: Fields, named: Named, root: Node) -> IngressObject:
    """
    An HTTPRoute with the Services that its rules name.
    """
    spec = fields.fields(fields.at(root, "spec"), "spec")
    backends = []
    for _, rule in fields.records(spec.get("rules"), "rules"):
        for node, entries in fields.records(rule.get("backendRefs"), "backendRefs"):
            kind = fields.plain(entries.get("kind"), "kind") or "Service"
            name = fields.plain(entries.get("name"), "name")
            if kind == "Service" and name:
                port = fields.plain(entries.get("port"), "port")
                backends.append(Backend(name, port, node.location))
    return IngressObject(named, "", tuple(dict.fromkeys(backends)), _annotations(fields, root))


def _annotations(fields: Fields, root: Node) -> dict[str, Value[str]]:
    node = fields.at(root, "metadata", "annotations")
    texts = {
        name: fields.text(value, name) for name, value in fields.fields(node, "annotations").items()
    }
    return {name: text for name, text in texts.items() if text is not None}


def _backends(fields: Fields, nodes: Iterator[Node]) -> Iterator[Backend]:
    """
    Services by the names of ``networking.k8s.io/v1``, or of the versions before.
    """
    for node in nodes:
        entries = fields.fields(node, "a backend")
        service = fields.fields(entries.get("service"), "service")
        port = fields.fields(service.get("port"), "port")
        name = fields.plain(service.get("name") or entries.get("serviceName"), "the Service")
        number = port.get("number") or port.get("name") or entries.get("servicePort")
        if name:
            yield Backend(name, fields.plain(number, "a port"), node.location)
