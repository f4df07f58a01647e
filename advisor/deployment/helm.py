"""
Values of a Helm chart: copies and limits by the names that charts commonly give them.

Templates are not rendered, and a release may set other values, so all of it is assumed. Source:
Helm documentation, "Values Files", and the chart that ``helm create`` writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from msgspec.structs import replace

from advisor.deployment.kubernetes_choice import chart_of, is_production
from advisor.deployment.paths import join, names_in, text_of
from advisor.deployment.services import Services
from advisor.model import Origin, Tree, Unknown, Value
from advisor.parsers.compose import Service
from advisor.parsers.kubernetes_fields import Fields, TooLargeError
from advisor.parsers.yaml_nodes import Node, read_yaml

_VALUES = "values.yaml"
T = TypeVar("T")


def with_values(services: Services, manifests: Iterable[str], tree: Tree) -> Services:
    """
    The only service with what the only chart says of it; all others as they are.

    `manifests` are the paths of all manifests, templates of charts included.
    """
    known: dict[str, bool] = {}
    found = {chart_of(path, tree, known) for path in manifests}
    charts = [one for one in found if one is not None]
    if len(charts) != 1 or len(services.running) != 1:
        return services
    (chart,), (running,) = charts, services.running
    service, used = running.service, []
    for path in _files(chart, tree):
        text = text_of(tree, path) or ""
        changed = _valued(service, path, text)
        used += [path] if changed != service else []
        service = changed
    if not used:
        return services
    names = " and ".join(used)
    note = f"copies and limits of {running.title} are those of {names}; a release may set others"
    valued = replace(running, service=service)
    return replace(services, running=(valued,), notes=(*services.notes, note))


def _files(chart: str, tree: Tree) -> Iterator[str]:
    """
    The chart's own values, then those for production.
    """
    yield join(chart, _VALUES)
    for name in names_in(tree, chart):
        if name.startswith("values") and name.endswith((".yaml", ".yml")) and is_production(name):
            yield join(chart, name)


def _valued(service: Service, path: str, text: str) -> Service:
    fields = Fields()
    try:
        top = fields.fields(read_yaml(path, text).root, "the values")
        resources = fields.fields(top.get("resources"), "resources")
        limits = fields.fields(resources.get("limits"), "limits")
        requests = fields.fields(resources.get("requests"), "requests")
        return replace(
            service,
            replicas=_assumed(_copies(fields, top)) or service.replicas,
            cpus=_assumed(fields.quantity(limits.get("cpu"), "cpu")) or service.cpus,
            memory=_assumed(fields.size(limits.get("memory"), "memory")) or service.memory,
            cpus_reserved=_assumed(fields.quantity(requests.get("cpu"), "cpu"))
            or service.cpus_reserved,
            memory_reserved=_assumed(fields.size(requests.get("memory"), "memory"))
            or service.memory_reserved,
        )
    except TooLargeError:
        return service


def _copies(fields: Fields, top: dict[str, Node]) -> Value[int] | Unknown | None:
    """
    Copies at most: by the autoscaler where it is switched on.
    """
    scaling = fields.fields(top.get("autoscaling"), "autoscaling")
    if fields.flag(scaling.get("enabled"), "enabled"):
        highest = fields.count(scaling.get("maxReplicas"), "maxReplicas")
        if highest is not None:
            return highest
    return fields.count(top.get("replicaCount"), "replicaCount")


def _assumed(value: Value[T] | Unknown | None) -> Value[T] | None:
    if not isinstance(value, Value):
        return None
    return replace(value, origin=Origin.ASSUMED, note="a default of the chart")
