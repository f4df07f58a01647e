"""
Services of Kubernetes manifests: every container of every workload, with the names it answers to.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from msgspec import Struct, field

from advisor.catalog.cloudnativepg import PLATFORM
from advisor.deployment.images import Images
from advisor.deployment.kubernetes_choice import choose, without_charts
from advisor.deployment.kubernetes_ingress import ingresses_of
from advisor.deployment.kubernetes_objects import Objects, path_of
from advisor.deployment.kubernetes_overlays import (
    applied,
    is_patch,
    layers_of,
    overlay_of,
    without_overlays,
)
from advisor.deployment.kubernetes_patches import changes_of
from advisor.deployment.kubernetes_pods import Frame, running_container
from advisor.deployment.services import Door, RunningService, Services
from advisor.model import Location, Origin, Tree, Unknown, Value
from advisor.parsers.compose import Mount, Service
from advisor.parsers.embedded import Embedded
from advisor.parsers.kubernetes import parse_manifests
from advisor.parsers.kubernetes_model import (
    Autoscaler,
    Cluster,
    Container,
    Count,
    Manifests,
    Named,
    PoolerObject,
    ServiceObject,
    Workload,
)
from advisor.parsers.kustomization import parse_kustomization

MAX_FILES = 500
"""Files inside of manifests that are read."""
_SERVING = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod"})
"""Jobs run and end; how many run at a time is not written."""
_NOT_APPLIED = "{} not applied: audit the output of kubectl kustomize"
_SURGE = "25%"
"""Default of a Deployment (Kubernetes API reference, "RollingUpdateDeployment")."""
_DOMAIN = r"(?:\.svc(?:\.cluster\.local)?)?"
_CLUSTER_ROLES = {"cloudnativepg": ("-rw", "-ro", "-r"), "zalando": ("", "-repl")}
"""What follows the name of a cluster in the names of its Services."""


def read_manifests(
    files: Mapping[str, str],
    tree: Tree,
    *,
    dockerfiles: Mapping[str, str],
    kustomizations: Mapping[str, str],
) -> Services:
    """
    Services of manifests, given as path and text. Dockerfiles may build their images, and
    kustomizations say which of them belong together.

    Files in ConfigMaps become files of their own, under the path of the manifest.
    """
    readable, chart_notes = without_charts(files, tree)
    known = [parse_kustomization(path, text) for path, text in sorted(kustomizations.items())]
    readable, overlay_notes = without_overlays(readable, known)
    layers = layers_of(known, readable)
    changes = changes_of(layers, tree)
    parsed = (parse_manifests(path, text, changes.steps) for path, text in sorted(readable.items()))
    chosen = choose(parsed)
    manifests = applied((*changes.merged, *chosen.manifests), overlay_of(known))
    building = _Building(Objects.of(manifests, layers), Images(dockerfiles, tree))
    running = tuple(building.running(manifests))
    problems = (problem for one in manifests for problem in one.problems)
    if len(building.files) > MAX_FILES:
        building.notes.append(f"only the first {MAX_FILES} files inside of manifests are read")
    for place in changes.left(chosen.manifests):
        building.notes.append(f"{place}: {_NOT_APPLIED.format('this patch is')}")
    return Services(
        running=running,
        problems=(*problems, *building.images.problems),
        notes=(*chart_notes, *overlay_notes, *chosen.notes, *dict.fromkeys(building.notes)),
        files=dict(islice(building.files.items(), MAX_FILES)),
        ingresses=tuple(ingresses_of(manifests, running)),
    )


class _Around(Struct, frozen=True):
    """
    Objects that refer to workloads, by what they refer with.
    """

    services: Mapping[tuple[str, str], Sequence[ServiceObject]]
    """By the first label that they select."""
    scalers: Mapping[str, Sequence[Autoscaler]]
    """By the name of the workload."""

    @classmethod
    def of(cls, manifests: Iterable[Manifests]) -> _Around:
        """
        Services and autoscalers of manifests.
        """
        services: dict[tuple[str, str], list[ServiceObject]] = {}
        scalers: dict[str, list[Autoscaler]] = {}
        for each in manifests:
            for service in each.services:
                for label in list(service.selector.items())[:1]:
                    services.setdefault(label, []).append(service)
            for scaler in each.autoscalers:
                if scaler.highest is not None:
                    scalers.setdefault(scaler.target, []).append(scaler)
        return cls(services, scalers)

    def services_of(self, workload: Workload) -> list[ServiceObject]:
        """
        Services that lead to the pods of a workload.
        """
        labels = workload.pod.labels.items()
        found = (one for label in labels for one in self.services.get(label, ()))
        return [one for one in found if _selects(one, workload)]

    def scaler_of(self, named: Named) -> Autoscaler | None:
        """
        What scales a workload, None when its copies are fixed.
        """
        found = self.scalers.get(named.name, ())
        return next((one for one in found if one.target_kind in ("", named.kind)), None)


class _Building(Struct):
    """
    What comes up while services are put together.
    """

    objects: Objects
    images: Images
    notes: list[str] = field(default_factory=list)
    files: dict[str, Embedded] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    """Names of workloads that are declared whole."""

    def running(self, manifests: Iterable[Manifests]) -> Iterator[RunningService]:
        """
        All containers that stay, then servers and poolers that an operator runs.
        """
        found = list(manifests)
        workloads = [one for each in found for one in each.workloads]
        self.whole = {one.named.name for one in workloads if not is_patch(one)}
        serving = [one for one in workloads if one.named.kind in _SERVING and self._is_on(one)]
        self.images.know(
            [box.image.value for one in serving for box in one.pod.containers if box.image]
        )
        for config_map in self.objects.config_maps.values():
            for key, file in config_map.files.items():
                self.files[path_of(config_map, key)] = file
        around = _Around.of(found)
        for (name, label), workload in _called(serving).items():
            yield from self._workload(workload, around, name, label)
        yield from (self._cluster(one) for each in found for one in each.clusters)
        yield from (self._pooler(one) for each in found for one in each.poolers)

    def _is_on(self, workload: Workload) -> bool:
        replicas = self._replicas(workload, None)
        if is_patch(workload):
            if workload.named.name not in self.whole:
                what = f"the changes to {workload.named.title} are"
                self.notes.append(f"{workload.named.location}: {_NOT_APPLIED.format(what)}")
            return False
        if isinstance(replicas, Value) and replicas.value == 0:
            self.notes.append(f"{workload.named.title} is left out: it has 0 replicas")
            return False
        return True

    def _workload(
        self, workload: Workload, around: _Around, name: str, label: str
    ) -> Iterator[RunningService]:
        named, pod = workload.named, workload.pod
        services = around.services_of(workload)
        replicas = self._replicas(workload, around.scaler_of(named))
        for box in pod.containers:
            alone = len(pod.containers) == 1
            frame = Frame(
                name=name if alone else f"{name}/{box.name}",
                label=label if alone else f"container {box.name} of {label}",
                pod=label,
                doors=tuple(_doors(workload, box, services)),
                replicas=replicas,
                surge=_surge(workload, replicas),
                built=self.images.built(box.image),
                opened=_opened(workload, box, services),
            )
            yield running_container(workload, box, frame, self.objects, self.notes)

    def _replicas(self, workload: Workload, scaler: Autoscaler | None) -> Count:
        """
        Copies at most: by the autoscaler where there is one.
        """
        highest = scaler.highest if scaler else None
        if scaler is None or highest is None:
            return workload.replicas
        if isinstance(highest, Unknown):
            return highest
        lowest = scaler.lowest.value if isinstance(scaler.lowest, Value) else 1
        note = f"{lowest} to {highest.value} by {scaler.named.title}"
        return Value(highest.value, highest.origin, highest.location, note)

    def _cluster(self, cluster: Cluster) -> RunningService:
        """
        A server that an operator runs, which writes most of the configuration.
        """
        named, mounts = cluster.named, []
        folder = f"{named.location.path}/{named.name}"
        for file, name in ((cluster.parameters, "postgresql.conf"), (cluster.hba, "pg_hba.conf")):
            if file is not None:
                self.files[f"{folder}/{name}"] = file
                mounts.append(_mount(f"{folder}/{name}", f"/var/lib/postgresql/data/{name}", named))
        mounts += [_shared_memory(cluster)] if cluster.own_shm else []
        names = "|".join(_CLUSTER_ROLES[cluster.operator])
        major = cluster.major
        return RunningService(
            service=_operated(named, cluster.container, cluster.image, cluster.instances, mounts),
            folder="",
            label=f"cluster {named.name}",
            pod=f"cluster {named.name}",
            doors=(Door(_pattern(f"{re.escape(named.name)}(?:{names})", named.namespace)),),
            runs="postgresql",
            platform=Value(cluster.operator, Origin.EVALUATED, named.location),
            stated=Value((major.value,), major.origin, major.location)
            if isinstance(major, Value)
            else None,
        )

    def _pooler(self, pooler: PoolerObject) -> RunningService:
        named = pooler.named
        path = f"{named.location.path}/{named.name}/pgbouncer.ini"
        self.files[path] = pooler.settings
        mounts = [_mount(path, "/etc/pgbouncer/pgbouncer.ini", named)]
        return RunningService(
            service=_operated(named, pooler.container, None, pooler.instances, mounts),
            folder="",
            label=f"pooler {named.name}",
            pod=f"pooler {named.name}",
            doors=(Door(_pattern(re.escape(named.name), named.namespace)),),
            runs="pooler",
            platform=Value(PLATFORM, Origin.EVALUATED, named.location),
        )


def _called(workloads: Sequence[Workload]) -> dict[tuple[str, str], Workload]:
    """
    Workloads by a name and a title of their own: with kind and namespace where it takes them.

    What is declared twice counts once.
    """
    names = Counter(one.named.name for one in workloads)
    titles = Counter(one.named.title for one in workloads)
    found: dict[tuple[str, str], Workload] = {}
    for one in workloads:
        named = one.named
        name, title = named.name, named.title
        if titles[title] > 1:
            name, title = (
                f"{named.kind.lower()}-{name}-{named.namespace}",
                f"{title} of {named.namespace}",
            )
        elif names[name] > 1:
            name = f"{named.kind.lower()}-{name}"
        found.setdefault((name, title), one)
    return found


def _operated(
    named: Named,
    container: Container,
    image: Value[str] | None,
    instances: Count,
    mounts: Iterable[Value[Mount]],
) -> Service:
    return Service(
        name=f"{named.kind.lower()}-{named.name}",
        location=named.location,
        image=image,
        replicas=instances,
        cpus=container.cpus,
        memory=container.memory,
        cpus_reserved=container.cpus_requested,
        memory_reserved=container.memory_requested,
        mounts=tuple(mounts),
        has_healthcheck=True,
    )


def _mount(source: str, target: str, named: Named) -> Value[Mount]:
    mount = Mount("config", source, target, read_only=True)
    return Value(mount, Origin.EVALUATED, named.location)


def _shared_memory(cluster: Cluster) -> Value[Mount]:
    """
    The volume in memory at ``/dev/shm``: as large as it may become, or as the pod may.

    Source: CloudNativePG, "PostgreSQL Configuration", POSIX shared memory.
    """
    memory = cluster.container.memory
    limit = cluster.shm if cluster.shm is not None else memory
    size = limit.value if isinstance(limit, Value) else None
    place = limit.location if limit is not None else cluster.named.location
    mount = Mount("tmpfs", "", "/dev/shm", size=size)  # noqa: S108 - the target of a mount
    return Value(mount, Origin.EVALUATED, place)


def _selects(service: ServiceObject, workload: Workload) -> bool:
    labels = workload.pod.labels
    same = not service.named.namespace or not workload.named.namespace
    return all(labels.get(name) == value for name, value in service.selector.items()) and (
        same or service.named.namespace == workload.named.namespace
    )


def _doors(workload: Workload, box: Container, services: Iterable[ServiceObject]) -> Iterator[Door]:
    """
    Names of Services that lead to a container, with the ports that do.
    """
    for service in services:
        named = service.named
        names = _pattern(re.escape(named.name), named.namespace)
        if service.headless:
            # The name leads to the pods: a client uses the ports of the containers.
            if _is_meant(workload, box, None):
                yield Door(names)
        else:
            found = (
                (port.number, _target(box, port.target))
                for port in service.ports
                if _is_meant(workload, box, port.target)
            )
            ports = {number: target for number, target in found if target is not None}
            if ports:
                yield Door(names, ports)
        if workload.headless == named.name:
            copy = rf"{re.escape(workload.named.name)}-\d+\.{re.escape(named.name)}"
            yield Door(_pattern(copy, named.namespace))


def _opened(
    workload: Workload, box: Container, services: Iterable[ServiceObject]
) -> Location | None:
    """
    Where a Service opens a port of a container to other machines than those of the cluster.
    """
    for service in services:
        if service.outside and any(_is_meant(workload, box, one.target) for one in service.ports):
            return service.outside
    return None


def _is_meant(workload: Workload, box: Container, target: str | None) -> bool:
    """
    Whether a container is the one of its pod that a port leads to: the one that declares it, or
    the only one that may.
    """
    boxes = workload.pod.containers
    declaring = [one for one in boxes if _declares(one, target)]
    return box in declaring if declaring else len(boxes) == 1 or not box.ports


def _declares(box: Container, target: str | None) -> bool:
    if target is None:
        return bool(box.ports)
    return any(target in (str(port.number), port.name) for port in box.ports)


def _target(box: Container, target: str) -> int | None:
    """
    The number of a port, None for a name that the container does not declare.
    """
    if target.isascii() and target.isdigit():
        return int(target)
    return next((port.number for port in box.ports if port.name == target), None)


def _pattern(name: str, namespace: str) -> re.Pattern[str]:
    """
    A name as other pods write it: alone, with the namespace, or with the domain of the cluster.
    """
    inner = re.escape(namespace.lower()) if namespace else r"[^.]+"
    return re.compile(rf"{name.lower()}(?:\.{inner}{_DOMAIN}\.?)?")


def _surge(workload: Workload, replicas: Count) -> Value[int] | None:
    """
    Copies beside the others while a Deployment is rolled out; a percentage is rounded up.
    """
    if workload.named.kind != "Deployment":
        return None
    if workload.recreated:
        return Value(0, Origin.EVALUATED, workload.named.location, "strategy Recreate")
    written = workload.surge.value if workload.surge else _SURGE
    place: Location | None = workload.surge.location if workload.surge else None
    origin = Origin.EVALUATED if workload.surge else Origin.DEFAULT
    copies = replicas.value if isinstance(replicas, Value) else 1
    text = written.removesuffix("%")
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        return None
    number = int(text) if text == written else math.ceil(copies * int(text) / 100)
    return Value(number, origin, place, f"maxSurge {written}")
