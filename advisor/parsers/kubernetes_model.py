"""
What Kubernetes manifests say: workloads, the names they are reached by, and their files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

import msgspec
from msgspec import Struct

from advisor.model import Location, Problem, Secret, Unknown, Value
from advisor.model.discreet import Discreet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from advisor.parsers.embedded import Embedded

Number: TypeAlias = Value[float] | Unknown | None
Count: TypeAlias = Value[int] | Unknown | None
"""None: not written. Unknown: written, but not readable."""


class Named(Struct, frozen=True):
    """
    What identifies an object.
    """

    kind: str
    name: str
    namespace: str
    """Empty where the manifest leaves it to ``kubectl``."""
    location: Location
    """Its name, else its kind."""

    @property
    def title(self) -> str:
        """
        ``deployment web``.
        """
        return f"{self.kind.lower()} {self.name}"


class Variable(Discreet, frozen=True):
    """
    One variable of a container: its text, or where the text comes from.
    """

    untold: ClassVar[frozenset[str]] = frozenset({"text"})

    name: str
    location: Location
    text: str = ""
    source: Literal["text", "configmap", "secret", "resource", "other"] = "text"
    ref: str = ""
    """Name of the ConfigMap or Secret, or the resource: ``limits.cpu``."""
    key: str = ""
    divisor: float = 1.0
    """What a resource is divided by before it is rounded up."""


class VariableSource(Struct, frozen=True):
    """
    All keys of a ConfigMap or a Secret as variables.
    """

    source: Literal["configmap", "secret"]
    ref: str
    prefix: str
    location: Location


class VolumeMount(Struct, frozen=True):
    """
    A volume, or one path of it, in a container.
    """

    volume: str
    path: str
    sub_path: str
    location: Location


class Volume(Struct, frozen=True):
    """
    What a pod mounts.
    """

    name: str
    kind: Literal["configmap", "secret", "memory", "empty", "other"]
    ref: str = ""
    """Name of the ConfigMap or Secret."""
    items: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Paths by key; empty: every key under its own name."""
    size: Count = None


class ContainerPort(Struct, frozen=True):
    """
    A port that a container says it listens on.
    """

    number: int
    name: str


class Probe(Struct, frozen=True):
    """
    A question that the kubelet asks a container over and over. Durations are seconds.
    """

    location: Location
    http: bool
    """Whether it is a request over HTTP; else a command or a connection."""
    port: str
    """Number or name of the port that such a request goes to."""
    timeout: float
    period: float
    failures: int
    """As many in a row count."""

    @property
    def patience(self) -> float:
        """
        How long a container may stay silent at the least before it counts as failed.
        """
        return (self.failures - 1) * self.period + self.timeout


class Container(Struct, frozen=True):
    """
    One container of a pod. Sizes are bytes, cpus are cores.
    """

    name: str
    location: Location
    image: Value[str] | None = None
    command: tuple[Value[str], ...] | None = None
    """Takes the place of the image's entrypoint."""
    args: tuple[Value[str], ...] | None = None
    working_dir: Value[str] | None = None
    variables: tuple[Variable, ...] = ()
    sources: tuple[VariableSource, ...] = ()
    cpus: Number = None
    memory: Count = None
    cpus_requested: Number = None
    memory_requested: Count = None
    mounts: tuple[VolumeMount, ...] = ()
    ports: tuple[ContainerPort, ...] = ()
    probed: bool = False
    """Whether readiness or liveness is probed."""
    liveness: Probe | None = None
    """What restarts it; None also where its numbers cannot be read."""
    pre_stop: Location | None = None
    pre_stop_time: Number = None
    """How long that takes, where it only waits."""
    read_only: bool = False


class Pod(Struct, frozen=True):
    """
    Containers that share addresses and volumes.
    """

    containers: tuple[Container, ...]
    volumes: Mapping[str, Volume] = msgspec.field(default_factory=dict)
    labels: Mapping[str, str] = msgspec.field(default_factory=dict)
    grace: Number = None
    """Seconds between the signal to stop and the end."""
    host_network: Location | None = None
    sysctls: Mapping[str, Value[str]] = msgspec.field(default_factory=dict)


class Workload(Struct, frozen=True):
    """
    Deployment, StatefulSet, DaemonSet, Job, CronJob or a pod on its own.
    """

    named: Named
    pod: Pod
    replicas: Count = None
    recreated: bool = False
    """Whether all old pods stop before new ones start."""
    surge: Value[str] | None = None
    """``maxSurge`` as written: a number or a percentage."""
    headless: str = ""
    """The Service that names the pods of a StatefulSet."""


class ServicePort(Struct, frozen=True):
    """
    A port of a Service and what it leads to.
    """

    number: int
    target: str
    """Number or name of a container's port."""


class ServiceObject(Struct, frozen=True):
    """
    A name under which the pods with some labels are reached.
    """

    named: Named
    selector: Mapping[str, str]
    ports: tuple[ServicePort, ...]
    headless: bool = False
    """The name then leads to the pods themselves, whose ports are not translated."""
    outside: Location | None = None
    """Its type where that opens its ports to other machines than those of the cluster."""


class Backend(Struct, frozen=True):
    """
    A Service that an Ingress or a route of a Gateway leads to.
    """

    service: str
    port: str
    """Number or name; empty where it is not written."""
    location: Location


class IngressObject(Struct, frozen=True):
    """
    Requests from outside of the cluster on their way to Services: Ingress or HTTPRoute.
    """

    named: Named
    controller: str
    """The class of an Ingress, empty where the cluster has a default or a Gateway decides."""
    backends: tuple[Backend, ...]
    annotations: Mapping[str, Value[str]] = msgspec.field(default_factory=dict)


class Autoscaler(Struct, frozen=True):
    """
    How many copies of a workload there are at least and at most.
    """

    named: Named
    target_kind: str
    target: str
    lowest: Count
    highest: Count


class ConfigMap(Discreet, frozen=True):
    """
    Texts by key; those of a Secret are secret.
    """

    untold: ClassVar[frozenset[str]] = frozenset({"texts", "files"})

    named: Named
    texts: Mapping[str, Value[str | Secret]]
    files: Mapping[str, Embedded] = msgspec.field(default_factory=dict)
    """Keys of a ConfigMap as files."""


class Cluster(Struct, frozen=True):
    """
    PostgreSQL as an operator runs it.
    """

    named: Named
    instances: Count
    image: Value[str] | None
    container: Container
    """Its resources."""
    parameters: Embedded | None
    """``postgresql.conf`` that its parameters make."""
    hba: Embedded | None
    shm: Count = None
    """Bytes that its ``/dev/shm`` is limited to."""
    operator: Literal["cloudnativepg", "zalando"] = "cloudnativepg"
    major: Count = None
    """The version where that is stated beside the image."""
    own_shm: bool = True
    """Whether a volume in memory is at ``/dev/shm``."""


class PoolerObject(Struct, frozen=True):
    """
    PgBouncer as CloudNativePG runs it before a cluster.
    """

    named: Named
    cluster: str
    read_write: bool
    instances: Count
    settings: Embedded
    """``pgbouncer.ini`` that its parameters make."""
    container: Container


class Manifests(Struct, frozen=True):
    """
    The objects of one file.
    """

    path: str
    workloads: tuple[Workload, ...] = ()
    services: tuple[ServiceObject, ...] = ()
    autoscalers: tuple[Autoscaler, ...] = ()
    ingresses: tuple[IngressObject, ...] = ()
    config_maps: tuple[ConfigMap, ...] = ()
    secrets: tuple[ConfigMap, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    poolers: tuple[PoolerObject, ...] = ()
    problems: tuple[Problem, ...] = ()
    patched: tuple[Location, ...] = ()
    """Places of the patches of Kustomize that changed them."""
