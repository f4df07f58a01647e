"""
What a service may use: the limits of its container and what the user stated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from advisor.deployment.model import Host
from advisor.deployment.services import RunningService
from advisor.model import Given, Origin, Unknown, Value
from advisor.units import SIZE_UNITS

N = TypeVar("N", bound=float)

_SHM = "/dev/shm"  # noqa: S108 - compared with the targets of mounts
_OWN_IPC = ("private", "shareable")
_SHM_SIZE = 64 * SIZE_UNITS["MB"]
"""Docker's own (reference of ``docker container run``, ``--shm-size``)."""


def host_of(
    service: RunningService | None, given: Given, others: Sequence[RunningService] = ()
) -> Host:
    """
    The host of a service, or of a program that no service could be told for.

    A container's limit and the stated host are facts about two things, so the smaller one counts.
    Storage is only known when stated; a limit of one's own is shared with nobody.
    """
    cpus, memory = _cpus(service), service.service.memory if service else None
    limited, limit = cpus is not None, memory
    if service is not None and service.pod:
        cpus = cpus or _requested(service.service.cpus_reserved)
        memory = memory or _requested(service.service.memory_reserved)
    in_force = _smaller(memory, given.memory, "memory")
    alone = limit is not None and in_force == limit
    return Host(
        cpus=_smaller(cpus, given.cpus, "cpus"),
        memory=in_force,
        storage=given.storage or _not_stated("storage"),
        shared=given.shared or _shared(service, others, alone=alone),
        workload=given.workload or _not_stated("workload"),
        platform=given.platform or (service.platform if service else None),
        shm=_shm(service),
        container=service is not None and not service.bare,
        limited=limited,
    )


def _requested(request: Value[N] | Unknown | None) -> Value[N] | Unknown | None:
    """
    What a pod without a limit has for certain. It may take more, so this is an assumption.
    """
    if not isinstance(request, Value):
        return None
    return Value(request.value, Origin.ASSUMED, request.location, "its request; it has no limit")


def _cpus(service: RunningService | None) -> Value[float] | Unknown | None:
    """
    Cpus that a container may use: its quota, or the cores it is pinned to if they are fewer.
    """
    if service is None:
        return None
    quota, pinned = service.service.cpus, service.service.cpuset
    if not isinstance(pinned, Value):
        return pinned if quota is None else quota
    cores: Value[float] = Value(pinned.value, pinned.origin, pinned.location, "pinned by cpuset")
    return quota if isinstance(quota, Value) and quota.value <= cores.value else cores


def _shm(service: RunningService | None) -> Value[int] | Unknown | None:
    """
    What ``/dev/shm`` of a container holds: a mount there counts before ``shm_size``.
    """
    if service is None or service.bare:
        return None
    own = service.service
    if not service.composed:
        return Unknown("how the container is started is not known", own.location)
    if own.ipc is not None and not (isinstance(own.ipc, Value) and own.ipc.value in _OWN_IPC):
        return Unknown("it uses the shared memory of another container", own.ipc.location)
    mounts = [one for one in own.mounts if one.value.target.rstrip("/") == _SHM]
    if mounts:
        size = mounts[-1].value.size
        if size is None:
            return Unknown(
                f"the size of what is mounted at {_SHM} is not known", mounts[-1].location
            )
        return Value(size, mounts[-1].origin, mounts[-1].location)
    if own.shm_size is None or (isinstance(own.shm_size, Value) and own.shm_size.value <= 0):
        return Value(_SHM_SIZE, Origin.DEFAULT, note="default of Docker")
    return own.shm_size


def _smaller(
    limit: Value[N] | Unknown | None, stated: Value[N] | None, name: str
) -> Value[N] | Unknown:
    if stated is None:
        return limit or _not_stated(name)
    if isinstance(limit, Value) and limit.value <= stated.value:
        return limit
    return stated


_WORDS = {
    "cpus": "the number of cpus is not stated",
    "memory": "the memory is not stated",
    "storage": "the kind of storage is not stated",
    "workload": "the workload is not stated",
}


def _not_stated(name: str) -> Unknown:
    return Unknown(_WORDS[name], needs=(f"host.{name}",))


def _shared(
    service: RunningService | None, others: Sequence[RunningService], *, alone: bool
) -> Value[bool]:
    """
    A container has the memory for itself that its own limit gives it.
    """
    if service is None or not (service.composed or service.bare):
        return Value(value=False, origin=Origin.ASSUMED, note="a host of its own is assumed")
    if alone:
        return Value(value=False, origin=Origin.EVALUATED, note="the limit is the service's own")
    company = any(other is not service for other in others)
    return Value(value=company, origin=Origin.EVALUATED, note="no memory limit of its own")
