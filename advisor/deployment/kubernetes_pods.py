"""
One container of a pod as a service: its variables, words, limits and files.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from advisor import regex
from advisor.deployment.kubernetes_objects import Objects
from advisor.deployment.services import Door, RunningService
from advisor.model import Location, Origin, Secret, Unknown, Value
from advisor.parsers.compose import Build, Command, Mount, Service
from advisor.parsers.dockerfile import Stage
from advisor.parsers.kubernetes_model import (
    Container,
    Count,
    Variable,
    Volume,
    VolumeMount,
    Workload,
)
from advisor.parsers.redaction import MASK, wrap

_REFERENCE = regex.lazy(r"\$(\$)?\(([A-Za-z_.-][\w.-]*)\)")
_GRACE = 30.0
"""Default of ``terminationGracePeriodSeconds`` (Kubernetes API reference, "PodSpec")."""
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - the path that PostgreSQL uses
N = TypeVar("N", bound=float)
Known: TypeAlias = Mapping[str, Value[str | Secret]]


class Frame(Struct, frozen=True):
    """
    What a container has from the objects around it.
    """

    name: str
    label: str
    pod: str
    """What tells its pods from others."""
    doors: tuple[Door, ...]
    replicas: Count
    surge: Value[int] | None
    built: tuple[Build, Stage] | None
    opened: Location | None = None
    """Where a Service opens its ports to other machines than those of the cluster."""


def running_container(
    workload: Workload, box: Container, frame: Frame, objects: Objects, notes: list[str]
) -> RunningService:
    """
    One container with everything that manifests say about it.
    """
    build, stage = frame.built or (None, None)
    namespace = workload.named.namespace
    variables = _variables(box, objects, namespace, stage)
    mounts = tuple(_mounts(box, workload, objects, frame.label, notes))
    notes += _missing(box, objects, namespace, frame.label)
    written = _service(workload, box, frame, variables)
    return RunningService(
        service=replace(written, build=build, mounts=mounts),
        folder="",
        variables=variables,
        stage=stage,
        label=frame.label,
        pod=frame.pod,
        doors=frame.doors,
        opened=frame.opened,
    )


def _missing(box: Container, objects: Objects, namespace: str, label: str) -> Iterator[str]:
    """
    A note for every ConfigMap of variables that is not there. Secrets seldom are.
    """
    for source in box.sources:
        known = source.ref in objects.generated or objects.config_map(source.ref, namespace)
        if source.source == "configmap" and not known:
            yield (
                f"configmap {source.ref} is not among the files: what it sets for {label} is "
                "not known"
            )


def _service(workload: Workload, box: Container, frame: Frame, known: Known) -> Service:
    pod = workload.pod
    network = Value("host", Origin.LITERAL, pod.host_network) if pod.host_network else None
    ports = (range(port.number, port.number + 1) for port in box.ports)
    return Service(
        name=frame.name,
        location=box.location,
        image=box.image,
        entrypoint=_command(box.command, known),
        command=_command(box.args, known),
        working_dir=box.working_dir,
        replicas=frame.replicas,
        surge=frame.surge,
        cpus=_limit(box.cpus),
        memory=_limit(box.memory),
        cpus_reserved=_limit(box.cpus_requested),
        memory_reserved=_limit(box.memory_requested),
        shm_size=_shared_memory(box, pod.volumes),
        sysctls=dict(pod.sysctls),
        stop_grace_period=pod.grace or Value(_GRACE, Origin.DEFAULT, note="of Kubernetes"),
        pre_stop=box.pre_stop,
        pre_stop_time=box.pre_stop_time,
        liveness=box.liveness,
        expose=tuple(Value(port, Origin.LITERAL, box.location) for port in ports),
        network_mode=network,
        has_healthcheck=box.probed,
        read_only=Value(value=True, origin=Origin.LITERAL) if box.read_only else None,
    )


def _variables(
    box: Container, objects: Objects, namespace: str, stage: Stage | None
) -> dict[str, Value[str | Secret]]:
    """
    Variables in the container: of the image, of ``envFrom``, of ``env``.

    What cannot be told hides what was set before.
    """
    image = stage.env if stage else {}
    found = {name: one for name, one in image.items() if isinstance(one, Value)}
    for source in box.sources:
        config_map = objects.referred(source.source, source.ref, namespace)
        for key, value in config_map.texts.items() if config_map else ():
            found[source.prefix + key] = value
    for variable in box.variables:
        told = _value(variable, box, objects, namespace, found)
        found.pop(variable.name, None)
        if told is not None:
            found[variable.name] = told
    return found


def _value(
    variable: Variable, box: Container, objects: Objects, namespace: str, known: Known
) -> Value[str | Secret] | None:
    if variable.source == "text":
        return _expanded(variable, known)
    if variable.source == "resource":
        return _resource(variable, box)
    config_map = objects.referred(variable.source, variable.ref, namespace)
    value = config_map.texts.get(variable.key) if config_map else None
    if value is None or isinstance(value.value, Secret):
        return value
    return Value(wrap(variable.name, value.value), value.origin, value.location, value.note)


def _expanded(variable: Variable, known: Known) -> Value[str | Secret]:
    """
    A text with ``$(NAME)`` replaced; a name that is not known stays as it is written.
    """
    secret = False

    def replaced(match: re.Match[str]) -> str:
        nonlocal secret
        value = known.get(match[2]) if not match[1] else None
        if value is None:
            return match[0].removeprefix("$") if match[1] else match[0]
        if isinstance(value.value, Secret):
            secret = True
            return value.value.text
        return value.value

    text = _REFERENCE.sub(replaced, variable.text)
    origin = Origin.EVALUATED if text != variable.text else Origin.LITERAL
    return Value(Secret(text) if secret else wrap(variable.name, text), origin, variable.location)


def _resource(variable: Variable, box: Container) -> Value[str | Secret] | None:
    """
    A limit as a variable, rounded up; without a limit it is what the node has, which is not known.
    """
    limits: Mapping[str, Value[float] | Value[int] | Unknown | None] = {
        "limits.cpu": box.cpus,
        "limits.memory": box.memory,
        "requests.cpu": box.cpus_requested or box.cpus,
        "requests.memory": box.memory_requested or box.memory,
    }
    limit = limits.get(variable.ref)
    if not isinstance(limit, Value):
        return None
    number = math.ceil(limit.value / variable.divisor)
    return Value(str(number), Origin.EVALUATED, limit.location, variable.ref)


def _command(words: tuple[Value[str], ...] | None, known: Known) -> Command | None:
    if words is None:
        return None
    place = words[0].location or Location("", 1)
    return Command(tuple(_word(word, known) for word in words), place)


def _word(word: Value[str], known: Known) -> Value[str]:
    """
    A word with ``$(NAME)`` replaced; one that is not known becomes ``${NAME}``, an assumption.
    """
    missing = False

    def replaced(match: re.Match[str]) -> str:
        nonlocal missing
        if match[1]:
            return match[0].removeprefix("$")
        value = known.get(match[2])
        if value is None:
            missing = True
            return f"${{{match[2]}}}"
        return MASK if isinstance(value.value, Secret) else value.value

    text = _REFERENCE.sub(replaced, word.value)
    if text == word.value and not missing:
        return word
    return Value(text, Origin.ASSUMED if missing else Origin.EVALUATED, word.location)


def _limit(value: Value[N] | Unknown | None) -> Value[N] | Unknown | None:
    """
    None where the limit is 0, which is no limit.
    """
    return None if isinstance(value, Value) and value.value == 0 else value


def _mounts(
    box: Container, workload: Workload, objects: Objects, label: str, notes: list[str]
) -> Iterator[Value[Mount]]:
    for mount in box.mounts:
        volume = workload.pod.volumes.get(mount.volume, Volume(mount.volume, "other"))
        if volume.kind == "configmap":
            found = objects.files_of(volume.ref, workload.named.namespace)
            if found is None:
                notes.append(
                    f"configmap {volume.ref}, which {label} mounts, is not among the files"
                )
            else:
                yield from _config_mounts(mount, volume, found)
        elif volume.kind == "memory":
            size = volume.size.value if isinstance(volume.size, Value) else None
            yield _mounted(Mount("tmpfs", "", mount.path, size=size), mount)
        elif volume.kind == "secret":
            yield _mounted(Mount("secret", "", mount.path), mount)
        else:
            yield _mounted(Mount("volume", mount.volume, mount.path), mount)


def _config_mounts(
    mount: VolumeMount, volume: Volume, paths: Mapping[str, str]
) -> Iterator[Value[Mount]]:
    """
    The files of a ConfigMap: all in a folder, chosen ones, or one by its path in the volume.
    """
    items = volume.items or {key: key for key in paths}
    for key, path in items.items():
        if key not in paths:
            continue
        if not mount.sub_path:
            target = f"{mount.path.rstrip('/')}/{path}"
        elif mount.sub_path.strip("/") == path:
            target = mount.path
        else:
            continue
        yield _mounted(Mount("config", paths[key], target, read_only=True), mount)


def _mounted(mount: Mount, written: VolumeMount) -> Value[Mount]:
    return Value(mount, Origin.LITERAL, written.location)


def _shared_memory(box: Container, volumes: Mapping[str, Volume]) -> Value[int] | Unknown | None:
    """
    Size of ``/dev/shm`` where a volume in memory lies there; None: the 64 MB of the runtime.
    """
    for mount in box.mounts:
        volume = volumes.get(mount.volume)
        if mount.path.rstrip("/") != _SHARED_MEMORY or volume is None or volume.kind != "memory":
            continue
        if volume.size is not None:
            return volume.size
        if isinstance(box.memory, Value):
            note = "no sizeLimit: as much as the container may have"
            return Value(box.memory.value, Origin.EVALUATED, mount.location, note)
        return Unknown("its volume in memory has no sizeLimit", mount.location)
    return None
