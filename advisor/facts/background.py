"""
Connections that the workers of task queues open on the server of the application they belong to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.facts.common import computed, first_unknown, origin_of
from advisor.facts.uses import Use, use_of
from advisor.model import Location, Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.engines import exclusive
from advisor.parsers.task_workers import TaskWorker, find_worker

if TYPE_CHECKING:
    from advisor.deployment.model import Application, DatabaseEdge, Deployment
    from advisor.deployment.services import RunningService
    from advisor.parsers.engines import Engine

_DATABASE = ("DATABASE", "DB_", "POSTGRES", "PGHOST", "SQLALCHEMY")
"""Parts of the names of variables that say which server is used."""
_NONE = Value(0, Origin.EVALUATED)


class Found(Struct, frozen=True):
    """
    A service that runs tasks with the code of an application.
    """

    service: RunningService
    worker: TaskWorker
    engines: tuple[Engine, ...]
    """Pools of that code for the server that exist at the same time."""
    location: Location


def background_facts(deployment: Deployment, edges: Sequence[DatabaseEdge]) -> dict[str, Fact]:
    """
    Facts under ``connections.background``: what the tasks open; `edges` are the direct ones.

    A process opens no more connections of a pool than it runs tasks. That tasks use the database
    at all is an assumption.
    """
    found = list(_found(deployment, edges))
    counts = [_count(one) for one in found]
    formulas = [_formula(one) for one in found]
    unknown = first_unknown(*counts)
    place = found[0].location if found else None
    names = " and ".join(one.service.title for one in found)
    total: Fact = unknown or _NONE
    if found and unknown is None:
        most = sum(one.value for one in counts if isinstance(one, Value))
        total = Value(most, Origin.ASSUMED, place, "if tasks use the database")
    return {
        "connections.background": total,
        "connections.background_formula": computed(" + ".join(formulas)),
        "connections.background_name": Value(names, Origin.EVALUATED, place),
    }


def _found(deployment: Deployment, edges: Sequence[DatabaseEdge]) -> Iterator[Found]:
    applications = {edge.application.name: edge.application for edge in edges}.values()
    started = {one.service for one in deployment.applications}
    for service in deployment.services.running:
        words = service.words
        worker = find_worker([word.value for word in words]) if words else None
        if worker is None or service.name in started:
            continue
        for application in applications:
            if _of_same_code(deployment, application, service):
                own = [edge.engine for edge in edges if edge.application is application]
                place = words[0].location or service.service.location
                yield Found(service, worker, tuple(_together(own)), place)
                break


def _of_same_code(
    deployment: Deployment, application: Application, service: RunningService
) -> bool:
    """
    Whether a service surely runs the application's code, with the same database.
    """
    own = deployment.services.named(application.service)
    if own is None or _databases(own) != _databases(service):
        return False
    if own.context is not None and service.context is not None:
        return own.context == service.context
    if own.written_image is not None and service.written_image is not None:
        return own.written_image.value == service.written_image.value
    alike = own.manager == service.manager and own.working_dir == service.working_dir
    return alike and not own.composed and not service.composed


def _databases(service: RunningService) -> dict[str, object]:
    known = service.variables.items()
    return {
        name: one.value for name, one in known if any(part in name.upper() for part in _DATABASE)
    }


def _together(engines: Sequence[Engine]) -> Iterator[Engine]:
    """
    Pools that exist at the same time: of different branches of one ``if`` only one does.
    """
    kept: list[Engine] = []
    for engine in engines:
        if not any(exclusive(engine, other) for other in kept):
            kept.append(engine)
            yield engine


def _copies(found: Found) -> Value[int] | Unknown:
    replicas = found.service.service.replicas
    return replicas if replicas is not None else Value(1, Origin.DEFAULT)


def _each(found: Found) -> Value[int] | Unknown:
    """
    Connections of one process.
    """
    tasks = found.worker.tasks
    if tasks is None or found.worker.processes is None:
        who = f"{found.worker.library} of {found.service.title}"
        return Unknown(f"{who} runs a task for every cpu of the host", found.location)
    uses = [use_of(one, Value(tasks, Origin.EVALUATED)) for one in found.engines]
    unknown = next((one for one in uses if isinstance(one, Unknown)), None)
    if unknown is not None:
        return unknown
    return Value(sum(one.most for one in uses if isinstance(one, Use)), Origin.EVALUATED)


def _count(found: Found) -> Value[int] | Unknown:
    copies, each = _copies(found), _each(found)
    if isinstance(copies, Unknown):
        return copies
    if isinstance(each, Unknown):
        return each
    return Value(copies.value * (found.worker.processes or 0) * each.value, origin_of(copies))


def _formula(found: Found) -> str:
    """
    ``3 replicas × 16 tasks``, ``2 processes × 8``.
    """
    copies, each, number = _copies(found), _each(found), found.worker.processes
    several = isinstance(copies, Value) and copies.value != 1
    parts = [f"{copies.value} replicas"] if several and isinstance(copies, Value) else []
    noun = "task" if found.worker.tasks == 1 else "process"
    plural = "tasks" if noun == "task" else "processes"
    parts.append(f"{number} {noun if number == 1 else plural}")
    if isinstance(each, Value) and each.value != 1:
        parts.append(str(each.value))
    return " × ".join(parts)
