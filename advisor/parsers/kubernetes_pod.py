"""
Pods of Kubernetes manifests: containers, their variables, limits and volumes.

Source: Kubernetes API reference, "PodSpec v1 core".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from advisor import regex
from advisor.model import Origin, Unknown, Value
from advisor.parsers.kubernetes_fields import Fields, read_count
from advisor.parsers.kubernetes_model import (
    Container,
    ContainerPort,
    Number,
    Pod,
    Probe,
    Variable,
    VariableSource,
    Volume,
    VolumeMount,
)
from advisor.parsers.redaction import redact_words
from advisor.parsers.yaml_nodes import Node

_REFERENCES: dict[str, Literal["configmap", "secret"]] = {
    "configMapKeyRef": "configmap",
    "secretKeyRef": "secret",
}
_ALL_KEYS: dict[str, Literal["configmap", "secret"]] = {
    "configMapRef": "configmap",
    "secretRef": "secret",
}
_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")
_PROBE_DEFAULTS = {"timeoutSeconds": 1.0, "periodSeconds": 10.0, "failureThreshold": 3.0}
_SLEEP = regex.lazy(r"(?:(?:/bin/)?(?:sh|bash) -c )?(?:exec )?(?:/bin/|/usr/bin/)?sleep (\d+)s?")


def read_pod(fields: Fields, template: Node | None) -> Pod:
    """
    The pod that a template describes.
    """
    spec = fields.fields(fields.at(template, "spec"), "spec")
    context = fields.fields(spec.get("securityContext"), "securityContext")
    labels = fields.fields(fields.at(template, "metadata", "labels"), "labels")
    network = spec.get("hostNetwork")
    shared = network if network is not None and fields.flag(network, "hostNetwork") else None
    return Pod(
        containers=tuple(_containers(fields, spec)),
        volumes={one.name: one for one in _volumes(fields, spec.get("volumes"))},
        labels={name: fields.plain(value, "a label") for name, value in labels.items()},
        grace=fields.quantity(
            spec.get("terminationGracePeriodSeconds"), "terminationGracePeriodSeconds"
        ),
        host_network=shared.location if shared else None,
        sysctls=dict(_sysctls(fields, context.get("sysctls"))),
    )


def read_resources(fields: Fields, name: str, node: Node, entries: dict[str, Node]) -> Container:
    """
    A container of which only the limits are known.
    """
    resources = fields.fields(entries.get("resources"), "resources")
    limits = fields.fields(resources.get("limits"), "limits")
    requests = fields.fields(resources.get("requests"), "requests")
    return Container(
        name=name,
        location=node.location,
        cpus=fields.quantity(limits.get("cpu"), "cpu"),
        memory=fields.size(limits.get("memory"), "memory"),
        cpus_requested=fields.quantity(requests.get("cpu"), "cpu"),
        memory_requested=fields.size(requests.get("memory"), "memory"),
    )


def _containers(fields: Fields, spec: dict[str, Node]) -> Iterator[Container]:
    """
    Containers, and init containers that stay: those with ``restartPolicy: Always``.
    """
    for node, entries in fields.records(spec.get("initContainers"), "initContainers"):
        if fields.plain(entries.get("restartPolicy"), "restartPolicy") == "Always":
            yield _container(fields, node, entries)
    for node, entries in fields.records(spec.get("containers"), "containers"):
        yield _container(fields, node, entries)


def _container(fields: Fields, node: Node, entries: dict[str, Node]) -> Container:
    limits = read_resources(fields, fields.plain(entries.get("name"), "name"), node, entries)
    pre_stop = fields.at(entries.get("lifecycle"), "preStop")
    place = entries.get("name", node).location
    return Container(
        name=limits.name,
        location=place,
        image=fields.text(entries.get("image"), "image"),
        command=_words(fields, entries.get("command"), "command"),
        args=_words(fields, entries.get("args"), "args"),
        working_dir=fields.text(entries.get("workingDir"), "workingDir"),
        variables=tuple(_variables(fields, entries.get("env"))),
        sources=tuple(_sources(fields, entries.get("envFrom"))),
        cpus=limits.cpus,
        memory=limits.memory,
        cpus_requested=limits.cpus_requested,
        memory_requested=limits.memory_requested,
        mounts=tuple(_mounts(fields, entries.get("volumeMounts"))),
        ports=tuple(_ports(fields, entries.get("ports"))),
        probed=any(name in entries for name in _PROBES),
        liveness=_probe(fields, entries.get("livenessProbe")),
        pre_stop=pre_stop.location if pre_stop else None,
        pre_stop_time=_waits(fields, pre_stop) if pre_stop else None,
        read_only=fields.flag(
            fields.at(entries.get("securityContext"), "readOnlyRootFilesystem"), "a flag"
        ),
    )


def _probe(fields: Fields, node: Node | None) -> Probe | None:
    """
    A probe with the defaults of the API reference, "Probe v1 core".
    """
    if node is None:
        return None
    entries = fields.fields(node, "a probe")
    numbers = []
    for name, default in _PROBE_DEFAULTS.items():
        written = fields.quantity(entries.get(name), name)
        if isinstance(written, Unknown):
            return None
        numbers.append(written.value if written else default)
    timeout, period, failures = numbers
    port = fields.plain(fields.at(node, "httpGet", "port"), "port")
    return Probe(node.location, "httpGet" in entries, port, timeout, period, int(failures))


def _waits(fields: Fields, hook: Node) -> Number:
    """
    How long a hook takes that does nothing but wait; unknown for any other.
    """
    seconds = fields.quantity(fields.at(hook, "sleep", "seconds"), "seconds")
    if seconds is not None:
        return seconds
    words = _words(fields, fields.at(hook, "exec", "command"), "command") or ()
    match = _SLEEP.fullmatch(" ".join(word.value for word in words))
    if match is None:
        return Unknown("how long preStop takes is not known", hook.location)
    return Value(float(match[1]), Origin.EVALUATED, words[0].location)


def _words(fields: Fields, node: Node | None, what: str) -> tuple[Value[str], ...] | None:
    """
    Words with passwords replaced; None when there are none, which leaves the image's own.
    """
    found = [one for item in fields.items(node, what) if (one := fields.text(item, what))]
    shown = redact_words([one.value for one in found])
    words = (Value(text, one.origin, one.location) for text, one in zip(shown, found, strict=True))
    return tuple(words) if found else None


def _variables(fields: Fields, node: Node | None) -> Iterator[Variable]:
    for item, entries in fields.records(node, "env"):
        name = fields.plain(entries.get("name"), "name")
        if not name:
            continue
        if "valueFrom" in entries:
            yield _reference(fields, name, entries["valueFrom"])
        else:
            value = entries.get("value")
            place = value.location if value else item.location
            yield Variable(name, place, fields.plain(value, "value"))


def _reference(fields: Fields, name: str, node: Node) -> Variable:
    entries = fields.fields(node, "valueFrom")
    place = node.location
    for field, source in _REFERENCES.items():
        if field in entries:
            parts = fields.fields(entries[field], field)
            ref, key = (
                fields.plain(parts.get("name"), "name"),
                fields.plain(parts.get("key"), "key"),
            )
            return Variable(name, place, source=source, ref=ref, key=key)
    resource = fields.fields(entries.get("resourceFieldRef"), "resourceFieldRef")
    if not resource:
        return Variable(name, place, source="other")
    divisor = fields.quantity(resource.get("divisor"), "divisor")
    known = isinstance(divisor, Value) and divisor.value > 0
    return Variable(
        name,
        place,
        source="resource",
        ref=fields.plain(resource.get("resource"), "resource"),
        divisor=divisor.value if isinstance(divisor, Value) and known else 1.0,
    )


def _sources(fields: Fields, node: Node | None) -> Iterator[VariableSource]:
    for item, entries in fields.records(node, "envFrom"):
        prefix = fields.plain(entries.get("prefix"), "prefix")
        for field, source in _ALL_KEYS.items():
            if field in entries:
                ref = fields.plain(fields.at(entries[field], "name"), "name")
                yield VariableSource(source, ref, prefix, item.location)


def _mounts(fields: Fields, node: Node | None) -> Iterator[VolumeMount]:
    for item, entries in fields.records(node, "volumeMounts"):
        yield VolumeMount(
            volume=fields.plain(entries.get("name"), "name"),
            path=fields.plain(entries.get("mountPath"), "mountPath"),
            sub_path=fields.plain(entries.get("subPath"), "subPath"),
            location=item.location,
        )


def _ports(fields: Fields, node: Node | None) -> Iterator[ContainerPort]:
    for _, entries in fields.records(node, "ports"):
        number = fields.convert(entries.get("containerPort"), "containerPort", read_count, "a port")
        if isinstance(number, Value):
            yield ContainerPort(number.value, fields.plain(entries.get("name"), "name"))


def _volumes(fields: Fields, node: Node | None) -> Iterator[Volume]:
    for _, entries in fields.records(node, "volumes"):
        name = fields.plain(entries.get("name"), "name")
        if "configMap" in entries:
            parts = fields.fields(entries["configMap"], "configMap")
            yield Volume(
                name, "configmap", fields.plain(parts.get("name"), "name"), _items(fields, parts)
            )
        elif "secret" in entries:
            parts = fields.fields(entries["secret"], "secret")
            ref = fields.plain(parts.get("secretName"), "secretName")
            yield Volume(name, "secret", ref, _items(fields, parts))
        elif "emptyDir" in entries:
            parts = fields.fields(entries["emptyDir"], "emptyDir")
            memory = fields.plain(parts.get("medium"), "medium") == "Memory"
            size = fields.size(parts.get("sizeLimit"), "sizeLimit")
            yield Volume(name, "memory" if memory else "empty", size=size)
        else:
            yield Volume(name, "other")


def _items(fields: Fields, parts: dict[str, Node]) -> dict[str, str]:
    found = {}
    for _, entries in fields.records(parts.get("items"), "items"):
        key = fields.plain(entries.get("key"), "key")
        found[key] = fields.plain(entries.get("path"), "path") or key
    return found


def _sysctls(fields: Fields, node: Node | None) -> Iterator[tuple[str, Value[str]]]:
    for _, entries in fields.records(node, "sysctls"):
        value = fields.text(entries.get("value"), "value")
        if value is not None:
            yield fields.plain(entries.get("name"), "name"), value
