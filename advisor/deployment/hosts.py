"""
What a service may use: the limits of its container and what the user stated.
"""

from __future__ import annotations

from collections.abc import Sequence

from advisor.deployment.model import Host, Number
from advisor.deployment.services import RunningService
from advisor.model import Given, Origin, Unknown, Value


def host_of(
    service: RunningService | None, given: Given, others: Sequence[RunningService] = ()
) -> Host:
    """
    The host of a service, or of a program that no service could be told for.

    A container's limit and the stated host are facts about two things, so the smaller one counts.
    Storage and sharing are only known when stated; limits of one's own share nothing.
    """
    cpus = _smaller(_limit(service, "cpus"), given.cpus, "cpus")
    memory = _smaller(_limit(service, "memory"), given.memory, "memory")
    return Host(
        cpus=cpus,
        memory=memory,  # type: ignore[arg-type]  # bytes are whole numbers
        storage=given.storage or _not_stated("storage"),
        shared=given.shared or _shared(service, others),
        container=service is not None,
        limited=_limit(service, "cpus") is not None,
    )


def _limit(service: RunningService | None, name: str) -> Value[float] | Unknown | None:
    limit: Value[float] | Unknown | None = getattr(service.service, name) if service else None
    return limit


def _smaller(limit: Value[float] | Unknown | None, stated: Number | None, name: str) -> Number:
    if isinstance(limit, Value):
        if isinstance(stated, Value) and stated.value < limit.value:
            return stated
        return limit
    if isinstance(stated, Value):
        return stated
    return limit if isinstance(limit, Unknown) else _not_stated(name)


_WORDS = {
    "cpus": "the number of cpus is not stated",
    "memory": "the memory is not stated",
    "storage": "the kind of storage is not stated",
}


def _not_stated(name: str) -> Unknown:
    return Unknown(_WORDS[name], needs=(f"host.{name}",))


def _shared(
    service: RunningService | None, others: Sequence[RunningService]
) -> Value[bool] | Unknown:
    """
    A container with a memory limit has that memory for itself.
    """
    if service is None:
        return Value(value=False, origin=Origin.ASSUMED, note="a host of its own is assumed")
    if isinstance(service.service.memory, Value):
        return Value(value=False, origin=Origin.EVALUATED, note="the limit is the service's own")
    alone = all(other.name == service.name for other in others)
    return Value(value=not alone, origin=Origin.EVALUATED, note="no memory limit of its own")
