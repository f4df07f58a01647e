"""
Facts of the machine that all containers of a compose file share.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisor.facts.common import computed, first_unknown, host_facts, origin_of
from advisor.model import Location, Value
from advisor.model.subject import Fact, Subject
from advisor.units import format_size

if TYPE_CHECKING:
    from advisor.deployment.model import Deployment
    from advisor.deployment.services import RunningService

_FEWEST = 2
"""Limits that are worth adding up."""


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    The machine, where several containers on it have limits for memory.
    """
    limited = [one for one in deployment.services.running if _is_limited(one)]
    machine = deployment.machine
    if len(limited) < _FEWEST or machine is None:
        return
    place = max(limited, key=_largest).service.memory
    location = place.location if isinstance(place, Value) else None
    yield Subject(
        target="stack.machine",
        name="the machine",
        facts={
            "machine.limits": _sum(limited, location),
            "machine.formula": computed(" + ".join(map(_term, limited))),
            **host_facts(machine),
        },
        location=location,
        path=location.path if location else "",
    )


def _is_limited(service: RunningService) -> bool:
    """
    Whether it is a container of a compose file; pods may run on nodes of their own.
    """
    inside = service.composed and not service.pod and not service.bare
    return inside and isinstance(service.service.memory, Value)


def _largest(service: RunningService) -> int:
    memory = service.service.memory
    return memory.value if isinstance(memory, Value) else 0


def _sum(limited: list[RunningService], location: Location | None) -> Fact:
    counts = [one.service.replicas for one in limited]
    unknown = first_unknown(*(one for one in counts if one is not None))
    if unknown is not None:
        return unknown
    total = sum(_largest(one) * _copies(one) for one in limited)
    limits = (one.service.memory for one in limited)
    return Value(total, origin_of(*(one for one in limits if one is not None)), location)


def _copies(service: RunningService) -> int:
    replicas = service.service.replicas
    return replicas.value if isinstance(replicas, Value) else 1


def _term(service: RunningService) -> str:
    """
    ``web 2 × 4 GB``.
    """
    copies = _copies(service)
    size = format_size(_largest(service))
    return f"{service.name} {copies} × {size}" if copies != 1 else f"{service.name} {size}"
