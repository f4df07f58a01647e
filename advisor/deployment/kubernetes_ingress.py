"""
Ways into a cluster: which container of which pod each Ingress and each route leads to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from advisor.deployment.services import Ingress, RunningService
from advisor.model import Value
from advisor.parsers.kubernetes_model import Backend, ConfigMap, IngressObject, Manifests

_OWN = frozenset({"upstream-keepalive-timeout", "proxy-read-timeout", "proxy-body-size"})
"""Keys by which the ConfigMap of ingress-nginx is told (its documentation, "ConfigMaps")."""


def ingresses_of(
    manifests: Iterable[Manifests], running: Sequence[RunningService]
) -> Iterator[Ingress]:
    """
    One for every container that an Ingress or a route leads to.
    """
    found = list(manifests)
    maps = [one for each in found for one in each.config_maps]
    defaults = next((texts for one in maps if (texts := _settings(one))), {})
    for ingress in (one for each in found for one in each.ingresses):
        reached = [
            service
            for backend in ingress.backends
            for service in running
            if service.pod and _leads(ingress, backend, service)
        ]
        for name in dict.fromkeys(service.name for service in reached):
            yield Ingress(
                title=ingress.named.title,
                location=ingress.named.location,
                controller=ingress.controller,
                annotations=ingress.annotations,
                defaults=defaults,
                service=name,
            )


def _leads(ingress: IngressObject, backend: Backend, service: RunningService) -> bool:
    """
    Whether a backend is a name of the container; a port that has only a name counts as any.
    """
    host, namespace = backend.service, ingress.named.namespace
    port = int(backend.port) if backend.port.isascii() and backend.port.isdecimal() else None
    return service.answers_to(f"{host}.{namespace}" if namespace else host, port)


def _settings(one: ConfigMap) -> Mapping[str, Value[str]]:
    if _OWN.isdisjoint(one.texts):
        return {}
    known = one.texts.items()
    return {
        name: Value(text.value, text.origin, text.location)
        for name, text in known
        if isinstance(text.value, str)
    }
