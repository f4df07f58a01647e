"""
Kubernetes manifests: every object of a file that says what runs, and how it is reached.

Objects of other kinds are passed over. Nothing is rendered: charts and overlays are read as they
stand. Source: Kubernetes API reference.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec import Struct, field

from advisor import regex
from advisor.model import Location, Origin, Problem, Secret, Unknown, Value
from advisor.parsers.embedded import Embedded, embedded
from advisor.parsers.kubernetes_fields import Fields, TooLargeError, read_count
from advisor.parsers.kubernetes_ingress import read_ingress, read_route
from advisor.parsers.kubernetes_model import (
    Autoscaler,
    Cluster,
    ConfigMap,
    Count,
    Manifests,
    Named,
    PoolerObject,
    ServiceObject,
    ServicePort,
    Workload,
)
from advisor.parsers.kubernetes_pod import read_pod, read_resources
from advisor.parsers.redaction import wrap
from advisor.parsers.yaml_nodes import MapNode, Node, ScalarNode, read_documents

MAX_LIST_DEPTH = 3
"""Lists of objects within each other."""
_LINE_BREAK = regex.lazy(r"\r\n|[\n\r\x85\u2028\u2029]")
_CNPG = "postgresql.cnpg.io/"
_CORE = regex.lazy(
    r"v1$|(?:apps|batch|autoscaling|extensions|networking\.k8s\.io|gateway\.networking\.k8s\.io)/"
)
_CNPG_POOLER = {"pool_mode": "session", "ignore_startup_parameters": "extra_float_digits,options"}
"""What the operator writes unless the parameters say otherwise (CloudNativePG, "Pooling")."""


def parse_manifests(path: str, text: str) -> Manifests:
    """
    Read all objects of a file. What cannot be read is a problem, and the rest still counts.
    """
    documents = read_documents(path, text)
    reading = _Reading(path, Fields(), _LINE_BREAK.split(text.removeprefix("\ufeff")))
    problems = [*documents.problems]
    try:
        for root in documents.roots:
            reading.take(root)
    except TooLargeError as error:
        problems.append(
            Problem(f"cannot be read: {error}", Location(path, 1), category="unreadable")
        )
    found = {name: tuple(objects) for name, objects in reading.found.items()}
    return Manifests(path, problems=(*problems, *reading.fields.problems), **found)


class _Reading(Struct):
    """
    The objects of one file, by the field of `Manifests` that they go to.
    """

    path: str
    fields: Fields
    lines: list[str]
    found: dict[str, list[Any]] = field(default_factory=dict)

    def take(self, root: Node, depth: int = 0) -> None:
        """
        Take in one document; the items of a list are documents of their own.
        """
        if not isinstance(root, MapNode):
            return
        fields = self.fields
        entries = fields.fields(root, "the manifest")
        kind = fields.plain(entries.get("kind"), "kind")
        if kind == "List" and depth < MAX_LIST_DEPTH:
            for item in fields.items(entries.get("items"), "items"):
                self.take(item, depth + 1)
            return
        reader = _READERS.get(kind)
        if reader is None or "apiVersion" not in entries:
            return
        version = fields.plain(entries["apiVersion"], "apiVersion")
        own = version.startswith(_CNPG)
        if own != (kind in ("Cluster", "Pooler")) or not (own or _CORE.match(version)):
            return
        target, read = reader
        self.found.setdefault(target, []).append(read(self, self._named(kind, root, entries), root))

    def _named(self, kind: str, root: Node, entries: dict[str, Node]) -> Named:
        metadata = self.fields.fields(entries.get("metadata"), "metadata")
        place = metadata.get("name") or entries.get("kind") or root
        return Named(
            kind=kind,
            name=self.fields.plain(metadata.get("name"), "name"),
            namespace=self.fields.plain(metadata.get("namespace"), "namespace"),
            location=place.location,
        )

    def workload(self, named: Named, root: Node) -> Workload:
        """
        A workload with a pod template of its own.
        """
        fields = self.fields
        spec = fields.fields(fields.at(root, "spec"), "spec")
        strategy = fields.fields(spec.get("strategy"), "strategy")
        rolling = fields.fields(strategy.get("rollingUpdate"), "rollingUpdate")
        template = spec.get("template")
        if named.kind == "CronJob":
            template = fields.at(root, "spec", "jobTemplate", "spec", "template")
        copies = "parallelism" if named.kind == "Job" else "replicas"
        return Workload(
            named=named,
            pod=read_pod(fields, root if named.kind == "Pod" else template),
            replicas=self._replicas(named, spec.get(copies)),
            recreated=fields.plain(strategy.get("type"), "type") == "Recreate",
            surge=fields.text(rolling.get("maxSurge"), "maxSurge"),
            headless=fields.plain(spec.get("serviceName"), "serviceName"),
        )

    def _replicas(self, named: Named, node: Node | None) -> Count:
        if named.kind == "DaemonSet":
            return Unknown("there is one on every node", named.location)
        return self.fields.count(node, "replicas")

    def service(self, named: Named, root: Node) -> ServiceObject:
        """
        A Service with the labels it selects.
        """
        fields = self.fields
        spec = fields.fields(fields.at(root, "spec"), "spec")
        selector = fields.fields(spec.get("selector"), "selector")
        return ServiceObject(
            named=named,
            selector={name: fields.plain(value, "a label") for name, value in selector.items()},
            ports=tuple(self._service_ports(spec.get("ports"))),
            headless=fields.plain(spec.get("clusterIP"), "clusterIP") == "None",
        )

    def _service_ports(self, node: Node | None) -> Iterator[ServicePort]:
        for _, entries in self.fields.records(node, "ports"):
            number = self.fields.convert(entries.get("port"), "port", read_count, "a port")
            if isinstance(number, Value):
                target = self.fields.plain(entries.get("targetPort"), "targetPort")
                yield ServicePort(number.value, target or str(number.value))

    def autoscaler(self, named: Named, root: Node) -> Autoscaler:
        """
        A HorizontalPodAutoscaler.
        """
        fields = self.fields
        spec = fields.fields(fields.at(root, "spec"), "spec")
        target = fields.fields(spec.get("scaleTargetRef"), "scaleTargetRef")
        return Autoscaler(
            named=named,
            target_kind=fields.plain(target.get("kind"), "kind"),
            target=fields.plain(target.get("name"), "name"),
            lowest=fields.count(spec.get("minReplicas"), "minReplicas"),
            highest=fields.count(spec.get("maxReplicas"), "maxReplicas"),
        )

    def config_map(self, named: Named, root: Node) -> ConfigMap:
        """
        A ConfigMap: every key is a variable or a file.
        """
        entries = self.fields.fields(self.fields.at(root, "data"), "data")
        nodes = {name: node for name, node in entries.items() if isinstance(node, ScalarNode)}
        texts: dict[str, Value[str | Secret]] = {
            name: Value(wrap(name, node.text), Origin.LITERAL, node.location)
            for name, node in nodes.items()
        }
        files = {name: embedded(node, self.lines) for name, node in nodes.items()}
        return ConfigMap(named, texts, files)

    def secret(self, named: Named, root: Node) -> ConfigMap:
        """
        A Secret: its texts are for reading hosts out of URLs, never for showing.
        """
        fields = self.fields
        texts: dict[str, Value[str | Secret]] = {}
        for section, decode in (("data", _decoded), ("stringData", _plain)):
            for name, node in fields.fields(fields.at(root, section), section).items():
                text = decode(fields.plain(node, "a secret"))
                if text is not None:
                    texts[name] = Value(Secret(text), Origin.LITERAL, node.location)
        return ConfigMap(named, texts)

    def cluster(self, named: Named, root: Node) -> Cluster:
        """
        A Cluster of CloudNativePG.
        """
        fields = self.fields
        node = fields.at(root, "spec") or root
        spec = fields.fields(node, "spec")
        written = fields.fields(spec.get("postgresql"), "postgresql")
        parameters = list(self._parameters(written.get("parameters")))
        libraries = fields.items(written.get("shared_preload_libraries"), "the libraries")
        if libraries:
            names = ",".join(fields.plain(one, "a library") for one in libraries)
            row = f"shared_preload_libraries = {_quoted(names)}"
            parameters.append((row, libraries[0].location))
        records = fields.items(written.get("pg_hba"), "pg_hba")
        hba = [(fields.plain(one, "pg_hba"), one.location) for one in records]
        return Cluster(
            named=named,
            instances=fields.count(spec.get("instances"), "instances"),
            image=fields.text(spec.get("imageName"), "imageName"),
            container=read_resources(fields, named.name, node, spec),
            parameters=self._written(parameters) if parameters else None,
            hba=self._written(hba) if hba else None,
        )

    def pooler(self, named: Named, root: Node) -> PoolerObject:
        """
        A Pooler of CloudNativePG.
        """
        fields = self.fields
        node = fields.at(root, "spec") or root
        spec = fields.fields(node, "spec")
        cluster = fields.plain(fields.at(spec.get("cluster"), "name"), "name")
        kind = fields.plain(spec.get("type"), "type") or "rw"
        written = fields.fields(spec.get("pgbouncer"), "pgbouncer")
        place = (spec.get("pgbouncer") or node).location
        settings = dict.fromkeys(_CNPG_POOLER, place)
        texts = dict(_CNPG_POOLER)
        mode = fields.text(written.get("poolMode"), "poolMode")
        for name, value in fields.entries(written.get("parameters"), "parameters").items():
            texts[name] = fields.plain(value[1], name)
            settings[name] = value[0].location
        if mode is not None and mode.location is not None:
            texts["pool_mode"], settings["pool_mode"] = mode.value, mode.location
        rows = [
            ("[databases]", place),
            (f"* = host={cluster}-{kind}", place),
            ("[pgbouncer]", place),
            ("listen_port = 5432", place),
            *((f"{name} = {_one_line(texts[name])}", at) for name, at in settings.items()),
        ]
        containers = fields.items(
            fields.at(spec.get("template"), "spec", "containers"), "containers"
        )
        inner = containers[0] if containers else node
        resources = fields.fields(inner, "a container") if containers else {}
        return PoolerObject(
            named=named,
            cluster=cluster,
            read_write=kind == "rw",
            instances=fields.count(spec.get("instances"), "instances"),
            settings=self._written(rows),
            container=read_resources(fields, named.name, inner, resources),
        )

    def _parameters(self, node: Node | None) -> Iterator[tuple[str, Location]]:
        for name, (key, value) in self.fields.entries(node, "parameters").items():
            text = self.fields.plain(value, name)
            yield f"{_one_line(name)} = {_quoted(text)}", key.location

    def _written(self, rows: Sequence[tuple[str, Location]]) -> Embedded:
        """
        A file whose every line stands for a value of the manifest.
        """
        places = [place for _, place in rows]
        return Embedded(
            self.path,
            "".join(f"{_one_line(text)}\n" for text, _ in rows),
            tuple(place.line for place in places),
            columns=tuple(place.column for place in places),
        )


_READERS: dict[str, tuple[str, Callable[[_Reading, Named, Node], object]]] = {
    **dict.fromkeys(
        ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod", "ReplicaSet"),
        ("workloads", _Reading.workload),
    ),
    "Service": ("services", _Reading.service),
    "HorizontalPodAutoscaler": ("autoscalers", _Reading.autoscaler),
    "Ingress": ("ingresses", lambda reading, *object_: read_ingress(reading.fields, *object_)),
    "HTTPRoute": ("ingresses", lambda reading, *object_: read_route(reading.fields, *object_)),
    "ConfigMap": ("config_maps", _Reading.config_map),
    "Secret": ("secrets", _Reading.secret),
    "Cluster": ("clusters", _Reading.cluster),
    "Pooler": ("poolers", _Reading.pooler),
}


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode(text, validate=False).decode()
    except (binascii.Error, ValueError):
        return None


def _plain(text: str) -> str | None:
    return text


def _one_line(text: str) -> str:
    return " ".join(_LINE_BREAK.split(text))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
