"""
Facts of the service that runs a program: how it is stopped, probed, reached and limited.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisor.deployment.edges import known_binds, port_of
from advisor.deployment.paths import is_variant
from advisor.facts._service_names import SERVICE
from advisor.facts.common import computed, host_facts, manager_of, somaxconn_of
from advisor.facts.gunicorn import gunicorn_facts
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Subject

if TYPE_CHECKING:
    from advisor.deployment.model import Application, Deployment
    from advisor.deployment.services import RunningService
    from advisor.parsers.compose import Port

COMPOSE_GRACE = 10.0
"""Default of ``stop_grace_period`` (Compose file reference, "services")."""
_SETTINGS = {
    "compose": "stop_grace_period",
    "kubernetes": "terminationGracePeriodSeconds",
    "systemd": "TimeoutStopSec",
    "supervisord": "stopwaitsecs",
}
_LOCAL = ("127.", "::1", "[::1]", "localhost")
_NOT_WRITTEN = Value(None, Origin.DEFAULT)
_NO_SERVICE = Unknown("what runs it is not among the files")


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every application together with the service that runs it.
    """
    for application in deployment.applications:
        facts = gunicorn_facts(application, deployment)
        place = application.location
        yield Subject(
            target="stack.application",
            name=application.name,
            facts={
                **facts,
                **service_facts(deployment, application),
                **host_facts(application.host),
            },
            location=place,
            path=application.path or (place.path if place else ""),
        )


def service_facts(deployment: Deployment, application: Application) -> dict[str, Fact]:
    """
    Facts under ``service.`` of the service that runs an application.
    """
    service = deployment.services.named(application.service)
    if service is None:
        facts: dict[str, Fact] = {f"service.{name}": _NO_SERVICE for name in SERVICE}
        return {**facts, "service.manager": computed(""), "service.somaxconn": _NOT_WRITTEN}
    own, manager = service.service, manager_of(service)
    return {
        "service.name": Value(service.title, Origin.LITERAL, own.location),
        "service.manager": computed(manager),
        "service.stop_grace": _stop_grace(service, manager),
        "service.stop_setting": computed(_SETTINGS.get(manager, "")),
        "service.stop_unset": _stop_unset(service, manager),
        "service.pre_stop": Value(
            own.pre_stop is not None,
            Origin.LITERAL if own.pre_stop else Origin.DEFAULT,
            own.pre_stop,
        ),
        "service.pre_stop_time": own.pre_stop_time or Value(0.0, Origin.DEFAULT),
        "service.shell_stays": application.shell,
        "service.reached": computed(bool(service.doors)),
        "service.surge": own.surge or _NOT_WRITTEN,
        "service.nofile": _nofile(service),
        "service.somaxconn": somaxconn_of(service),
        "service.has_healthcheck": computed(own.has_healthcheck),
        "service.published": _published(service, application),
        **_liveness(service, application),
    }


def _stop_grace(service: RunningService, manager: str) -> Fact:
    written = service.service.stop_grace_period
    if written is not None:
        return written
    if manager == "compose":
        # At the head of the service: the place that the line is to be added to.
        place = service.service.location
        return Value(COMPOSE_GRACE, Origin.DEFAULT, place, "default of Compose")
    return Unknown(f"how {service.title} is stopped is not known", service.service.location)


def _stop_unset(service: RunningService, manager: str) -> Fact:
    """
    What may be set, at the head of the service: the place that the line is to be added to.
    """
    grace, name = service.service.stop_grace_period, _SETTINGS.get(manager, "")
    if not name or (grace is not None and grace.location is not None):
        return _NOT_WRITTEN
    return Value(name, Origin.EVALUATED, service.service.location)


def _nofile(service: RunningService) -> Fact:
    limit = service.service.nofile
    if limit is None or isinstance(limit, Unknown):
        return limit or _NOT_WRITTEN
    return Value(limit.value.soft, limit.origin, limit.location, limit.note)


def _liveness(service: RunningService, application: Application) -> dict[str, Fact]:
    """
    The probe that restarts a container, where it asks gunicorn itself over HTTP.
    """
    probe = service.service.liveness
    ports = _ports(application)
    elsewhere = probe and probe.port.isdigit() and ports and int(probe.port) not in ports
    if probe is None or not probe.http or elsewhere:
        return {"service.liveness_timeout": _NOT_WRITTEN, "service.liveness_patience": _NOT_WRITTEN}
    place = probe.location
    return {
        "service.liveness_timeout": Value(probe.timeout, Origin.EVALUATED, place),
        "service.liveness_patience": Value(probe.patience, Origin.EVALUATED, place),
    }


def _published(service: RunningService, application: Application) -> Fact:
    """
    The port of gunicorn that the host offers on more than its own addresses.
    """
    ports = _ports(application)
    if ports is None:
        return Unknown("where gunicorn listens is not known", application.location)
    for mapping in service.service.ports:
        if _is_open(mapping) and ports & set(mapping.value.target):
            first = (mapping.value.published or mapping.value.target)[0]
            return Value(first, mapping.origin, mapping.location)
    return _NOT_WRITTEN


def _ports(application: Application) -> set[int | None] | None:
    """
    Ports that gunicorn listens on, None when they are not known.
    """
    binds = known_binds(application)
    if binds is None:
        return None
    return {port_of(one) for one in binds if not one.startswith("unix:")}


def _is_open(mapping: Value[Port]) -> bool:
    """
    Whether others than the host reach it, and not in a file for developers only.
    """
    port, path = mapping.value, mapping.location.path if mapping.location else ""
    local = port.published is None or port.host_ip.startswith(_LOCAL)
    return not (local or is_variant(path) or "override" in path)
