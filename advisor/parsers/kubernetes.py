"""
Kubernetes manifests: every object of a file that says what runs, and how it is reached.

Objects of other kinds are passed over. Nothing is rendered: charts and overlays are read as they
stand. Source: Kubernetes API reference.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from advisor import regex
from advisor.catalog.cloudnativepg import MANAGED_LIBRARIES
from advisor.model import Location, Origin, Problem, Secret, Unknown, Value
from advisor.parsers.embedded import Embedded, embedded, of_rows, one_line, quoted
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
from advisor.parsers.kustomize_patches import JsonPatch, Target
from advisor.parsers.redaction import wrap
from advisor.parsers.yaml_nodes import MapNode, Node, ScalarNode, read_documents

MAX_LIST_DEPTH = 3
"""Lists of objects within each other."""
_ANNOTATIONS = ("metadata", "annotations")
_OUTSIDE = ("LoadBalancer", "NodePort")
_LINE_BREAK = regex.lazy(r"\r\n|[\n\r\x85\u2028\u2029]")
_CNPG = "postgresql.cnpg.io/"
_ZALANDO = "acid.zalan.do/"
_OPERATED = {"Cluster": _CNPG, "Pooler": _CNPG, "postgresql": _ZALANDO}
"""What operators read, by kind, and the group of their interface."""
_CORE = regex.lazy(
    r"v1$|(?:apps|batch|autoscaling|extensions|networking\.k8s\.io|gateway\.networking\.k8s\.io)/"
)


def parse_manifests(path: str, text: str, patches: Sequence[JsonPatch] = ()) -> Manifests:
    """
    Read all objects of a file, as patches change them. What cannot be read is a problem, and the
    rest still counts.
    """
    documents = read_documents(path, text)
    lines = _LINE_BREAK.split(text.removeprefix("\ufeff"))
    return _read(_Reading(path, Fields(), lines, patches), documents.roots, documents.problems)


def parse_objects(path: str, roots: Sequence[Node], target: Target | None = None) -> Manifests:
    """
    Read objects that stand inside of another file, with the name of a target that is stated.
    """
    return _read(_Reading(path, Fields(), [], target=target), roots)


def _read(
    reading: _Reading, roots: Sequence[Node], found_before: Sequence[Problem] = ()
) -> Manifests:
    path, problems = reading.path, [*found_before]
    try:
        for root in roots:
            reading.take(root)
    except TooLargeError as error:
        problems.append(
            Problem(f"cannot be read: {error}", Location(path, 1), category="unreadable")
        )
    found = {name: tuple(objects) for name, objects in reading.found.items()}
    return Manifests(
        path,
        problems=(*problems, *reading.fields.problems),
        patched=tuple(reading.patched),
        **found,
    )


class _Reading(Struct):
    """
    The objects of one file, by the field of `Manifests` that they go to.
    """

    path: str
    fields: Fields
    lines: list[str]
    patches: Sequence[JsonPatch] = ()
    target: Target | None = None
    found: dict[str, list[Any]] = field(default_factory=dict)
    patched: list[Location] = field(default_factory=list)
    """Places of the patches that were applied."""

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
        group = _OPERATED.get(kind)
        if not (version.startswith(group) if group else _CORE.match(version)):
            return
        target, read = reader
        named = self._named(kind, root, entries)
        self.found.setdefault(target, []).append(read(self, named, self._patched(named, root)))

    def _patched(self, named: Named, root: Node) -> Node:
        for patch in self.patches:
            if patch.target.means(named.kind, named.name):
                changed = patch.applied(root)
                if changed is not None:
                    root = changed
                    self.patched.append(patch.location)
        return root

    def _named(self, kind: str, root: Node, entries: dict[str, Node]) -> Named:
        metadata = self.fields.fields(entries.get("metadata"), "metadata")
        place = metadata.get("name") or entries.get("kind") or root
        return Named(
            kind=kind,
            name=(self.target.name if self.target else "")
            or self.fields.plain(metadata.get("name"), "name"),
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
            outside=self._outside(spec, fields.fields(fields.at(root, *_ANNOTATIONS), "metadata")),
        )

    def _outside(self, spec: Mapping[str, Node], notes: Mapping[str, Node]) -> Location | None:
        """
        Where a Service says that others reach it. Balancers may be for the own network alone.
        """
        fields = self.fields
        kind = fields.text(spec.get("type"), "type")
        if kind is None or kind.value not in _OUTSIDE:
            return None
        said = " ".join(f"{name}={fields.plain(one, name)}" for name, one in notes.items())
        ranges = fields.items(spec.get("loadBalancerSourceRanges"), "loadBalancerSourceRanges")
        narrow = ranges and all(not fields.plain(one, "a range").endswith("/0") for one in ranges)
        inner = "internal" in said.lower() or narrow
        return None if kind.value == "LoadBalancer" and inner else kind.location

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
        files = {
            name: embedded(node, self.lines if node.location.path == self.path else ())
            for name, node in nodes.items()
        }
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
        parameters += self._preloaded(written)
        records = fields.items(written.get("pg_hba"), "pg_hba")
        hba = [(fields.plain(one, "pg_hba"), one.location) for one in records]
        return Cluster(
            named=named,
            instances=fields.count(spec.get("instances"), "instances"),
            image=fields.text(spec.get("imageName"), "imageName"),
            container=read_resources(fields, named.name, node, spec),
            parameters=self._written(parameters) if parameters else None,
            hba=self._written(hba) if hba else None,
            shm=fields.size(fields.at(spec.get("ephemeralVolumesSizeLimit"), "shm"), "shm"),
        )

    def zalando(self, named: Named, root: Node) -> Cluster:
        """
        A cluster of Zalando's operator, which hands its parameters to Patroni.

        Source: Postgres Operator, "Cluster Manifest Reference".
        """
        fields = self.fields
        node = fields.at(root, "spec") or root
        spec = fields.fields(node, "spec")
        written = fields.fields(spec.get("postgresql"), "postgresql")
        parameters = list(self._parameters(written.get("parameters")))
        records = fields.items(fields.at(spec.get("patroni"), "pg_hba"), "pg_hba")
        hba = [(fields.plain(one, "pg_hba"), one.location) for one in records]
        memory = fields.plain(spec.get("enableShmVolume"), "enableShmVolume").lower() != "false"
        return Cluster(
            named=named,
            instances=fields.count(spec.get("numberOfInstances"), "numberOfInstances"),
            image=fields.text(spec.get("dockerImage"), "dockerImage"),
            container=read_resources(fields, named.name, node, spec),
            parameters=self._written(parameters) if parameters else None,
            hba=self._written(hba) if hba else None,
            operator="zalando",
            major=fields.count(written.get("version"), "version"),
            own_shm=memory,
        )

    def _preloaded(self, written: Mapping[str, Node]) -> Iterator[tuple[str, Location]]:
        """
        The libraries that a cluster lists, behind those that the operator adds for parameters.
        """
        fields = self.fields
        places: dict[str, Location] = {}
        for name, (key, _) in fields.entries(written.get("parameters"), "parameters").items():
            library, dot, _ = name.partition(".")
            if dot and library in MANAGED_LIBRARIES:
                places.setdefault(library, key.location)
        listed = fields.items(written.get("shared_preload_libraries"), "the libraries")
        for one in listed:
            places.setdefault(fields.plain(one, "a library"), one.location)
        if places:
            place = listed[0].location if listed else next(iter(places.values()))
            yield f"shared_preload_libraries = {quoted(','.join(places))}", place

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
        rows = [
            ("[databases]", place),
            (f"* = host={cluster}-{kind}", place),
            ("[pgbouncer]", place),
            *self._pooling(written),
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

    def _pooling(self, written: Mapping[str, Node]) -> Iterator[tuple[str, Location]]:
        """
        What a pooler says itself. Who asks the server for passwords may be left to a secret.
        """
        fields = self.fields
        mode = fields.text(written.get("poolMode"), "poolMode")
        if mode is not None and mode.location is not None:
            yield f"pool_mode = {one_line(mode.value)}", mode.location
        secret = fields.text(fields.at(written.get("authQuerySecret"), "name"), "name")
        if secret is not None and secret.location is not None:
            yield f"auth_user = (of secret {one_line(secret.value)})", secret.location
        for name, (key, value) in fields.entries(written.get("parameters"), "parameters").items():
            yield f"{name} = {one_line(fields.plain(value, name))}", key.location

    def _parameters(self, node: Node | None) -> Iterator[tuple[str, Location]]:
        for name, (key, value) in self.fields.entries(node, "parameters").items():
            text = self.fields.plain(value, name)
            yield f"{one_line(name)} = {quoted(text)}", key.location

    def _written(self, rows: Sequence[tuple[str, Location]]) -> Embedded:
        """
        A file whose every line stands for a value of the manifest.
        """
        return of_rows(self.path, rows)


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
    "postgresql": ("clusters", _Reading.zalando),
}


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode(text, validate=False).decode()
    except (binascii.Error, ValueError):
        return None


def _plain(text: str) -> str | None:
    return text
