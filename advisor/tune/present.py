"""
A deployment that is there: what it says of itself, and its files with the values of a solution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from advisor.deployment.model import Application, Database, Deployment, Host
from advisor.errors import UsageError
from advisor.facts.collect import collect
from advisor.fix.edits import apply_edits
from advisor.model import Given, Origin, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.tune.changes import edited, kind_of_worker
from advisor.tune.model import Request, Solution
from advisor.tune.solve import LEAST_TIMEOUT, MOST_TIMEOUT, solve
from advisor.tune.stated import Stated, request_of

T = TypeVar("T")


class Tuned(Struct, frozen=True):
    """
    What a solution makes of the files.
    """

    solution: Solution
    before: Mapping[str, str]
    after: Mapping[str, str]
    """Files that change, by path."""
    left: tuple[tuple[str, str], ...]
    """Settings that should change and could not be edited, and why."""


def tune_deployment(deployment: Deployment, stated: Stated) -> Tuned:
    """
    Solve for the deployment as it is and edit its files in memory.

    Raises `UsageError` when it is not one application with one database, `InfeasibleError` as
    `solve` does.
    """
    database, application = _only(deployment)
    request = request_of(_completed(deployment, database, application, stated))
    subjects = collect(deployment)
    solution = solve(_with_timeout(request, subjects))
    texts, edits, left = edited(deployment, subjects, solution)
    after = {path: apply_edits(texts[path], edits[path]) for path in edits}
    return Tuned(solution, {path: texts[path] for path in after}, after, left)


def _only(deployment: Deployment) -> tuple[Database, Application]:
    databases, applications = deployment.databases, deployment.applications
    for name, count in (("PostgreSQL server", len(databases)), ("application", len(applications))):
        if count != 1:
            raise UsageError(
                f"{count} {name}s were found, and the layers of one are solved together"
                if count
                else f"no {name} was found",
                hint="state the load and the machines with options instead of a path",
            )
    (application,) = applications
    engines = [one for one in application.engines if str(one.role) == "app"]
    if len(engines) > 1:
        raise UsageError(
            f"the application has {len(engines)} engines, and values for one pool are solved",
            hint="state the load and the machines with options instead of a path",
        )
    return databases[0], application


def _completed(
    deployment: Deployment, database: Database, application: Application, stated: Stated
) -> Stated:
    """
    What was stated, and what the files say where nothing was.
    """
    shared = _value(database.host.shared)
    apart = database.host.limited or application.host.limited
    pooled = any(edge.pooler for edge in deployment.database_edges)
    present = "always" if pooled else "never"
    kind = kind_of_worker(application)
    return replace(
        stated,
        database=_given(stated.database, database.host, deployment, database),
        application=_second(stated, application.host),
        worker=stated.worker or kind,
        replicas=stated.replicas or application.replicas.value,
        one_host=(bool(shared) and not apart) if stated.one_host is None else stated.one_host,
        pooler=present if stated.pooler == "auto" else stated.pooler,
    )


def _second(stated: Stated, host: Host) -> Given:
    """
    The host of the application: what was stated of it, and the rest as the deployment has it.
    """
    found = _given(stated.database, host)
    if stated.application is None:
        return found
    return replace(
        found,
        cpus=stated.application.cpus or found.cpus,
        memory=stated.application.memory or found.memory,
    )


def _given(
    given: Given,
    host: Host,
    deployment: Deployment | None = None,
    database: Database | None = None,
) -> Given:
    """
    Facts of one host as the deployment has them; what was stated is in them already.
    """
    cpus, memory = _number(host.cpus), _number(host.memory)
    versions = dict(given.versions)
    if deployment is not None and database is not None:
        if isinstance(database.major, Value):
            versions.setdefault("postgresql", Value((database.major.value,), Origin.LITERAL))
        for name, found in (
            *(("nginx", proxy.version) for proxy in deployment.proxies),
            *(("gunicorn", one.version) for one in deployment.applications),
            *(("pgbouncer", one.version) for one in deployment.poolers),
        ):
            if isinstance(found, Value):
                versions.setdefault(name, found)
    storage, workload = _word(host.storage), _word(host.workload)
    return replace(
        given,
        cpus=Value(cpus, Origin.GIVEN) if cpus else given.cpus,
        memory=Value(int(memory), Origin.GIVEN) if memory else given.memory,
        storage=Value(storage, Origin.GIVEN) if storage else given.storage,
        workload=Value(workload, Origin.GIVEN) if workload else given.workload,
        versions=versions,
    )


def _with_timeout(request: Request, subjects: Sequence[Subject]) -> Request:
    """
    A timeout that somebody chose stays, and the others are arranged around it.
    """
    for subject in subjects:
        fact = subject.facts["gunicorn.timeout"] if subject.target == "gunicorn" else None
        seconds = _number(fact) if fact and fact.location else None
        if seconds and LEAST_TIMEOUT <= seconds <= MOST_TIMEOUT:
            return replace(request, keep={"timeout": seconds, **request.keep})
    return request


def _value(fact: Value[T] | Unknown) -> T | None:
    return fact.value if isinstance(fact, Value) else None


def _number(fact: Fact | Value[float] | Value[int] | Unknown) -> float | None:
    value = fact.value if isinstance(fact, Value) else None
    return value if isinstance(value, (int, float)) else None


def _word(fact: Value[str] | Unknown) -> str:
    return fact.value if isinstance(fact, Value) else ""
